"""Closed months (月结): what lay, came and went of every batch at every place. Quantities count minimum units."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AppendOnly, Model, TenantScoped, amount_column, id_column, quantity_column
from app.db.indexes import only_where


class Closing(AppendOnly, TenantScoped, Model):
    """A month whose books are closed; one for each month, one month after the other."""

    __tablename__ = "storeroom_closing"
    __table_args__ = (
        UniqueConstraint("tenant_id", "begins_on"),
        CheckConstraint("ends_on > begins_on", name="days"),
        CheckConstraint(
            "opening_amount + received_amount - issued_amount = closing_amount", name="amounts_add_up"
        ),
    )

    id: Mapped[int] = id_column()
    begins_on: Mapped[date]  # the first of the month
    ends_on: Mapped[date]
    closed_at: Mapped[datetime]
    closed_by_name: Mapped[str] = mapped_column(Unicode(100))
    opening_amount: Mapped[Decimal] = amount_column()
    received_amount: Mapped[Decimal] = amount_column()
    issued_amount: Mapped[Decimal] = amount_column()
    closing_amount: Mapped[Decimal] = amount_column()


class ClosingLine(AppendOnly, TenantScoped, Model):
    """A batch at a place in a closed month; without a place it is what was on the way."""

    __tablename__ = "storeroom_closing_line"
    __table_args__ = (
        Index(
            "ux_storeroom_closing_line_place",
            "tenant_id",
            "closing_id",
            "location_id",
            "batch_id",
            unique=True,
            **only_where("location_id IS NOT NULL"),
        ),
        Index(
            "ux_storeroom_closing_line_on_the_way",
            "tenant_id",
            "closing_id",
            "batch_id",
            unique=True,
            **only_where("location_id IS NULL"),
        ),
        CheckConstraint("opening + received - issued = closing", name="quantities_add_up"),
        CheckConstraint(
            "opening_amount + received_amount - issued_amount = closing_amount", name="amounts_add_up"
        ),
        CheckConstraint(
            "opening >= 0 AND received >= 0 AND issued >= 0 AND closing >= 0", name="not_negative"
        ),
    )

    id: Mapped[int] = id_column()
    closing_id: Mapped[int] = mapped_column(ForeignKey("storeroom_closing.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_location.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    drug_id: Mapped[int]
    opening: Mapped[Decimal] = quantity_column()
    received: Mapped[Decimal] = quantity_column()
    issued: Mapped[Decimal] = quantity_column()
    closing: Mapped[Decimal] = quantity_column()
    opening_amount: Mapped[Decimal] = amount_column()
    received_amount: Mapped[Decimal] = amount_column()
    issued_amount: Mapped[Decimal] = amount_column()
    closing_amount: Mapped[Decimal] = amount_column()
