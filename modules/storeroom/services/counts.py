"""Stocktakes (盘点): snapshot, blind count, second count of differences, approval, posting."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.queries import StockLine
from modules.storeroom import queries
from modules.storeroom.errors import (
    BatchListed,
    BatchUnknown,
    NotCounted,
    SamePerson,
    StocktakeOpen,
    WrongState,
)
from modules.storeroom.models import CountLine, CountMode, CountStatus, Stocktake
from modules.storeroom.services.purchasing import Reason, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class CountInput:
    """What lies there of a line, in minimum units."""

    line_id: int
    counted: Units


Counts = Annotated[list[CountInput], Field(min_length=1, max_length=500)]


@use_case("storeroom.stocktake.count")
def begin_stocktake(*, location_id: int, mode: CountMode = CountMode.LIVE, by: Actor) -> Stocktake:
    """Begin the counting of a place with a snapshot of its books; frozen, nothing moves there meanwhile.

    Raises:
        NotFound: no such place here, or nothing lies there.
        StocktakeOpen: it is being counted.
    """
    if location_id not in {place.id for place in stock.list_locations()}:
        raise NotFound(field="location_id")
    stocktake = Stocktake(
        id=ids.new_id(),
        number=numbering.next_number("storeroom.stocktake", on=clock.today(), prefix="PD"),
        status=CountStatus.COUNTING,
        mode=mode,
        location_id=location_id,
        begun_at=clock.now(),
        begun_by_name=by.name,
    )
    try:
        with db.session.begin_nested():
            db.session.add(stocktake)
            db.session.flush()
    except IntegrityError:
        raise StocktakeOpen(field="location_id") from None
    if mode == CountMode.FREEZE:  # the place is held before its balances, as every receipt does
        dispensing.stand_still(location_id=location_id, is_counted=True)
    lying = [line for line in stock.lock_place(location_id) if line.balance.on_hand]
    db.session.add_all(_line(stocktake, line) for line in lying)
    db.session.flush()
    audit.record("stocktake.begun", stocktake, by=by, number=stocktake.number, mode=mode.value)
    return stocktake


@use_case("storeroom.stocktake.count")
def add_counted_batch(
    *,
    stocktake_id: int,
    drug_id: int,
    batch_no: Annotated[str, Field(min_length=1, max_length=40)],
    by: Actor,
) -> CountLine:
    """Add a batch that lies there although the books say none does; then it is counted like the others.

    Raises:
        NotFound: no such stocktake here.
        WrongState: it waits for approval, or is over.
        BatchUnknown: the centre never had this batch.
        BatchListed: it is on the sheet.
    """
    stocktake = _lock(stocktake_id, CountStatus.COUNTING, CountStatus.CHECKING)
    batch = stock.find_batch(drug_id, batch_no)
    if batch is None:
        raise BatchUnknown(field="batch_no", batch=batch_no)
    lying = dispensing.open_balance(location_id=stocktake.location_id, batch_id=batch.id)
    if lying.balance.id in {line.balance_id for line in queries.lock_count_lines(stocktake_id)}:
        raise BatchListed(field="batch_no")
    line = _line(stocktake, lying)
    db.session.add(line)
    db.session.flush()
    audit.record("stocktake.batch_added", stocktake, by=by, number=stocktake.number, batch=batch.batch_no)
    return line


def _line(stocktake: Stocktake, lying: StockLine) -> CountLine:
    return CountLine(
        stocktake_id=stocktake.id,
        balance_id=lying.balance.id,
        drug_code=lying.batch.drug_code,
        drug_name=lying.batch.drug_name,
        batch_no=lying.batch.batch_no,
        expires_on=lying.batch.expires_on,
        min_unit=lying.batch.min_unit,
        snapshot=lying.balance.on_hand,
    )


@use_case("storeroom.stocktake.count")
def enter_counts(*, stocktake_id: int, lines: Counts, by: Actor) -> Stocktake:
    """Enter what was counted; each line is compared with the books as they stand at this moment.

    Raises:
        NotFound: no such stocktake or line here.
        WrongState: it waits for approval, or is over.
    """
    stocktake = _lock(stocktake_id, CountStatus.COUNTING, CountStatus.CHECKING)
    known = {line.id: line for line in queries.lock_count_lines(stocktake_id)}
    for number, given in enumerate(lines):
        if given.line_id not in known:
            raise NotFound(field=f"lines-{number}-line_id")
    chosen = [known[given.line_id] for given in lines]
    books = {line.balance.id: line for line in stock.lock_balances(row.balance_id for row in chosen)}
    for given, row in zip(lines, chosen, strict=True):
        row.counted, row.counted_at = given.counted, clock.now()
        row.book_at_count = books[row.balance_id].balance.on_hand
        row.counted_by_id, row.counted_by_name = by.account_id, by.name
        row.is_second = stocktake.status == CountStatus.CHECKING
    db.session.flush()
    audit.record("stocktake.counted", stocktake, by=by, number=stocktake.number, lines=len(lines))
    return stocktake


@use_case("storeroom.stocktake.count")
def finish_counting(*, stocktake_id: int, by: Actor) -> Stocktake:
    """Finish a round: lines that differ are counted a second time, then it waits for approval.

    Raises:
        NotFound: no such stocktake here.
        WrongState: it waits for approval, or is over.
        NotCounted: lines are missing, or differences were not counted again.
    """
    stocktake = _lock(stocktake_id, CountStatus.COUNTING, CountStatus.CHECKING)
    lines = queries.lines_of_stocktake(stocktake_id)
    if missing := sum(1 for line in lines if line.counted is None):
        raise NotCounted(count=missing)
    differing = [line for line in lines if line.difference]
    once = [line for line in differing if not line.is_second]
    if stocktake.status == CountStatus.COUNTING and differing:
        stocktake.status = CountStatus.CHECKING
    elif once:
        raise NotCounted(count=len(once))
    else:
        stocktake.status = CountStatus.TO_APPROVE
    audit.record("stocktake.round_finished", stocktake, by=by, number=stocktake.number)
    return stocktake


@use_case("storeroom.stocktake.approve")
def approve_stocktake(*, stocktake_id: int, reason: Reason, by: Actor) -> Stocktake:
    """Approve a stocktake and post its differences (盘盈, 盘亏); not by who counted.

    Raises:
        NotFound: no such stocktake here.
        WrongState: it is still being counted, or is over.
        SamePerson: the same person counted.
        OutOfStock: of what is missing some is promised or set apart; release that first.
    """
    stocktake = _lock(stocktake_id, CountStatus.TO_APPROVE)
    lines = queries.lines_of_stocktake(stocktake_id)
    if by.account_id in {line.counted_by_id for line in lines}:
        raise SamePerson
    _post(stocktake, lines, reason, by)
    _end(stocktake, CountStatus.POSTED)
    stocktake.approved_by_name, stocktake.reason = by.name, reason
    stocktake.posted_at = clock.now()
    audit.record("stocktake.approved", stocktake, by=by, number=stocktake.number, reason=reason)
    return stocktake


def _post(stocktake: Stocktake, lines: Sequence[CountLine], reason: str, by: Actor) -> None:
    differences = {line.balance_id: line.difference for line in lines if line.difference}
    if differences:
        document = dispensing.post_differences(
            location_id=stocktake.location_id, differences=differences, reason=reason, by=by
        )
        stocktake.document_id = document.id


@use_case("storeroom.stocktake.count")
def cancel_stocktake(*, stocktake_id: int, reason: Reason, by: Actor) -> Stocktake:
    """Give a stocktake up; nothing is posted, and what stood still goes on.

    Raises:
        NotFound: no such stocktake here.
        WrongState: it is over.
    """
    stocktake = _lock(stocktake_id, CountStatus.COUNTING, CountStatus.CHECKING, CountStatus.TO_APPROVE)
    _end(stocktake, CountStatus.CANCELLED)
    stocktake.reason = reason
    audit.record("stocktake.cancelled", stocktake, by=by, number=stocktake.number, reason=reason)
    return stocktake


def _end(stocktake: Stocktake, status: CountStatus) -> None:
    stocktake.status = status
    if stocktake.mode == CountMode.FREEZE:
        dispensing.stand_still(location_id=stocktake.location_id, is_counted=False)
    db.session.flush()


def _lock(stocktake_id: int, *statuses: CountStatus) -> Stocktake:
    stocktake = lock_row(Stocktake, stocktake_id)
    if stocktake is None:
        raise NotFound(field="stocktake_id")
    if stocktake.status not in statuses:
        raise WrongState(number=stocktake.number, status=stocktake.status.label)
    return stocktake
