"""Locations, batches, balances and the stock ledger."""

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
    unit_price_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.dispensing.rules.batches import BatchStock


class LocationKind(Choice):
    """Where stock lies."""

    PHARMACY = "pharmacy", N_("Pharmacy")
    STOREROOM = "storeroom", N_("Storeroom")


class Location(TenantScoped, Model):
    """A pharmacy or storeroom (药房, 药库), one for each such department; a station has one pharmacy."""

    __tablename__ = "dispensing_location"
    __table_args__ = (
        UniqueConstraint("tenant_id", "department_id"),
        Index(
            "ux_dispensing_location_pharmacy",
            "tenant_id",
            "station_id",
            unique=True,
            **only_where("kind = 'pharmacy'"),
        ),
    )

    id: Mapped[int] = id_column()
    department_id: Mapped[int] = mapped_column(ForeignKey("tenants_department.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("tenants_station.id"))
    kind: Mapped[LocationKind] = choice_column(LocationKind)
    name: Mapped[str] = mapped_column(Unicode(50))
    counting_since: Mapped[datetime | None]  # nothing moves here while it is counted
    closed_until: Mapped[date | None]  # no document is dated on or before this day any more


class Batch(TenantScoped, Model):
    """A batch of a drug (批号) with expiry and cost; the drug's name and units are as when it came."""

    __tablename__ = "dispensing_batch"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "drug_id", "batch_no", "expires_on", "unit_cost", name="uq_dispensing_batch_identity"
        ),
        Index("ix_dispensing_batch_expiry", "tenant_id", "expires_on"),
        Index("ix_dispensing_batch_origin", "tenant_id", "origin_id"),
        CheckConstraint("unit_cost >= 0", name="cost"),
        CheckConstraint("pack_factor >= 1", name="factor"),
    )

    id: Mapped[int] = id_column()
    drug_id: Mapped[int]
    drug_kind: Mapped[str] = mapped_column(Unicode(4), default="")  # empty: came before kinds were noted
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    initials: Mapped[str] = mapped_column(Unicode(60), default="")
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    origin_id: Mapped[int | None]  # of bags: the batch they came from
    origin_no: Mapped[str] = mapped_column(Unicode(40), default="")
    expires_on: Mapped[date]
    unit_cost: Mapped[Decimal] = unit_price_column()  # yuan for a minimum unit
    received_on: Mapped[date]
    recalled_at: Mapped[datetime | None]  # nothing of it is promised or handed out any more

    @property
    def makers_no(self) -> str:
        """The maker's number of the batch, of bags too."""
        return self.origin_no or self.batch_no

    @property
    def source_id(self) -> int:
        """The batch as it was delivered; of bags the one they came from."""
        return self.origin_id or self.id

    @property
    def is_recalled(self) -> bool:
        """Whether the batch was called back."""
        return self.recalled_at is not None


class Balance(TenantScoped, Model):
    """What lies of a batch at a location, in minimum units.

    `held` of it waits for signed prescriptions, `frozen` of it is set apart (隔离) and goes to nobody; `cost_amount` is
    what the books hold for it, yuan for yuan what its rows in the ledger say, when `costed_quantity` lay there. The
    release from before moves stock beside this one during an upgrade and leaves both: then the ledger says it.
    """

    __tablename__ = "dispensing_balance"
    __table_args__ = (
        UniqueConstraint("tenant_id", "location_id", "batch_id"),
        Index("ix_dispensing_balance_drug", "tenant_id", "drug_id", "location_id"),
        Index("ix_dispensing_balance_location", "tenant_id", "location_id", "id"),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("held <= on_hand", name="free"),
        CheckConstraint("frozen >= 0", name="frozen"),
        CheckConstraint("held + frozen <= on_hand", name="unfrozen"),
    )

    id: Mapped[int] = id_column()
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    drug_id: Mapped[int]
    on_hand: Mapped[Decimal] = quantity_column(default=Decimal(0))
    held: Mapped[Decimal] = quantity_column(default=Decimal(0))
    frozen: Mapped[Decimal] = quantity_column(default=Decimal(0))
    cost_amount: Mapped[Decimal] = amount_column(default=Decimal("0.00"))
    costed_quantity: Mapped[Decimal] = quantity_column(default=Decimal(0))

    @property
    def available(self) -> Decimal:
        """What may still be promised."""
        return self.on_hand - self.held - self.frozen

    def stock(self, batch: Batch) -> BatchStock:
        """What the rules of earliest expiry need to know."""
        return BatchStock(
            batch_id=batch.id,
            expires_on=batch.expires_on,
            available=self.available,
            unit_cost=batch.unit_cost,
            received_on=batch.received_on,
            is_frozen=batch.is_recalled,
            is_bags=batch.origin_id is not None,
        )


