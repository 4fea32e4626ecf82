"""The day of a channel or of the insurer, the files it was compared with, and what was agreed with a merchant."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Unicode,
    UniqueConstraint,
    event,
)
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Mapped, mapped_column

from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    search_key_column,
    unit_price_column,
)
from app.db.indexes import only_where
from modules.reconciliation.rules.comparing import Formula
from modules.reconciliation.rules.fees import USUAL_FEE, arrival_of
from modules.reconciliation.rules.states import DayState, Fault, Form, Origin

_ZERO = Decimal("0.00")
_SIDES = "his_amount + long_amount - short_amount + cross_day_amount + amount_amount + state_amount"


class DayConfirmed(RuntimeError):
    """A programming error: something of a day that is tied out was about to change."""


class Terms(TenantScoped, Model):
    """What is agreed with the channel of a merchant: the form of its statements, and its fee."""

    __tablename__ = "reconciliation_terms"
    __table_args__ = (
        UniqueConstraint("tenant_id", "merchant_id"),
        CheckConstraint("fee_rate >= 0", name="fee_rate"),
    )

    id: Mapped[int] = id_column()
    merchant_id: Mapped[int] = mapped_column(ForeignKey("payments_merchant.id"))
    form: Mapped[Form] = choice_column(Form, default=Form.CSV)
    fee_rate: Mapped[Decimal] = unit_price_column(default=USUAL_FEE)
    returns_fee: Mapped[bool] = mapped_column(default=True)
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(Unicode(100))


class StatementFile(AppendOnly, TenantScoped, Model):
    """A statement as it came, byte for byte; the same file is kept once, however often it comes."""

    __tablename__ = "reconciliation_file"
    __table_args__ = (UniqueConstraint("tenant_id", "merchant_id", "on", "digest", "form"),)

    id: Mapped[int] = id_column()
    merchant_id: Mapped[int] = mapped_column(ForeignKey("payments_merchant.id"))
    on: Mapped[date]
    form: Mapped[Form] = choice_column(Form)
    origin: Mapped[Origin] = choice_column(Origin)
    digest: Mapped[str] = search_key_column(64)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    fault: Mapped[Fault | None] = choice_column(Fault)  # why it is not taken
    detail: Mapped[str] = mapped_column(Unicode(100), default="")  # where the fault is
    repeated_count: Mapped[int] = mapped_column(Integer, default=0)  # lines that stood there twice
    came_at: Mapped[datetime]
    came_by: Mapped[str] = mapped_column(Unicode(100))


class Day(TenantScoped, Model):
    """A day of one channel's merchant, or of the insurer; once it is tied out it never changes.

    ``source`` is ``m`` with the merchant's key, or ``insurer``. The database keeps the formula of C5.
    """

    __tablename__ = "reconciliation_day"
    __table_args__ = (
        UniqueConstraint("tenant_id", "source", "on"),
        Index("ix_reconciliation_day_on", "tenant_id", "on", "source"),
        Index(
            "ix_reconciliation_day_due",
            "tenant_id",
            "ask_at",
            **only_where("ask_at IS NOT NULL"),
        ),
        CheckConstraint(f"{_SIDES} + duplicate_amount = gross_amount - back_amount", name="formula"),
        CheckConstraint("state <> 'confirmed' OR confirmed_by_id IS NOT NULL", name="confirmed"),
    )

    id: Mapped[int] = id_column()
    source: Mapped[str] = search_key_column(30)
    channel: Mapped[str] = mapped_column(Unicode(20))  # of payments, or insurer
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("payments_merchant.id"))
    on: Mapped[date]
    state: Mapped[DayState] = choice_column(DayState, default=DayState.WAITING)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_file.id"))
    ask_at: Mapped[datetime | None]  # when the other side is asked next
    tries: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = mapped_column(
        Unicode(100), default=""
    )  # why it does not go on: a fault, or what went wrong
    his_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    gross_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    back_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    fee_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    expected_fee: Mapped[Decimal] = amount_column(default=_ZERO)
    long_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    short_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    cross_day_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    amount_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    state_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    duplicate_amount: Mapped[Decimal] = amount_column(default=_ZERO)
    matched_count: Mapped[int] = mapped_column(Integer, default=0)
    open_count: Mapped[int] = mapped_column(Integer, default=0)  # differences that are not handled yet
    compared_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None]
    confirmed_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def formula(self) -> Formula:
        """The formula of the day."""
        return Formula(
            his=self.his_amount,
            gross=self.gross_amount,
            back=self.back_amount,
            long=self.long_amount,
            short=self.short_amount,
            cross_day=self.cross_day_amount,
            amount=self.amount_amount,
            state=self.state_amount,
            duplicate=self.duplicate_amount,
        )

    @formula.setter
    def formula(self, found: Formula) -> None:
        for name in ("his", "gross", "back", "long", "short", "cross_day", "amount", "state", "duplicate"):
            setattr(self, f"{name}_amount", getattr(found, name))

    @property
    def due_at_bank(self) -> Decimal:
        """What is to arrive at the bank."""
        return arrival_of(self.gross_amount, self.back_amount, self.fee_amount)

    @property
    def is_confirmed(self) -> bool:
        """Whether it is tied out."""
        return self.state is DayState.CONFIRMED


@event.listens_for(Day, "before_update")
def _keep_confirmed(mapper: Any, connection: Any, day: Day) -> None:
    was = inspect_row(day).attrs.state.history
    if DayState.CONFIRMED in (was.deleted or was.unchanged or ()):
        raise DayConfirmed(str(day.on))
