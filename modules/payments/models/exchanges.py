"""Everything that was said between us and a channel, word for word."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import AppendOnly, Model, TenantScoped, choice_column, id_column
from modules.payments.rules.protocol import LONGEST_BODY
from modules.payments.rules.states import Direction, Outcome, Verb


class Exchange(AppendOnly, TenantScoped, HoldsSealed, Model):
    """One message to or from a channel; never changed. Bodies are sealed: a payer's code stands in them."""

    __tablename__ = "payments_exchange"
    __table_args__ = (Index("ix_payments_exchange_order", "tenant_id", "order_id", "id"),)
    written_later = frozenset({"sealed_body"})  # for the keys' rotation alone

    id: Mapped[int] = id_column()
    merchant_id: Mapped[int] = mapped_column(ForeignKey("payments_merchant.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("payments_order.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("payments_refund.id"))
    verb: Mapped[Verb] = choice_column(Verb)
    direction: Mapped[Direction] = choice_column(Direction)
    outcome: Mapped[Outcome | None] = choice_column(Outcome)
    status: Mapped[int] = mapped_column(Integer, default=0)  # of HTTP; 0: nothing came
    fault: Mapped[str] = mapped_column(Unicode(100), default="")  # why it is unknown
    at: Mapped[datetime]
    sealed_body: Mapped[str] = sealed_column("body", LONGEST_BODY, default="")
    body = Opened[str]("sealed_body")
