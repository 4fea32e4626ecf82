"""What the storeroom's papers do to stock: plain steps inside its use cases, each posted as one document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app import clock
from app.actor import Actor
from app.db import db, lock_row
from app.db.locks import lock_rows
from app.errors import NotFound
from app.money import format_quantity
from modules.dispensing import queries
from modules.dispensing.errors import OutOfStock
from modules.dispensing.models import Account, Batch, Document, DocumentKind, Location
from modules.dispensing.queries import StockLine
from modules.dispensing.rules.batches import BatchPick, allocate
from modules.dispensing.services.ledger import Movement, new_document, post
from modules.dispensing.services.storeroom import balance_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How much of a drug leaves a place, in minimum units; ``field`` is what a refusal names."""

    drug_id: int
    quantity: Decimal
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What of a batch left for one of the wanted lines."""

    line: int  # place in the list of wanted lines
    batch: Batch
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A quantity of a batch, by its key, with what it cost when it was sent."""

    batch_id: int
    quantity: Decimal
    cost_amount: Decimal


def ship(*, location_id: int, wanted: Sequence[Wanted], by: Actor) -> tuple[Document, list[Taken]]:
    """Send drugs on their way, the nearest expiry first; held, frozen and recalled stock stays.

    Raises:
        OutOfStock: a line cannot leave whole; then nothing does.
    """
    stock = queries.lock_drug_stock([line.drug_id for line in wanted], location_id=location_id)
    by_batch = {line.batch.id: line for line in stock}
    left = {line.batch.id: line.balance.available for line in stock}
    taken: list[Taken] = []
    for number, line in enumerate(wanted):
        for pick in _nearest_expiry(line, stock, left):
            left[pick.batch_id] -= pick.quantity
            taken.append(Taken(line=number, batch=by_batch[pick.batch_id].batch, quantity=pick.quantity))
    document = new_document(DocumentKind.SHIPMENT, location_id, by)
    post(
        document,
        [
            Movement(
                batch=one.batch,
                quantity=one.quantity,
                source=by_batch[one.batch.id].balance,
                account=Account.IN_TRANSIT,
            )
            for one in taken
        ],
    )
    return document, taken


def arrive(*, location_id: int, parts: Sequence[Part], reason: str = "", by: Actor) -> Document:
    """Take what was on its way into a place, each batch as it was sent."""
    if lock_row(Location, location_id) is None:
        raise NotFound(field="location_id")
    batches = queries.batches_by_id(part.batch_id for part in parts)
    balances = queries.lock_batches_at(location_id, [batch.drug_id for batch in batches.values()])
    movements = [
        Movement(
            batch=batches[part.batch_id],
            quantity=part.quantity,
            target=balance_at(balances, location_id, batches[part.batch_id]),
            account=Account.IN_TRANSIT,
            cost_amount=part.cost_amount,
        )
        for part in parts
    ]
    document = new_document(DocumentKind.ARRIVAL, location_id, by)
    document.reason = reason
    db.session.flush()
    post(document, movements)
    return document


def lose_on_the_way(*, location_id: int, parts: Sequence[Part], reason: str, by: Actor) -> Document:
    """Post what was sent from a place and never arrived as a loss."""
    batches = queries.batches_by_id(part.batch_id for part in parts)
    document = new_document(DocumentKind.LOSS, location_id, by)
    document.reason = reason
    movements = [
        Movement(
            batch=batches[part.batch_id],
            quantity=part.quantity,
            account=Account.IN_TRANSIT,
            to_account=Account.LOSS,
            cost_amount=part.cost_amount,
        )
        for part in parts
    ]
    post(document, movements)
    return document


def freeze(*, balance_id: int, quantity: Decimal) -> StockLine:
    """Set a quantity at a place apart (隔离): nobody promises, carries over or hands it out.

    Raises:
        NotFound: no such balance here.
        OutOfStock: more than lies there free.
    """
    found = _balance(balance_id)
    if quantity > found.balance.available:
        raise _too_much(found.batch, quantity, found.balance.available, "quantity")
    found.balance.frozen += quantity
    db.session.flush()
    return found


def thaw(*, balance_id: int, quantity: Decimal) -> StockLine:
    """Let a quantity that was set apart go again."""
    found = _balance(balance_id)
    found.balance.frozen -= quantity
    db.session.flush()
    return found


def take_out_frozen(
    *, balance_id: int, quantity: Decimal, kind: DocumentKind, supplier: str = "", reason: str, by: Actor
) -> Document:
    """Post what was set apart as a loss or as returned to its supplier."""
    found = _balance(balance_id)
    found.balance.frozen -= quantity
    document = new_document(kind, found.balance.location_id, by)
    document.supplier, document.reason = supplier, reason
    account = Account.SUPPLIER if kind == DocumentKind.SUPPLIER_RETURN else Account.LOSS
    post(
        document,
        [Movement(batch=found.batch, quantity=quantity, source=found.balance, account=account)],
    )
    return document


