"""The sums of a day, always made whole from the ledgers: doing it twice changes nothing."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select, update

from app import clock
from app.actor import Actor, system_actor
from app.db import db, lock_row, tenant_unit, update_rows
from app.use_cases import use_case
from modules.charging import queries as charging
from modules.dispensing import queries as stock
from modules.reports import queries
from modules.reports.models import Day, Level, MoneySum, PlaceSum, PrescribingSum, StockSum
from modules.reports.rules.days import months, next_month

AT_ONCE = 40  # days of a centre in one go of the relay's process
Key = tuple[Any, ...]


@use_case("reports.sums.build", is_step=True)
def note_day(*, on: date, by: Actor) -> None:
    """Money or stock moved on this day: its sums are to be made anew. Waits while they are being made."""
    _note([on])


@use_case("reports.sums.build", is_step=True)
def begin_day(*, by: Actor) -> None:
    """After midnight: the day that is over, those of nights on which nothing ran and whatever was never added up.

    What lay at each place when the month began is noted.
    """
    yesterday = clock.today() - timedelta(days=1)
    _note([*(on for on in queries.unfinished_days() if on < yesterday), yesterday])
    db.session.flush()
    note_missing_days(by=by)
    carry_levels(since=clock.today(), by=by)


@use_case("reports.sums.build", is_step=True)
def note_missing_days(*, everything: bool = False, by: Actor) -> None:
    """Days of the ledgers that were never added up are to be; with ``everything`` all of them."""
    days = charging.settled_days() | stock.document_days()
    known = set(db.session.scalars(select(Day.on)))
    _note(sorted(days | known if everything else days - known))


def _note(days: Iterable[date]) -> None:
    for on in days:
        waits = func.coalesce(
            Day.stale_since, clock.now()
        )  # reckoned after whoever adds the day up has ended
        if not update_rows(update(Day).where(Day.on == on).values(stale_since=waits)):
            db.session.add(Day(on=on, stale_since=clock.now()))


def pursue(tenant_id: int) -> int:
    """Add up the oldest days of a centre that wait for it; returns how many.

    The very oldest comes last, together with the levels from its month on: should the process end before, it still
    waits, and the levels behind it are carried by the next pass.
    """
    by = system_actor(tenant_id, origin="job")
    with tenant_unit(tenant_id):
        days = queries.stale_days(size=AT_ONCE)
    for day_id, _ in days[1:]:
        build_day(day_id=day_id, by=by)
    for day_id, _ in days[:1]:
        build_day(day_id=day_id, with_levels=True, by=by)
    return len(days)


@use_case("reports.sums.build", is_step=True)
def build_day(*, day_id: int, with_levels: bool = False, by: Actor) -> Day:
    """Make the sums of one day anew from the ledgers; on wish the months from its own on, too."""
    day = lock_row(Day, day_id)
    if day is None:
        raise LookupError(f"reports_day {day_id}")
    for model in (MoneySum, StockSum, PrescribingSum):
        db.session.execute(delete(model).where(model.on == day.on))
    _remove_places(day.on, is_month=False)
    moved = list(_stock(day.on))
    db.session.add_all(_money(day.on))
    db.session.add_all(moved)
    db.session.add_all(_places(moved))
    db.session.add_all(_prescribing(day.on))
    day.stale_since, day.built_at = None, clock.now()
    if with_levels:
        db.session.flush()
        carry_levels(since=day.on, by=by)
    return day


def _money(on: date) -> Iterable[MoneySum]:
    sums: dict[Key, list[Decimal]] = {}
    for row in queries.money_entries(on):
        key = (row.side, row.kind, row.code, row.scheme, row.department_id, row.practitioner_id)
        sums.setdefault(key, []).append(row.amount)
    for key, amounts in sums.items():
        side, kind, code, scheme, department_id, practitioner_id = key
        yield MoneySum(
            on=on,
            side=side,
            kind=kind,
            code=code,
            scheme=scheme,
            department_id=department_id,
            practitioner_id=practitioner_id,
            amount=sum(amounts, Decimal("0.00")),
            entries=len(amounts),
        )


def _stock(on: date) -> Iterable[StockSum]:
    prices = charging.day_prices(on, on)
    sums: dict[Key, StockSum] = {}
    for side in stock.moved_on(on):
        key = (side.location_id, side.drug_id, side.kind, side.comes_in)
        found = sums.get(key)
        if found is None:
            found = sums[key] = StockSum(
                on=on,
                location_id=side.location_id,
                drug_id=side.drug_id,
                kind=side.kind.value,
                comes_in=side.comes_in,
                quantity=Decimal(0),
                cost_amount=Decimal("0.00"),
                retail_amount=Decimal("0.00"),
                entries=0,
            )
        found.quantity += side.quantity
        found.cost_amount += side.cost_amount
        found.retail_amount += prices.amount(side.drug_id, on, side.quantity)
        found.entries += 1
    return sums.values()


def _places(moved: Iterable[StockSum]) -> Iterable[PlaceSum]:
    """A day's sums of drugs, put together."""
    sums: dict[Key, PlaceSum] = {}
    for row in moved:
        key = (row.location_id, row.kind, row.comes_in)
        found = sums.get(key)
        if found is None:
            found = sums[key] = PlaceSum(
                is_month=False,
                on=row.on,
                location_id=row.location_id,
                kind=row.kind,
                comes_in=row.comes_in,
                cost_amount=Decimal("0.00"),
                retail_amount=Decimal("0.00"),
                entries=0,
            )
        found.cost_amount += row.cost_amount
        found.retail_amount += row.retail_amount
        found.entries += row.entries
    return sums.values()


