"""Paper invoices: one row for every number that was taken."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    text_column,
)
from app.db.indexes import only_where
from modules.invoices.rules.states import PaperKind, PaperState


class Paper(AppendOnly, TenantScoped, Model):
    """A number of a book and what it was used for (票据). Each number once; a settlement has one valid paper."""

    __tablename__ = "invoices_paper"
    __table_args__ = (
        UniqueConstraint("tenant_id", "book_id", "no"),
        UniqueConstraint("tenant_id", "code", "number", name="uq_invoices_paper_number"),
        Index(
            "ux_invoices_paper_settlement",
            "tenant_id",
            "settlement_id",
            unique=True,
            **only_where("settlement_id IS NOT NULL AND state <> 'voided'"),
        ),
        Index("ix_invoices_paper_cashier", "tenant_id", "cashier_account_id", "at"),
        Index("ix_invoices_paper_state", "tenant_id", "state", "id"),
        Index("ix_invoices_paper_bill", "tenant_id", "bill_id"),
        CheckConstraint("state <> 'voided' OR void_reason <> ''", name="void_reason"),
        CheckConstraint("kind = 'spoilt' OR settlement_id IS NOT NULL", name="settlement"),
        CheckConstraint("kind <> 'spoilt' OR state = 'voided'", name="spoilt"),
        CheckConstraint("kind <> 'red' OR reds_id IS NOT NULL", name="reds"),
        CheckConstraint("state <> 'to_red' OR mirror_id IS NOT NULL", name="mirror"),
    )
    written_later = frozenset({"state", "mirror_id", "void_reason", "voided_at", "voided_by"})

    id: Mapped[int] = id_column()
    book_id: Mapped[int] = mapped_column(ForeignKey("invoices_book.id"))
    no: Mapped[int]
    code: Mapped[str] = mapped_column(Unicode(20))
    number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[PaperKind] = choice_column(PaperKind)
    state: Mapped[PaperState] = choice_column(PaperState)
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))
    mirror_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))  # refunded by
    reds_id: Mapped[int | None] = mapped_column(ForeignKey("invoices_paper.id"))
    bill_id: Mapped[int | None]
    amount: Mapped[Decimal] = amount_column()
    on: Mapped[date]
    at: Mapped[datetime]
    cashier_account_id: Mapped[int]
    cashier_name: Mapped[str] = mapped_column(Unicode(100))
    void_reason: Mapped[str] = text_column(200, default="")
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str] = mapped_column(Unicode(100), default="")


class PaperPrint(AppendOnly, TenantScoped, Model):
    """A printing of a paper invoice; the second and later ones are marked 补打."""

    __tablename__ = "invoices_paper_print"
    __table_args__ = (UniqueConstraint("tenant_id", "paper_id", "copy_no"),)

    id: Mapped[int] = id_column()
    paper_id: Mapped[int] = mapped_column(ForeignKey("invoices_paper.id"))
    copy_no: Mapped[int] = mapped_column(Integer)
    printed_at: Mapped[datetime]
    printed_by: Mapped[str] = mapped_column(Unicode(100))
