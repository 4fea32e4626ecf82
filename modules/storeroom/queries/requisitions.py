"""Reading requisitions."""

from sqlalchemy import func, select

from app.db import Page, db, locking, page_by_key
from app.errors import NotFound
from modules.storeroom.models import Requisition, RequisitionLine, RequisitionStatus, ShippedPart

OPEN = (RequisitionStatus.APPLIED, RequisitionStatus.APPROVED, RequisitionStatus.IN_TRANSIT)


def list_requisitions(*, only_open: bool = False, before: int | None = None) -> Page[Requisition]:
    """Requisitions, the latest first."""
    statement = select(Requisition)
    if only_open:
        statement = statement.where(Requisition.status.in_(OPEN))
    return page_by_key(statement, Requisition.id, before=before, size=40)


def get_requisition(requisition_id: int) -> Requisition:
    """The requisition, or NotFound."""
    found = db.session.get(Requisition, requisition_id)
    if found is None:
        raise NotFound(field="requisition_id")
    return found


def lines_of_requisition(requisition_id: int) -> list[RequisitionLine]:
    """Its lines, by code of the drug."""
    statement = select(RequisitionLine).where(RequisitionLine.requisition_id == requisition_id)
    return list(db.session.scalars(statement.order_by(RequisitionLine.drug_code, RequisitionLine.id)))


def shipped_parts(requisition_id: int) -> list[ShippedPart]:
    """What was sent for it, by batch."""
    statement = select(ShippedPart).where(ShippedPart.requisition_id == requisition_id)
    return list(db.session.scalars(statement.order_by(ShippedPart.id)))


def lock_shipped_parts(requisition_id: int) -> list[ShippedPart]:
    """What was sent for it, held until commit."""
    statement = select(ShippedPart).where(ShippedPart.requisition_id == requisition_id)
    return list(db.session.scalars(locking(statement.order_by(ShippedPart.id), ShippedPart)))


def open_requisitions() -> int:
    """Requisitions that wait for somebody."""
    return db.session.scalar(select(func.count()).where(Requisition.status.in_(OPEN))) or 0
