"""What the district sends to a centre, as the centre sees and inspects it. Quantities count packs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    Model,
    TenantScoped,
    choice_column,
    id_column,
    quantity_column,
    text_column,
    unit_price_column,
)
from app.i18n import N_, Choice


class DeliveryStatus(Choice):
    """A shipment of the district at the centre."""

    AWAITED = "awaited", N_("On the way")
    TO_SIGN = "to_sign", N_("Waits for the second signature")
    RECEIVED = "received", N_("Received")


class Delivery(TenantScoped, Model):
    """A shipment for this centre; known once, however often the message comes."""

    __tablename__ = "distribution_delivery"
    __table_args__ = (
        UniqueConstraint("tenant_id", "shipment_id"),
        Index("ix_distribution_delivery_status", "tenant_id", "status", "id"),
    )

    id: Mapped[int] = id_column()
    shipment_id: Mapped[int]  # the district's paper
    number: Mapped[str] = mapped_column(Unicode(30))
    sender_name: Mapped[str] = mapped_column(Unicode(100))
    status: Mapped[DeliveryStatus] = choice_column(DeliveryStatus)
    shipped_at: Mapped[datetime]
    location_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_location.id"))
    temperature: Mapped[Decimal | None] = quantity_column()  # degrees on arrival, for a cold chain
    inspected_at: Mapped[datetime | None]
    inspected_by_id: Mapped[int | None]
    inspected_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    second_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    withdrawn_by_name: Mapped[str] = mapped_column(
        Unicode(100), default=""
    )  # who took the last inspection back
    withdrawn_reason: Mapped[str] = text_column(200, default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))


class DeliveryLine(TenantScoped, Model):
    """A batch of a delivery: all of it is accepted, or differs in one of three ways."""

    __tablename__ = "distribution_delivery_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "shipment_line_id"),
        Index("ix_distribution_delivery_line_delivery", "tenant_id", "delivery_id", "id"),
        CheckConstraint("packs > 0", name="packs"),
        CheckConstraint("short >= 0 AND damaged >= 0 AND wrong_batch >= 0", name="parts"),
        CheckConstraint(
            "accepted IS NULL OR (accepted >= 0 AND accepted + short + damaged + wrong_batch = packs)",
            name="adds_up",
        ),
        CheckConstraint("short + damaged + wrong_batch = 0 OR reason <> ''", name="reason"),
    )

    id: Mapped[int] = id_column()
    delivery_id: Mapped[int] = mapped_column(ForeignKey("distribution_delivery.id"))
    shipment_line_id: Mapped[int]
    drug_id: Mapped[int]
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    expires_on: Mapped[date]
    approval_no: Mapped[str] = mapped_column(Unicode(40))
    pack_cost: Mapped[Decimal] = unit_price_column()
    packs: Mapped[Decimal] = quantity_column()
    accepted: Mapped[Decimal | None] = quantity_column()  # None while it is on the way
    short: Mapped[Decimal] = quantity_column(default=Decimal(0))
    damaged: Mapped[Decimal] = quantity_column(default=Decimal(0))
    wrong_batch: Mapped[Decimal] = quantity_column(default=Decimal(0))
    reason: Mapped[str] = text_column(200, default="")
    codes: Mapped[list[Any]] = mapped_column(default=list)  # of the packs, as the sender scanned them

    @property
    def differing(self) -> Decimal:
        """Packs that were not taken in."""
        return self.short + self.damaged + self.wrong_batch