def open_balance(*, location_id: int, batch_id: int) -> StockLine:
    """The balance of a batch at a place, held; an empty one is opened when the batch never lay there.

    Raises:
        NotFound: no such place or batch here.
    """
    batches = queries.batches_by_id([batch_id])
    if lock_row(Location, location_id) is None or not batches:
        raise NotFound(field="batch_no")
    batch = batches[batch_id]
    balance = balance_at(queries.lock_batches_at(location_id, [batch.drug_id]), location_id, batch)
    db.session.flush()
    return StockLine(balance, batch)


def post_differences(
    *, location_id: int, differences: Mapping[int, Decimal], reason: str, by: Actor
) -> Document:
    """Post what a stocktake found, balance → more (positive) or less than the books said (盘盈, 盘亏).

    Raises:
        OutOfStock: of what is missing some is promised or set apart; release that first.
    """
    movements: list[Movement] = []
    for found in queries.lock_balances(differences):
        difference = differences[found.balance.id]
        if difference < 0 and -difference > found.balance.available:
            raise _too_much(found.batch, -difference, found.balance.available, "")
        is_more = difference > 0
        movements.append(
            Movement(
                batch=found.batch,
                quantity=abs(difference),
                source=None if is_more else found.balance,
                target=found.balance if is_more else None,
                account=Account.COUNT,
            )
        )
    document = new_document(DocumentKind.STOCKTAKE, location_id, by)
    document.reason = reason
    post(document, movements)
    return document


def recall(*, batch_id: int) -> Batch:
    """Call a batch back: from now on none of it is promised, carried over or handed out, anywhere here.

    Waits for those who hand it out at this moment.

    Raises:
        NotFound: no such batch here.
    """
    batch = db.session.get(Batch, batch_id)
    if batch is None:
        raise NotFound(field="batch_id")
    queries.lock_batch_everywhere(batch_id)
    lots = queries.lots_of(batch_id)  # its bags with it, those too that were being made a moment ago
    for lot in lots:
        queries.lock_batch_everywhere(lot.id)
    for one in (batch, *lots):
        one.recalled_at = one.recalled_at or clock.now()
    db.session.flush()
    return batch


def release_recalled(*, batch_id: int) -> Batch:
    """Let a batch go again whose recall was ended."""
    batch = db.session.get(Batch, batch_id)
    if batch is None:
        raise NotFound(field="batch_id")
    for one in (batch, *queries.lots_of(batch_id)):
        one.recalled_at = None
    db.session.flush()
    return batch


def _balance(balance_id: int) -> StockLine:
    found = queries.lock_balances([balance_id])
    if not found:
        raise NotFound(field="balance_id")
    return found[0]


def _nearest_expiry(
    wanted: Wanted, stock: Sequence[StockLine], left: Mapping[int, Decimal]
) -> Sequence[BatchPick]:
    free = [
        replace(line.balance.stock(line.batch), available=left[line.batch.id])
        for line in stock
        if line.batch.drug_id == wanted.drug_id
    ]
    found = allocate(free, wanted.quantity, today=clock.today(), stop_days=0)
    if found.is_refused:
        named = next((line.batch for line in stock if line.batch.drug_id == wanted.drug_id), None)
        raise OutOfStock(
            field=wanted.field,
            drug=named.drug_name if named else "",
            requested=format_quantity(wanted.quantity),
            available=format_quantity(found.available),
        )
    return found.picks


def _too_much(batch: Batch, wanted: Decimal, available: Decimal, field: str) -> OutOfStock:
    return OutOfStock(
        field=field,
        drug=batch.drug_name,
        requested=f"{format_quantity(wanted)} {batch.min_unit}",
        available=f"{format_quantity(available)} {batch.min_unit}",
    )


def stand_still(*, location_id: int, is_counted: bool) -> None:
    """Let nothing move at a place while it is counted, or let it go on."""
    location = lock_row(Location, location_id)
    if location is None:
        raise NotFound(field="location_id")
    location.counting_since = clock.now() if is_counted else None
    db.session.flush()


def close_books(*, until: date) -> None:
    """Close the books of every place up to a day (月结): no document is dated on or before it any more.

    Waits for those who move stock at this moment, so that what they post is in the sums asked for afterwards.
    """
    places = lock_rows(Location, [place.id for place in queries.list_locations()])
    for place in places:
        queries.lock_place(place.id)
        place.closed_until = max(until, place.closed_until or until)
    db.session.flush()
