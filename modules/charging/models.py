"""Prices, bills, settlements and shifts of a centre."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint, event
from sqlalchemy import inspect as inspect_row
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
    unit_price_column,
)
from app.db.append_only import RecordMayNotChange
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.charging.rules.amounts import line_amount
from modules.charging.rules.fee_classes import FeeClass
from modules.charging.rules.tenders import TenderMethod


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


class ChargeStatus(Choice):
    """The life of a charge line."""

    UNPAID = "unpaid", N_("Unpaid")
    PAID = "paid", N_("Paid")
    PARTLY_REFUNDED = "partly_refunded", N_("Partly refunded")
    REFUNDED = "refunded", N_("Refunded")
    VOIDED = "voided", N_("Voided")


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
        return self.quantity - self.executed_quantity - self.refunded_quantity


class ShiftStatus(Choice):
    """The life of a shift."""

    OPEN = "open", N_("Shift open")
    CLOSED = "closed", N_("Shift closed")


class Shift(TenantScoped, Model):
    """A cashier's shift (班次). Sums are written once, at closing; a closed shift never changes."""

    __tablename__ = "charging_shift"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index(
            "ux_charging_shift_open",
            "tenant_id",
            "cashier_account_id",
            unique=True,
            **only_where("status = 'open'"),
        ),
        CheckConstraint("status = 'open' OR charges_amount - refunds_amount = net_amount", name="net"),
        CheckConstraint("status = 'open' OR counted_cash - expected_cash = difference", name="difference"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    cashier_account_id: Mapped[int]
    cashier_name: Mapped[str] = mapped_column(Unicode(100))
    status: Mapped[ShiftStatus] = choice_column(ShiftStatus, default=ShiftStatus.OPEN)
    opened_at: Mapped[datetime]
    float_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # small change found in the drawer
    closed_at: Mapped[datetime | None]
    charges_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    refunds_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    net_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    settlement_count: Mapped[int] = mapped_column(Integer, default=0)
    first_number: Mapped[str] = mapped_column(Unicode(30), default="")
    last_number: Mapped[str] = mapped_column(Unicode(30), default="")
    expected_cash: Mapped[Decimal] = amount_column(default=Decimal(0))
    counted_cash: Mapped[Decimal] = amount_column(default=Decimal(0))
    difference: Mapped[Decimal] = amount_column(default=Decimal(0))
    difference_reason: Mapped[str] = text_column(200, default="")


@event.listens_for(Shift, "before_update")
def _keep_closed_shift(mapper: Any, connection: Any, shift: Shift) -> None:
    was = inspect_row(shift).attrs.status.history
    if shift.status == ShiftStatus.CLOSED and not was.deleted:
        raise RecordMayNotChange("charging_shift")


class ShiftSum(AppendOnly, TenantScoped, Model):
    """One line of a closed shift: by tender or by fee class, what came in and what went back."""

    __tablename__ = "charging_shift_sum"
    __table_args__ = (UniqueConstraint("tenant_id", "shift_id", "by", "code"),)

    id: Mapped[int] = id_column()
    shift_id: Mapped[int] = mapped_column(ForeignKey("charging_shift.id"))
    by: Mapped[str] = mapped_column(Unicode(12))  # tender | fee_class
    code: Mapped[str] = mapped_column(Unicode(20))
    receipts_amount: Mapped[Decimal] = amount_column()
    refunds_amount: Mapped[Decimal] = amount_column()


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
