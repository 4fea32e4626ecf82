"""Opened packs put into bags with a label of our own (拆零分装)."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AppendOnly, Model, TenantScoped, id_column, quantity_column


class Repacking(AppendOnly, TenantScoped, Model):
    """Bags of one size made of a batch; who made them and who checked them."""

    __tablename__ = "dispensing_repacking"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id"),
        Index("ix_dispensing_repacking_batch", "tenant_id", "batch_id", "id"),
        CheckConstraint("bags > 0 AND bag_size > 0", name="bags"),
        CheckConstraint("batch_id <> lot_id", name="two_lots"),
    )

    id: Mapped[int] = id_column()
    document_id: Mapped[int] = mapped_column(ForeignKey("dispensing_document.id"))
    number: Mapped[str] = mapped_column(Unicode(30))
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))  # the bags
    bags: Mapped[int] = mapped_column(Integer)
    bag_size: Mapped[Decimal] = quantity_column()  # minimum units in a bag
    expires_on: Mapped[date]
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    checked_by_name: Mapped[str] = mapped_column(Unicode(100))
