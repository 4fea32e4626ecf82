"""What reports add up and open: movements of a day, documents of a place, prescriptions handed out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.db import Page, db, page_by_key
from modules.dispensing.models import Account, Document, DocumentKind, StockMove

IN_TRANSIT = 0  # stands where the id of a place would


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One side of one movement: what a place (or the way) got or gave."""

    kind: DocumentKind
    location_id: int
    drug_id: int
    comes_in: bool
    quantity: Decimal
    cost_amount: Decimal


def moved_on(on: date) -> list[Moved]:
    """Both sides of every movement of a day, as far as they are stock of the centre. One statement."""
    statement = (
        select(StockMove, Document.kind)
        .join(Document, Document.id == StockMove.document_id)
        .where(Document.on == on)
    )
    return [side for move, kind in db.session.execute(statement) for side in _sides(move, kind)]


def _sides(move: StockMove, kind: DocumentKind) -> list[Moved]:
    sides = (
        (move.from_account, move.from_location_id, False),
        (move.to_account, move.to_location_id, True),
    )
    return [
        Moved(
            kind=kind,
            location_id=place or IN_TRANSIT,
            drug_id=move.drug_id,
            comes_in=comes_in,
            quantity=move.quantity,
            cost_amount=move.cost_amount,
        )
        for account, place, comes_in in sides
        if account in (Account.LOCATION, Account.IN_TRANSIT)
    ]


def document_days() -> set[date]:
    """Days on which stock moved. One statement."""
    return set(db.session.scalars(select(Document.on).distinct()))


def stock_totals(until: date) -> dict[tuple[int, int], tuple[Decimal, Decimal]]:
    """Place and drug → what lay there after a day, in units and at cost, as the ledger says. Two statements."""
    found: dict[tuple[int, int], tuple[Decimal, Decimal]] = {}
    for account, place, sign in (
        (StockMove.to_account, StockMove.to_location_id, 1),
        (StockMove.from_account, StockMove.from_location_id, -1),
    ):
        statement = (
            select(place, StockMove.drug_id, func.sum(StockMove.quantity), func.sum(StockMove.cost_amount))
            .join(Document, Document.id == StockMove.document_id)
            .where(account.in_((Account.LOCATION, Account.IN_TRANSIT)), Document.on <= until)
            .group_by(place, StockMove.drug_id)
        )
        for location_id, drug_id, quantity, cost in db.session.execute(statement):
            key = (location_id or IN_TRANSIT, drug_id)
            held = found.get(key, (Decimal(0), Decimal(0)))
            found[key] = (held[0] + sign * quantity, held[1] + sign * cost)
    return found


def _touches(location_id: int, comes_in: bool) -> ColumnElement[bool]:
    """Movements that brought something to a place, or took it from there."""
    account = StockMove.to_account if comes_in else StockMove.from_account
    place = StockMove.to_location_id if comes_in else StockMove.from_location_id
    if location_id == IN_TRANSIT:
        return account == Account.IN_TRANSIT
    return place == location_id


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSum:
    """What one document moved at one place."""

    document: Document
    quantity: Decimal
    cost_amount: Decimal
    lines: int


def page_of_documents(
    *,
    begins_on: date,
    ends_on: date,
    location_id: int,
    kind: DocumentKind,
    comes_in: bool,
    drug_id: int | None = None,
    before: int | None = None,
    size: int = 50,
) -> Page[DocumentSum]:
    """Documents of one kind that brought to a place or took from it, the latest first. Two statements."""
    chosen: list[ColumnElement[bool]] = [_touches(location_id, comes_in)]
    if drug_id is not None:
        chosen.append(StockMove.drug_id == drug_id)
    statement = select(Document).where(
        Document.on >= begins_on,
        Document.on <= ends_on,
        Document.kind == kind,
        exists().where(StockMove.document_id == Document.id, *chosen),
    )
    page = page_by_key(statement, Document.id, before=before, size=size)
    sums = {row[0]: row[1:] for row in db.session.execute(_sums_of(page.rows, chosen))} if page.rows else {}
    rows = [
        DocumentSum(
            document=row, quantity=sums[row.id][0], cost_amount=sums[row.id][1], lines=sums[row.id][2]
        )
        for row in page.rows
    ]
    return Page(rows, page.next_before, page.is_first)


def _sums_of(
    documents: Sequence[Document], chosen: Sequence[ColumnElement[bool]]
) -> Select[int, Decimal, Decimal, int]:
    return (
        select(
            StockMove.document_id,
            func.sum(StockMove.quantity),
            func.sum(StockMove.cost_amount),
            func.count(StockMove.id),
        )
        .where(StockMove.document_id.in_([row.id for row in documents]), *chosen)
        .group_by(StockMove.document_id)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstIssue:
    """A prescription, and the drugs handed out with its first document."""

    document_id: int
    prescription_id: int
    location_id: int
    drug_ids: frozenset[int]


def first_issues(on: date) -> list[FirstIssue]:
    """Prescriptions of which something was handed out for the first time on a day. One statement."""
    statement = (
        select(Document.id, Document.prescription_id, Document.location_id, StockMove.drug_id)
        .join(StockMove, StockMove.document_id == Document.id)
        .where(Document.on == on, _is_first())
    )
    drugs: dict[tuple[int, int, int], set[int]] = {}
    for document_id, prescription_id, location_id, drug_id in db.session.execute(statement):
        drugs.setdefault((document_id, prescription_id or 0, location_id), set()).add(drug_id)
    return [
        FirstIssue(document_id=key[0], prescription_id=key[1], location_id=key[2], drug_ids=frozenset(found))
        for key, found in drugs.items()
    ]


def _is_first() -> ColumnElement[bool]:
    """Documents that hand a prescription out for the first time."""
    other = aliased(Document)
    earlier = exists().where(
        other.tenant_id == Document.tenant_id,
        other.prescription_id == Document.prescription_id,
        other.kind == DocumentKind.ISSUE,
        or_(other.on < Document.on, and_(other.on == Document.on, other.id < Document.id)),
    )
    return and_(Document.kind == DocumentKind.ISSUE, Document.prescription_id.is_not(None), ~earlier)


def page_of_first_issues(
    *,
    begins_on: date,
    ends_on: date,
    drug_ids: Iterable[int],
    location_id: int | None = None,
    before: int | None = None,
    size: int = 50,
) -> Page[Document]:
    """First documents of prescriptions that hand out one of these drugs, the latest first. One statement."""
    statement = select(Document).where(
        Document.on >= begins_on,
        Document.on <= ends_on,
        _is_first(),
        exists().where(StockMove.document_id == Document.id, StockMove.drug_id.in_(sorted(drug_ids))),
    )
    if location_id is not None:
        statement = statement.where(Document.location_id == location_id)
    return page_by_key(statement, Document.id, before=before, size=size)
