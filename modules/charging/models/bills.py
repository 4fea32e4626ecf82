"""Bills and what stands on them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import (
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
    unit_price_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.models.prices import ItemKind
from modules.charging.rules.fee_classes import FeeClass


class Bill(Proven, TenantScoped, Model):
    """The bill of a visit (账单); its row is the lock of all its charges."""

    __tablename__ = "charging_bill"
    __table_args__ = (
        UniqueConstraint("tenant_id", "visit_id"),
        Index("ix_charging_bill_on", "tenant_id", "on", "id"),
        Index("ix_charging_bill_patient", "tenant_id", "patient_id", "id"),
        Index("ix_charging_bill_visit_number", "tenant_id", "visit_number"),
    )

    proven = (
        "visit_id",
        "visit_number",
        "patient_id",
        "on",
    )

    id: Mapped[int] = id_column()
    visit_id: Mapped[int]
    visit_number: Mapped[str] = mapped_column(Unicode(30))
    patient_id: Mapped[int]
    on: Mapped[date]  # the centre's day
    pays_at_end: Mapped[bool] = mapped_column(default=False)  # as the centre worked when the visit began


class ChargeStatus(Choice):
    """The life of a charge line."""

    UNPAID = "unpaid", N_("Unpaid")
    LOCKED = "locked", N_("Being settled")
    PAID = "paid", N_("Paid")
    PARTLY_REFUNDED = "partly_refunded", N_("Partly refunded")
    REFUNDED = "refunded", N_("Refunded")
    VOIDED = "voided", N_("Voided")


DUE = (ChargeStatus.UNPAID, ChargeStatus.LOCKED)  # money is still to come
PAID = (ChargeStatus.PAID, ChargeStatus.PARTLY_REFUNDED)  # money is here that was not given back


class ChargeSource(Choice):
    """What a charge was born from."""

    VISIT = "registration_visit", N_("Visit fee")
    PRESCRIPTION_ITEM = "prescriptions_item", N_("Prescription line")
    DECOCTION = "prescriptions_decoction", N_("Decoction")
    MANUAL = "charging_manual", N_("Cashier")


class Charge(Proven, TenantScoped, Model):
    """A line of a bill (费用明细). ``executed_quantity`` is what was handed out and not brought back."""

    __tablename__ = "charging_charge"
    __table_args__ = (
        Index("ix_charging_charge_bill", "tenant_id", "bill_id"),
        Index("ix_charging_charge_unpaid", "tenant_id", "status", "bill_id"),
        Index("ix_charging_charge_prescription", "tenant_id", "prescription_id"),
        Index("ix_charging_charge_returned", "tenant_id", "bill_id", **only_where("returned_quantity > 0")),
        Index(
            "ux_charging_charge_source",
            "tenant_id",
            "source_kind",
            "source_id",
            "item_id",
            unique=True,
            **only_where("status <> 'voided'"),
        ),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("executed_quantity >= 0 AND refunded_quantity >= 0", name="parts"),
        CheckConstraint("executed_quantity + refunded_quantity <= quantity", name="whole"),
    )

    proven = (
        "bill_id",
        "status",
        "source_kind",
        "source_id",
        "prescription_id",
        "item_kind",
        "item_id",
        "item_code",
        "item_name",
        "unit",
        "quantity",
        "price_amount",
        "per",
        "amount",
        "refunded_quantity",
    )

    id: Mapped[int] = id_column()
    bill_id: Mapped[int] = mapped_column(ForeignKey("charging_bill.id"))
    status: Mapped[ChargeStatus] = choice_column(ChargeStatus, default=ChargeStatus.UNPAID)
    source_kind: Mapped[ChargeSource] = choice_column(ChargeSource)
    source_id: Mapped[int]
    prescription_id: Mapped[int | None]
    item_kind: Mapped[ItemKind] = choice_column(ItemKind)
    item_id: Mapped[int]
    item_code: Mapped[str] = mapped_column(Unicode(30))
    item_name: Mapped[str] = mapped_column(Unicode(160))
    fee_class: Mapped[FeeClass] = choice_column(FeeClass)
    unit: Mapped[str] = mapped_column(Unicode(10))
    quantity: Mapped[Decimal] = quantity_column()
    price_amount: Mapped[Decimal] = unit_price_column()  # the list's price on that day, for `per` units
    per: Mapped[int] = mapped_column(Integer)
    price_unit: Mapped[str] = mapped_column(Unicode(10))
    price_id: Mapped[int] = mapped_column(ForeignKey("charging_price.id"))
    amount: Mapped[Decimal] = amount_column()
    executed_quantity: Mapped[Decimal] = quantity_column(default=Decimal(0))
    refunded_quantity: Mapped[Decimal] = quantity_column(default=Decimal(0))
    returned_quantity: Mapped[Decimal] = quantity_column(default=Decimal(0))  # came back, its money not yet
    asked_quantity: Mapped[Decimal] = quantity_column(default=Decimal(0))  # an open request asks it back
    waived_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # let off by hand, see Waiver
    package_version_id: Mapped[int | None]  # the package it came from, as it was then
    package_name: Mapped[str] = mapped_column(Unicode(100), default="")
    added_at: Mapped[datetime]
    void_reason: Mapped[str] = text_column(200, default="")

    @property
    def unit_price(self) -> Decimal:
        """Yuan for one unit, six decimals, for show."""
        return (self.price_amount / self.per).quantize(Decimal("0.000001"))

    @property
    def refundable_quantity(self) -> Decimal:
        """What may still be given back in money: neither handed out nor refunded."""
        if self.status not in (ChargeStatus.PAID, ChargeStatus.PARTLY_REFUNDED):
            return Decimal(0)
        return self.left_quantity

    @property
    def left_quantity(self) -> Decimal:
        """What was neither handed out nor refunded, paid or not."""
        return self.quantity - self.executed_quantity - self.refunded_quantity

    def may_be_carried_out(self, *, pays_at_end: bool) -> bool:
        """Whether its drugs may leave the pharmacy, or its service be done: the one rule of both payment modes.

        Paid lines always (of refunded ones nothing is left); unpaid ones on a bill that is settled at the end of the
        visit. A line that is being settled waits: it may be on its way back. Source: house rule, C2.
        """
        if self.status in (*PAID, ChargeStatus.REFUNDED):
            return True
        return pays_at_end and self.status == ChargeStatus.UNPAID


LEFT_TO_PAY = Charge.amount - Charge.waived_amount  # of a line that is due; rules are reckoned with its bill
