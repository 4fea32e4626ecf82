"""The district's papers (control database): requests, purchases, orders, the warehouse, shipments. In packs."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import (
    AppendOnly,
    Control,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
    unit_price_column,
)
from app.i18n import N_, Choice


class Counter(Control):
    """The last number of a day under a name; the kernel's counters are of centres."""

    __tablename__ = "distribution_counter"

    name: Mapped[str] = mapped_column(Unicode(40), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int]


class Supplier(Control):
    """A supplier of the district with its licence for trading in drugs (药品经营许可证)."""

    __tablename__ = "distribution_supplier"
    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("name"))

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


class PurchaseStatus(Choice):
    """A purchase of the district (集中采购)."""

    DRAFT = "draft", N_("Draft")
    SUBMITTED = "submitted", N_("Submitted")
    APPROVED = "approved", N_("Approved")


class Purchase(Control):
    """Plans of several centres, merged by drug, each drug with its supplier."""

    __tablename__ = "distribution_purchase"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[PurchaseStatus] = choice_column(PurchaseStatus)
    on: Mapped[date]
    made_by_id: Mapped[int | None]
    made_by_name: Mapped[str] = mapped_column(Unicode(100))
    submitted_by_id: Mapped[int | None]
    approved_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    remark: Mapped[str] = text_column(200, default="")  # why it was sent back


