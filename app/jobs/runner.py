"""Who does the work: RQ workers when there is a Redis, else threads of this process. Jobs are the same."""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy import select, update

from app import clock, tracing
from app.accounts.queries import find_actor_of
from app.actor import Actor
from app.db import Mode, across_tenants, db, marks, tenant_unit
from app.db.failures import is_away
from app.db.mssql import JOB_SECONDS, heavy_reading, patient_for
from app.db.retrying import routes
from app.db.units import place_of
from app.errors import DomainError, PermissionDenied, Unavailable
from app.i18n import N_, gettext
from app.jobs import turns
from app.jobs.models import OPEN, Job, JobResult, JobStatus
from app.jobs.registry import LONG, QUEUES, JobKind, Paper, arguments_of, kinds

LONGEST = timedelta(hours=4)
FORGOTTEN = timedelta(seconds=10)  # waiting for so long, a job gets one more ticket
_SAY_EVERY = 0.5  # seconds between two writes of the same job
INTERRUPTED = N_("The machine stopped before this work had ended. Please start it again.")
NO_COPY = N_("Waits for a copy of the database: the primary belongs to the desks.")
log = structlog.get_logger()


def dispatch(tenant_id: int, kind: str) -> None:
    """Give the runner of this installation a ticket for one more job of this kind's queue."""
    current_app.extensions["his_jobs"].put(place_of(tenant_id).partition, turns.queue_of(kind))


def install(app: Flask) -> None:
    """Choose the runner: RQ with a Redis, threads without."""
    url = app.extensions["his_settings"].redis_url
    app.extensions["his_jobs"] = RedisRunner(url) if url else ThreadRunner(app)


class RedisRunner:
    """Puts tickets into RQ queues; ``flask worker`` in other processes takes them out."""

    def __init__(self, url: str, *, connection: Any = None, is_async: bool = True) -> None:
        self._url, self._connection, self._is_async = url, connection, is_async

    def queue(self, name: str) -> Any:
        """An RQ queue; nothing connects before the first ticket."""
        from redis import Redis
        from rq import Queue

        if self._connection is None:
            self._connection = Redis.from_url(self._url, socket_connect_timeout=1)
        return Queue(f"his-{name}", connection=self._connection, is_async=self._is_async)

    def put(self, partition: str, queue: str) -> None:
        """Queue a ticket. Without Redis the job waits in its row; ``sweep`` sees to it later."""
        from redis.exceptions import RedisError

        try:
            self.queue(queue).enqueue(
                "app.jobs.runner.use_ticket",
                partition,
                queue,
                job_timeout=int(LONGEST.total_seconds()),
                result_ttl=0,
                failure_ttl=3600,
            )
        except RedisError as failure:
            log.warning("jobs.no_queue", queue=queue, error=type(failure).__name__)

    def wants_ticket(self, queue: str) -> bool:
        """Whether a forgotten job would be helped by one more ticket."""
        from redis.exceptions import RedisError

        try:
            return bool(self.queue(queue).is_empty())
        except RedisError:
            return False


