"""The one place that moves stock: every change of a balance writes a row with both its sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app import clock, ids, numbering
from app.account_hints import stock_sides
from app.actor import Actor
from app.db import db, lock_row
from app.events import emit
from app.money import round_amount
from modules.dispensing import queries
from modules.dispensing.errors import BatchRecalled, BooksClosed, PlaceCounted
from modules.dispensing.events import MovedAmount, MovedLine, StockMoved
from modules.dispensing.models import Account, Balance, Batch, Document, DocumentKind, Location, StockMove
from modules.dispensing.rules.costs import cost_in, cost_out
from modules.dispensing.services.reports import reports_of

_PREFIX = {
    DocumentKind.OPENING: "KQ",
    DocumentKind.RECEIPT: "KR",
    DocumentKind.TRANSFER: "KD",
    DocumentKind.ISSUE: "KF",
    DocumentKind.RETURN: "KT",
    DocumentKind.LOSS: "KS",
    DocumentKind.SHIPMENT: "KX",
    DocumentKind.ARRIVAL: "KJ",
    DocumentKind.STOCKTAKE: "KP",
    DocumentKind.SUPPLIER_RETURN: "KB",
    DocumentKind.REPACK: "KC",
}

_NEVER_RECALLED = (
    DocumentKind.ISSUE,
    DocumentKind.SHIPMENT,
    DocumentKind.TRANSFER,
    DocumentKind.REPACK,
)

Side = tuple[str, str, str, int | None, int | None]  # kind of drug, from and to: accounts, then places


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A quantity of a batch that goes from one side to the other; a side without a balance is an account.

    ``to_account`` is given only where both sides are accounts (lost on the way). ``cost_amount`` is what it cost when
    it left a place for the account it comes from now.
    """

    batch: Batch
    quantity: Decimal
    source: Balance | None = None
    target: Balance | None = None
    account: Account = Account.LOCATION
    to_account: Account | None = None
    item_id: int | None = None
    cost_amount: Decimal | None = None


def new_document(kind: DocumentKind, location_id: int, by: Actor) -> Document:
    """A document with its number, not yet stored."""
    return Document(
        id=ids.new_id(),
        number=numbering.next_number(f"stock.{kind.value}", on=clock.today(), prefix=_PREFIX[kind]),
        kind=kind,
        location_id=location_id,
        on=clock.today(),
        at=clock.now(),
        by_name=by.name,
        cost_amount=Decimal("0.00"),
    )


def post(document: Document, movements: Sequence[Movement]) -> tuple[MovedLine, ...]:
    """Store a document with its movements and change the balances, which the caller has locked.

    Raises:
        BooksClosed: the month of the document is closed at one of the places.
        PlaceCounted: one of the places is being counted and must stand still.
        BatchRecalled: a recalled batch would be handed out, carried over or put into bags.
    """
    _refuse_stopped(document, movements)
    rows = [_move(document, number, movement) for number, movement in enumerate(movements, start=1)]
    document.cost_amount = sum((row.cost_amount for row in rows), Decimal("0.00"))
    db.session.add(document)
    db.session.flush()  # the rows refer to it
    db.session.add_all(rows)
    db.session.add_all(reports_of(document, rows, [movement.batch for movement in movements]))
    db.session.flush()
    emit(_told(document, rows, movements))
    return tuple(
        MovedLine(
            drug_id=row.drug_id,
            batch_id=row.batch_id,
            quantity=row.quantity,
            cost_amount=row.cost_amount,
            source_id=row.source_id,
        )
        for row in rows
    )


def _refuse_stopped(document: Document, movements: Sequence[Movement]) -> None:
    """One statement, behind the locks: a recall, a stocktake or a closing that came meanwhile is seen."""
    sides = [side.id for movement in movements for side in (movement.source, movement.target) if side]
    if not sides:  # lost on the way: both sides are accounts
        _refuse_closed(document)
        return
    for stopped in queries.stopped_balances(sides, document.on):
        if stopped.closed_until is not None:
            raise BooksClosed(place=stopped.place, until=stopped.closed_until)
        if stopped.is_counted and document.kind != DocumentKind.STOCKTAKE:
            raise PlaceCounted(place=stopped.place)
        if stopped.is_recalled and document.kind in _NEVER_RECALLED:
            raise BatchRecalled(drug=stopped.drug_name, batch=stopped.batch_no)


