"""Drugs under special control (麻醉、精一): register, ampoules that came back, counts at the change of shifts."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import AppendOnly, Model, TenantScoped, id_column, quantity_column, text_column


class RegisterEntry(Proven, AppendOnly, TenantScoped, Model):
    """One row of the register book (专册登记): who got how much of which batch, signed by two people."""

    __tablename__ = "dispensing_register_entry"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "document_id", "item_id", "batch_id", name="uq_dispensing_register_entry"
        ),
        Index("ix_dispensing_register_entry_drug", "tenant_id", "drug_id", "id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    proven = (
        "document_id",
        "prescription_id",
        "item_id",
        "patient_id",
        "drug_id",
        "batch_id",
        "quantity",
        "left_over",
        "handed_out_by_name",
        "second_by_name",
    )

    id: Mapped[int] = id_column()
    document_id: Mapped[int] = mapped_column(ForeignKey("dispensing_document.id"))
    prescription_id: Mapped[int]
    prescription_number: Mapped[str] = mapped_column(Unicode(30))
    item_id: Mapped[int]
    patient_id: Mapped[int]
    drug_id: Mapped[int]
    drug_name: Mapped[str] = mapped_column(Unicode(160))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    batch_no: Mapped[str] = mapped_column(Unicode(40))
    quantity: Mapped[Decimal] = quantity_column()
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    left_over: Mapped[Decimal] = quantity_column()  # of the batch in the cupboard afterwards
    at: Mapped[datetime]
    prescriber_name: Mapped[str] = mapped_column(Unicode(50))
    handed_out_by_name: Mapped[str] = mapped_column(Unicode(100))
    second_by_id: Mapped[int]
    second_by_name: Mapped[str] = mapped_column(Unicode(100))


class AmpouleReturn(AppendOnly, TenantScoped, Model):
    """Empty ampoules or used patches of a register row that came back (空安瓿回收)."""

    __tablename__ = "dispensing_ampoule_return"
    __table_args__ = (
        Index("ix_dispensing_ampoule_return_entry", "tenant_id", "entry_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[int] = id_column()
    entry_id: Mapped[int] = mapped_column(ForeignKey("dispensing_register_entry.id"))
    quantity: Mapped[Decimal] = quantity_column()
    brought_by: Mapped[str] = mapped_column(Unicode(50))
    note: Mapped[str] = text_column(200, default="")
    at: Mapped[datetime]
    received_by_name: Mapped[str] = mapped_column(Unicode(100))


class Handover(AppendOnly, TenantScoped, Model):
    """The cupboard of special drugs goes from one shift to the next, counted by both (交接班, 账物相符)."""

    __tablename__ = "dispensing_handover"
    __table_args__ = (Index("ix_dispensing_handover_location", "tenant_id", "location_id", "id"),)

    id: Mapped[int] = id_column()
    location_id: Mapped[int] = mapped_column(ForeignKey("dispensing_location.id"))
    at: Mapped[datetime]
    given_by_name: Mapped[str] = mapped_column(Unicode(100))
    taken_by_id: Mapped[int]
    taken_by_name: Mapped[str] = mapped_column(Unicode(100))
    differing: Mapped[bool] = mapped_column(default=False)


class HandoverLine(AppendOnly, TenantScoped, Model):
    """One batch in the cupboard: what the books say, and what lay there."""

    __tablename__ = "dispensing_handover_line"
    __table_args__ = (
        UniqueConstraint("tenant_id", "handover_id", "batch_id", name="uq_dispensing_handover_line_batch"),
        CheckConstraint("counted >= 0", name="counted"),
        CheckConstraint("counted = booked OR reason <> ''", name="explained"),
    )

    id: Mapped[int] = id_column()
    handover_id: Mapped[int] = mapped_column(ForeignKey("dispensing_handover.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("dispensing_batch.id"))
    booked: Mapped[Decimal] = quantity_column()
    counted: Mapped[Decimal] = quantity_column()
    reason: Mapped[str] = text_column(200, default="")
