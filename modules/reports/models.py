"""Sums of the ledgers by day, and what says how far they go."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, amount_column, choice_column, id_column, quantity_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class Day(TenantScoped, Model):
    """A day of the centre: when it was added up last, and since when the ledgers may say more."""

    __tablename__ = "reports_day"
    __table_args__ = (
        UniqueConstraint("tenant_id", "on"),
        Index("ix_reports_day_stale", "tenant_id", "on", **only_where("stale_since IS NOT NULL")),
    )

    id: Mapped[int] = id_column()
    on: Mapped[date]
    stale_since: Mapped[datetime | None]
    built_at: Mapped[datetime | None]


class Side(Choice):
    """The two ways a settlement is taken apart; each adds up to its amount."""

    FEE = "fee", N_("Fee class")
    TENDER = "tender", N_("Way of paying")


class MoneySum(TenantScoped, Model):
    """What the settlements of a day came to: by fee class, or by way of paying and scheme of the insurer.

    A doctor, a department or a scheme that is not known is 0 or empty: NULL is not unique everywhere.
    """

    __tablename__ = "reports_money"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id",
            "on",
            "side",
            "kind",
            "code",
            "scheme",
            "department_id",
            "practitioner_id",
            name="uq_reports_money_key",
        ),
    )
    may_be_deleted = True  # made anew from the ledger

    id: Mapped[int] = id_column()
    on: Mapped[date]
    side: Mapped[Side] = choice_column(Side)
    kind: Mapped[str] = mapped_column(Unicode(12))  # of the settlement: charge, mirror, resettlement
    code: Mapped[str] = mapped_column(Unicode(20))  # fee class, or way of paying
    scheme: Mapped[str] = mapped_column(Unicode(6), default="")
    department_id: Mapped[int]
    practitioner_id: Mapped[int]
    amount: Mapped[Decimal] = amount_column()
    entries: Mapped[int] = mapped_column(Integer)


class StockSum(TenantScoped, Model):
    """What one kind of document brought to a place (0: on the way) or took from it on a day, of one drug."""

    __tablename__ = "reports_stock"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "on", "location_id", "drug_id", "kind", "comes_in", name="uq_reports_stock_key"
        ),
        Index("ix_reports_stock_drug", "tenant_id", "drug_id", "on"),
    )
    may_be_deleted = True

    id: Mapped[int] = id_column()
    on: Mapped[date]
    location_id: Mapped[int]
    drug_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Unicode(20))  # of the document
    comes_in: Mapped[bool]
    quantity: Mapped[Decimal] = quantity_column()
    cost_amount: Mapped[Decimal] = amount_column()
    retail_amount: Mapped[Decimal] = amount_column()  # at the list's price of the day
    entries: Mapped[int] = mapped_column(Integer)


class PlaceSum(TenantScoped, Model):
    """The same of all drugs together: of a day, and once more of its whole month, which stands under its first day.

    What a report of places reads, so that it does not grow with the drugs, the movements and the years.
    """

    __tablename__ = "reports_place"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "is_month", "on", "location_id", "kind", "comes_in", name="uq_reports_place_key"
        ),
    )
    may_be_deleted = True

    id: Mapped[int] = id_column()
    is_month: Mapped[bool]
    on: Mapped[date]
    location_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Unicode(20))
    comes_in: Mapped[bool]
    cost_amount: Mapped[Decimal] = amount_column()
    retail_amount: Mapped[Decimal] = amount_column()
    entries: Mapped[int] = mapped_column(Integer)


class PrescribingSum(TenantScoped, Model):
    """Prescriptions of which something was handed out for the first time on a day."""

    __tablename__ = "reports_prescribing"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id",
            "on",
            "location_id",
            "department_id",
            "practitioner_id",
            name="uq_reports_prescribing_key",
        ),
    )
    may_be_deleted = True

    id: Mapped[int] = id_column()
    on: Mapped[date]
    location_id: Mapped[int]
    department_id: Mapped[int]
    practitioner_id: Mapped[int]
    prescriptions: Mapped[int] = mapped_column(Integer)
    with_antimicrobial: Mapped[int] = mapped_column(Integer)


class Level(TenantScoped, Model):
    """What lay of a drug at a place (0: on the way) when a month began, as the sums before it say."""

    __tablename__ = "reports_level"
    __table_args__ = (
        UniqueConstraint("tenant_id", "month", "location_id", "drug_id", name="uq_reports_level_key"),
    )
    may_be_deleted = True

    id: Mapped[int] = id_column()
    month: Mapped[date]
    location_id: Mapped[int]
    drug_id: Mapped[int]
    quantity: Mapped[Decimal] = quantity_column()
    cost_amount: Mapped[Decimal] = amount_column()
