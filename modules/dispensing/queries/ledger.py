"""Reading documents and the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Select, case, func, or_, select

from app.db import Page, db, page_by_key
from app.errors import NotFound
from modules.dispensing.models import Account, Batch, Document, DocumentKind, StockMove
from modules.dispensing.rules.costs import cost_out


def get_document(document_id: int) -> Document:
    """The document, or NotFound."""
    found = db.session.get(Document, document_id)
    if found is None:
        raise NotFound(field="document_id")
    return found


def documents_by_id(document_ids: Iterable[int]) -> dict[int, Document]:
    """Id → document; no statement where none is asked for."""
    wanted = sorted(set(document_ids))
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(Document).where(Document.id.in_(wanted)))}


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
class OnTheWay:
    """What of a batch is on the way with a document, and what it cost when it left."""

    quantity: Decimal
    cost_amount: Decimal
    unit_cost: Decimal

    def take(self, quantity: Decimal) -> tuple[Decimal, "OnTheWay"]:
        """What some of it costs, and what stays on the way."""
        left = self.quantity - quantity
        cost = cost_out(self.cost_amount, left=left, unit_cost=self.unit_cost)
        return cost, OnTheWay(left, self.cost_amount - cost, self.unit_cost)


def moved_batches(document_id: int) -> dict[int, OnTheWay]:
    """Batch id → what a document moved of it. One statement."""
    statement = (
        select(
            StockMove.batch_id,
            func.max(StockMove.unit_cost),
            func.sum(StockMove.quantity),
            func.sum(StockMove.cost_amount),
        )
        .where(StockMove.document_id == document_id)
        .group_by(StockMove.batch_id)
    )
    return {row[0]: OnTheWay(row[2], row[3], row[1]) for row in db.session.execute(statement)}


def cost_in_ledger(location_id: int, batch_id: int) -> Decimal:
    """What came of a batch to a place less what left it, in yuan. One statement."""
    came = case((StockMove.to_location_id == location_id, StockMove.cost_amount), else_=Decimal("0.00"))
    left = case((StockMove.from_location_id == location_id, StockMove.cost_amount), else_=Decimal("0.00"))
    held = db.session.scalar(select(func.sum(came - left)).where(StockMove.batch_id == batch_id))
    return held or Decimal("0.00")


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
    kinds: Sequence["KindSum"]  # of all the days, shown or not
    is_cut: bool  # there are more rows than shown

    @property
    def received(self) -> Decimal:
        """Minimum units that came in."""
        return sum((kind.quantity for kind in self.kinds if kind.comes_in), Decimal(0))

    @property
    def issued(self) -> Decimal:
        """Minimum units that went out."""
        return sum((kind.quantity for kind in self.kinds if not kind.comes_in), Decimal(0))

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
    kinds = kind_sums(
        begins_on=begins_on, ends_on=ends_on, location_id=location_id, drug_id=drug_id, batch_id=batch_id
    )
    return StockCard(opening or Decimal(0), card, kinds, len(rows) > size)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLine:
    """A batch at a place (None: on the way) over some days, in minimum units and in yuan at cost (进销存)."""

    location_id: int | None
    batch_id: int
    drug_id: int
    opening: Decimal
    received: Decimal
    issued: Decimal
    opening_amount: Decimal
    received_amount: Decimal
    issued_amount: Decimal

    @property
    def closing(self) -> Decimal:
        """Minimum units at the end: opening + in − out."""
        return self.opening + self.received - self.issued

    @property
    def closing_amount(self) -> Decimal:
        """Yuan at the end."""
        return self.opening_amount + self.received_amount - self.issued_amount

    @property
    def is_idle(self) -> bool:
        """Nothing lay there and nothing moved, and no fen is left in the books."""
        return not (self.opening or self.received or self.issued or self.opening_amount)


def period_lines(
    *, begins_on: date, ends_on: date, location_id: int | None = None, drug_id: int | None = None
) -> list[PeriodLine]:
    """Every batch at every place (or one place, one drug) from a day to another, both included.

    Without a place what is on the way is listed too. Two statements: one for each side of the ledger.
    """
    came, left = (
        {
            (place, batch, drug): _Sums(*(value or Decimal(0) for value in sums))
            for place, batch, drug, *sums in db.session.execute(
                _side_sums(comes_in, begins_on, ends_on, location_id, drug_id)
            )
        }
        for comes_in in (True, False)
    )
    nothing = _Sums(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    lines = [
        _period_line(key, came.get(key, nothing), left.get(key, nothing)) for key in came.keys() | left.keys()
    ]
    return [line for line in lines if not line.is_idle]


class _Sums(NamedTuple):
    """One side of the ledger: before the days and in them."""

    before: Decimal
    before_amount: Decimal
    during: Decimal
    during_amount: Decimal


def _period_line(key: tuple[int | None, int, int], came: _Sums, left: _Sums) -> PeriodLine:
    location_id, batch_id, drug_id = key
    return PeriodLine(
        location_id=location_id,
        batch_id=batch_id,
        drug_id=drug_id,
        opening=came.before - left.before,
        received=came.during,
        issued=left.during,
        opening_amount=came.before_amount - left.before_amount,
        received_amount=came.during_amount,
        issued_amount=left.during_amount,
    )


def _side_sums(
    comes_in: bool, begins_on: date, ends_on: date, location_id: int | None, drug_id: int | None
) -> Select[int | None, int, int, Decimal, Decimal, Decimal, Decimal]:
    """What came to (or left) each place and batch before and during the days."""
    place = StockMove.to_location_id if comes_in else StockMove.from_location_id
    account = StockMove.to_account if comes_in else StockMove.from_account
    statement = (
        select(
            place,
            StockMove.batch_id,
            StockMove.drug_id,
            func.sum(case((Document.on < begins_on, StockMove.quantity), else_=0)),
            func.sum(case((Document.on < begins_on, StockMove.cost_amount), else_=0)),
            func.sum(case((Document.on >= begins_on, StockMove.quantity), else_=0)),
            func.sum(case((Document.on >= begins_on, StockMove.cost_amount), else_=0)),
        )
        .join(Document, Document.id == StockMove.document_id)
        .where(account.in_((Account.LOCATION, Account.IN_TRANSIT)), Document.on <= ends_on)
        .group_by(place, StockMove.batch_id, StockMove.drug_id)
    )
    if location_id is not None:
        statement = statement.where(place == location_id)
    return statement if drug_id is None else statement.where(StockMove.drug_id == drug_id)


@dataclass(frozen=True, slots=True)
class KindSum:
    """What one kind of document, to or from one account, brought or took."""

    kind: DocumentKind
    comes_in: bool
    quantity: Decimal
    cost_amount: Decimal


def kind_sums(
    *, begins_on: date, ends_on: date, location_id: int, drug_id: int, batch_id: int | None = None
) -> list[KindSum]:
    """In and out of a drug at a place by kind of document, in these days. One statement."""
    comes_in = case((StockMove.to_location_id == location_id, 1), else_=0).label("comes_in")
    chosen = [StockMove.drug_id == drug_id, Document.on >= begins_on, Document.on <= ends_on]
    if batch_id is not None:
        chosen.append(StockMove.batch_id == batch_id)
    here = or_(StockMove.from_location_id == location_id, StockMove.to_location_id == location_id)
    kinds = (
        select(Document.kind.label("kind"), comes_in, StockMove.quantity, StockMove.cost_amount)
        .join(Document, Document.id == StockMove.document_id)
        .where(here, *chosen)
        .subquery()
    )
    statement = (
        select(kinds.c.kind, kinds.c.comes_in, func.sum(kinds.c.quantity), func.sum(kinds.c.cost_amount))
        .group_by(kinds.c.kind, kinds.c.comes_in)
        .order_by(kinds.c.comes_in.desc(), kinds.c.kind)
    )
    return [KindSum(row[0], bool(row[1]), row[2], row[3]) for row in db.session.execute(statement)]


def first_document_day() -> date | None:
    """The day of the centre's first document of stock."""
    return db.session.scalar(select(func.min(Document.on)))


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


def last_issues() -> dict[int, date]:
    """Drug id → the day it was last handed to a patient. One statement."""
    statement = (
        select(StockMove.drug_id, func.max(Document.on))
        .join(Document, Document.id == StockMove.document_id)
        .where(StockMove.to_account == Account.PATIENT)
        .group_by(StockMove.drug_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
