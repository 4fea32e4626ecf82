"""The calendar: a month of every channel and of the insurer, and how far each day is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from app import clock
from app.db import db
from modules.insurance import queries as insurance
from modules.payments import queries as payments
from modules.payments.queries import Channel, Merchant, MerchantState
from modules.reconciliation.models import Arrival, Day
from modules.reconciliation.rules.states import INSURER

LOOKS_BACK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Source:
    """A channel's merchant number, for which its oldest row stands, or the insurer; its days are compared."""

    key: str
    channel: str
    merchant_id: int | None = None
    merchant_no: str = ""
    is_active: bool = True
    since: date | None = None
    merchant_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a source on the calendar."""

    day: Day
    arrived: Decimal | None  # None: nothing has arrived


@dataclass(frozen=True, slots=True)
class Calendar:
    """A month: its days, and what stands on each of them by source."""

    days: list[date]
    sources: list[Source]
    cells: Mapping[tuple[str, date], Cell]

    @property
    def columns(self) -> list[list[Source]]:
        """The sources by merchant number: a merchant set up anew goes on in the column of the one it follows."""
        found: dict[tuple[str, str], list[Source]] = {}
        for source in self.sources:
            found.setdefault((source.channel, source.merchant_no), []).append(source)
        return list(found.values())


def list_sources() -> list[Source]:
    """Whose days are compared: merchants in use or lately paid through, and the insurer. Three statements."""
    recent = payments.merchants_paid_since(clock.now() - LOOKS_BACK)
    found = [
        source
        for source in _sources(payments.list_merchants()).values()
        if source.is_active or recent & set(source.merchant_ids)
    ]
    connection = insurance.find_connection()
    if connection is not None and connection.is_active:
        found.append(Source(INSURER, INSURER))
    return found


def source_of(day: Day) -> Source:
    """The source of a day."""
    if day.merchant_id is None:
        return Source(INSURER, INSURER)
    (found,) = _sources(payments.same_number(day.merchant_id)).values()
    return found


def _sources(rows: Iterable[Merchant]) -> dict[tuple[str, str], Source]:
    """One source for each merchant number of a channel."""
    kin: dict[tuple[str, str], list[Merchant]] = {}
    for row in rows:
        kin.setdefault((row.channel.value, row.merchant_no), []).append(row)
    return {key: _source(sorted(found, key=lambda row: row.id)) for key, found in kin.items()}


def _source(rows: Sequence[Merchant]) -> Source:
    oldest = rows[0]
    return Source(
        f"m{oldest.id}",
        oldest.channel.value,
        oldest.id,
        oldest.merchant_no,
        any(row.state is MerchantState.ACTIVE for row in rows),
        clock.local(oldest.set_up_at).date(),
        tuple(row.id for row in rows),
    )


def calendar_of(month: date) -> Calendar:
    """A month of all sources. Five statements."""
    begins = month.replace(day=1)
    ends = (begins + timedelta(days=31)).replace(day=1)
    rows = list(db.session.scalars(select(Day).where(Day.on >= begins, Day.on < ends).order_by(Day.on)))
    arrived = db.session.execute(
        select(Arrival.day_id, func.sum(Arrival.amount))
        .join(Day, Day.id == Arrival.day_id)
        .where(Day.on >= begins, Day.on < ends)
        .group_by(Arrival.day_id)
    )
    sums = {row[0]: row[1] for row in arrived}
    sources = {source.key: source for source in list_sources()}
    known = {row.id: row for row in payments.list_merchants()} if rows else {}
    for row in rows:
        if row.source not in sources:
            merchant = known.get(row.merchant_id or 0)
            number = merchant.merchant_no if merchant else ""
            sources[row.source] = Source(row.source, row.channel, row.merchant_id, number, is_active=False)
    order = [*(channel.value for channel in Channel), INSURER]
    last = min(ends, clock.today()) - timedelta(days=1)
    return Calendar(
        [begins + timedelta(days=number) for number in range((last - begins).days + 1)][::-1],
        sorted(sources.values(), key=lambda source: (order.index(source.channel), source.key)),
        {(row.source, row.on): Cell(row, sums.get(row.id)) for row in rows},
    )
