"""What the books say went through a channel on a day; reconciliation compares it with the channel's statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from app.db import db
from modules.charging.models import Checkout, CheckoutPart, Settlement, SettlementKind, Tender
from modules.charging.models.checkouts import OPEN, CheckoutState, PartState
from modules.charging.rules.tenders import TenderMethod


@dataclass(frozen=True, slots=True)
class ChannelEntry:
    """A tender of a channel: positive when money was taken, negative in a reversal."""

    settlement_id: int
    bill_id: int
    number: str
    original_id: int | None  # of a reversal, and of what was settled again
    at: datetime
    amount: Decimal
    reference: str  # the payment order's number, or what was typed

    @property
    def is_payment(self) -> bool:
        """Whether a patient has paid this."""
        return self.original_id is None


def channel_entries(on: date, channel: str) -> list[ChannelEntry]:
    """Everything that was booked through a channel on a day, in its order. One statement."""
    statement = (
        select(Settlement, Tender.amount, Tender.reference)
        .join(Tender, Tender.settlement_id == Settlement.id)
        .where(Settlement.on == on, Tender.method == TenderMethod(channel))
        .order_by(Settlement.id)
    )
    return [_entry(*row) for row in db.session.execute(statement)]


def _entry(settlement: Settlement, amount: Decimal, reference: str) -> ChannelEntry:
    is_payment = settlement.kind is SettlementKind.CHARGE
    original_id = None if is_payment else settlement.mirrors_id or settlement.resettles_id
    return ChannelEntry(
        settlement.id,
        settlement.bill_id,
        settlement.number,
        original_id,
        settlement.at,
        amount,
        reference,
    )


def bills_of_orders(order_ids: Iterable[int]) -> dict[int, tuple[int, bool]]:
    """Payment order → the bill it was opened for, and whether a settlement waits for it or has it. One statement."""
    statement = (
        select(CheckoutPart.order_id, Checkout.bill_id, Checkout.state, CheckoutPart.state)
        .join(Checkout, Checkout.id == CheckoutPart.checkout_id)
        .where(CheckoutPart.order_id.in_(sorted(set(order_ids))))
    )
    return {
        order_id: (bill_id, state in OPEN or (state is CheckoutState.SETTLED and part is PartState.MOVED))
        for order_id, bill_id, state, part in db.session.execute(statement)
        if order_id is not None
    }
