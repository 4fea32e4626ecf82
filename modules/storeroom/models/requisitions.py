"""What a pharmacy asks the storeroom for, and what came of it. Quantities count minimum units."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.i18n import N_, Choice


class RequisitionStatus(Choice):
    """A requisition (请领)."""

    APPLIED = "applied", N_("Applied for")
    APPROVED = "approved", N_("Approved")
    IN_TRANSIT = "in_transit", N_("On the way")
    RECEIVED = "received", N_("Received")
    REFUSED = "refused", N_("Refused on arrival")
    REJECTED = "rejected", N_("Rejected")
    GIVEN_UP = "given_up", N_("Not sent")


class Outcome(Choice):
    """What became of the difference between what was sent and what was taken in."""

    RETURNED = "returned", N_("Went back to the storeroom")
    LOST = "lost", N_("Was lost or broken on the way")


class Requisition(TenantScoped, Model):
    """A pharmacy asks a storeroom for drugs."""

    __tablename__ = "storeroom_requisition"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_storeroom_requisition_status", "tenant_id", "status", "id"),
        CheckConstraint("from_location_id <> to_location_id", name="two_places"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[RequisitionStatus] = choice_column(RequisitionStatus)
    from_location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    to_location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    applied_at: Mapped[datetime]
    applied_by_id: Mapped[int | None]
    applied_by_name: Mapped[str] = mapped_column(Unicode(100))
    approved_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    shipped_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    received_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))
    arrival_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))
    difference_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))
    outcome: Mapped[Outcome | None] = choice_column(Outcome)
    reason: Mapped[str] = text_column(200, default="")


class RequisitionLine(TenantScoped, Model):
    """A drug of a requisition."""

    __tablename__ = "storeroom_requisition_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "requisition_id", "drug_id", name="uq_storeroom_requisition_line_drug"),
        CheckConstraint("wanted > 0", name="wanted"),
        CheckConstraint("approved >= 0", name="approved"),
    )

    id: Mapped[int] = id_column()
    requisition_id: Mapped[int] = mapped_column(ForeignKey("storeroom_requisition.id"))
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    wanted: Mapped[Decimal] = quantity_column()
    approved: Mapped[Decimal] = quantity_column(default=Decimal(0))


class ShippedPart(TenantScoped, Model):
    """What of a batch was sent for a requisition, and what of it was taken in."""

    __tablename__ = "storeroom_shipped_part"
    __table_args__ = (
        Index("ix_storeroom_shipped_part_requisition", "tenant_id", "requisition_id", "id"),
        CheckConstraint("shipped > 0", name="shipped"),
        CheckConstraint("received IS NULL OR (received >= 0 AND received <= shipped)", name="received"),
    )

    id: Mapped[int] = id_column()
    requisition_id: Mapped[int] = mapped_column(ForeignKey("storeroom_requisition.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("storeroom_requisition_line.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    shipped: Mapped[Decimal] = quantity_column()
    received: Mapped[Decimal | None] = quantity_column()  # None while it is on the way
