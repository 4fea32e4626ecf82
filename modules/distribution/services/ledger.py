"""The one place that moves packs between the district's holders; each movement has two sides."""

from decimal import Decimal

from app import clock
from app.actor import Actor
from app.db import db
from app.money import round_amount
from modules.distribution.models import Holder, Movement, ShipmentLine, WarehouseStock


def move_stock(stock: WarehouseStock, packs: Decimal, by: Actor, *, came: Holder) -> None:
    """Packs come into the warehouse, from a supplier or back from a shipment."""
    stock.on_hand += packs
    _add(stock, packs, came, Holder.WAREHOUSE, by, stock_id=stock.id)


def move_line(
    line: ShipmentLine, centre_id: int, packs: Decimal, by: Actor, *, came: Holder, goes: Holder
) -> None:
    """Packs of a shipment go from one holder to another; the caller holds the warehouse's row if it is one."""
    if packs > 0:
        _add(
            line,
            packs,
            came,
            goes,
            by,
            centre_id=centre_id,
            stock_id=line.stock_id,
            shipment_line_id=line.id,
        )


def _add(
    batch: WarehouseStock | ShipmentLine,
    packs: Decimal,
    came: Holder,
    goes: Holder,
    by: Actor,
    **facts: int | None,
) -> None:
    db.session.add(
        Movement(
            at=clock.now(),
            by_name=by.name,
            drug_id=batch.drug_id,
            batch_no=batch.batch_no,
            expires_on=batch.expires_on,
            from_holder=came,
            to_holder=goes,
            packs=packs,
            amount=round_amount(packs * batch.pack_cost),
            **facts,
        )
    )
