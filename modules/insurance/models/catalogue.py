"""The insurer's catalogue, our items in it, and the dated rules of the region."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    search_key_column,
    unit_price_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice


class ItemKind(Choice):
    """What of ours is mapped."""

    DRUG = "drug", N_("Drug")
    SERVICE = "service", N_("Service")


class CatalogueItem(TenantScoped, Model):
    """An item of the insurer's catalogue, as downloaded (1301, 1302, 1305, 1306, 1318, 1319)."""

    __tablename__ = "insurance_catalogue_item"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        Index("ix_insurance_catalogue_item_initials", "tenant_id", "initials"),
    )

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(30))
    trade: Mapped[str] = mapped_column(Unicode(6))
    name: Mapped[str] = mapped_column(Unicode(160))
    spec: Mapped[str] = mapped_column(Unicode(100), default="")
    unit: Mapped[str] = mapped_column(Unicode(20), default="")
    initials: Mapped[str] = search_key_column(60, default="")
    level: Mapped[str] = mapped_column(Unicode(4))
    fee_class: Mapped[str] = mapped_column(Unicode(4), default="")
    self_pay_ratio: Mapped[Decimal] = quantity_column(default=Decimal(0))
    ceiling: Mapped[Decimal | None] = unit_price_column()
    downloaded_on: Mapped[date]


class InsuranceMapping(TenantScoped, Model):
    """Which item of the insurer's catalogue an item of ours is (对照)."""

    __tablename__ = "insurance_mapping"
    __table_args__ = (
        Index(
            "ux_insurance_mapping_open",
            "tenant_id",
            "item_kind",
            "item_code",
            unique=True,
            **only_where("valid_to IS NULL"),
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
    )

    id: Mapped[int] = id_column()
    item_kind: Mapped[ItemKind] = choice_column(ItemKind)
    item_code: Mapped[str] = mapped_column(Unicode(30))
    national_code: Mapped[str] = mapped_column(Unicode(30))
    national_name: Mapped[str] = mapped_column(Unicode(160))
    level: Mapped[str] = mapped_column(Unicode(4))
    self_pay_ratio: Mapped[Decimal] = quantity_column(default=Decimal(0))
    ceiling: Mapped[Decimal | None] = unit_price_column()
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # the last day
    is_uploaded: Mapped[bool] = mapped_column(default=False)


class InsuranceRule(TenantScoped, Model):
    """What an insurance pays for a kind of care, from a day on: parameters of the region."""

    __tablename__ = "insurance_rule"
    __table_args__ = (
        UniqueConstraint("tenant_id", "insutype", "med_type", "valid_from"),
        CheckConstraint("ratio >= 0", name="ratio"),
        CheckConstraint("aid_ratio >= 0", name="aid_ratio"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
    )

    id: Mapped[int] = id_column()
    insutype: Mapped[str] = mapped_column(Unicode(6))
    med_type: Mapped[str] = mapped_column(Unicode(6))
    deductible_amount: Mapped[Decimal] = amount_column()
    ratio: Mapped[Decimal] = quantity_column()
    cap_amount: Mapped[Decimal] = amount_column()
    aid_ratio: Mapped[Decimal] = quantity_column(default=Decimal(0))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    set_by: Mapped[str] = mapped_column(Unicode(100))
