"""Reading stocktakes."""

from sqlalchemy import select

from app.db import Page, db, locking, page_by_key
from app.errors import NotFound
from modules.storeroom.models import CountLine, Stocktake


def list_stocktakes(*, before: int | None = None) -> Page[Stocktake]:
    """Stocktakes, the latest first."""
    return page_by_key(select(Stocktake), Stocktake.id, before=before, size=40)


def get_stocktake(stocktake_id: int) -> Stocktake:
    """The stocktake, or NotFound."""
    found = db.session.get(Stocktake, stocktake_id)
    if found is None:
        raise NotFound(field="stocktake_id")
    return found


def lines_of_stocktake(stocktake_id: int) -> list[CountLine]:
    """Its lines, in the order of the sheet."""
    statement = select(CountLine).where(CountLine.stocktake_id == stocktake_id)
    order = (CountLine.drug_code, CountLine.expires_on, CountLine.id)
    return list(db.session.scalars(statement.order_by(*order)))


def lock_count_lines(stocktake_id: int) -> list[CountLine]:
    """Its lines, held until commit."""
    statement = select(CountLine).where(CountLine.stocktake_id == stocktake_id)
    return list(db.session.scalars(locking(statement.order_by(CountLine.id), CountLine)))
