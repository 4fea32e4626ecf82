"""A night in which the books were proven, and the identities that failed."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model, TenantScoped, choice_column, id_column, search_key_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class NightState(Choice):
    """How far the proof of a night is."""

    WAITING = "waiting", N_("Being proven")
    HOLDS = "holds", N_("Everything holds")
    FAILS = "fails", N_("Something fails")


class FaultState(Choice):
    """The life of an identity that failed."""

    OPEN = "open", N_("To be explained")
    EXPLAINED = "explained", N_("Explained")
    GONE = "gone", N_("Holds again")


class Night(TenantScoped, Model):
    """The proof of a day's books; proven again it says what was found last."""

    __tablename__ = "proving_night"
    __table_args__ = (
        UniqueConstraint("tenant_id", "on"),
        Index("ix_proving_night_due", "tenant_id", "ask_at", **only_where("ask_at IS NOT NULL")),
        CheckConstraint("failing >= 0 AND failing <= identities", name="failing"),
        CheckConstraint("state <> 'holds' OR failing = 0", name="holds"),
    )

    id: Mapped[int] = id_column()
    on: Mapped[date]
    state: Mapped[NightState] = choice_column(NightState, default=NightState.WAITING)
    ask_at: Mapped[datetime | None]  # when it is to be proven; none once it is
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    identities: Mapped[int] = mapped_column(Integer, default=0)
    failing: Mapped[int] = mapped_column(Integer, default=0)
    asked_by: Mapped[str] = mapped_column(Unicode(100))


class Fault(TenantScoped, Model):
    """An identity that does not hold: one row from the night it first failed until it holds again."""

    __tablename__ = "proving_fault"
    __table_args__ = (
        Index(
            "uq_proving_fault_identity",
            "tenant_id",
            "identity",
            unique=True,
            **only_where("state IN ('open', 'explained')"),
        ),
        Index("ix_proving_fault_list", "tenant_id", "id"),
        CheckConstraint("state <> 'explained' OR explained_at IS NOT NULL", name="explained"),
    )

    id: Mapped[int] = id_column()
    identity: Mapped[str] = search_key_column(200)
    found: Mapped[str] = text_column(300)
    wanted: Mapped[str] = text_column(300)
    state: Mapped[FaultState] = choice_column(FaultState, default=FaultState.OPEN)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str] = text_column(300, default="")
    explained_at: Mapped[datetime | None]
    explained_by_id: Mapped[int | None]
    explained_by_name: Mapped[str] = mapped_column(Unicode(100), default="")
