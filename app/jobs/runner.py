"""Who does the work: RQ workers when there is a Redis, else a thread of this process. Jobs are the same."""

import queue
import threading
import time
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from flask_babel import force_locale
from sqlalchemy import select, update

from app import clock, tracing
from app.accounts.queries import find_actor_of
from app.actor import Actor
from app.db import Mode, across_tenants, db, tenant_unit
from app.errors import DomainError, PermissionDenied
from app.i18n import N_, gettext
from app.jobs.models import OPEN, Job, JobResult, JobStatus
from app.jobs.registry import JobKind, Paper, arguments_of, kinds

QUEUE = "his-jobs"
LONGEST = timedelta(hours=4)
SILENT = timedelta(minutes=15)  # a runner that says nothing for so long is gone
_SAY_EVERY = 0.5  # seconds between two writes of the same job
INTERRUPTED = N_("The machine stopped before this work had ended. Please start it again.")
log = structlog.get_logger()


def dispatch(tenant_id: int, job_id: int) -> None:
    """Hand a waiting job to the runner of this installation."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # werkzeug's proxy
    app.extensions["his_jobs"].put(tenant_id, job_id)


def install(app: Flask) -> None:
    """Choose the runner: RQ with a Redis, a thread without."""
    url = app.extensions["his_settings"].redis_url
    app.extensions["his_jobs"] = RedisRunner(url) if url else ThreadRunner(app)


class RedisRunner:
    """Puts jobs into an RQ queue; ``flask worker`` in other processes takes them out."""

    def __init__(self, url: str, *, connection: Any = None, is_async: bool = True) -> None:
        self._url, self._connection, self._is_async = url, connection, is_async

    @property
    def queue(self) -> Any:
        """The RQ queue; nothing connects before the first job."""
        from redis import Redis
        from rq import Queue

        if self._connection is None:
            self._connection = Redis.from_url(self._url)
        return Queue(QUEUE, connection=self._connection, is_async=self._is_async)

    def put(self, tenant_id: int, job_id: int) -> None:
        """Queue the job by its key; everything else is in its row."""
        self.queue.enqueue(
            "app.jobs.runner.run_here",
            tenant_id,
            job_id,
            job_timeout=int(LONGEST.total_seconds()),
            result_ttl=0,
            failure_ttl=3600,
        )


class ThreadRunner:
    """One thread of this process, one job after the other."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: queue.Queue[tuple[int, int]] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def put(self, tenant_id: int, job_id: int) -> None:
        """Queue the job and see to it that the thread lives."""
        self._waiting.put((tenant_id, job_id))
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="his-jobs", daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """Wait until nothing is left to do (tests, an orderly stop)."""
        self._waiting.join()

    def _work(self) -> None:
        while True:
            tenant_id, job_id = self._waiting.get()
            try:
                with self._app.app_context():
                    run(tenant_id, job_id)
            except Exception as failure:  # the row could not even be read: the next job may fare better
                log.warning("job.lost", job=job_id, error=type(failure).__name__)
            finally:
                self._waiting.task_done()


def run_here(tenant_id: int, job_id: int) -> None:
    """What an RQ worker calls; it has pushed the application's context (``flask worker``)."""
    run(tenant_id, job_id)


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
    """Do one waiting job from beginning to end; a second call for the same job does nothing."""
    tracing.begin_trace()
    row = _claim(tenant_id, job_id)
    if row is None:
        return
    with force_locale(row.language):
        try:
            _do(tenant_id, row)
        except DomainError as refusal:
            _end(tenant_id, job_id, JobStatus.FAILED, message=refusal.text[:300])
        except Exception as failure:  # whatever went wrong, the person who waits must see that it did
            log.exception("job.failed", job=job_id, kind=row.kind, error=type(failure).__name__)
            text = gettext("Something went wrong. Trace number: %(trace)s", trace=tracing.trace_number())
            _end(tenant_id, job_id, JobStatus.FAILED, message=text)


def _claim(tenant_id: int, job_id: int) -> Job | None:
    with tenant_unit(tenant_id, Mode.WRITE):
        taken: Any = db.session.execute(
            update(Job)
            .where(Job.id == job_id, Job.status == JobStatus.WAITING)
            .values(status=JobStatus.RUNNING, seen_at=clock.now())
        )
        row = db.session.get(Job, job_id) if taken.rowcount == 1 else None
        db.session.commit()
        return row


def _do(tenant_id: int, row: Job) -> None:
    kind, by = kinds[row.kind], find_actor_of(row.account_id, tenant_id, origin="job")
    if by is None or not by.may(kind.permission):  # rights are today's, also for work asked for yesterday
        raise PermissionDenied(permission=kind.permission)
    speaker = _Speaker(tenant_id, row.id)
    paper = _call(kind, row, speaker, by)
    if speaker.is_cancelled and paper is None:
        _end(tenant_id, row.id, JobStatus.CANCELLED)
    else:
        _end(tenant_id, row.id, JobStatus.DONE, paper=paper)


def _call(kind: JobKind, row: Job, speaker: _Speaker, by: Actor) -> Paper | None:
    with tenant_unit(row.tenant_id, Mode.READ):
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
    """After a restart: queue again what waits, and end what a vanished runner left; returns how many."""
    with across_tenants(partition):
        rows = db.session.execute(
            select(Job.tenant_id, Job.id, Job.status, Job.seen_at).where(Job.status.in_(OPEN))
        ).all()
    moved = 0
    for tenant_id, job_id, status, seen_at in rows:
        if status is JobStatus.WAITING:
            dispatch(tenant_id, job_id)
        elif clock.now() - seen_at > SILENT:
            _end(tenant_id, job_id, JobStatus.FAILED, message=gettext(INTERRUPTED))
        else:
            continue
        moved += 1
    return moved
