"""Reading documents and the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import case, func, or_, select

from app.db import Page, db, page_by_key
from app.errors import NotFound
from modules.dispensing.models import Account, Batch, Document, StockMove


def get_document(document_id: int) -> Document:
    """The document, or NotFound."""
    found = db.session.get(Document, document_id)
    if found is None:
        raise NotFound(field="document_id")
    return found


def list_documents(location_id: int, *, before: int | None = None, size: int = 50) -> Page[Document]:
    """Documents of a location, the latest first."""
    statement = select(Document).where(
        or_(Document.location_id == location_id, Document.to_location_id == location_id)
    )
    return page_by_key(statement, Document.id, before=before, size=size)


def moves_of(document_id: int) -> list[tuple[StockMove, Batch]]:
    """Lines of a document with their batches."""
    rows = db.session.execute(
        select(StockMove, Batch)
        .join(Batch, Batch.id == StockMove.batch_id)
        .where(StockMove.document_id == document_id)
        .order_by(StockMove.line_no)
    )
    return [(row[0], row[1]) for row in rows]


@dataclass(frozen=True, slots=True)
class CardRow:
    """One line of a stock card: what came in or went out, and what lay there afterwards."""

    move: StockMove
    document: Document
    batch: Batch
    received: Decimal
    issued: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class StockCard:
    """The stock card of a drug at a location for some days (进销存): opening + in − out = closing."""

    opening: Decimal
    rows: Sequence[CardRow]
    is_cut: bool  # there are more rows than shown

    @property
    def received(self) -> Decimal:
        """Minimum units that came in."""
        return sum((row.received for row in self.rows), Decimal(0))

    @property
    def issued(self) -> Decimal:
        """Minimum units that went out."""
        return sum((row.issued for row in self.rows), Decimal(0))

    @property
    def closing(self) -> Decimal:
        """Minimum units at the end."""
        return self.opening + self.received - self.issued


def stock_card(
    *,
    location_id: int,
    drug_id: int,
    begins_on: date,
    ends_on: date,
    batch_id: int | None = None,
    size: int = 300,
) -> StockCard:
    """The card of a drug (or one batch: bin card) at a location from one day to another, both included."""
    here = or_(StockMove.from_location_id == location_id, StockMove.to_location_id == location_id)
    chosen = [StockMove.drug_id == drug_id, here]
    if batch_id is not None:
        chosen.append(StockMove.batch_id == batch_id)
    signed = case((StockMove.to_location_id == location_id, StockMove.quantity), else_=-StockMove.quantity)
    opening = db.session.scalar(
        select(func.sum(signed))
        .join(Document, Document.id == StockMove.document_id)
        .where(*chosen, Document.on < begins_on)
    )
    rows = db.session.execute(
        select(StockMove, Document, Batch)
        .join(Document, Document.id == StockMove.document_id)
        .join(Batch, Batch.id == StockMove.batch_id)
        .where(*chosen, Document.on >= begins_on, Document.on <= ends_on)
        .order_by(StockMove.id)
        .limit(size + 1)
    ).all()
    balance = opening or Decimal(0)
    card: list[CardRow] = []
    for move, document, batch in rows[:size]:
        comes_in = move.to_location_id == location_id
        received, issued = (move.quantity, Decimal(0)) if comes_in else (Decimal(0), move.quantity)
        balance += received - issued
        card.append(CardRow(move, document, batch, received, issued, balance))
    return StockCard(opening or Decimal(0), card, len(rows) > size)


def consumption(since: date) -> dict[int, Decimal]:
    """Drug id → minimum units handed to patients since a day, less what came back. One statement."""
    signed = case((StockMove.to_account == Account.PATIENT, StockMove.quantity), else_=-StockMove.quantity)
    statement = (
        select(StockMove.drug_id, func.sum(signed))
        .join(Document, Document.id == StockMove.document_id)
        .where(
            or_(StockMove.to_account == Account.PATIENT, StockMove.from_account == Account.PATIENT),
            Document.on >= since,
        )
        .group_by(StockMove.drug_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def on_the_way() -> dict[int, Decimal]:
    """Drug id → minimum units that were sent and have not arrived. One statement."""
    signed = case((StockMove.to_account == Account.IN_TRANSIT, StockMove.quantity), else_=-StockMove.quantity)
    statement = (
        select(StockMove.drug_id, func.sum(signed))
        .where(
            or_(
                StockMove.to_account == Account.IN_TRANSIT,
                StockMove.from_account == Account.IN_TRANSIT,
            )
        )
        .group_by(StockMove.drug_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement) if row[1]}
