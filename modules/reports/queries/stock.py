"""Stock and its use from the sums: what lay there, came in and went out, by centre, place, kind and drug."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.db import db
from modules.dispensing.queries import DocumentKind
from modules.reports.models import Day, Level, PlaceSum, PrescribingSum, StockSum
from modules.reports.queries.reach import Reach, over
from modules.reports.rules.days import Bucket, first_of, next_month, split

NOTHING = Decimal(0)
EARLIEST = date(1900, 1, 1)
Place = tuple[int, int]  # centre and place


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFilter:
    """Which sums are meant."""

    begins_on: date
    ends_on: date
    drug_id: int | None = None
    location_id: int | None = None
    kind: DocumentKind | None = None
    centres: frozenset[int] = frozenset()  # in reach; named, so that the centres' indexes serve the district


@dataclass(frozen=True, slots=True)
class Flow:
    """What one kind of document moved in one direction."""

    quantity: Decimal = NOTHING
    cost_amount: Decimal = NOTHING
    retail_amount: Decimal = NOTHING
    entries: int = 0

    def plus(self, other: "Flow") -> "Flow":
        """Both together."""
        return Flow(
            self.quantity + other.quantity,
            self.cost_amount + other.cost_amount,
            self.retail_amount + other.retail_amount,
            self.entries + other.entries,
        )


FlowKey = tuple[int, int, int, str, bool]  # centre, place, drug, kind, comes in


def flows(reach: Reach, chosen: StockFilter, *, by_drug: bool = False) -> dict[FlowKey, Flow]:
    """What moved: by centre, place (or, with ``by_drug``, drug; the other is 0), kind and direction.

    Of all drugs together quantities are 0: they count different units. One statement for each partition.
    """
    chosen = replace(chosen, centres=reach.ids)
    rows = over(reach, lambda: _by_drug(chosen, by_drug) if _needs_drugs(chosen, by_drug) else _whole(chosen))
    found: dict[FlowKey, Flow] = {}
    for tenant_id, axis, kind, comes_in, *sums in rows:
        place, drug = (0, axis) if by_drug else (axis, 0)
        found[(tenant_id, place, drug, kind, comes_in)] = Flow(*sums)
    return found


def _needs_drugs(chosen: StockFilter, by_drug: bool) -> bool:
    return by_drug or chosen.drug_id is not None


def _by_drug(chosen: StockFilter, by_drug: bool) -> Sequence[tuple[Any, ...]]:
    axis = StockSum.drug_id if by_drug else StockSum.location_id
    statement = (
        select(
            StockSum.tenant_id,
            axis,
            StockSum.kind,
            StockSum.comes_in,
            func.sum(StockSum.quantity),
            func.sum(StockSum.cost_amount),
            func.sum(StockSum.retail_amount),
            func.sum(StockSum.entries),
        )
        .where(*_conditions(StockSum, chosen), *_days(chosen))
        .group_by(StockSum.tenant_id, axis, StockSum.kind, StockSum.comes_in)
    )
    return [tuple(row) for row in db.session.execute(statement)]


def _whole(chosen: StockFilter) -> Sequence[tuple[Any, ...]]:
    key = (PlaceSum.tenant_id, PlaceSum.location_id, PlaceSum.kind, PlaceSum.comes_in)
    statement = (
        select(
            *key,
            func.sum(PlaceSum.cost_amount),
            func.sum(PlaceSum.retail_amount),
            func.sum(PlaceSum.entries),
        )
        .where(*_conditions(PlaceSum, chosen), _months_and_days(chosen.begins_on, chosen.ends_on))
        .group_by(*key)
    )
    return [(*row[:4], NOTHING, *row[4:]) for row in db.session.execute(statement)]


def _days(chosen: StockFilter) -> list[ColumnElement[bool]]:
    found = [StockSum.on >= chosen.begins_on, StockSum.on <= chosen.ends_on]
    if chosen.drug_id is not None:
        found.append(StockSum.drug_id == chosen.drug_id)
    return found


def _conditions(model: type[StockSum | PlaceSum], chosen: StockFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [model.tenant_id.in_(sorted(chosen.centres))]
    if chosen.location_id is not None:
        found.append(model.location_id == chosen.location_id)
    if chosen.kind is not None:
        found.append(model.kind == chosen.kind.value)
    return found


def _months_and_days(begins_on: date, ends_on: date) -> ColumnElement[bool]:
    """Whole months by their sums, what is left at both ends by its days."""
    days, months = split(begins_on, ends_on)
    parts = [and_(~PlaceSum.is_month, PlaceSum.on >= since, PlaceSum.on <= until) for since, until in days]
    if months is not None:
        parts.append(and_(PlaceSum.is_month, PlaceSum.on >= months[0], PlaceSum.on <= months[1]))
    return or_(false(), *parts)


def flows_by_day(
    reach: Reach, chosen: StockFilter, bucket: Bucket = Bucket.DAY
) -> dict[date, tuple[Decimal, Decimal]]:
    """Day → what came in and what went out at cost; of buckets of months the whole ones stand under their first day.

    One statement for each partition.
    """
    chosen = replace(chosen, centres=reach.ids)
    model: type[StockSum | PlaceSum] = StockSum if _needs_drugs(chosen, False) else PlaceSum
    conditions = _conditions(model, chosen)
    if model is StockSum:
        conditions += _days(chosen)
    elif bucket is Bucket.DAY:
        conditions += [
            ~PlaceSum.is_month,
            PlaceSum.on >= chosen.begins_on,
            PlaceSum.on <= chosen.ends_on,
        ]
    else:
        conditions.append(_months_and_days(chosen.begins_on, chosen.ends_on))
    key = (model.tenant_id, model.on, model.comes_in)

    def read() -> Sequence[tuple[Any, ...]]:
        statement = select(*key, func.sum(model.cost_amount)).where(*conditions).group_by(*key)
        return [tuple(row) for row in db.session.execute(statement)]

    found: dict[date, tuple[Decimal, Decimal]] = {}
    for _, on, comes_in, cost in over(reach, read):
        came, left = found.get(on, (NOTHING, NOTHING))
        found[on] = (came + cost, left) if comes_in else (came, left + cost)
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What lay somewhere."""

    quantity: Decimal = NOTHING
    cost_amount: Decimal = NOTHING


