"""Suppliers, plans, orders, receipts and invoices. Quantities count packs unless a name says otherwise."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
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
from app.i18n import N_, Choice


class Supplier(TenantScoped, Model):
    """A supplier (供应商) with its licence for trading in drugs (药品经营许可证)."""

    __tablename__ = "storeroom_supplier"
    __table_args__ = (UniqueConstraint("tenant_id", "code"), UniqueConstraint("tenant_id", "name"))

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(30))
    name: Mapped[str] = mapped_column(Unicode(100))
    licence_no: Mapped[str] = mapped_column(Unicode(60))
    licence_until: Mapped[date]
    is_active: Mapped[bool] = mapped_column(default=True)

    @property
    def is_expired(self) -> bool:
        """Whether its licence has ended; it holds through its last day."""
        return self.licence_until < clock.today()


class DrugRule(TenantScoped, Model):
    """What the centre wants of a drug: least and most in stock, in minimum units, and its usual supplier."""

    __tablename__ = "storeroom_drug_rule"
    __table_args__ = (
        UniqueConstraint("tenant_id", "drug_id"),
        CheckConstraint("minimum >= 0", name="minimum"),
        CheckConstraint("maximum IS NULL OR maximum >= minimum", name="maximum"),
    )

    id: Mapped[int] = id_column()
    drug_id: Mapped[int]
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    minimum: Mapped[Decimal] = quantity_column(default=Decimal(0))
    maximum: Mapped[Decimal | None] = quantity_column()
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("storeroom_supplier.id"))


class PlanStatus(Choice):
    """A purchase plan (采购计划)."""

    DRAFT = "draft", N_("Draft")
    SUBMITTED = "submitted", N_("Submitted")
    APPROVED = "approved", N_("Approved")
    ORDERED = "ordered", N_("Ordered")
    HANDED_IN = "handed_in", N_("Handed in to the district")


class Plan(TenantScoped, Model):
    """What is to be bought, from consumption, stock and minima."""

    __tablename__ = "storeroom_plan"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_storeroom_plan_status", "tenant_id", "status", "id"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[PlanStatus] = choice_column(PlanStatus)
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    days: Mapped[int] = mapped_column(Integer)  # for so many days it shall last
    on: Mapped[date]
    made_by_name: Mapped[str] = mapped_column(Unicode(100))
    submitted_by_id: Mapped[int | None]
    submitted_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    approved_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    remark: Mapped[str] = text_column(200, default="")  # why it was sent back


class PlanLine(TenantScoped, Model):
    """A drug of a plan with the figures it was reckoned from, in minimum units; `packs` is what is wanted."""

    __tablename__ = "storeroom_plan_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "plan_id", "drug_id"),
        CheckConstraint("packs >= 0", name="packs"),
    )

    id: Mapped[int] = id_column()
    plan_id: Mapped[int] = mapped_column(ForeignKey("storeroom_plan.id"))
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    used_a_day: Mapped[Decimal] = quantity_column()
    in_stock: Mapped[Decimal] = quantity_column()
    in_transit: Mapped[Decimal] = quantity_column()  # sent, on order and coming from the district
    from_district: Mapped[Decimal] = quantity_column(default=Decimal(0))  # of it
    proposed_packs: Mapped[Decimal] = quantity_column()
    packs: Mapped[Decimal] = quantity_column()
    pack_cost: Mapped[Decimal] = unit_price_column()
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("storeroom_supplier.id"))


class OrderStatus(Choice):
    """A purchase order (采购订单)."""

    AWAITING = "awaiting", N_("Awaiting delivery")
    PARTLY = "partly", N_("Partly delivered")
    DONE = "done", N_("Delivered")
    CLOSED = "closed", N_("Closed")


class Order(TenantScoped, Model):
    """An order to one supplier."""

    __tablename__ = "storeroom_order"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_storeroom_order_status", "tenant_id", "status", "id"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[OrderStatus] = choice_column(OrderStatus)
    plan_id: Mapped[int] = mapped_column(ForeignKey("storeroom_plan.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("storeroom_supplier.id"))
    supplier_name: Mapped[str] = mapped_column(Unicode(100))
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    on: Mapped[date]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    closed_reason: Mapped[str] = text_column(200, default="")

    @property
    def is_open(self) -> bool:
        """Whether a delivery may still come."""
        return self.status in (OrderStatus.AWAITING, OrderStatus.PARTLY)


class OrderLine(TenantScoped, Model):
    """A drug of an order; `received` counts the packs that were accepted."""

    __tablename__ = "storeroom_order_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "order_id", "drug_id"),
        CheckConstraint("packs > 0", name="packs"),
        CheckConstraint("received >= 0 AND received <= packs", name="received"),
    )

    id: Mapped[int] = id_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("storeroom_order.id"))
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    packs: Mapped[Decimal] = quantity_column()
    received: Mapped[Decimal] = quantity_column(default=Decimal(0))
    pack_cost: Mapped[Decimal] = unit_price_column()
    special_control: Mapped[str] = mapped_column(Unicode(30), default="")

    @property
    def missing(self) -> Decimal:
        """Packs that have not come."""
        return self.packs - self.received


class ReceiptStatus(Choice):
    """A delivery and its inspection (入库验收)."""

    TO_INSPECT = "to_inspect", N_("Waits for the second signature")
    POSTED = "posted", N_("Posted")
    REFUSED = "refused", N_("Turned away")
    WITHDRAWN = "withdrawn", N_("Withdrawn")


class Receipt(TenantScoped, Model):
    """One delivery for an order, as it was inspected."""

    __tablename__ = "storeroom_receipt"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_storeroom_receipt_order", "tenant_id", "order_id", "id"),
        CheckConstraint("status <> 'posted' OR document_id IS NOT NULL", name="posted"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[ReceiptStatus] = choice_column(ReceiptStatus)
    order_id: Mapped[int] = mapped_column(ForeignKey("storeroom_order.id"))
    at: Mapped[datetime]
    temperature: Mapped[Decimal | None] = quantity_column()  # degrees on arrival, for a cold chain
    inspected_by_id: Mapped[int | None]
    inspected_by_name: Mapped[str] = mapped_column(Unicode(100))
    second_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    withdrawn_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    withdrawn_reason: Mapped[str] = text_column(200, default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))


class ReceiptLine(TenantScoped, Model):
    """A batch of a delivery: what came, what was accepted, what was refused and why."""

    __tablename__ = "storeroom_receipt_line"
    __table_args__ = (
        Index("ix_storeroom_receipt_line_receipt", "tenant_id", "receipt_id", "id"),
        CheckConstraint("accepted >= 0 AND refused >= 0 AND accepted + refused > 0", name="parts"),
        CheckConstraint("refused = 0 OR reason <> ''", name="reason"),
    )

    id: Mapped[int] = id_column()
    receipt_id: Mapped[int] = mapped_column(ForeignKey("storeroom_receipt.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("storeroom_order_line.id"))
    drug_id: Mapped[int]
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    expires_on: Mapped[date]
    approval_no: Mapped[str] = mapped_column(Unicode(40))  # 批准文号
    report_no: Mapped[str] = mapped_column(Unicode(60), default="")  # 检验报告
    pack_cost: Mapped[Decimal] = unit_price_column()
    accepted: Mapped[Decimal] = quantity_column()
    refused: Mapped[Decimal] = quantity_column()
    reason: Mapped[str] = text_column(200, default="")


class InvoiceStatus(Choice):
    """A supplier's invoice against order and receipts."""

    MATCHED = "matched", N_("Matches")
    DIFFERENT = "different", N_("Differs")
    ACCEPTED = "accepted", N_("Difference accepted")


class Invoice(TenantScoped, Model):
    """An invoice of a supplier for an order (发票)."""

    __tablename__ = "storeroom_invoice"
    __table_args__ = (
        UniqueConstraint("tenant_id", "supplier_id", "number"),
        Index("ix_storeroom_invoice_order", "tenant_id", "order_id", "id"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(40))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("storeroom_supplier.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("storeroom_order.id"))
    on: Mapped[date]
    status: Mapped[InvoiceStatus] = choice_column(InvoiceStatus)
    amount: Mapped[Decimal] = amount_column()
    entered_by_id: Mapped[int | None]
    entered_by_name: Mapped[str] = mapped_column(Unicode(100))
    accepted_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    reason: Mapped[str] = text_column(200, default="")


class InvoiceLine(TenantScoped, Model):
    """A line of an invoice: so many packs of an order's line for so much money."""

    __tablename__ = "storeroom_invoice_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "invoice_id", "order_line_id"),
        CheckConstraint("packs > 0", name="packs"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    id: Mapped[int] = id_column()
    invoice_id: Mapped[int] = mapped_column(ForeignKey("storeroom_invoice.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("storeroom_order_line.id"))
    packs: Mapped[Decimal] = quantity_column()
    amount: Mapped[Decimal] = amount_column()
