"""Deposits in the drawer: cash laid into prepaid accounts, and handed back out of them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import AppendOnly, Model, TenantScoped, amount_column, id_column


class Deposit(Proven, AppendOnly, TenantScoped, Model):
    """Cash of a prepaid account (押金/预交金) in the books of a shift; negative when it was handed back.

    The account itself is `payments_prepaid_account`; what it pays stands in the settlement it pays for, as a tender.
    """

    __tablename__ = "charging_deposit"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "entry_id"),
        Index("ix_charging_deposit_shift", "tenant_id", "shift_id"),
        Index("ix_charging_deposit_patient", "tenant_id", "patient_id", "id"),
        CheckConstraint("amount <> 0", name="amount"),
    )
    proven = ("number", "shift_id", "entry_id", "patient_id", "amount", "on", "at")

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    shift_id: Mapped[int] = mapped_column(ForeignKey("charging_shift.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("payments_prepaid_entry.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    amount: Mapped[Decimal] = amount_column()
    on: Mapped[date]
    at: Mapped[datetime]
    cashier_name: Mapped[str] = mapped_column(Unicode(100))
