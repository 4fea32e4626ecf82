"""What pharmacy and storeroom tell, later, the books and supervision."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from app.events import Event, Private


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedLine:
    """One movement of one batch; cost in yuan, quantity in minimum units, always positive."""

    drug_id: Annotated[int, Private()]
    batch_id: int
    quantity: Decimal
    cost_amount: Decimal
    source_id: int | None = None  # the prescription line it serves


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionDispensed(Event):
    """Drugs were handed to the patient."""

    document_id: int
    prescription_id: int
    visit_id: int
    patient_id: int
    location_id: int
    on: date
    lines: tuple[MovedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugsReturned(Event):
    """Drugs came back from a patient into the recorded batches; their charges may be refunded."""

    document_id: int
    prescription_id: int
    visit_id: int
    location_id: int
    on: date
    lines: tuple[MovedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReceived(Event):
    """Stock came in: an opening balance or a receipt."""

    document_id: int
    location_id: int
    kind: str
    on: date
    lines: tuple[MovedLine, ...]
