"""What the storeroom's papers and the ledger must agree on; `flask check` proves it."""

from decimal import Decimal

from sqlalchemy import func, select

from app.db import db, tenant_unit
from app.i18n import N_
from app.money import format_quantity
from app.registry import Finding
from modules.dispensing import queries as stock
from modules.storeroom.models import (
    Quarantine,
    Removal,
    RemovalStatus,
    Requisition,
    RequisitionStatus,
    ShippedPart,
)


def check_papers(tenant_id: int) -> list[Finding]:
    """On the way by the ledger = sent and not received by the requisitions; frozen = applied for or set apart."""
    with tenant_unit(tenant_id):
        sent = db.session.scalar(
            select(func.sum(ShippedPart.shipped))
            .join(Requisition, Requisition.id == ShippedPart.requisition_id)
            .where(Requisition.status == RequisitionStatus.IN_TRANSIT)
        )
        removed = db.session.scalar(
            select(func.sum(Removal.quantity)).where(Removal.status == RemovalStatus.APPLIED)
        )
        apart = db.session.scalar(select(func.sum(Quarantine.quantity)).where(Quarantine.ended_at.is_(None)))
        frozen = (removed or Decimal(0)) + (apart or Decimal(0))
        return [
            Finding(
                N_("storeroom: on the way in the ledger = sent and not received"),
                format_quantity(sum(stock.on_the_way().values(), Decimal(0))),
                format_quantity(sent or Decimal(0)),
            ),
            Finding(
                N_("storeroom: frozen stock = applied for or set apart"),
                format_quantity(stock.frozen_total()),
                format_quantity(frozen),
            ),
        ]
