"""Money that arrived at the bank (到账)."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AppendOnly, Model, TenantScoped, amount_column, id_column, search_key_column, text_column


class Arrival(AppendOnly, TenantScoped, Model):
    """A line of the bank's statement, net of the channel's fee; a mistake is taken back by a line of its own."""

    __tablename__ = "reconciliation_arrival"
    __table_args__ = (
        UniqueConstraint("tenant_id", "day_id", "reference"),
        Index("ix_reconciliation_arrival_day", "tenant_id", "day_id"),
        CheckConstraint("amount <> 0", name="amount"),
    )

    id: Mapped[int] = id_column()
    day_id: Mapped[int] = mapped_column(ForeignKey("reconciliation_day.id"))  # whose money it is
    arrived_on: Mapped[date]
    amount: Mapped[Decimal] = amount_column()
    reference: Mapped[str] = search_key_column(64)  # the bank's number
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("reconciliation_arrival.id"))
    reason: Mapped[str] = text_column(200, default="")
    noted_at: Mapped[datetime]
    noted_by: Mapped[str] = mapped_column(Unicode(100))
