"""Lists of stock: what ends soon, what lies there, what is promised and cannot be handed out."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select

from app import clock
from app.db import db
from modules.dispensing.models import Balance, Batch, Hold, Location
from modules.dispensing.queries.stock import StockLine, latest_batches


def list_near_expiry(location_id: int, *, within_days: int = 183, size: int = 100) -> list[StockLine]:
    """Batches at a location that end soon or have ended, the earliest first."""
    statement = (
        select(Balance, Batch)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(
            Balance.location_id == location_id,
            Balance.on_hand > 0,
            Batch.expires_on <= clock.today() + timedelta(days=within_days),
        )
        .order_by(Batch.expires_on, Balance.id)
        .limit(size)
    )
    return [StockLine(row[0], row[1]) for row in db.session.execute(statement)]


def first_near_expiry(*, within_days: int, size: int) -> tuple[int, list[StockLine]]:
    """How many batches end soon or have ended, at all places of the centre, and the first. One statement."""
    statement = (
        select(Balance, Batch, func.count().over())
        .join(Batch, Batch.id == Balance.batch_id)
        .where(*_ends_by(clock.today() + timedelta(days=within_days)))
        .order_by(Batch.expires_on, Balance.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][2] if rows else 0), [StockLine(row[0], row[1]) for row in rows]


def ends_by_day(until: date) -> dict[date, int]:
    """Day of expiry → batches in stock that end then, up to a day."""
    statement = (
        select(Batch.expires_on, func.count(Balance.id))
        .join(Balance, Balance.batch_id == Batch.id)
        .where(*_ends_by(until))
        .group_by(Batch.expires_on)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def _ends_by(day: date) -> tuple[ColumnElement[bool], ...]:
    """Stock of batches that end on or before a day; the places make both indexes of a balance fit."""
    return Balance.location_id.in_(select(Location.id)), Balance.on_hand > 0, Batch.expires_on <= day


@dataclass(frozen=True, slots=True)
class LyingDrug:
    """A drug that lies somewhere in the centre: how much, what it cost, since when."""

    batch: Batch  # the one that came last, for names and units
    on_hand: Decimal
    cost_amount: Decimal
    since: date


def lying_drugs() -> list[LyingDrug]:
    """Every drug that lies at some place, by code. Two statements."""
    statement = (
        select(Batch.drug_id, Batch.received_on, func.sum(Balance.on_hand), func.sum(Balance.cost_amount))
        .join(Balance, Balance.batch_id == Batch.id)
        .where(Balance.on_hand > 0)
        .group_by(Batch.id, Batch.drug_id, Batch.received_on)
    )
    lots: dict[int, list[tuple[Decimal, date, Decimal]]] = {}
    for drug_id, received_on, on_hand, cost in db.session.execute(statement):
        lots.setdefault(drug_id, []).append((on_hand, received_on, cost))
    named = latest_batches(lots)
    found = [
        LyingDrug(
            named[drug_id],
            sum((lot[0] for lot in rows), Decimal(0)),
            sum((lot[2] for lot in rows), Decimal("0.00")),
            min(lot[1] for lot in rows),
        )
        for drug_id, rows in lots.items()
    ]
    return sorted(found, key=lambda drug: drug.batch.drug_code)


def blocked_promises() -> dict[int, Decimal]:
    """Drug id → minimum units promised to prescriptions of a batch that was recalled or has expired."""
    waiting = Hold.quantity - Hold.released - Hold.dispensed
    statement = (
        select(Hold.drug_id, func.sum(waiting))
        .join(Batch, Batch.id == Hold.batch_id)
        .where(waiting > 0, or_(Batch.recalled_at.is_not(None), Batch.expires_on <= clock.today()))
        .group_by(Hold.drug_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
