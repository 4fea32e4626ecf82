"""Prepaid accounts (院内账户): cash laid in beforehand, spent at the window."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import AppendOnly, Model, TenantScoped, amount_column, choice_column, id_column, text_column
from app.i18n import N_, Choice


class EntryKind(Choice):
    """Why the balance moved."""

    TOP_UP = "top_up", N_("Laid in")
    PAYMENT = "payment", N_("Spent")
    REFUND = "refund", N_("Given back to the account")
    PAY_OUT = "pay_out", N_("Paid out")


class PrepaidAccount(Proven, TenantScoped, Model):
    """A resident's account; its row is the lock of its entries, and the database lets it hold nothing below zero."""

    __tablename__ = "payments_prepaid_account"
    __table_args__ = (
        UniqueConstraint("tenant_id", "patient_id"),
        CheckConstraint("balance >= 0", name="balance"),
    )
    proven = ("patient_id", "balance", "entry_count")

    id: Mapped[int] = id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    balance: Mapped[Decimal] = amount_column(default=Decimal(0))
    entry_count: Mapped[int] = mapped_column(Integer, default=0)
    opened_at: Mapped[datetime]


class PrepaidEntry(Proven, AppendOnly, TenantScoped, Model):
    """One movement of an account; positive into it, negative out of it."""

    __tablename__ = "payments_prepaid_entry"
    __table_args__ = (
        UniqueConstraint("tenant_id", "account_id", "entry_no"),
        Index("ix_payments_prepaid_entry_account", "tenant_id", "account_id", "id"),
        CheckConstraint("balance_after >= 0", name="balance_after"),
        CheckConstraint(
            "(kind IN ('top_up', 'refund') AND amount > 0) OR (kind IN ('payment', 'pay_out') AND amount < 0)",
            name="sign",
        ),
    )
    proven = ("account_id", "entry_no", "kind", "amount", "balance_after", "order_id", "refund_id", "at")

    id: Mapped[int] = id_column()
    account_id: Mapped[int] = mapped_column(ForeignKey("payments_prepaid_account.id"))
    entry_no: Mapped[int] = mapped_column(Integer)
    kind: Mapped[EntryKind] = choice_column(EntryKind)
    amount: Mapped[Decimal] = amount_column()
    balance_after: Mapped[Decimal] = amount_column()
    order_id: Mapped[int | None] = mapped_column(ForeignKey("payments_order.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("payments_refund.id"))
    at: Mapped[datetime]
    by_account_id: Mapped[int]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    reason: Mapped[str] = text_column(200, default="")
