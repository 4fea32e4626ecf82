"""Payment orders and refund orders."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint, event
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    search_key_column,
    text_column,
)
from app.db.indexes import only_where
from modules.payments.rules.states import (
    Channel,
    OrderState,
    RefundState,
    Surplus,
    Way,
    may_move,
    may_refund_move,
)


class StateMovedBack(RuntimeError):
    """A programming error: an order or a refund was about to go to a state that does not follow."""


class Order(Proven, AppendOnly, TenantScoped, Model):
    """Something to be paid once (支付单). What it is for, how much and through which channel never changes.

    ``refunded_amount`` counts what went back and what is on its way back; the database refuses more than was paid.
    """

    __tablename__ = "payments_order"
    __table_args__ = (
        UniqueConstraint("tenant_id", "out_trade_no"),
        Index(
            "ux_payments_order_paid",
            "tenant_id",
            "subject_kind",
            "subject_id",
            unique=True,
            **only_where("state = 'success' AND surplus = 'none'"),
        ),
        Index("ix_payments_order_subject", "tenant_id", "subject_kind", "subject_id"),
        Index(
            "ix_payments_order_due",
            "tenant_id",
            "next_query_at",
            "id",
            **only_where("next_query_at IS NOT NULL"),
        ),
        Index("ix_payments_order_state", "tenant_id", "state", "id"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("refunded_amount >= 0 AND refunded_amount <= paid_amount", name="refunded"),
        CheckConstraint("state <> 'success' OR paid_amount = amount", name="paid"),
    )
    written_later = Proven.written_later | {
        "state",
        "surplus",
        "paid_amount",
        "refunded_amount",
        "channel_trade_no",
        "qr",
        "expires_at",
        "sent_at",
        "paid_at",
        "close_asked_at",
        "next_query_at",
        "query_count",
        "note",
    }
    proven = (
        "out_trade_no",
        "subject_kind",
        "subject_id",
        "patient_id",
        "channel",
        "merchant_id",
        "account_id",
        "amount",
        "state",
        "surplus",
        "paid_amount",
        "refunded_amount",
        "channel_trade_no",
        "paid_at",
    )

    id: Mapped[int] = id_column()
    out_trade_no: Mapped[str] = search_key_column(40)
    subject_kind: Mapped[str] = mapped_column(Unicode(40))
    subject_id: Mapped[int]
    patient_id: Mapped[int | None] = mapped_column(ForeignKey("patients_patient.id"))  # whose record it shows
    channel: Mapped[Channel] = choice_column(Channel)
    way: Mapped[Way] = choice_column(Way)
    merchant_id: Mapped[int | None] = mapped_column(ForeignKey("payments_merchant.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("payments_prepaid_account.id"))
    amount: Mapped[Decimal] = amount_column()
    description: Mapped[str] = mapped_column(Unicode(100), default="")
    state: Mapped[OrderState] = choice_column(OrderState, default=OrderState.CREATED)
    surplus: Mapped[Surplus] = choice_column(Surplus, default=Surplus.NONE)
    paid_amount: Mapped[Decimal] = amount_column(default=Decimal(0))  # as the channel says
    refunded_amount: Mapped[Decimal] = amount_column(default=Decimal(0))
    channel_trade_no: Mapped[str] = mapped_column(Unicode(64), default="")
    qr: Mapped[str] = text_column(500, default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int]
    created_name: Mapped[str] = mapped_column(Unicode(100))
    expires_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    close_asked_at: Mapped[datetime | None]
    next_query_at: Mapped[datetime | None]
    query_count: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = text_column(200, default="")

    @property
    def refundable_amount(self) -> Decimal:
        """What may still go back."""
        return self.paid_amount - self.refunded_amount


class Refund(Proven, AppendOnly, TenantScoped, Model):
    """Money of an order that goes back the way it came (退款单)."""

    __tablename__ = "payments_refund"
    __table_args__ = (
        UniqueConstraint("tenant_id", "out_refund_no"),
        Index("ix_payments_refund_order", "tenant_id", "order_id"),
        Index(
            "ix_payments_refund_due",
            "tenant_id",
            "next_query_at",
            "id",
            **only_where("next_query_at IS NOT NULL"),
        ),
        Index("ix_payments_refund_state", "tenant_id", "state", "id"),
        CheckConstraint("amount > 0", name="amount"),
    )
    written_later = Proven.written_later | {
        "state",
        "sent_at",
        "done_at",
        "next_query_at",
        "query_count",
        "note",
    }
    proven = ("out_refund_no", "order_id", "amount", "state", "done_at")

    id: Mapped[int] = id_column()
    out_refund_no: Mapped[str] = search_key_column(40)
    order_id: Mapped[int] = mapped_column(ForeignKey("payments_order.id"))
    amount: Mapped[Decimal] = amount_column()
    reason: Mapped[str] = text_column(200)
    state: Mapped[RefundState] = choice_column(RefundState, default=RefundState.REFUNDING)
    created_at: Mapped[datetime]
    created_by: Mapped[int]
    created_name: Mapped[str] = mapped_column(Unicode(100))
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    next_query_at: Mapped[datetime | None]
    query_count: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = text_column(200, default="")


@event.listens_for(Order, "before_update")
def _keep_order_forward(mapper: Any, connection: Any, order: Order) -> None:
    was = inspect_row(order).attrs.state.history.deleted
    if was and not may_move(was[0], order.state):
        raise StateMovedBack(f"{was[0]} → {order.state}")


@event.listens_for(Refund, "before_update")
def _keep_refund_forward(mapper: Any, connection: Any, refund: Refund) -> None:
    was = inspect_row(refund).attrs.state.history.deleted
    if was and not may_refund_move(was[0], refund.state):
        raise StateMovedBack(f"{was[0]} → {refund.state}")