class DocumentKind(Choice):
    """What a stock document does."""

    OPENING = "opening", N_("Opening stock")
    RECEIPT = "receipt", N_("Stock receipt")
    TRANSFER = "transfer", N_("Transfer")
    ISSUE = "issue", N_("Dispensing")
    RETURN = "return", N_("Patient return")
    LOSS = "loss", N_("Write-off")
    SHIPMENT = "shipment", N_("Shipment")
    ARRIVAL = "arrival", N_("Arrival")
    STOCKTAKE = "stocktake", N_("Stocktake difference")
    SUPPLIER_RETURN = "supplier_return", N_("Return to the supplier")
    REPACK = "repack", N_("Re-packing")


class Document(AppendOnly, TenantScoped, Model):
    """A posted stock document (单据) with its number."""

    __tablename__ = "dispensing_document"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_dispensing_document_location", "tenant_id", "location_id", "id"),
        Index("ix_dispensing_document_prescription", "tenant_id", "prescription_id"),
        Index("ix_dispensing_document_on", "tenant_id", "on", "id"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[DocumentKind] = choice_column(DocumentKind)
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    to_location_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_location.id"))
    prescription_id: Mapped[int | None]
    supplier: Mapped[str] = mapped_column(Unicode(100), default="")
    reason: Mapped[str] = text_column(200, default="")
    on: Mapped[date]
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    cost_amount: Mapped[Decimal] = amount_column()


class Account(Choice):
    """The other side of a movement when it is not a location."""

    LOCATION = "location", N_("Location")
    SUPPLIER = "supplier", N_("Supplier")
    PATIENT = "patient", N_("Patient")
    OPENING = "opening", N_("Opening balance")
    LOSS = "loss", N_("Loss")
    IN_TRANSIT = "in_transit", N_("On the way")
    COUNT = "count", N_("Stocktake")
    REPACK = "repack", N_("Re-packing")


class StockMove(Proven, AppendOnly, TenantScoped, Model):
    """One row of the double-entry ledger: a quantity of a batch goes from one account to another."""

    __tablename__ = "dispensing_stock_move"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id", "line_no"),
        Index("ix_dispensing_stock_move_from", "tenant_id", "from_location_id", "batch_id", "id"),
        Index("ix_dispensing_stock_move_to", "tenant_id", "to_location_id", "batch_id", "id"),
        Index("ix_dispensing_stock_move_drug", "tenant_id", "drug_id", "id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("from_account <> to_account OR from_location_id <> to_location_id", name="two_sides"),
        CheckConstraint("from_after IS NULL OR from_after >= 0", name="from_after"),
        CheckConstraint(
            "(from_account = 'location' AND from_location_id IS NOT NULL) OR "
            "(from_account <> 'location' AND from_location_id IS NULL)",
            name="from_side",
        ),
        CheckConstraint(
            "(to_account = 'location' AND to_location_id IS NOT NULL) OR "
            "(to_account <> 'location' AND to_location_id IS NULL)",
            name="to_side",
        ),
    )

    proven = (
        "document_id",
        "line_no",
        "batch_id",
        "drug_id",
        "from_account",
        "from_location_id",
        "from_after",
        "to_account",
        "to_location_id",
        "to_after",
        "quantity",
        "unit_cost",
        "cost_amount",
        "source_id",
    )

    id: Mapped[int] = id_column()
    document_id: Mapped[int] = mapped_column(ForeignKey("dispensing_document.id"))
    line_no: Mapped[int] = mapped_column(Integer)
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    drug_id: Mapped[int]
    from_account: Mapped[Account] = choice_column(Account)
    from_location_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_location.id"))
    from_after: Mapped[Decimal | None] = quantity_column()  # on hand at the source after this row
    to_account: Mapped[Account] = choice_column(Account)
    to_location_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_location.id"))
    to_after: Mapped[Decimal | None] = quantity_column()
    quantity: Mapped[Decimal] = quantity_column()
    unit_cost: Mapped[Decimal] = unit_price_column()
    cost_amount: Mapped[Decimal] = amount_column()
    source_id: Mapped[int | None]  # the prescription line it serves