class ThreadRunner:
    """A thread of this process for each queue, each doing one job after the other."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._tickets: dict[str, queue.Queue[str]] = {name: queue.Queue() for name in QUEUES}
        self._threads: dict[str, threading.Thread] = {}
        self._guard = threading.Lock()

    def put(self, partition: str, name: str) -> None:
        """Queue the ticket and see to it that the thread lives."""
        self._tickets[name].put(partition)
        with self._guard:
            if name not in self._threads or not self._threads[name].is_alive():
                work = threading.Thread(target=self._work, args=(name,), name=f"his-jobs-{name}", daemon=True)
                self._threads[name] = work
                work.start()

    def wants_ticket(self, name: str) -> bool:
        """Whether a forgotten job would be helped by one more ticket."""
        return self._tickets[name].empty()

    def finish(self) -> None:
        """Wait until nothing is left to do (tests, an orderly stop)."""
        for tickets in self._tickets.values():
            tickets.join()

    def _work(self, name: str) -> None:
        tickets = self._tickets[name]
        while True:
            partition = tickets.get()
            try:
                with self._app.app_context():
                    use_ticket(partition, name, again=self.put)
            except Exception as failure:  # the rows could not even be read: the next ticket may fare better
                log.warning("job.lost", queue=name, error=type(failure).__name__)
            finally:
                tickets.task_done()


def use_ticket(partition: str, queue: str, again: Callable[[str, str], None] | None = None) -> bool:
    """Do the job whose turn it is, then hand on a ticket: whoever waited behind it may begin now."""
    tracing.begin_trace()
    row = turns.take_next(partition, queue)
    if row is None:
        return False
    try:
        _work_off(row)
    finally:
        (again or current_app.extensions["his_jobs"].put)(partition, queue)
    return True


class _Speaker:
    """The handle of one running job; writes to its row, not more often than people look."""

    def __init__(self, tenant_id: int, job_id: int) -> None:
        self._tenant_id, self._job_id = tenant_id, job_id
        self._said = self._asked = 0.0
        self._cancelled = False

    def step(self, done: int, total: int, text: str = "") -> None:
        """Say how far the work is."""
        moment = time.monotonic()
        if moment - self._said < _SAY_EVERY and done < total:
            return
        self._said = moment
        change(self._tenant_id, self._job_id, done=done, total=total, message=text[:300], seen_at=clock.now())

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        moment = time.monotonic()
        if not self._cancelled and moment - self._asked >= _SAY_EVERY:
            self._asked = moment
            with tenant_unit(self._tenant_id, Mode.WRITE):  # the primary knows first
                statement = select(Job.id).where(Job.id == self._job_id, Job.is_cancel_asked)
                self._cancelled = db.session.scalar(statement) is not None
        return self._cancelled


def run(tenant_id: int, job_id: int) -> None:
    """Do one waiting job from beginning to end, out of turn; a second call for the same job does nothing."""
    tracing.begin_trace()
    with tenant_unit(tenant_id, Mode.WRITE):
        row = db.session.get(Job, job_id, populate_existing=True) if turns.begin(job_id) else None
        db.session.commit()
    if row is not None:
        _work_off(row)


def _work_off(row: Job) -> None:
    tenant_id, job_id = row.tenant_id, row.id
    with force_locale(row.language), patient_for(JOB_SECONDS):
        try:
            _do(tenant_id, row)
        except DomainError as refusal:
            _end(tenant_id, job_id, JobStatus.FAILED, message=refusal.text[:300])
        except Exception as failure:  # whatever went wrong, the person who waits must see that it did
            log.exception("job.failed", job=job_id, kind=row.kind, error=type(failure).__name__)
            text = gettext("Something went wrong. Trace number: %(trace)s", trace=tracing.trace_number())
            text = Unavailable().text if is_away(failure) else text
            _end(tenant_id, job_id, JobStatus.FAILED, message=text)


def _do(tenant_id: int, row: Job) -> None:
    if _must_wait(kinds[row.kind], tenant_id):
        change(tenant_id, row.id, status=JobStatus.WAITING, message=gettext(NO_COPY))
        return
    kind, by = kinds[row.kind], find_actor_of(row.account_id, tenant_id, origin="job")
    if by is None or not by.may(kind.permission):  # rights are today's, also for work asked for yesterday
        raise PermissionDenied(permission=kind.permission)
    speaker = _Speaker(tenant_id, row.id)
    paper = _call(kind, row, speaker, by)
    if speaker.is_cancelled and paper is None:
        _end(tenant_id, row.id, JobStatus.CANCELLED)
    else:
        _end(tenant_id, row.id, JobStatus.DONE, paper=paper)


def _must_wait(kind: JobKind, tenant_id: int) -> bool:
    """Reports and exports wait while no copy of the partition answers: the primary belongs to the desks."""
    partition, found = place_of(tenant_id).partition, routes()
    is_heavy = kind.queue == LONG and not kind.writes
    return is_heavy and found.has_copies(partition) and not found.usable(partition)


def _call(kind: JobKind, row: Job, speaker: _Speaker, by: Actor) -> Paper | None:
    burden = heavy_reading() if kind.queue == LONG else nullcontext()
    own = marks.of_job(place_of(row.tenant_id).partition, row.id)
    with burden, marks.reading_as(own.key, [own]), tenant_unit(row.tenant_id, Mode.READ) as unit:
        unit.is_fresh = kind.writes
        return kind.function(handle=speaker, by=by, **arguments_of(kind, row.arguments))


def _end(
    tenant_id: int, job_id: int, status: JobStatus, *, message: str = "", paper: Paper | None = None
) -> None:
    with tenant_unit(tenant_id, Mode.WRITE):
        row = db.session.get_one(Job, job_id)
        row.status, row.ended_at, row.seen_at = status, clock.now(), clock.now()
        row.message = message or row.message
        if paper is not None:
            row.result_name = paper.name[:200]
            db.session.add(JobResult(job_id=job_id, media_type=paper.media_type, content=paper.content))
        db.session.commit()


def change(tenant_id: int, job_id: int, **values: Any) -> None:
    """Write to a job's row from outside any use case."""
    with tenant_unit(tenant_id, Mode.WRITE):
        db.session.execute(update(Job).where(Job.id == job_id).values(**values))
        db.session.commit()


def recover(partition: str) -> int:
    """After a restart: a ticket for each job that waits, an end for what a vanished runner left; how many."""
    with across_tenants(partition):
        rows = db.session.execute(
            select(Job.tenant_id, Job.id, Job.status, Job.seen_at, Job.kind).where(Job.status.in_(OPEN))
        ).all()
    moved = 0
    for tenant_id, job_id, status, seen_at, kind in rows:
        if status is JobStatus.WAITING:
            dispatch(tenant_id, kind)
        elif clock.now() - seen_at > turns.SILENT:
            _end(tenant_id, job_id, JobStatus.FAILED, message=gettext(INTERRUPTED))
        else:
            continue
        moved += 1
    return moved


def sweep(partition: str) -> int:
    """A ticket for each queue whose work nobody has begun, as after an absence of Redis; returns how many."""
    found = current_app.extensions["his_jobs"]
    forgotten = turns.waiting_queues(partition, longer_than=FORGOTTEN)
    wanted = [name for name in QUEUES if name in forgotten and found.wants_ticket(name)]
    for name in wanted:
        found.put(partition, name)
    return len(wanted)