def _refuse_closed(document: Document) -> None:
    place = lock_row(Location, document.location_id)
    if place is not None and place.closed_until is not None and place.closed_until >= document.on:
        raise BooksClosed(place=place.name, until=place.closed_until)


def _told(document: Document, rows: Sequence[StockMove], movements: Sequence[Movement]) -> StockMoved:
    """The event of a posted document: its cost by class of drug and by sides."""
    sums: dict[Side, Decimal] = {}
    for row, movement in zip(rows, movements, strict=True):
        sides = (row.from_account.value, row.to_account.value, row.from_location_id, row.to_location_id)
        key = (movement.batch.drug_kind, *sides)
        sums[key] = sums.get(key, Decimal("0.00")) + row.cost_amount
    return StockMoved(
        document_id=document.id,
        kind=document.kind.value,
        number=document.number,
        location_id=document.location_id,
        on=document.on,
        cost_amount=document.cost_amount,
        amounts=tuple(_moved_amount(key, amount, document.on) for key, amount in sums.items()),
    )


def _moved_amount(key: Side, amount: Decimal, on: date) -> MovedAmount:
    kind, from_account, to_account, from_location_id, to_location_id = key
    hint = stock_sides(kind, from_account, to_account, on)
    return MovedAmount(
        drug_kind=kind,
        from_account=from_account,
        to_account=to_account,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        cost_amount=amount,
        debit_account=hint.debit,
        credit_account=hint.credit,
        approved_account=hint.approved,
    )


def _move(document: Document, number: int, movement: Movement) -> StockMove:
    source, target = movement.source, movement.target
    cost = cost_of(movement)
    if source is not None:
        source.on_hand -= movement.quantity
        source.cost_amount -= cost
        source.costed_quantity = source.on_hand
    if target is not None:
        target.on_hand += movement.quantity
        target.cost_amount += cost
        target.costed_quantity = target.on_hand
    return StockMove(
        id=ids.new_id(),
        document_id=document.id,
        line_no=number,
        batch_id=movement.batch.id,
        drug_id=movement.batch.drug_id,
        from_account=Account.LOCATION if source else movement.account,
        from_location_id=source.location_id if source else None,
        from_after=source.on_hand if source else None,
        to_account=Account.LOCATION if target else movement.to_account or movement.account,
        to_location_id=target.location_id if target else None,
        to_after=target.on_hand if target else None,
        quantity=movement.quantity,
        unit_cost=movement.batch.unit_cost,
        cost_amount=cost,
        source_id=movement.item_id,
    )


def cost_of(movement: Movement) -> Decimal:
    """In yuan; a place keeps nothing in its books for a batch of which nothing lies there."""
    unit_cost, quantity = movement.batch.unit_cost, movement.quantity
    for balance in (movement.source, movement.target):
        if balance is not None:
            _catch_up(balance)
    if movement.cost_amount is not None:
        return movement.cost_amount
    if movement.source is not None:
        held, left = movement.source.cost_amount, movement.source.on_hand - quantity
        return cost_out(held, left=left, unit_cost=unit_cost)
    if movement.target is not None:
        held, after = movement.target.cost_amount, movement.target.on_hand + quantity
        return cost_in(held, after=after, unit_cost=unit_cost)
    return round_amount(quantity * unit_cost)


def _catch_up(balance: Balance) -> None:
    """During an upgrade the former release moves stock and knows no cost of balances: the ledger does."""
    if balance.costed_quantity != balance.on_hand:
        balance.cost_amount = queries.cost_in_ledger(balance.location_id, balance.batch_id)
        balance.costed_quantity = balance.on_hand
