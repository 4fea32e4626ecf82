"""What was said to the insurer and what it answered, word for word."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import AppendOnly, Model, TenantScoped, choice_column, id_column
from app.i18n import N_, Choice


class Outcome(Choice):
    """What came of a message."""

    DONE = "done", N_("Answer received")
    REFUSED = "refused", N_("Insurer refused")
    UNREACHABLE = "unreachable", N_("Not sent")
    UNANSWERED = "unanswered", N_("No answer")
    NOT_TRUSTED = "not_trusted", N_("Answer not trusted")


class InsuranceExchange(AppendOnly, TenantScoped, HoldsSealed, Model):
    """One message and its answer (报文); both sealed, as they carry people's numbers and diagnoses."""

    __tablename__ = "insurance_exchange"
    __table_args__ = (Index("ix_insurance_exchange_settlement", "tenant_id", "settlement_id", "id"),)
    written_later = frozenset({"sealed_request", "sealed_answer"})  # under a new key

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("insurance_settlement.id"))
    infno: Mapped[str] = mapped_column(Unicode(6))
    msgid: Mapped[str] = mapped_column(Unicode(30))
    outcome: Mapped[Outcome] = choice_column(Outcome)
    said_at: Mapped[datetime]
    took_ms: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int]
    sealed_request: Mapped[str] = sealed_column("request", 100_000)
    request = Opened[str]("sealed_request")
    sealed_answer: Mapped[str] = sealed_column("answer", 100_000, default="")
    answer = Opened[str]("sealed_answer")
