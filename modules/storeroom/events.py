"""What the storeroom tells, later, the books and supervision; movements of stock tell of themselves (StockMoved)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from app.events import Event
from app.i18n import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(Event):
    """A purchase order went to a supplier."""

    words: ClassVar[str] = N_("Purchase order placed")

    order_id: int
    supplier_id: int
    number: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEntered(Event):
    """A supplier asks for money: the amount stands against what was accepted into stock."""

    words: ClassVar[str] = N_("Supplier's invoice entered")

    invoice_id: int
    supplier_id: int
    order_id: int
    number: str
    amount: Decimal
    is_matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCalledBack(Event):
    """A batch was recalled; what was handed out of it must be followed up."""

    words: ClassVar[str] = N_("Batch recalled")

    recall_id: int
    batch_id: int
    batch_no: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesAdjusted(Event):
    """New retail prices came into force; what that was worth for the stock (no voucher where books are at cost)."""

    words: ClassVar[str] = N_("Prices adjusted")

    adjustment_id: int
    number: str
    gain_amount: Decimal
    loss_amount: Decimal
    net_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthClosed(Event):
    """The stock books of a month are closed."""

    words: ClassVar[str] = N_("Month of the storeroom closed")

    closing_id: int
    begins_on: date
    ends_on: date
    closing_amount: Decimal
