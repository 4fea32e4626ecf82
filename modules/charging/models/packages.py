"""Packages of charge items (套餐), and limits of items: who may be charged for them, and how often."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    choice_column,
    id_column,
    quantity_column,
    search_key_column,
    text_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.models.prices import ItemKind


class Package(TenantScoped, Model):
    """A package of the centre's list, as it is called now; its row is the lock of its versions."""

    __tablename__ = "charging_package"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(30))
    name: Mapped[str] = mapped_column(Unicode(100))
    initials: Mapped[str] = search_key_column(60)


class PackageVersion(TenantScoped, Model):
    """What a package is called and holds, in force in ``[valid_from, valid_to)``; never rewritten, only ended."""

    __tablename__ = "charging_package_version"
    __table_args__ = (
        UniqueConstraint("tenant_id", "package_id", "valid_from"),
        Index(
            "ux_charging_package_version_open",
            "tenant_id",
            "package_id",
            unique=True,
            **only_where("valid_to IS NULL"),
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
    )

    id: Mapped[int] = id_column()
    package_id: Mapped[int] = mapped_column(ForeignKey("charging_package.id"))
    name: Mapped[str] = mapped_column(Unicode(100))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    reason: Mapped[str] = text_column(200, default="")
    set_by: Mapped[str] = mapped_column(Unicode(100))


class PackageMember(AppendOnly, TenantScoped, Model):
    """An item of a version of a package, and how many of it one package holds."""

    __tablename__ = "charging_package_member"
    __table_args__ = (
        UniqueConstraint("tenant_id", "version_id", "item_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[int] = id_column()
    version_id: Mapped[int] = mapped_column(ForeignKey("charging_package_version.id"))
    place: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[int]
    item_code: Mapped[str] = mapped_column(Unicode(30))
    item_name: Mapped[str] = mapped_column(Unicode(160))
    quantity: Mapped[Decimal] = quantity_column()


class LimitSex(Choice):
    """For whom an item is (GB/T 2261.1-2003)."""

    MALE = "1", N_("Male")
    FEMALE = "2", N_("Female")


class AgeUnit(Choice):
    """In which completed units a limit of age is meant."""

    YEARS = "years", N_("Years")
    MONTHS = "months", N_("Months")


class ItemLimit(TenantScoped, Model):
    """For whom an item of the price list may be charged, and how often; it is ended and made anew, never rewritten."""

    __tablename__ = "charging_item_limit"
    __table_args__ = (
        Index(
            "ux_charging_item_limit_open",
            "tenant_id",
            "item_kind",
            "item_id",
            unique=True,
            **only_where("valid_to IS NULL"),
        ),
        Index("ix_charging_item_limit_item", "tenant_id", "item_kind", "item_id", "valid_from"),
        CheckConstraint("age_from IS NULL OR age_to IS NULL OR age_from <= age_to", name="ages"),
        CheckConstraint("most IS NULL OR most >= 1", name="most"),
        CheckConstraint("days >= 1", name="days"),
    )

    id: Mapped[int] = id_column()
    item_kind: Mapped[ItemKind] = choice_column(ItemKind)
    item_id: Mapped[int]
    item_code: Mapped[str] = mapped_column(Unicode(30))
    sex: Mapped[LimitSex | None] = choice_column(LimitSex)
    age_from: Mapped[int | None] = mapped_column(Integer)  # completed, in `age_unit`; the last one counts too
    age_to: Mapped[int | None] = mapped_column(Integer)
    age_unit: Mapped[AgeUnit] = choice_column(AgeUnit, default=AgeUnit.YEARS)
    most: Mapped[int | None] = mapped_column(Integer)  # of its unit, for a patient, in `days` days
    days: Mapped[int] = mapped_column(Integer, default=1)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    reason: Mapped[str] = text_column(200, default="")
    set_by: Mapped[str] = mapped_column(Unicode(100))
