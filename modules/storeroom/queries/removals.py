"""Reading losses, returns, quarantines and recalls."""

from dataclasses import dataclass

from sqlalchemy import func, select

from app.db import Page, db, page_by_key
from app.errors import NotFound
from modules.dispensing import queries as stock
from modules.dispensing.queries import StockLine
from modules.storeroom.models import Quarantine, Recall, Removal, RemovalStatus


@dataclass(frozen=True, slots=True)
class Placed:
    """A removal or a quarantine with the stock it is about."""

    paper: Removal | Quarantine
    stock: StockLine


def list_removals(*, before: int | None = None) -> tuple[Page[Removal], list[Placed]]:
    """Losses and returns, the latest first, with their stock. Two statements."""
    page = page_by_key(select(Removal), Removal.id, before=before, size=40)
    return page, _placed(page.rows)


def open_quarantines() -> list[Placed]:
    """What is set apart now, the latest first."""
    statement = select(Quarantine).where(Quarantine.ended_at.is_(None)).order_by(Quarantine.id.desc())
    return _placed(list(db.session.scalars(statement.limit(200))))


def _placed(papers: "list[Removal] | list[Quarantine]") -> list[Placed]:
    lines = stock.balances_by_id(paper.balance_id for paper in papers)
    return [Placed(paper, lines[paper.balance_id]) for paper in papers]


def list_recalls() -> list[Recall]:
    """Recalls, the latest first."""
    return list(db.session.scalars(select(Recall).order_by(Recall.id.desc()).limit(200)))


def get_recall(recall_id: int) -> Recall:
    """The recall, or NotFound."""
    found = db.session.get(Recall, recall_id)
    if found is None:
        raise NotFound(field="recall_id")
    return found


def waiting_removals() -> int:
    """Losses and returns that wait for approval."""
    return db.session.scalar(select(func.count()).where(Removal.status == RemovalStatus.APPLIED)) or 0
