"""Long work of the district: asked for on a page, done by the process of the relay, its progress kept in control.

Work of a centre is a job in the centre's partition (``app.jobs``); this is for what belongs to no centre, or moves
one. A manifest names the kinds; each is one function that gets a ``Handle`` and says how far it is. A thread of the
process does one piece after the other; what a process that has gone left behind is shown as failed, never repeated
of itself.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import Index, Integer, Unicode, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.actor import Actor
from app.db import Control, choice_column, db, id_column, text_column, update_rows
from app.db.units import control_reading, kernel_unit
from app.errors import DomainError, NotFound
from app.faults import fault_of
from app.i18n import N_, gettext
from app.jobs.models import OPEN, JobStatus, Progress
from app.jobs.runner import INTERRUPTED
from app.registry import installed

SAY_EVERY = 0.5  # seconds between two writes of the same task
SILENT = timedelta(minutes=10)  # after which a task's process has gone
SHOWN = 100
log = structlog.get_logger()


class DistrictTask(Progress, Control):
    """One piece of long work of the district."""

    __tablename__ = "control_task"
    __table_args__ = (Index("ix_control_task_status", "status", "id"),)

    id: Mapped[int] = id_column()
    kind: Mapped[str] = mapped_column(Unicode(40))
    tenant_id: Mapped[int]  # the centre it is about, or tenancy.DISTRICT
    about: Mapped[str] = mapped_column(Unicode(120), default="")  # for the list: the centre's name
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[JobStatus] = choice_column(JobStatus, default=JobStatus.WAITING)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = text_column(300, default="")  # a msgid, said in the reader's language
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # which the message names
    steps: Mapped[list[Any]] = mapped_column(default=list)  # [what, how many], in the order they were done
    account_id: Mapped[int]
    actor_name: Mapped[str] = mapped_column(Unicode(100))
    asked_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def text(self) -> str:
        """How far it is, or what came of it, in the reader's language."""
        if not self.facts:
            return gettext(self.message) if self.message else ""
        return gettext(self.message, **self.facts)


@dataclass
class Handle:
    """A task as the function sees it that does it."""

    task: DistrictTask
    done: int = 0
    total: int = 0
    message: str = ""  # a msgid
    facts: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    _said: float = float("-inf")

    @property
    def actor(self) -> Actor:
        """The system, in the name of who asked."""
        return Actor(account_id=self.task.account_id, name=self.task.actor_name, origin="job", is_system=True)

    def step(self, name: str, count: int) -> None:
        """So much of one step is done."""
        self.steps[name] = count
        self.say()

    def say(self, *, now: bool = False) -> None:
        """Let the page know, twice a second at most."""
        if not now and time.monotonic() - self._said < SAY_EVERY:
            return
        self._said = time.monotonic()
        self._write(seen_at=clock.server_time())

    def finish(self, status: JobStatus, message: str, facts: dict[str, Any]) -> None:
        """The end, as people read it."""
        self.message, self.facts = message, facts
        moment = clock.server_time()
        self._write(status=status.value, seen_at=moment, ended_at=moment)

    def _write(self, **values: Any) -> None:
        steps = [[name, count] for name, count in self.steps.items()]
        with kernel_unit(""):
            said = update(DistrictTask).where(
                DistrictTask.id == self.task.id, DistrictTask.status == JobStatus.RUNNING.value
            )
            told = {"message": self.message, "facts": self.facts, "steps": steps}
            update_rows(said.values(done=self.done, total=self.total, **told, **values))
            db.session.commit()


Outcome = tuple[str, dict[str, Any]]  # a msgid and the facts it names
TaskWork = Callable[[Handle], Outcome]


def new_task(kind: str, *, tenant_id: int, about: str, by: Actor, **arguments: Any) -> DistrictTask:
    """A row for the relay's process, inside a use case on control."""
    moment = clock.server_time()
    row = DistrictTask(
        kind=kind,
        tenant_id=tenant_id,
        about=about[:120],
        arguments=arguments,
        account_id=by.account_id,
        actor_name=by.name,
        asked_at=moment,
        seen_at=moment,
    )
    db.session.add(row)
    db.session.flush()
    return row


def is_busy(tenant_id: int) -> bool:
    """Whether a task about this centre waits or runs."""
    with control_reading():
        found = select(DistrictTask.id).where(
            DistrictTask.tenant_id == tenant_id, DistrictTask.status.in_(OPEN)
        )
        return db.session.scalar(found.limit(1)) is not None


def latest_tasks() -> list[DistrictTask]:
    """The latest of the district, newest first. One statement."""
    with control_reading():
        return list(db.session.scalars(select(DistrictTask).order_by(DistrictTask.id.desc()).limit(SHOWN)))


def get_task(task_id: int) -> DistrictTask:
    """One task, or NotFound."""
    with control_reading():
        found = db.session.get(DistrictTask, task_id)
    if found is None:
        raise NotFound(field="task_id")
    return found


def kind_of(task: DistrictTask) -> tuple[str, TaskWork] | None:
    """Label and function of its kind, when a manifest still declares it."""
    return next(
        (one.tasks[task.kind] for one in installed().modules.values() if task.kind in one.tasks), None
    )


def label_of(task: DistrictTask) -> str:
    """What kind of work it is, in words."""
    found = kind_of(task)
    return gettext(found[0]) if found else task.kind


def do_next() -> bool:
    """Do the task that waits longest; False when none does."""
    task = _claim()
    if task is None:
        return False
    handle = Handle(task)
    try:
        kind = kind_of(task)
        if kind is None:
            raise NotFound(field="kind")
        handle.finish(JobStatus.DONE, *kind[1](handle))
    except DomainError as refusal:
        handle.finish(JobStatus.FAILED, refusal.message, refusal.details)
    except Exception as failure:
        log.warning("task.failed", kind=task.kind, error=type(failure).__name__)
        why = fault_of(failure)[:1000]
        handle.finish(JobStatus.FAILED, N_("It broke off: %(why)s"), {"why": why})
    return True


def _claim() -> DistrictTask | None:
    moment = clock.server_time()
    with kernel_unit(""):
        gone = update(DistrictTask).where(
            DistrictTask.status == JobStatus.RUNNING.value, DistrictTask.seen_at < moment - SILENT
        )
        failed = {"status": JobStatus.FAILED.value, "message": INTERRUPTED, "ended_at": moment}
        update_rows(gone.values(**failed))
        waiting = select(DistrictTask).where(DistrictTask.status == JobStatus.WAITING.value)
        task = db.session.scalar(waiting.order_by(DistrictTask.id).limit(1))
        if task is None:
            db.session.commit()
            return None
        ours = update(DistrictTask).where(
            DistrictTask.id == task.id, DistrictTask.status == JobStatus.WAITING.value
        )
        taken = update_rows(ours.values(status=JobStatus.RUNNING.value, seen_at=moment))
        db.session.commit()
        db.session.expunge(task)
        return task if taken == 1 else None


class Doer:
    """One thread of the relay's process for the district's tasks, there only while something is to do."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Begin when something waits."""
        if self._thread is not None and self._thread.is_alive():
            return
        with control_reading():
            asked = select(DistrictTask.id).where(DistrictTask.status.in_(OPEN))
            if db.session.scalar(asked.limit(1)) is None:
                return
        self._thread = threading.Thread(target=self._run, name="his-district-tasks", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._app.app_context():
                while do_next():
                    pass
        except Exception as failure:  # the database may be away; the next look begins again
            log.warning("tasks.failed", error=type(failure).__name__)
            time.sleep(5)
