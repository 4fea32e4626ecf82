"""The comparison of a day (C5): what we booked, what our payment orders say, and what the other side tells, by number.

Amounts that went back are negative on every side. What a side does not know is None, never zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from modules.reconciliation.rules.states import EntryClass

ZERO = Decimal("0.00")
NEAR_MIDNIGHT = timedelta(minutes=30)  # house rule: what is later may stand in the next day's statement
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the three sides say about one movement of money."""

    out_trade_no: str
    out_refund_no: str = ""
    at: datetime  # of ours, or else of theirs
    his_amount: Decimal | None = None
    order_amount: Decimal | None = None
    line_amount: Decimal | None = None
    fee_amount: Decimal = ZERO
    trade_no: str = ""
    settlement_id: int | None = None
    order_id: int | None = None
    refund_id: int | None = None
    is_done: bool = False  # our order says that the money has moved
    is_second: bool = False  # paid a second time for the same
    is_disputed: bool = False  # the channel names another amount
    is_returned: bool = False  # all of it has gone back already
    is_by_hand: bool = False  # the channel's own number was typed at the window; there is no order

    @property
    def key(self) -> Key:
        """By what it is matched."""
        return self.out_trade_no, self.out_refund_no

    @property
    def difference(self) -> Decimal:
        """Theirs less ours."""
        return (self.line_amount or ZERO) - (self.his_amount or ZERO)


def classify(facts: Facts, ends: datetime | None) -> EntryClass | None:
    """The one class of an entry; None when no money of the day is meant.

    ``ends`` is the end of the day, for what may stand in the next one; without it nothing is put off any more.
    """
    is_late = ends is not None and ends - NEAR_MIDNIGHT <= facts.at < ends
    if facts.his_amount is not None and facts.line_amount is not None:
        return _both(facts)
    if facts.line_amount is not None:
        return _theirs(facts, is_late)
    if facts.his_amount is not None:
        return _ours(facts, is_late)
    return EntryClass.STATE if facts.is_done and not is_late and ends is not None else None


def _both(facts: Facts) -> EntryClass:
    if facts.his_amount != facts.line_amount:
        return EntryClass.AMOUNT
    if facts.is_by_hand:
        return EntryClass.MATCHED
    if facts.order_amount is None or not facts.is_done:
        return EntryClass.STATE
    return EntryClass.MATCHED if facts.order_amount == facts.line_amount else EntryClass.AMOUNT


def _theirs(facts: Facts, is_late: bool) -> EntryClass:
    if facts.is_disputed:
        return EntryClass.AMOUNT
    if facts.is_second:
        return EntryClass.DUPLICATE
    return EntryClass.CROSS_DAY if is_late and not facts.is_returned else EntryClass.LONG


def _ours(facts: Facts, is_late: bool) -> EntryClass:
    if is_late and (facts.is_done or not facts.out_refund_no):
        return EntryClass.CROSS_DAY
    return EntryClass.STATE if facts.out_refund_no else EntryClass.SHORT


def completes(before: Facts, today: Facts) -> bool:
    """Whether what one side alone had on the day before is what the other side alone has on this day."""
    one_sided = (before.his_amount is None) != (before.line_amount is None)
    other_sided = (today.his_amount is None) != (today.line_amount is None)
    differs = before.difference != ZERO
    return one_sided and other_sided and differs and before.difference + today.difference == ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """ours + long − short ± across days ± other differences = gross − refunds (C5)."""

    his: Decimal
    gross: Decimal
    back: Decimal
    long: Decimal = ZERO
    short: Decimal = ZERO
    cross_day: Decimal = ZERO
    amount: Decimal = ZERO
    state: Decimal = ZERO
    duplicate: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What the other side says the day came to."""
        return self.gross - self.back

    @property
    def holds(self) -> bool:
        """Whether every difference is explained by exactly one entry."""
        others = self.cross_day + self.amount + self.state + self.duplicate
        return self.his + self.long - self.short + others == self.net


def add_up(
    classed: Iterable[tuple[EntryClass, Decimal]], *, his: Decimal, gross: Decimal, back: Decimal
) -> Formula:
    """The formula of a day from its entries: class and difference of each."""
    sums: dict[EntryClass, Decimal] = {}
    for kind, difference in classed:
        sums[kind] = sums.get(kind, ZERO) + difference
    return Formula(
        his=his,
        gross=gross,
        back=back,
        long=sums.get(EntryClass.LONG, ZERO),
        short=-sums.get(EntryClass.SHORT, ZERO),
        cross_day=sums.get(EntryClass.CROSS_DAY, ZERO),
        amount=sums.get(EntryClass.AMOUNT, ZERO),
        state=sums.get(EntryClass.STATE, ZERO),
        duplicate=sums.get(EntryClass.DUPLICATE, ZERO),
    )
