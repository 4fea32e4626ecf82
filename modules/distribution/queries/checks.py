"""What must add up between district and centre; `flask check` proves it."""

from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, select

from app.db import control_unit, db, tenant_unit
from app.i18n import N_
from app.money import format_quantity
from app.registry import Finding
from modules.distribution.models import (
    Delivery,
    DeliveryLine,
    DeliveryStatus,
    Holder,
    Movement,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    WarehouseStock,
)

ZERO = Decimal(0)
Batch = tuple[int, str]  # drug and batch number
Parts = tuple[Decimal, Decimal]


def check_distribution(tenant_id: int) -> list[Finding]:
    """Shipped = received + difference + on the way, by drug and batch; district and centre say the same."""
    with control_unit():
        shipped, rest = _ledger(tenant_id)
        papers = _papers(tenant_id)
        there = _received(tenant_id)
        warehouse = _warehouse()
    with tenant_unit(tenant_id):
        here = _accepted()
    wrong = [key for key in shipped.keys() | rest.keys() if shipped.get(key, ZERO) != rest.get(key, ZERO)]
    way = [key for key in papers.keys() | shipped.keys() if papers.get(key, ZERO) != shipped.get(key, ZERO)]
    apart = [line_id for line_id, parts in there.items() if here.get(line_id) != parts]
    return [
        Finding(
            N_("distribution: shipped = received + difference + on the way"),
            format_quantity(sum(shipped.values(), ZERO)),
            format_quantity(sum(rest.values(), ZERO)),
        ),
        Finding(N_("distribution: batches of which that is not so"), str(len(wrong)), "0"),
        Finding(N_("distribution: batches whose papers and ledger differ"), str(len(way)), "0"),
        Finding(N_("distribution: batches of which district and centre differ"), str(len(apart)), "0"),
        Finding(
            N_("distribution: batches of the warehouse whose moves and stock differ"), str(warehouse), "0"
        ),
    ]


def _ledger(tenant_id: int) -> tuple[dict[Batch, Decimal], dict[Batch, Decimal]]:
    """By batch: what went on the way, and what arrived, differed or is still on the way by the papers."""
    shipped = _moved(Movement.to_holder == Holder.IN_TRANSIT, tenant_id)
    rest = _moved(Movement.from_holder == Holder.IN_TRANSIT, tenant_id)
    statement = (
        select(ShipmentLine.drug_id, ShipmentLine.batch_no, func.sum(ShipmentLine.packs))
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.centre_id == tenant_id, Shipment.status == ShipmentStatus.ON_THE_WAY)
        .group_by(ShipmentLine.drug_id, ShipmentLine.batch_no)
    )
    for drug_id, batch_no, packs in db.session.execute(statement):
        rest[drug_id, batch_no] = rest.get((drug_id, batch_no), ZERO) + packs
    return shipped, rest


def _moved(condition: ColumnElement[bool], tenant_id: int) -> dict[Batch, Decimal]:
    statement = (
        select(Movement.drug_id, Movement.batch_no, func.sum(Movement.packs))
        .where(condition, Movement.centre_id == tenant_id)
        .group_by(Movement.drug_id, Movement.batch_no)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement)}


def _papers(tenant_id: int) -> dict[Batch, Decimal]:
    statement = (
        select(ShipmentLine.drug_id, ShipmentLine.batch_no, func.sum(ShipmentLine.packs))
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.centre_id == tenant_id)
        .group_by(ShipmentLine.drug_id, ShipmentLine.batch_no)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement)}


def _received(tenant_id: int) -> dict[int, Parts]:
    """Shipment line → accepted and differing packs, as the district has heard."""
    statement = (
        select(ShipmentLine.id, ShipmentLine.received, ShipmentLine.differing)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.centre_id == tenant_id, Shipment.status == ShipmentStatus.RECEIVED)
    )
    return {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}


def _accepted() -> dict[int, Parts]:
    """Shipment line → accepted and differing packs, as the centre has posted."""
    differing = DeliveryLine.short + DeliveryLine.damaged + DeliveryLine.wrong_batch
    statement = (
        select(DeliveryLine.shipment_line_id, DeliveryLine.accepted, differing)
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(Delivery.status == DeliveryStatus.RECEIVED)
    )
    return {row[0]: (row[1] or ZERO, row[2]) for row in db.session.execute(statement)}


def _warehouse() -> int:
    """Batches of the district's warehouse of which Σ moves is not what lies there."""
    sign = case((Movement.to_holder == Holder.WAREHOUSE, Movement.packs), else_=-Movement.packs)
    statement = (
        select(Movement.stock_id, func.sum(sign))
        .where((Movement.to_holder == Holder.WAREHOUSE) | (Movement.from_holder == Holder.WAREHOUSE))
        .group_by(Movement.stock_id)
    )
    moved = {row[0]: row[1] for row in db.session.execute(statement)}
    there = {row[0]: row[1] for row in db.session.execute(select(WarehouseStock.id, WarehouseStock.on_hand))}
    return sum(1 for key in moved.keys() | there.keys() if moved.get(key, ZERO) != there.get(key, ZERO))
