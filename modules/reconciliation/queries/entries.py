"""Reading what comparisons found, and a whole day as its page shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, case, select

from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from modules.charging import queries as charging
from modules.payments import queries as payments
from modules.payments.queries import OrderState, RefundState
from modules.reconciliation.models import Arrival, Day, Entry, StatementFile
from modules.reconciliation.queries.days import find_day, get_day, is_compared
from modules.reconciliation.rules.comparing import Key
from modules.reconciliation.rules.states import INSURER, EntryClass, EntryState, Step
from modules.reconciliation.rules.steps import Standing, next_step

_UNSOLVED = (EntryState.OPEN, EntryState.WORKING)
_ZERO = Decimal("0.00")


def get_entry(entry_id: int) -> Entry:
    """The entry, or NotFound."""
    found = db.session.get(Entry, entry_id)
    if found is None:
        raise NotFound(field="entry_id")
    return found


def lock_entry(entry_id: int) -> Entry:
    """The entry, held until commit."""
    found = lock_row(Entry, entry_id)
    if found is None:
        raise NotFound(field="entry_id")
    return found


def entries_of(day_id: int) -> dict[Key, Entry]:
    """Everything a comparison found on a day, by number. One statement."""
    rows = db.session.scalars(select(Entry).where(Entry.day_id == day_id).order_by(Entry.id))
    return {(row.out_trade_no, row.out_refund_no): row for row in rows}


def open_near(source: str, on: date) -> list[Entry]:
    """Differences of the day before and of the day after that are not handled. One statement."""
    days = (on - timedelta(days=1), on + timedelta(days=1))
    statement = select(Entry).where(Entry.source == source, Entry.on.in_(days), Entry.state.in_(_UNSOLVED))
    return list(db.session.scalars(statement.order_by(Entry.id)))


def refunded_by_hand(refund_ids: Iterable[int]) -> dict[int, EntryClass]:
    """Refund order → the class of the difference of an earlier day that it was the answer to. One statement."""
    wanted = sorted(set(refund_ids))[:900]
    rows = db.session.execute(
        select(Entry.done_refund_id, Entry.kind).where(Entry.done_refund_id.in_(wanted))
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference with how its order and its refund stand now, and what is to be done next."""

    entry: Entry
    order_state: OrderState | None
    refund_state: RefundState | None
    bill_id: int | None
    step: Step
    refund_id: int | None = None  # by which its money goes back


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """A day with everything its page shows."""

    day: Day
    file: StatementFile | None
    differences: list[Difference]
    matched: Page[Entry]
    arrivals: list[Arrival]
    is_next_compared: bool

    @property
    def arrived(self) -> Decimal:
        """What the bank has."""
        return sum((one.amount for one in self.arrivals), _ZERO)

    @property
    def taken_back(self) -> set[int]:
        """Arrivals that a later line takes back."""
        return {one.reverses_id for one in self.arrivals if one.reverses_id}


def day_view(day_id: int, *, before: int | None = None, size: int = 40) -> DayView:
    """A day, its differences with what is to be done, and a page of what matches. Nine statements at most."""
    day = get_day(day_id)
    found = list(db.session.scalars(_differences(day_id)))
    following = find_day(day.source, day.on + timedelta(days=1))
    is_next_compared = following is not None and is_compared(following)
    matched = select(Entry).where(Entry.day_id == day_id, Entry.kind == EntryClass.MATCHED)
    arrivals = db.session.scalars(select(Arrival).where(Arrival.day_id == day_id).order_by(Arrival.id))
    return DayView(
        day=day,
        file=db.session.get(StatementFile, day.file_id) if day.file_id else None,
        differences=with_standing(
            found, is_next_compared=is_next_compared, is_insurer=day.channel == INSURER
        ),
        matched=page_by_key(matched, Entry.id, before=before, size=size),
        arrivals=list(arrivals),
        is_next_compared=is_next_compared,
    )


def _differences(day_id: int) -> Select[Entry]:
    first = case((Entry.state.in_(_UNSOLVED), 0), else_=1)
    return (
        select(Entry)
        .where(Entry.day_id == day_id, Entry.kind != EntryClass.MATCHED)
        .order_by(first, Entry.at, Entry.id)
    )


def with_standing(
    entries: list[Entry], *, is_next_compared: bool, is_insurer: bool = False
) -> list[Difference]:
    """Differences with how they stand. Three statements, none for a day of the insurer."""
    if is_insurer:
        return [
            Difference(entry, None, None, None, next_step(entry.kind, _carried(entry, is_next_compared)))
            for entry in entries
        ]
    ids = {entry.order_id for entry in entries if entry.order_id}
    orders = payments.orders_by_id(ids) if ids else {}
    refunds = payments.refunds_of_orders(ids) if ids else []
    bills = charging.bills_of_orders(ids) if ids else {}
    found = []
    for entry in entries:
        order = orders.get(entry.order_id or 0)
        refund = _refund_of(entry, refunds)
        bill_id, is_wanted = bills.get(entry.order_id or 0, (None, False))
        standing = _standing(entry, order, refund, is_wanted=is_wanted, is_next_compared=is_next_compared)
        found.append(
            Difference(
                entry,
                order.state if order else None,
                refund.state if refund else None,
                bill_id,
                next_step(entry.kind, standing),
                refund.id if refund else None,
            )
        )
    return found


def _refund_of(entry: Entry, refunds: Sequence[Any]) -> Any | None:
    """The refund an entry is about: what was opened for it, its own, or of a payment nobody booked the last one."""
    of_order = [refund for refund in refunds if refund.order_id == entry.order_id]
    wanted = entry.done_refund_id or entry.refund_id
    if wanted is None and (entry.his_amount is not None or entry.out_refund_no):
        return None
    return next((refund for refund in reversed(of_order) if wanted in {None, refund.id}), None)


def standing_of(entry: Entry, *, is_next_compared: bool) -> Difference:
    """One difference with how it stands."""
    is_insurer = entry.source == INSURER
    return with_standing([entry], is_next_compared=is_next_compared, is_insurer=is_insurer)[0]


def _carried(entry: Entry, is_next_compared: bool) -> Standing:
    return Standing(was_carried=entry.was_carried or is_next_compared)


def _standing(entry: Entry, order: Any, refund: Any, *, is_wanted: bool, is_next_compared: bool) -> Standing:
    is_booked = entry.his_amount is not None
    may_be_open = order is not None and order.merchant_id is not None and not order.paid_amount
    is_disputed = order is not None and order.state is OrderState.DISPUTED
    is_free = order is not None and not is_booked and not is_wanted and not entry.out_refund_no
    return Standing(
        is_open=may_be_open and not is_disputed,
        surplus=order.refundable_amount if is_free else _ZERO,
        refund_waits=refund is not None and refund.state is not RefundState.REFUNDED,
        was_carried=entry.was_carried or is_next_compared,
    )
