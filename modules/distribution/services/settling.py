"""The district hears what arrived, and says what became of each difference."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, ids
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.distribution import queries
from modules.distribution.events import ArrivedBatch
from modules.distribution.models import (
    Difference,
    DifferenceEnd,
    DifferenceKind,
    Holder,
    PurchaseLine,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    WarehouseStock,
)
from modules.distribution.rules.sharing import spread
from modules.distribution.services.ledger import move_line
from modules.distribution.services.purchasing import Reason
from modules.storeroom.errors import WrongState


@use_case("distribution.message.take", database="control", is_step=True)
def note_arrival(
    *,
    shipment_id: int,
    received_at: datetime,
    lines: Annotated[list[ArrivedBatch], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Shipment:
    """Note what a centre found of a shipment; the same message a second time changes nothing.

    Raises:
        NotFound: no such shipment to the actor's centre.
    """
    shipment = lock_row(Shipment, shipment_id)
    if shipment is None or shipment.centre_id != by.tenant_id:
        raise NotFound(field="shipment_id")
    if shipment.status == ShipmentStatus.RECEIVED:
        return shipment
    known = {line.id: line for line in queries.lines_of_shipment(shipment_id)}
    for told in lines:
        if told.shipment_line_id not in known:
            raise NotFound(field="shipment_line_id")
        _note(shipment, known[told.shipment_line_id], told, by)
    shipment.status, shipment.received_at = ShipmentStatus.RECEIVED, received_at
    shipment.received_by_name = by.name
    db.session.flush()
    audit.record("shipment.arrived", shipment, by=by, number=shipment.number)
    return shipment


def _note(shipment: Shipment, line: ShipmentLine, told: ArrivedBatch, by: Actor) -> None:
    differing = {
        DifferenceKind.SHORT: told.short,
        DifferenceKind.DAMAGED: told.damaged,
        DifferenceKind.WRONG_BATCH: told.wrong_batch,
    }
    line.received, line.differing = told.accepted, sum(differing.values(), Decimal(0))
    for packs, goes in ((told.accepted, Holder.CENTRE), (line.differing, Holder.DIFFERENCE)):
        move_line(line, shipment.centre_id, packs, by, came=Holder.IN_TRANSIT, goes=goes)
    db.session.add_all(
        Difference(
            id=ids.new_id(),
            shipment_id=shipment.id,
            line_id=line.id,
            centre_id=shipment.centre_id,
            kind=kind,
            packs=packs,
            reason=told.reason,
        )
        for kind, packs in differing.items()
        if packs
    )


@use_case("distribution.difference.end", database="control")
def end_difference(
    *, difference_id: int, end: DifferenceEnd, is_sent_again: bool = False, reason: Reason, by: Actor
) -> Difference:
    """Say what became of packs that differed; on wish the centre is to get them again.

    Raises:
        NotFound: no such difference.
        WrongState: it was ended before.
    """
    difference = lock_row(Difference, difference_id)
    if difference is None:
        raise NotFound(field="difference_id")
    shipment, line = queries.get_shipment_line(difference.line_id)
    if difference.ended is not None:
        raise WrongState(number=shipment.number, status=difference.ended.label)
    difference.ended, difference.ended_at = end, clock.now()
    difference.ended_by_name, difference.ended_reason = by.name, reason
    difference.is_sent_again = is_sent_again
    goes = _end_with(line, difference) if end == DifferenceEnd.RETURNED else Holder.LOSS
    move_line(line, difference.centre_id, difference.packs, by, came=Holder.DIFFERENCE, goes=goes)
    if is_sent_again:
        _open_again(line, difference)
    db.session.flush()
    audit.record("difference.ended", difference, by=by, number=shipment.number, end=end.value, reason=reason)
    return difference


def _end_with(line: ShipmentLine, difference: Difference) -> Holder:
    """Back with the sender: the warehouse has it again, or the supplier."""
    stock = lock_row(WarehouseStock, line.stock_id) if line.stock_id is not None else None
    if stock is None:
        return Holder.SUPPLIER
    stock.on_hand += difference.packs
    return Holder.WAREHOUSE


def _open_again(line: ShipmentLine, difference: Difference) -> None:
    """The centre's share is open again, the latest plan first; so is the supplier's order, if it came from there."""
    if line.purchase_line_id is not None:
        ordered = lock_row(PurchaseLine, line.purchase_line_id)
        if ordered is not None:
            ordered.sent -= difference.packs
    shares = queries.lock_sent_shares(difference.centre_id, line.drug_id)
    parts = spread(difference.packs, [share.shipped for share in shares])
    for share, part in zip(shares, parts or [], strict=False):
        share.shipped -= part
