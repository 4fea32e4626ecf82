"""Alarms stand in control; how far a database was read, and what was counted there, beside its trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.db import AppendOnly, Control, Model, choice_column, id_column, text_column
from app.watch.rules import Rule


class TallyColumns:
    """So many of a kind by one key within ten minutes; the numbers in the chain lead back to the rows."""

    tenant_id: Mapped[int]
    kind: Mapped[str] = mapped_column(Unicode(20))
    key: Mapped[str] = mapped_column(Unicode(80))
    address: Mapped[str] = mapped_column(Unicode(64), default="")
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    n: Mapped[int] = mapped_column(Integer, default=0)
    first_no: Mapped[int]
    last_no: Mapped[int]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  a class method in all but name
        name = cls.__tablename__  # type: ignore[attr-defined]
        return (
            Index(f"ux_{name}", "tenant_id", "kind", "key", "address", "since", unique=True),
            Index(f"ix_{name}_key", "kind", "key", "since"),
            Index(f"ix_{name}_tenant", "tenant_id", "kind", "since"),
        )


class MarkColumns:
    """How far the watch has read a trail: the number and hash of the last row, and of the slow second reading."""

    seen_no: Mapped[int] = mapped_column(default=0)
    seen_hash: Mapped[str] = mapped_column(Unicode(64), default="")
    proved_no: Mapped[int] = mapped_column(default=0)
    proved_hash: Mapped[str] = mapped_column(Unicode(64), default="")
    sign_in_id: Mapped[int] = mapped_column(default=0)  # of control: the newest sign-in that was looked at
    passes: Mapped[int] = mapped_column(default=0)  # two processes never count the same rows


class Tally(TallyColumns, Model):
    """Counts of a partition."""

    __tablename__ = "kernel_tally"
    id: Mapped[int] = id_column()


class ControlTally(TallyColumns, Control):
    """Counts of the control database."""

    __tablename__ = "control_tally"
    id: Mapped[int] = id_column()


class WatchMark(MarkColumns, Model):
    """The one mark of a partition."""

    __tablename__ = "kernel_watch_mark"
    id: Mapped[int] = id_column()


class ControlWatchMark(MarkColumns, Control):
    """The one mark of the control database."""

    __tablename__ = "control_watch_mark"
    id: Mapped[int] = id_column()


def tally_type(partition: str) -> Any:
    """The counts of a database; "" is control."""
    return Tally if partition else ControlTally


def mark_type(partition: str) -> Any:
    """The mark of a database; "" is control."""
    return WatchMark if partition else ControlWatchMark


class Alarm(AppendOnly, Control):
    """Something in a trail that a person must look at; written once, and noted once with a reason."""

    written_later = frozenset({"noted_at", "noted_by", "noted_name", "noted_reason"})
    __tablename__ = "control_alarm"
    __table_args__ = (
        UniqueConstraint("tenant_id", "rule", "subject", "since"),
        Index("ix_control_alarm_tenant", "tenant_id", "id"),
        Index("ix_control_alarm_open", "noted_at", "tenant_id", "id"),
    )

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int]  # tenancy.DISTRICT for what belongs to no centre
    rule: Mapped[Rule] = choice_column(Rule)
    subject: Mapped[str] = mapped_column(Unicode(100))
    since: Mapped[datetime]  # of the window for which one alarm is enough
    at: Mapped[datetime]  # of the row that was one too many
    opened_at: Mapped[datetime]
    partition: Mapped[str] = mapped_column(Unicode(40), default="")
    account_id: Mapped[int]
    actor_name: Mapped[str] = mapped_column(Unicode(100), default="")
    address: Mapped[str] = mapped_column(Unicode(64), default="")
    count: Mapped[int] = mapped_column(Integer, default=1)
    allowed: Mapped[int] = mapped_column(Integer, default=0)
    first_no: Mapped[int]
    last_no: Mapped[int]
    noted_at: Mapped[datetime | None]
    noted_by: Mapped[int | None]
    noted_name: Mapped[str] = mapped_column(Unicode(100), default="")
    noted_reason: Mapped[str] = text_column(500, default="")

    @property
    def is_open(self) -> bool:
        """Nobody has taken note of it yet."""
        return self.noted_at is None