class Order(Control):
    """The part of an approved purchase that goes to one supplier."""

    __tablename__ = "distribution_order"
    __table_args__ = (UniqueConstraint("number"), UniqueConstraint("purchase_id", "supplier_id"))

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    purchase_id: Mapped[int] = mapped_column(ForeignKey("distribution_purchase.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("distribution_supplier.id"))
    supplier_name: Mapped[str] = mapped_column(Unicode(100))
    on: Mapped[date]


class PurchaseLine(Control):
    """A drug of a purchase; `sent` left the supplier, for a centre or for the warehouse."""

    __tablename__ = "distribution_purchase_line"
    __table_args__ = (
        UniqueConstraint("purchase_id", "drug_id"),
        Index("ix_distribution_purchase_line_order", "order_id", "id"),
        Index("ix_distribution_purchase_line_drug", "drug_id", "id"),
        CheckConstraint("wanted > 0", name="wanted"),
        CheckConstraint("approved >= 0 AND approved <= wanted", name="approved"),
        CheckConstraint("sent >= 0 AND sent <= approved", name="sent"),
        CheckConstraint("pack_cost >= 0", name="pack_cost"),
    )

    id: Mapped[int] = id_column()
    purchase_id: Mapped[int] = mapped_column(ForeignKey("distribution_purchase.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_order.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_supplier.id"))
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    pack_cost: Mapped[Decimal] = unit_price_column()
    wanted: Mapped[Decimal] = quantity_column()
    approved: Mapped[Decimal] = quantity_column(default=Decimal(0))
    sent: Mapped[Decimal] = quantity_column(default=Decimal(0))

    @property
    def missing(self) -> Decimal:
        """Packs the supplier has still to send."""
        return self.approved - self.sent


class Request(Control):
    """A centre's purchase plan as it was handed in; once for each plan."""

    __tablename__ = "distribution_request"
    __table_args__ = (
        UniqueConstraint("centre_id", "plan_id"),
        Index("ix_distribution_request_purchase", "purchase_id", "id"),
    )

    id: Mapped[int] = id_column()
    centre_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    centre_name: Mapped[str] = mapped_column(Unicode(100))
    plan_id: Mapped[int]
    number: Mapped[str] = mapped_column(Unicode(30))
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_purchase.id"))  # None: open
    closed_reason: Mapped[str] = text_column(200, default="")  # why the rest of it is not sent

    @property
    def is_open(self) -> bool:
        """Whether nobody has merged or ended it yet."""
        return self.purchase_id is None and not self.closed_reason


class RequestLine(Control):
    """What a centre wants of a drug, what it gets, and what of that was sent to it."""

    __tablename__ = "distribution_request_line"
    __table_args__ = (
        UniqueConstraint("request_id", "drug_id"),
        Index("ix_distribution_request_line_purchase", "purchase_line_id", "id"),
        Index("ix_distribution_request_line_centre", "centre_id", "drug_id", "id"),
        CheckConstraint("wanted > 0", name="wanted"),
        CheckConstraint("approved >= 0 AND approved <= wanted", name="approved"),
        CheckConstraint("shipped >= 0 AND shipped <= approved", name="shipped"),
    )

    id: Mapped[int] = id_column()
    request_id: Mapped[int] = mapped_column(ForeignKey("distribution_request.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    purchase_line_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_purchase_line.id"))
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    pack_cost: Mapped[Decimal] = unit_price_column()  # as the centre expects it
    wanted: Mapped[Decimal] = quantity_column()
    approved: Mapped[Decimal] = quantity_column(default=Decimal(0))
    shipped: Mapped[Decimal] = quantity_column(default=Decimal(0))

    @property
    def missing(self) -> Decimal:
        """Packs that are still to be sent."""
        return self.approved - self.shipped


class WarehouseStock(Control):
    """What lies of a batch in the district's warehouse."""

    __tablename__ = "distribution_stock"
    __table_args__ = (
        UniqueConstraint(
            "drug_id", "batch_no", "expires_on", "pack_cost", name="uq_distribution_stock_identity"
        ),
        CheckConstraint("on_hand >= 0", name="on_hand"),
    )

    id: Mapped[int] = id_column()
    drug_id: Mapped[int]
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    expires_on: Mapped[date]
    approval_no: Mapped[str] = mapped_column(Unicode(40))
    pack_cost: Mapped[Decimal] = unit_price_column()
    on_hand: Mapped[Decimal] = quantity_column(default=Decimal(0))


class ShipmentStatus(Choice):
    """A shipment to a centre."""

    ON_THE_WAY = "on_the_way", N_("On the way")
    RECEIVED = "received", N_("Received")


class Shipment(Control):
    """What a supplier or the warehouse sent to a centre (配送单)."""

    __tablename__ = "distribution_shipment"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_distribution_shipment_centre", "centre_id", "id"),
        Index("ix_distribution_shipment_status", "status", "id"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    status: Mapped[ShipmentStatus] = choice_column(ShipmentStatus)
    centre_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    centre_name: Mapped[str] = mapped_column(Unicode(100))
    order_id: Mapped[int | None] = mapped_column(
        ForeignKey("distribution_order.id")
    )  # None: from the warehouse
    sender_name: Mapped[str] = mapped_column(Unicode(100))
    shipped_at: Mapped[datetime]
    shipped_by_name: Mapped[str] = mapped_column(Unicode(100))
    received_at: Mapped[datetime | None]
    received_by_name: Mapped[str] = mapped_column(Unicode(100), default="")


class ShipmentLine(Control):
    """A batch of a shipment; what arrived and what differed is known when the centre has inspected it."""

    __tablename__ = "distribution_shipment_line"
    __table_args__ = (
        Index("ix_distribution_shipment_line_shipment", "shipment_id", "id"),
        CheckConstraint("packs > 0", name="packs"),
        CheckConstraint("received >= 0 AND differing >= 0 AND received + differing <= packs", name="parts"),
        CheckConstraint(
            "(purchase_line_id IS NULL AND stock_id IS NOT NULL) OR "
            "(purchase_line_id IS NOT NULL AND stock_id IS NULL)",
            name="one_source",
        ),
    )

    id: Mapped[int] = id_column()
    shipment_id: Mapped[int] = mapped_column(ForeignKey("distribution_shipment.id"))
    purchase_line_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_purchase_line.id"))
    stock_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_stock.id"))
    drug_id: Mapped[int]
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    expires_on: Mapped[date]
    approval_no: Mapped[str] = mapped_column(Unicode(40))
    pack_cost: Mapped[Decimal] = unit_price_column()
    packs: Mapped[Decimal] = quantity_column()
    received: Mapped[Decimal] = quantity_column(default=Decimal(0))
    differing: Mapped[Decimal] = quantity_column(default=Decimal(0))


class DifferenceKind(Choice):
    """What was wrong with what arrived."""

    SHORT = "short", N_("Packs missing")
    DAMAGED = "damaged", N_("Packs damaged")
    WRONG_BATCH = "wrong_batch", N_("Another batch than stated")


class DifferenceEnd(Choice):
    """What became of a difference."""

    RETURNED = "returned", N_("Back with the sender, or never left")
    LOST = "lost", N_("Lost or destroyed")


class Difference(Control):
    """Packs of a shipment that were not taken in, until somebody says what became of them."""

    __tablename__ = "distribution_difference"
    __table_args__ = (
        UniqueConstraint("line_id", "kind"),
        Index("ix_distribution_difference_centre", "centre_id", "id"),
        CheckConstraint("packs > 0", name="packs"),
        CheckConstraint("ended IS NULL OR ended_at IS NOT NULL", name="ended"),
    )

    id: Mapped[int] = id_column()
    shipment_id: Mapped[int] = mapped_column(ForeignKey("distribution_shipment.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("distribution_shipment_line.id"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("tenants_centre.id"))
    kind: Mapped[DifferenceKind] = choice_column(DifferenceKind)
    packs: Mapped[Decimal] = quantity_column()
    reason: Mapped[str] = text_column(200, default="")
    ended: Mapped[DifferenceEnd | None] = choice_column(DifferenceEnd)
    ended_at: Mapped[datetime | None]
    ended_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    ended_reason: Mapped[str] = text_column(200, default="")
    is_sent_again: Mapped[bool] = mapped_column(default=False)


class Holder(Choice):
    """Who holds packs of a batch, or has lost them."""

    SUPPLIER = "supplier", N_("Supplier")
    WAREHOUSE = "warehouse", N_("District warehouse")
    IN_TRANSIT = "in_transit", N_("On the way")
    CENTRE = "centre", N_("Centre")
    DIFFERENCE = "difference", N_("In dispute")
    LOSS = "loss", N_("Loss")


class Movement(AppendOnly, Control):
    """One row of the district's double-entry ledger: packs of a batch go from one holder to another."""

    __tablename__ = "distribution_movement"
    __table_args__ = (
        Index("ix_distribution_movement_line", "shipment_line_id", "id"),
        Index("ix_distribution_movement_batch", "drug_id", "batch_no", "id"),
        Index("ix_distribution_movement_centre", "centre_id", "id"),
        CheckConstraint("packs > 0", name="packs"),
        CheckConstraint("from_holder <> to_holder", name="two_sides"),
    )

    id: Mapped[int] = id_column()
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    drug_id: Mapped[int]
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    expires_on: Mapped[date]
    from_holder: Mapped[Holder] = choice_column(Holder)
    to_holder: Mapped[Holder] = choice_column(Holder)
    packs: Mapped[Decimal] = quantity_column()
    amount: Mapped[Decimal] = amount_column()
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("tenants_centre.id"))
    stock_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_stock.id"))
    shipment_line_id: Mapped[int | None] = mapped_column(ForeignKey("distribution_shipment_line.id"))
