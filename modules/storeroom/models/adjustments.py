"""Price adjustments (调价): new retail prices at a moment, and what that was worth for the stock then."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
    unit_price_column,
)
from app.i18n import N_, Choice


class AdjustmentStatus(Choice):
    """A price adjustment."""

    DRAFT = "draft", N_("Draft")
    APPROVED = "approved", N_("Approved")
    IN_FORCE = "in_force", N_("Prices in force")
    CANCELLED = "cancelled", N_("Cancelled")


class Adjustment(TenantScoped, Model):
    """New prices of some drugs that come into force together."""

    __tablename__ = "storeroom_adjustment"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_storeroom_adjustment_status", "tenant_id", "status", "id"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[AdjustmentStatus] = choice_column(AdjustmentStatus)
    begins_on: Mapped[date]
    reason: Mapped[str] = text_column(200)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None]
    made_by_name: Mapped[str] = mapped_column(Unicode(100))
    approved_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    in_force_at: Mapped[datetime | None]
    gain_amount: Mapped[Decimal] = amount_column(default=Decimal("0.00"))
    loss_amount: Mapped[Decimal] = amount_column(default=Decimal("0.00"))


class AdjustmentLine(TenantScoped, Model):
    """A drug of an adjustment; the old price is the one in force when the new one began."""

    __tablename__ = "storeroom_adjustment_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "adjustment_id", "drug_id"),
        CheckConstraint("new_price >= 0", name="new_price"),
    )

    id: Mapped[int] = id_column()
    adjustment_id: Mapped[int] = mapped_column(ForeignKey("storeroom_adjustment.id"))
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    old_price: Mapped[Decimal] = unit_price_column()
    new_price: Mapped[Decimal] = unit_price_column()


class Revaluation(AppendOnly, TenantScoped, Model):
    """What an adjustment was worth for one batch at one place."""

    __tablename__ = "storeroom_revaluation"
    __table_args__ = (
        UniqueConstraint("tenant_id", "line_id", "balance_id"),
        Index("ix_storeroom_revaluation_adjustment", "tenant_id", "adjustment_id", "id"),
    )

    id: Mapped[int] = id_column()
    adjustment_id: Mapped[int] = mapped_column(ForeignKey("storeroom_adjustment.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("storeroom_adjustment_line.id"))
    balance_id: Mapped[int] = mapped_column(ForeignKey("dispensing_balance.id"))
    quantity: Mapped[Decimal] = quantity_column()  # minimum units that lay there
    amount: Mapped[Decimal] = amount_column()