def _remove_places(on: date, *, is_month: bool) -> None:
    db.session.execute(delete(PlaceSum).where(PlaceSum.is_month == is_month, PlaceSum.on == on))


def _prescribing(on: date) -> Iterable[PrescribingSum]:
    counts: dict[Key, list[bool]] = {}
    for entry in queries.prescribing_entries(on, queries.antimicrobials()):
        key = (entry.location_id, entry.department_id, entry.practitioner_id)
        counts.setdefault(key, []).append(entry.has_antimicrobial)
    for (location_id, department_id, practitioner_id), marks in counts.items():
        yield PrescribingSum(
            on=on,
            location_id=location_id,
            department_id=department_id,
            practitioner_id=practitioner_id,
            prescriptions=len(marks),
            with_antimicrobial=sum(marks),
        )


@use_case("reports.sums.build", is_step=True)
def carry_levels(*, since: date, by: Actor) -> None:
    """What each month from the one of a day on moved, and what lay at each place when those behind it began."""
    today = clock.today()
    for month in months(since, next_month(today)):
        _write_month(month)
    start = queries.level_to_carry_from(since)
    for month in months(start, today):
        _write_level(next_month(month), known_at=month)


def _write_month(month: date) -> None:
    # removed first, as below
    _remove_places(month, is_month=True)
    db.session.add_all(
        PlaceSum(
            is_month=True,
            on=month,
            location_id=location_id,
            kind=kind,
            comes_in=comes_in,
            cost_amount=cost,
            retail_amount=retail,
            entries=entries,
        )
        for location_id, kind, comes_in, cost, retail, entries in queries.month_of_places(month)
    )
    db.session.flush()


def _write_level(month: date, *, known_at: date) -> None:
    # first, so that whoever writes them meanwhile is waited for, and what they added up is read
    db.session.execute(delete(Level).where(Level.month == month))
    levels = queries.stock_at(month, known_at=known_at)
    db.session.add_all(
        Level(month=month, location_id=place, drug_id=drug, quantity=quantity, cost_amount=cost)
        for (place, drug), (quantity, cost) in levels.items()
        if quantity or cost
    )
    db.session.flush()
