"""Prices of a centre."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    Model,
    TenantScoped,
    choice_column,
    id_column,
    text_column,
    unit_price_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.rules.amounts import line_amount
from modules.charging.rules.fee_classes import FeeClass


class ItemKind(Choice):
    """What a price is for."""

    DRUG = "drug", N_("Drug")
    SERVICE = "service", N_("Service item")


class Price(TenantScoped, Model):
    """A price of the centre's list, in force in ``[valid_from, valid_to)``; `amount` buys `per` units."""

    __tablename__ = "charging_price"
    __table_args__ = (
        UniqueConstraint("tenant_id", "item_kind", "item_id", "valid_from"),
        Index(
            "ux_charging_price_open",
            "tenant_id",
            "item_kind",
            "item_id",
            unique=True,
            **only_where("valid_to IS NULL"),
        ),
        Index("ix_charging_price_code", "tenant_id", "item_kind", "item_code"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("per >= 1", name="per"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    )

    id: Mapped[int] = id_column()
    item_kind: Mapped[ItemKind] = choice_column(ItemKind)
    item_id: Mapped[int]
    item_code: Mapped[str] = mapped_column(Unicode(30))
    item_name: Mapped[str] = mapped_column(Unicode(160))
    initials: Mapped[str] = mapped_column(Unicode(60), default="")
    fee_class: Mapped[FeeClass] = choice_column(FeeClass)
    unit: Mapped[str] = mapped_column(Unicode(10))  # in which quantities are counted: 片, g, 次
    price_unit: Mapped[str] = mapped_column(Unicode(10))  # which the amount buys: 盒, kg, 次
    per: Mapped[int] = mapped_column(Integer)  # units in a price unit
    amount: Mapped[Decimal] = unit_price_column()
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    reason: Mapped[str] = text_column(200, default="")
    set_by: Mapped[str] = mapped_column(Unicode(100), default="")

    @property
    def unit_price(self) -> Decimal:
        """Yuan for one unit, six decimals, for show; amounts are reckoned from `amount` and `per`."""
        return (self.amount / self.per).quantize(Decimal("0.000001"))

    def amount_for(self, quantity: Decimal) -> Decimal:
        """Yuan for a quantity, rounded once."""
        return line_amount(self.amount, quantity, per=self.per)
