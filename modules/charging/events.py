"""What charging tells the pharmacy and, later, the books."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from app.events import Event, Private


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledLine:
    """One charge line of a settlement; negative in a mirror."""

    charge_id: int
    source_kind: str  # registration_visit | prescriptions_item | charging_manual
    source_id: int
    item_kind: str  # drug | service
    item_id: Annotated[int, Private()]
    quantity: Decimal
    amount: Decimal
    fee_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledTender:
    """One way the money moved; negative when it went back. With the account it is debited to, as a hint.

    The budget's accounts are empty where no own money came in (insurer, prepaid account, owed).
    """

    method: str
    amount: Decimal
    account: str = ""
    budget_debit_account: str = ""
    budget_credit_account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeAmount:
    """What a fee class came to, with the accounts it is credited to: as income at once, or pending (R1, R2)."""

    fee_class: str
    amount: Decimal
    income_account: str
    pending_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSettled(Event):
    """Money was taken for charges of a visit; paid prescriptions go to the pharmacy. Σ fees = Σ tenders = amount."""

    settlement_id: int
    number: str
    visit_id: int
    patient_id: int
    on: date
    amount: Decimal
    lines: tuple[SettledLine, ...]
    tenders: tuple[SettledTender, ...]
    prescription_ids: tuple[int, ...]
    fees: tuple[FeeAmount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundBegun(Event):
    """An insurer is about to be asked to cancel a settlement; these prescription lines go back once it has."""

    checkout_id: int
    bill_id: int
    prescription_item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedLine:
    """How much of which prescription line (or fee) was given back in money."""

    charge_id: int
    source_kind: str
    source_id: int
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRefunded(Event):
    """Money went back: the original settlement mirrored in full, what stays settled again.

    `fees` and `tenders` are net of both, so a voucher of this event alone is right: Σ fees = Σ tenders = − refunded.
    """

    mirror_id: int
    resettlement_id: int | None
    original_id: int
    visit_id: int
    patient_id: int
    on: date
    refunded_amount: Decimal
    refunded_lines: tuple[RefundedLine, ...]
    tenders: tuple[SettledTender, ...]
    fees: tuple[FeeAmount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftClosed(Event):
    """A cashier has closed a shift; its settlements are locked to it."""

    shift_id: int
    cashier_account_id: int
    receipts_amount: Decimal
    refunds_amount: Decimal
    tenders: tuple[SettledTender, ...]
