"""What pharmacy and storeroom tell, later, the books and supervision."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from app.events import Event, Private
from app.i18n import N_


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAmount:
    """What one class of drugs cost that went from one side to the other; a side is a location or an account."""

    drug_kind: str  # W, P, H; empty for batches from before kinds were noted
    from_account: str
    to_account: str
    from_location_id: int | None
    to_location_id: int | None
    cost_amount: Decimal
    debit_account: str = ""  # hints for a voucher at cost; both the same: it stays stock of the institution
    credit_account: str = ""
    approved_account: str = ""  # takes a pending loss or gain over


@dataclass(frozen=True, slots=True, kw_only=True)
class StockMoved(Event):
    """A stock document was posted: enough for a voucher; the amounts add up to the document's cost."""

    words: ClassVar[str] = N_("Stock document posted")

    document_id: int
    kind: str
    number: str
    location_id: int
    on: date
    cost_amount: Decimal
    amounts: tuple[MovedAmount, ...]