def openings(reach: Reach, chosen: StockFilter, *, by_drug: bool = False) -> dict[Place, Held]:
    """What lay there when the first day began: by centre and place, or by centre and drug.

    From what was noted when a month began, and the days since; of all drugs together quantities are 0.
    Three statements for each partition.
    """
    chosen = replace(chosen, centres=reach.ids)
    needs_drugs, known = _needs_drugs(chosen, by_drug), _known_month(reach, chosen.begins_on)
    found: dict[Place, Held] = {}
    rows = over(reach, lambda: _levels(chosen, known, by_drug)) if known else []
    for tenant_id, axis, _, quantity, cost in rows + over(reach, lambda: _since(chosen, known, by_drug)):
        held = found.get((tenant_id, axis), Held())
        quantity = quantity if needs_drugs else NOTHING
        found[(tenant_id, axis)] = Held(held.quantity + quantity, held.cost_amount + cost)
    return found


def _known_month(reach: Reach, begins_on: date) -> date | None:
    """The beginning of a month, not after the day, whose levels are known; None: reckon from the first day."""

    def read() -> Sequence[tuple[Any, ...]]:
        earliest = first_of(first_of(begins_on) - timedelta(days=40))
        statement = (
            select(Level.tenant_id, func.max(Level.month))
            .where(Level.tenant_id.in_(sorted(reach.ids)), Level.month >= earliest, Level.month <= begins_on)
            .group_by(Level.tenant_id)
        )
        return [tuple(row) for row in db.session.execute(statement)]

    months: list[date] = [row[1] for row in over(reach, read)]
    return min(months, default=None)


