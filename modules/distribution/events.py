"""What district and centre tell each other, later; each message takes effect once."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from app.events import Event
from app.i18n import N_

Code = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(max_length=160)]
Unit = Annotated[str, Field(max_length=10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDrug:
    """Packs of a drug in a plan that is handed in."""

    drug_id: int
    drug_code: Code
    drug_name: Name
    pack_unit: Unit
    pack_factor: int
    packs: Decimal
    pack_cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHandedIn(Event):
    """A centre hands its purchase plan in to the district."""

    words: ClassVar[str] = N_("Purchase plan handed in to the district")

    plan_id: int
    number: str
    lines: tuple[WantedDrug, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """A batch of a shipment."""

    shipment_line_id: int
    drug_id: int
    drug_name: Name
    pack_unit: Unit
    batch_no: Code
    expires_on: date
    approval_no: Code
    pack_cost: Decimal
    packs: Decimal
    codes: Annotated[tuple[Code, ...], Field(max_length=1000)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentSent(Event):
    """A shipment is on its way to a centre."""

    words: ClassVar[str] = N_("Shipment sent to a centre")

    shipment_id: int
    centre_id: int
    number: str
    sender_name: str
    shipped_at: datetime
    amount: Decimal
    lines: tuple[SentBatch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedBatch:
    """What a centre found of a batch."""

    shipment_line_id: int
    accepted: Decimal
    short: Decimal
    damaged: Decimal
    wrong_batch: Decimal
    reason: Annotated[str, Field(max_length=200)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceived(Event):
    """A centre has inspected a shipment and taken in what was right."""

    words: ClassVar[str] = N_("Shipment of the district received")

    shipment_id: int
    document_id: int | None
    lines: tuple[ArrivedBatch, ...]
