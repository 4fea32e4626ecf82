"""Tables of the kernel that stand in control and in every partition: commands, audit, events, deliveries.

Each is written once as a mixin; the ``Control…`` twin is the same table in the control database.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Unicode
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.db import AppendOnly, Control, Model, id_column, isolation, text_column
from app.db.indexes import only_where
from app.db.types import BigInt
from app.i18n import N_, Choice


class CommandColumns:
    """A command that was carried out; a second arrival of its id finds the first one's result here."""

    tenant_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    command_id: Mapped[str] = mapped_column(Unicode(64), primary_key=True)
    use_case: Mapped[str] = mapped_column(Unicode(100))
    digest: Mapped[str] = mapped_column(Unicode(64))
    account_id: Mapped[int]
    result_kind: Mapped[str] = mapped_column(Unicode(60), default="")
    result_id: Mapped[int | None]
    done_at: Mapped[datetime]


class Outcome(Choice):
    """How an act ended that stands in the trail."""

    DONE = "done", N_("done")
    REFUSED = "refused", N_("refused")
    FAILED = "failed", N_("failed")


class AuditColumns(AppendOnly):
    """Who did what, where and when. Rows are inserted with the act; a sealer chains them by hash later."""

    written_later = frozenset(isolation.SEALING)

    tenant_id: Mapped[int]  # 0 for acts of the district
    at: Mapped[datetime]
    account_id: Mapped[int]
    actor_name: Mapped[str] = mapped_column(Unicode(100))
    origin: Mapped[str] = mapped_column(Unicode(20))
    address: Mapped[str] = mapped_column(Unicode(64), default="")
    use_case: Mapped[str] = mapped_column(Unicode(100))
    action: Mapped[str] = mapped_column(Unicode(100))
    outcome: Mapped[str] = mapped_column(Unicode(20), default=Outcome.DONE.value)
    subject_kind: Mapped[str] = mapped_column(Unicode(60), default="")
    subject_id: Mapped[int | None]
    patient_id: Mapped[int | None]  # of whom the subject speaks: the answer to who saw this resident
    command_id: Mapped[str] = mapped_column(Unicode(64), default="")
    trace: Mapped[str] = mapped_column(Unicode(40), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sealed_no: Mapped[int | None]
    previous_hash: Mapped[str] = mapped_column(Unicode(64), default="")
    row_hash: Mapped[str] = mapped_column(Unicode(64), default="")

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  a class method in all but name
        name = cls.__tablename__  # type: ignore[attr-defined]
        return (
            Index(f"ix_{name}_tenant", "tenant_id", "id"),
            Index(f"ix_{name}_subject", "tenant_id", "subject_kind", "subject_id", "id"),
            Index(
                f"ix_{name}_patient", "tenant_id", "patient_id", "id", **only_where("patient_id IS NOT NULL")
            ),
            Index(f"ux_{name}_sealed", "sealed_no", unique=True, **only_where("sealed_no IS NOT NULL")),
        )


class EventColumns:
    """What has happened, as it was said, in the transaction of the rows it speaks of."""

    tenant_id: Mapped[int]
    name: Mapped[str] = mapped_column(Unicode(80))
    at: Mapped[datetime]
    on: Mapped[date]
    payload: Mapped[dict[str, Any]]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  a class method in all but name
        name = cls.__tablename__  # type: ignore[attr-defined]
        return (Index(f"ix_{name}_name", "tenant_id", "name", "id"),)


class DeliveryStatus(Choice):
    """The life of one event on its way to one subscriber."""

    WAITING = "waiting", N_("Waiting")
    CLAIMED = "claimed", N_("In progress")
    DONE = "done", N_("Delivered")
    DEAD = "dead", N_("Given up")
    CORRECTED = "corrected", N_("Corrected")  # another message, corrected, went in its place
    ABANDONED = "abandoned", N_("Abandoned")  # somebody decided that it is not needed


UNSETTLED = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.DEAD)


class DeliveryColumns:
    """One row for each event and later subscriber; claimed by status, retried with back-off, never lost."""

    tenant_id: Mapped[int]
    event_id: Mapped[int]
    event_name: Mapped[str] = mapped_column(Unicode(80))
    subscriber: Mapped[str] = mapped_column(Unicode(120))
    status: Mapped[str] = mapped_column(Unicode(20), default=DeliveryStatus.WAITING.value)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[datetime]
    claimed_by: Mapped[str] = mapped_column(Unicode(60), default="")
    done_at: Mapped[datetime | None]
    last_error: Mapped[str] = text_column(1000, default="")
    corrected_from: Mapped[int | None]  # the delivery in whose place this one goes
    reason: Mapped[str] = text_column(300, default="")  # why it was corrected or abandoned

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805  a class method in all but name
        name = cls.__tablename__  # type: ignore[attr-defined]
        return (
            CheckConstraint(
                "status IN ('waiting','claimed','done','dead','corrected','abandoned')", name="status"
            ),
            Index(f"ix_{name}_due", "status", "due_at", "id"),
            Index(f"ix_{name}_turn", "status", "tenant_id", "id"),
            Index(
                f"ux_{name}_corrected",
                "tenant_id",
                "corrected_from",
                unique=True,
                **only_where("corrected_from IS NOT NULL"),
            ),
            Index(f"ix_{name}_tenant", "tenant_id", "id"),
        )


class CommandLog(CommandColumns, Model):
    """Commands of a partition."""

    __tablename__ = "kernel_command"


class ControlCommandLog(CommandColumns, Control):
    """Commands of the control database."""

    __tablename__ = "control_command"


class AuditRow(AuditColumns, Model):
    """Trail of a partition."""

    __tablename__ = "kernel_audit"
    id: Mapped[int] = id_column()


class ControlAuditRow(AuditColumns, Control):
    """Trail of the control database."""

    __tablename__ = "control_audit"
    id: Mapped[int] = id_column()


class EventRow(EventColumns, Model):
    """Events of a partition."""

    __tablename__ = "kernel_event"
    id: Mapped[int] = id_column()


class ControlEventRow(EventColumns, Control):
    """Events of the control database."""

    __tablename__ = "control_event"
    id: Mapped[int] = id_column()


class Delivery(DeliveryColumns, Model):
    """Outbox of a partition."""

    __tablename__ = "kernel_delivery"
    id: Mapped[int] = id_column()


class ControlDelivery(DeliveryColumns, Control):
    """Outbox of the control database."""

    __tablename__ = "control_delivery"
    id: Mapped[int] = id_column()
