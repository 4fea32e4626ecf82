"""Reading what the district sends to a centre, in the unit of the centre."""

from sqlalchemy import func, select

from app.db import Page, db, page_by_key
from app.errors import NotFound
from modules.distribution.models import Delivery, DeliveryLine, DeliveryStatus

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
