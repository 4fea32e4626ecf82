"""Reading the days of channels and of the insurer."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.db import db, lock_row
from app.errors import NotFound
from app.money import format_quantity
from app.registry import FIRST_ROWS, Heap, WaitingRow
from modules.reconciliation.models import Day, Entry, Terms
from modules.reconciliation.queries.labels import channel_label
from modules.reconciliation.rules.states import COMPARED, DayState, EntryState, Form


def get_day(day_id: int) -> Day:
    """The day, or NotFound."""
    found = db.session.get(Day, day_id)
    if found is None:
        raise NotFound(field="day_id")
    return found


def lock_day(day_id: int) -> Day:
    """The day, held until commit; its row is the lock of its entries."""
    found = lock_row(Day, day_id)
    if found is None:
        raise NotFound(field="day_id")
    return found


def find_day(source: str, on: date) -> Day | None:
    """The day of a channel's merchant or of the insurer, or None."""
    return db.session.scalar(select(Day).where(Day.source == source, Day.on == on))


def newest_day(source: str) -> date | None:
    """The last day that was begun of a source."""
    return db.session.scalar(select(func.max(Day.on)).where(Day.source == source))


def unconfirmed_before(source: str, on: date) -> date | None:
    """The first earlier day of a source that is not tied out."""
    return db.session.scalar(
        select(func.min(Day.on)).where(Day.source == source, Day.on < on, Day.state != DayState.CONFIRMED)
    )


def is_tied_out(channels: set[str], on: date) -> bool:
    """Whether the day of one of these channels is tied out."""
    statement = select(Day.id).where(
        Day.on == on, Day.channel.in_(sorted(channels)), Day.state == DayState.CONFIRMED
    )
    return db.session.scalar(statement.limit(1)) is not None


def terms_of(merchant_id: int) -> Terms | None:
    """What is agreed with the channel of a merchant; None: what is usual."""
    return db.session.scalar(select(Terms).where(Terms.merchant_id == merchant_id))


def days_due(now: datetime, *, size: int = 20) -> list[int]:
    """Days whose other side is to be asked now, the oldest first."""
    statement = select(Day.id).where(Day.ask_at <= now).order_by(Day.on, Day.id).limit(size)
    return list(db.session.scalars(statement))


def centres_due(now: datetime) -> list[Select[Any]]:
    """A statement for the centres in which a statement is to be fetched, see ``app.pursuit``."""
    return [select(Day.tenant_id).where(Day.ask_at <= now).distinct()]


def waiting_differences() -> Heap:
    """How many differences wait, and the first days that have some. One statement."""
    waits = Entry.state.in_((EntryState.OPEN, EntryState.WORKING))
    statement = (
        select(Day.id, Day.on, Day.channel, func.count(), func.sum(func.count()).over())
        .join(Entry, Entry.day_id == Day.id)
        .where(waits)
        .group_by(Day.id, Day.on, Day.channel)
        .order_by(Day.on, Day.id)
        .limit(FIRST_ROWS)
    )
    rows = db.session.execute(statement).all()
    shown = [
        WaitingRow(row[1], channel_label(row[2]), str(row[3]), f"/reconciliation/days/{row[0]}", "w")
        for row in rows
    ]
    return Heap(int(rows[0][4]) if rows else 0, shown)


def is_compared(day: Day) -> bool:
    """Whether the day was compared."""
    return day.state in COMPARED


def all_terms() -> dict[int, Terms]:
    """Merchant → what is agreed with its channel. One statement."""
    return {row.merchant_id: row for row in db.session.scalars(select(Terms))}


def terms_values(terms: Terms | None) -> dict[str, object]:
    """Terms as a form begins with them; without any, what is usual."""
    if terms is None:
        return {"form": Form.CSV.value, "fee_percent": "0.6", "returns_fee": True}
    rate = format_quantity(terms.fee_rate * 100)
    return {"form": terms.form.value, "fee_percent": rate, "returns_fee": terms.returns_fee}
