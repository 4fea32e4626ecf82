"""Reading price adjustments."""

from datetime import date

from sqlalchemy import select

from app.db import Page, db, page_by_key
from app.errors import NotFound
from modules.dispensing import queries as stock
from modules.dispensing.queries import StockLine
from modules.storeroom.models import Adjustment, AdjustmentLine, AdjustmentStatus, Revaluation


def list_adjustments(*, before: int | None = None) -> Page[Adjustment]:
    """Adjustments, the latest first."""
    return page_by_key(select(Adjustment), Adjustment.id, before=before, size=40)


def get_adjustment(adjustment_id: int) -> Adjustment:
    """The adjustment, or NotFound."""
    found = db.session.get(Adjustment, adjustment_id)
    if found is None:
        raise NotFound(field="adjustment_id")
    return found


def lines_of_adjustment(adjustment_id: int) -> list[AdjustmentLine]:
    """Its drugs, by code."""
    statement = select(AdjustmentLine).where(AdjustmentLine.adjustment_id == adjustment_id)
    return list(db.session.scalars(statement.order_by(AdjustmentLine.drug_code, AdjustmentLine.id)))


def revaluations(adjustment_id: int) -> list[tuple[Revaluation, StockLine]]:
    """What it was worth, by batch and place. Two statements."""
    statement = select(Revaluation).where(Revaluation.adjustment_id == adjustment_id)
    rows = list(db.session.scalars(statement.order_by(Revaluation.id)))
    lines = stock.balances_by_id(row.balance_id for row in rows)
    return [(row, lines[row.balance_id]) for row in rows]


def due_adjustments(day: date) -> list[int]:
    """Approved adjustments whose day has come, in the order they were made."""
    statement = select(Adjustment.id).where(
        Adjustment.status == AdjustmentStatus.APPROVED, Adjustment.begins_on <= day
    )
    return list(db.session.scalars(statement.order_by(Adjustment.id)))
