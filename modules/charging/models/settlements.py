"""Money taken and given back."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.rules.fee_classes import FeeClass
from modules.charging.rules.tenders import TenderMethod


class SettlementKind(Choice):
    """Why a settlement exists."""

    CHARGE = "charge", N_("Payment")
    MIRROR = "mirror", N_("Reversal")
    RESETTLEMENT = "resettlement", N_("Settled again")


class Settlement(Proven, AppendOnly, TenantScoped, Model):
    """Money taken, or its mirror (结算单). A refund mirrors the whole and settles again what stays."""

    __tablename__ = "charging_settlement"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index(
            "ux_charging_settlement_mirrors",
            "tenant_id",
            "mirrors_id",
            unique=True,
            **only_where("mirrors_id IS NOT NULL"),
        ),
        Index(
            "ux_charging_settlement_resettles",
            "tenant_id",
            "resettles_id",
            unique=True,
            **only_where("resettles_id IS NOT NULL"),
        ),
        Index("ix_charging_settlement_bill", "tenant_id", "bill_id"),
        Index("ix_charging_settlement_shift", "tenant_id", "shift_id"),
        Index("ix_charging_settlement_on", "tenant_id", "on", "id"),
        CheckConstraint(
            "(kind = 'mirror' AND amount <= 0) OR (kind <> 'mirror' AND amount >= 0)", name="sign"
        ),
        CheckConstraint("kind <> 'mirror' OR mirrors_id IS NOT NULL", name="mirror"),
    )

    proven = (
        "number",
        "kind",
        "bill_id",
        "shift_id",
        "on",
        "at",
        "amount",
        "change_amount",
        "cashier_account_id",
        "mirrors_id",
        "resettles_id",
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[SettlementKind] = choice_column(SettlementKind)
    bill_id: Mapped[int] = mapped_column(ForeignKey("charging_bill.id"))
    shift_id: Mapped[int] = mapped_column(ForeignKey("charging_shift.id"))
    on: Mapped[date]
    at: Mapped[datetime]
    amount: Mapped[Decimal] = amount_column()
    change_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # handed back from cash at the window
    cashier_account_id: Mapped[int]
    cashier_name: Mapped[str] = mapped_column(Unicode(100))
    mirrors_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))
    resettles_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))
    reason: Mapped[str] = text_column(200, default="")


class SettlementLine(Proven, AppendOnly, TenantScoped, Model):
    """A charge as it was settled; negative in a mirror. A charge is taken for the first time only once."""

    __tablename__ = "charging_settlement_line"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "settlement_id", "charge_id", name="uq_charging_settlement_line_charge"
        ),
        Index(
            "ux_charging_settlement_line_once",
            "tenant_id",
            "charge_id",
            unique=True,
            **only_where("kind = 'charge'"),
        ),
    )

    proven = (
        "settlement_id",
        "charge_id",
        "kind",
        "fee_class",
        "quantity",
        "amount",
    )

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int] = mapped_column(ForeignKey("charging_settlement.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charging_charge.id"))
    kind: Mapped[SettlementKind] = choice_column(SettlementKind)
    fee_class: Mapped[FeeClass] = choice_column(FeeClass)
    quantity: Mapped[Decimal] = quantity_column()
    amount: Mapped[Decimal] = amount_column()


class Tender(Proven, AppendOnly, TenantScoped, Model):
    """One way the money of a settlement moved (支付方式); negative in a mirror."""

    __tablename__ = "charging_tender"
    __table_args__ = (UniqueConstraint("tenant_id", "settlement_id", "method"),)

    proven = (
        "settlement_id",
        "method",
        "amount",
        "reference",
    )

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int] = mapped_column(ForeignKey("charging_settlement.id"))
    method: Mapped[TenderMethod] = choice_column(TenderMethod)
    amount: Mapped[Decimal] = amount_column()
    reference: Mapped[str] = mapped_column(Unicode(60), default="")  # order or voucher number, typed by hand


class ReceiptPrint(AppendOnly, TenantScoped, Model):
    """A printing of a receipt; the second and later ones are marked 补打."""

    __tablename__ = "charging_receipt_print"
    __table_args__ = (UniqueConstraint("tenant_id", "settlement_id", "copy_no"),)

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int] = mapped_column(ForeignKey("charging_settlement.id"))
    copy_no: Mapped[int] = mapped_column(Integer)
    printed_at: Mapped[datetime]
    printed_by: Mapped[str] = mapped_column(Unicode(100))
