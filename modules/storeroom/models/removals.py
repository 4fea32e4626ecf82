"""Stock that is set apart, lost, returned to its supplier or recalled. Quantities count minimum units."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class RemovalKind(Choice):
    """Where what is taken out goes."""

    LOSS = "loss", N_("Write-off")
    SUPPLIER_RETURN = "supplier_return", N_("Return to the supplier")


class RemovalStatus(Choice):
    """A loss or a return, from its application on (报损, 退货)."""

    APPLIED = "applied", N_("Waits for approval")
    POSTED = "posted", N_("Posted")
    REJECTED = "rejected", N_("Rejected")


class Removal(TenantScoped, Model):
    """Stock that somebody wants taken out; it is frozen from the application on."""

    __tablename__ = "storeroom_removal"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_storeroom_removal_status", "tenant_id", "status", "id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("status <> 'posted' OR document_id IS NOT NULL", name="posted"),
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[RemovalKind] = choice_column(RemovalKind)
    status: Mapped[RemovalStatus] = choice_column(RemovalStatus)
    balance_id: Mapped[int] = mapped_column(ForeignKey("dispensing_balance.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("storeroom_supplier.id"))
    quantity: Mapped[Decimal] = quantity_column()
    reason: Mapped[str] = text_column(200)
    applied_at: Mapped[datetime]
    applied_by_id: Mapped[int | None]
    applied_by_name: Mapped[str] = mapped_column(Unicode(100))
    decided_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    decision_reason: Mapped[str] = text_column(200, default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("dispensing_document.id"))


class Quarantine(TenantScoped, Model):
    """A quantity at a place that is set apart until somebody lets it go or has it taken out (隔离)."""

    __tablename__ = "storeroom_quarantine"
    __table_args__ = (
        Index("ix_storeroom_quarantine_open", "tenant_id", "ended_at", "id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[int] = id_column()
    balance_id: Mapped[int] = mapped_column(ForeignKey("dispensing_balance.id"))
    quantity: Mapped[Decimal] = quantity_column()
    reason: Mapped[str] = text_column(200)
    begun_at: Mapped[datetime]
    begun_by_name: Mapped[str] = mapped_column(Unicode(100))
    ended_at: Mapped[datetime | None]
    ended_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    removal_id: Mapped[int | None] = mapped_column(ForeignKey("storeroom_removal.id"))


class Recall(TenantScoped, Model):
    """A batch that was called back (召回); while the recall lasts nothing of it leaves for a patient."""

    __tablename__ = "storeroom_recall"
    __table_args__ = (
        Index(
            "ux_storeroom_recall_open", "tenant_id", "batch_id", unique=True, **only_where("ended_at IS NULL")
        ),
    )

    id: Mapped[int] = id_column()
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    reason: Mapped[str] = text_column(200)
    begun_at: Mapped[datetime]
    begun_by_name: Mapped[str] = mapped_column(Unicode(100))
    ended_at: Mapped[datetime | None]
    ended_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    ended_reason: Mapped[str] = text_column(200, default="")
