"""What payments tell the rooms that had something paid."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from app.events import Event, Words
from app.i18n import N_

OrderId = Annotated[int, Words(N_("Payment order"))]
RefundId = Annotated[int, Words(N_("Refund order"))]
SubjectKind = Annotated[str, Words(N_("What was paid for (kind)"))]
SubjectId = Annotated[int, Words(N_("What was paid for"))]
ChannelCode = Annotated[str, Words(N_("Channel"))]
Yuan = Annotated[Decimal, Words(N_("Amount"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSucceeded(Event):
    """The money of an order is here, the whole of it, for the first time."""

    words: ClassVar[str] = N_("Payment received")
    order_id: OrderId
    subject_kind: SubjectKind
    subject_id: SubjectId
    channel: ChannelCode
    amount: Yuan
    channel_trade_no: str
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEnded(Event):
    """An order has ended without money: refused, or closed."""

    words: ClassVar[str] = N_("Payment ended without money")
    order_id: OrderId
    subject_kind: SubjectKind
    subject_id: SubjectId
    channel: ChannelCode
    amount: Yuan
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyReturned(Event):
    """Money of an order went back. ``is_surplus``: it was never told of as received, so no bill is touched."""

    words: ClassVar[str] = N_("Money given back")
    refund_id: RefundId
    order_id: OrderId
    subject_kind: SubjectKind
    subject_id: SubjectId
    channel: ChannelCode
    amount: Yuan
    is_surplus: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(Event):
    """The channel will not give the money back; somebody has to."""

    words: ClassVar[str] = N_("Money could not be given back")
    refund_id: RefundId
    order_id: OrderId
    subject_kind: SubjectKind
    subject_id: SubjectId
    channel: ChannelCode
    amount: Yuan
    is_surplus: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidAccounts:
    """Hints for a voucher; what an account pays stands in the settlement it pays for, as a tender."""

    debit: str
    credit: str
    budget_debit: str
    budget_credit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidToppedUp(Event):
    """A resident has laid cash into the prepaid account; it is in the drawer of who took it."""

    words: ClassVar[str] = N_("Prepaid account topped up")
    entry_id: Annotated[int, Words(N_("Entry"))]
    account_id: Annotated[int, Words(N_("Prepaid account"))]
    patient_id: Annotated[int, Words(N_("Resident's file"))]
    amount: Yuan
    accounts: PrepaidAccounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidPaidOut(Event):
    """What was left of a prepaid account was handed back in cash, out of the drawer of who gave it."""

    words: ClassVar[str] = N_("Prepaid account paid out")
    entry_id: Annotated[int, Words(N_("Entry"))]
    account_id: Annotated[int, Words(N_("Prepaid account"))]
    patient_id: Annotated[int, Words(N_("Resident's file"))]
    amount: Yuan
    accounts: PrepaidAccounts | None = None  # of the top-up: the same entry in red