def _levels(chosen: StockFilter, month: date | None, by_drug: bool) -> Sequence[tuple[Any, ...]]:
    axis = Level.drug_id if by_drug else Level.location_id
    statement = (
        select(
            Level.tenant_id, axis, func.count(Level.id), func.sum(Level.quantity), func.sum(Level.cost_amount)
        )
        .where(Level.tenant_id.in_(sorted(chosen.centres)), Level.month == month)
        .group_by(Level.tenant_id, axis)
    )
    if chosen.drug_id is not None:
        statement = statement.where(Level.drug_id == chosen.drug_id)
    if chosen.location_id is not None:
        statement = statement.where(Level.location_id == chosen.location_id)
    return [tuple(row) for row in db.session.execute(statement)]


def _since(chosen: StockFilter, month: date | None, by_drug: bool) -> Sequence[tuple[Any, ...]]:
    """What came in less what went out from a month's beginning until the first day."""
    since, until = month or EARLIEST, chosen.begins_on - timedelta(days=1)
    place = replace(chosen, begins_on=since, ends_on=until, kind=None)
    rows = _by_drug(place, by_drug) if _needs_drugs(chosen, by_drug) else _whole(place)
    return [
        (tenant_id, axis, comes_in, quantity if comes_in else -quantity, cost if comes_in else -cost)
        for tenant_id, axis, _, comes_in, quantity, cost, *_ in rows
    ]


def month_of_places(month: date) -> list[tuple[Any, ...]]:
    """Place, kind and direction with cost, retail amount and entries of a month's days. One statement."""
    key = (PlaceSum.location_id, PlaceSum.kind, PlaceSum.comes_in)
    sums = [func.sum(column) for column in (PlaceSum.cost_amount, PlaceSum.retail_amount, PlaceSum.entries)]
    days = and_(~PlaceSum.is_month, PlaceSum.on >= month, PlaceSum.on < next_month(month))
    return [tuple(row) for row in db.session.execute(select(*key, *sums).where(days).group_by(*key))]


def level_to_carry_from(since: date) -> date:
    """The month from which levels are to be written anew. Two statements."""
    last: date | None = db.session.scalar(select(func.max(Level.month)))
    if last is not None:
        return min(first_of(since), last)
    first: date | None = db.session.scalar(select(func.min(Day.on)))
    return first_of(first or since)


def stock_at(day: date, *, known_at: date) -> dict[Place, tuple[Decimal, Decimal]]:
    """Place and drug → units and cost when a day began, from the level of a month on. Two statements."""
    found: dict[Place, tuple[Decimal, Decimal]] = {
        (row.location_id, row.drug_id): (row.quantity, row.cost_amount)
        for row in db.session.scalars(select(Level).where(Level.month == known_at))
    }
    statement = (
        select(
            StockSum.location_id,
            StockSum.drug_id,
            StockSum.comes_in,
            func.sum(StockSum.quantity),
            func.sum(StockSum.cost_amount),
        )
        .where(StockSum.on >= known_at, StockSum.on < day)
        .group_by(StockSum.location_id, StockSum.drug_id, StockSum.comes_in)
    )
    for place, drug, comes_in, quantity, cost in db.session.execute(statement):
        held = found.get((place, drug), (NOTHING, NOTHING))
        sign = 1 if comes_in else -1
        found[(place, drug)] = (held[0] + sign * quantity, held[1] + sign * cost)
    return found


def prescribing(reach: Reach, begins_on: date, ends_on: date) -> dict[int, tuple[int, int]]:
    """Centre → prescriptions handed out for the first time, and how many with an antimicrobial."""

    def read() -> Sequence[tuple[Any, ...]]:
        statement = (
            select(
                PrescribingSum.tenant_id,
                func.sum(PrescribingSum.prescriptions),
                func.sum(PrescribingSum.with_antimicrobial),
            )
            .where(
                PrescribingSum.tenant_id.in_(sorted(reach.ids)),
                PrescribingSum.on >= begins_on,
                PrescribingSum.on <= ends_on,
            )
            .group_by(PrescribingSum.tenant_id)
        )
        return [tuple(row) for row in db.session.execute(statement)]

    return {row[0]: (row[1], row[2]) for row in over(reach, read)}
