"""Cashiers' shifts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint, event
from sqlalchemy import inspect as inspect_row
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
from app.db.append_only import RecordMayNotChange
from app.db.indexes import only_where
from app.i18n import N_, Choice


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
        Index("ix_charging_shift_closed", "tenant_id", "closed_at", "id"),
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

    @property
    def cash_to_hand_in(self) -> Decimal:
        """What was counted in the drawer without the float, which stays in it."""
        return self.counted_cash - self.float_amount


@event.listens_for(Shift, "before_update")
def _keep_closed_shift(mapper: Any, connection: Any, shift: Shift) -> None:
    was = inspect_row(shift).attrs.status.history
    if shift.status == ShiftStatus.CLOSED and not was.deleted:
        raise RecordMayNotChange("charging_shift")


class ShiftConfirmation(AppendOnly, TenantScoped, Model):
    """The accountant has received the cash of a closed shift (收款确认); its report is final from now on."""

    __tablename__ = "charging_shift_confirmation"
    __table_args__ = (UniqueConstraint("tenant_id", "shift_id"),)

    id: Mapped[int] = id_column()
    shift_id: Mapped[int] = mapped_column(ForeignKey("charging_shift.id"))
    received_cash: Mapped[Decimal] = amount_column()
    difference: Mapped[Decimal] = (
        amount_column()
    )  # received less what the cashier counted, the float left out
    note: Mapped[str] = text_column(200, default="")
    confirmed_at: Mapped[datetime]
    confirmed_by_id: Mapped[int]
    confirmed_by_name: Mapped[str] = mapped_column(Unicode(100))


class ShiftSum(AppendOnly, TenantScoped, Model):
    """One line of a closed shift: by tender or by fee class, what came in and what went back."""

    __tablename__ = "charging_shift_sum"
    __table_args__ = (UniqueConstraint("tenant_id", "shift_id", "by", "code"),)

    id: Mapped[int] = id_column()
    shift_id: Mapped[int] = mapped_column(ForeignKey("charging_shift.id"))
    by: Mapped[str] = mapped_column(Unicode(12))  # tender | fee_class | deposit
    code: Mapped[str] = mapped_column(Unicode(20))
    receipts_amount: Mapped[Decimal] = amount_column()
    refunds_amount: Mapped[Decimal] = amount_column()
