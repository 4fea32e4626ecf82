"""Reading what the district sends to a centre, in the unit of the centre."""

from decimal import Decimal

from sqlalchemy import case, func, select

from app.db import Page, current_unit, db, page_by_key
from app.errors import NotFound
from modules.distribution.models import (
    Delivery,
    DeliveryLine,
    DeliveryStatus,
    Purchase,
    PurchaseStatus,
    Request,
    RequestLine,
)

OPEN = (DeliveryStatus.AWAITED, DeliveryStatus.TO_SIGN)


def find_delivery(shipment_id: int) -> Delivery | None:
    """What the centre knows of a shipment of the district."""
    return db.session.scalar(select(Delivery).where(Delivery.shipment_id == shipment_id))


def list_deliveries(*, before: int | None = None) -> Page[Delivery]:
    """Shipments of the district, the latest first."""
    return page_by_key(select(Delivery), Delivery.id, before=before, size=40)


def get_delivery(delivery_id: int) -> Delivery:
    """The delivery, or NotFound."""
    found = db.session.get(Delivery, delivery_id)
    if found is None:
        raise NotFound(field="delivery_id")
    return found


def lines_of_delivery(delivery_id: int) -> list[DeliveryLine]:
    """Its batches, in the order they were sent."""
    statement = select(DeliveryLine).where(DeliveryLine.delivery_id == delivery_id)
    return list(db.session.scalars(statement.order_by(DeliveryLine.id)))


def open_deliveries() -> int:
    """Shipments of the district that wait for somebody here."""
    return db.session.scalar(select(func.count()).where(Delivery.status.in_(OPEN))) or 0


def coming_packs() -> dict[int, Decimal]:
    """Drug id → packs on the way to the centre from the district, and those it has still to send it.

    Of a plan that is not decided yet all that is wanted is counted. Two statements, one on the district's papers.
    """
    unit = current_unit()
    sent = (
        select(DeliveryLine.drug_id, func.sum(func.coalesce(DeliveryLine.accepted, DeliveryLine.packs)))
        .join(Delivery, Delivery.id == DeliveryLine.delivery_id)
        .where(Delivery.status.in_(OPEN))
        .group_by(DeliveryLine.drug_id)
    )
    is_decided = Purchase.status == PurchaseStatus.APPROVED
    meant = case((is_decided, RequestLine.approved), else_=RequestLine.wanted)
    wanted = (
        select(RequestLine.drug_id, func.sum(meant - RequestLine.shipped))
        .join(Request, Request.id == RequestLine.request_id)
        .outerjoin(Purchase, Purchase.id == Request.purchase_id)
        .where(RequestLine.centre_id == (unit.tenant_id if unit else None), Request.closed_reason == "")
        .group_by(RequestLine.drug_id)
    )
    found: dict[int, Decimal] = {}
    for statement in (sent, wanted):
        for drug_id, packs in db.session.execute(statement):
            found[drug_id] = found.get(drug_id, Decimal(0)) + packs
    return found
