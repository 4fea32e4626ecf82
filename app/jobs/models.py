"""Jobs and what they leave to download, in the partition of the centre they work for."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import Model, TenantScoped, choice_column, id_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class JobStatus(Choice):
    """The life of a job."""

    WAITING = "waiting", N_("Waiting")
    RUNNING = "running", N_("In progress")
    DONE = "done", N_("Done")
    FAILED = "failed", N_("Failed")
    CANCELLED = "cancelled", N_("Cancelled")


FETCHED_WITHIN = timedelta(hours=24)  # after the end of the work
OPEN = (JobStatus.WAITING, JobStatus.RUNNING)


class Progress:
    """How far long work is; for whatever has a status and counts its steps."""

    status: Any
    done: Any
    total: Any

    @property
    def is_finished(self) -> bool:
        """Nothing more will happen to it."""
        return self.status not in OPEN

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.status is JobStatus.DONE:
            return 100
        return min(100, 100 * self.done // self.total) if self.total else 0


class Job(Progress, TenantScoped, Model):
    """One piece of long work: what, for whom, how far."""

    __tablename__ = "kernel_job"
    __table_args__ = (
        CheckConstraint("done >= 0 AND total >= 0", name="progress"),
        Index("ix_kernel_job_account", "tenant_id", "account_id", "id"),
        Index("ix_kernel_job_status", "status", "id"),
        Index("ix_kernel_job_started", "tenant_id", "started_at"),
        Index(
            "ux_kernel_job_repeats",
            "tenant_id",
            "repeats",
            unique=True,
            **only_where("repeats IS NOT NULL"),
        ),
    )

    id: Mapped[int] = id_column()
    kind: Mapped[str] = mapped_column(Unicode(80))
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[JobStatus] = choice_column(JobStatus, default=JobStatus.WAITING)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = mapped_column(Unicode(300), default="")
    language: Mapped[str] = mapped_column(Unicode(20))
    account_id: Mapped[int]
    actor_name: Mapped[str] = mapped_column(Unicode(100))
    is_cancel_asked: Mapped[bool] = mapped_column(default=False)
    repeats: Mapped[int | None]  # the work that did not come to its end, asked for again
    result_name: Mapped[str] = mapped_column(Unicode(200), default="")
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # the runner's last sign of life
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    @property
    def may_be_repeated(self) -> bool:
        """It ended, but not as wanted."""
        return self.status in {JobStatus.FAILED, JobStatus.CANCELLED}

    @property
    def may_be_fetched(self) -> bool:
        """Whether it left a file, and not longer than a day ago (DAT-09)."""
        is_young = self.ended_at is not None and clock.now() - self.ended_at <= FETCHED_WITHIN
        return bool(self.result_name) and is_young


class JobResult(TenantScoped, Model):
    """The file a job made; kept in the database, so that any server may answer with it."""

    __tablename__ = "kernel_job_result"
    __table_args__ = (UniqueConstraint("tenant_id", "job_id"),)

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = mapped_column(ForeignKey("kernel_job.id"))
    media_type: Mapped[str] = mapped_column(Unicode(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)
