"""Read your own writes: what a session has written travels with it, and a replica must show it before it answers.

The mark is a row (``WriteMark``) that each transaction of the session raises by one as its last statement. Commits
become visible on a replica whole and in their order, so a replica that shows the number shows the rows, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import delete, literal, select, update
from sqlalchemy.exc import IntegrityError

from app import clock
from app.db import figures
from app.db.base import db
from app.db.places import WriteMark

log = structlog.get_logger()
_JOB = "job:"
KEPT_SECONDS = 600  # a replica that lags longer has long been left out


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a session has written in a partition; ``at`` in seconds since 1970."""

    partition: str
    key: str
    n: int
    at: float

    @property
    def is_young(self) -> bool:
        """Whether a replica could still be behind it."""
        return clock.server_time().timestamp() - self.at < KEPT_SECONDS


@dataclass(slots=True)
class Reading:
    """What one request or job must see, and under which key its own writes are counted."""

    key: str
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)  # by partition and key
    has_written: bool = False

    def add(self, mark: Mark) -> None:
        """See this, too."""
        known = self.marks.get((mark.partition, mark.key))
        if mark.is_young and (known is None or known.n < mark.n):
            self.marks[mark.partition, mark.key] = mark

    def of(self, partition: str) -> list[Mark]:
        """What must be seen in a partition."""
        return [mark for mark in self.marks.values() if mark.partition == partition]


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


def present() -> Reading | None:
    """Of the request or job that runs."""
    return _reading.get()


@contextmanager
def reading_as(key: str, known: list[Mark]) -> Iterator[Reading]:
    """Inside the block writes are counted under the key and reads see the marks."""
    reading = Reading(key[:40])
    for mark in known:
        reading.add(mark)
    token = _reading.set(reading)
    try:
        yield reading
    finally:
        _reading.reset(token)


def advance(partition: str) -> Mark | None:
    """Raise the session's number in the transaction that is about to commit; the caller keeps it afterwards."""
    reading = present()
    if reading is None:
        return None
    moment = clock.server_time()
    n = _raise(reading.key, moment)
    if n is None:
        try:
            with db.session.begin_nested():
                db.session.add(WriteMark(session_key=reading.key, n=1, at=moment))
                db.session.flush()
            n = 1
        except IntegrityError:  # another window of the session was faster
            n = _raise(reading.key, moment) or 1
    known = reading.marks.get((partition, reading.key))
    if known is not None and n <= known.n:
        n = _note_loss(partition, known, n, moment)
    return Mark(partition, reading.key, n, moment.timestamp())


def _note_loss(partition: str, known: Mark, n: int, moment: Any) -> int:
    """The primary has seen less of this session than was acknowledged: a failover lost the rest. Say so, go on."""
    figures.LOST.labels(partition).inc(known.n - n + 1)
    log.error("writes.lost", partition=partition, session=known.key, acknowledged=known.n, found=n - 1)
    db.session.execute(
        update(WriteMark)
        .where(WriteMark.session_key == known.key)
        .values(n=known.n + 1, at=moment)
        .execution_options(synchronize_session=False)
    )
    return known.n + 1


def _raise(key: str, moment: Any) -> int | None:
    return db.session.scalar(
        update(WriteMark)
        .where(WriteMark.session_key == key)
        .values(n=WriteMark.n + 1, at=moment)
        .returning(WriteMark.n)
        .execution_options(synchronize_session=False)
    )


def keep(mark: Mark | None) -> None:
    """After the commit: from now on this request sees it."""
    reading = present()
    if mark is not None and reading is not None:
        reading.add(mark)
        reading.has_written = True


def of_job(partition: str, job_id: int) -> Mark:
    """A job's own row is its mark: a server that shows it shows all that was committed before it was asked for."""
    return Mark(partition, f"{_JOB}{job_id}", 1, clock.server_time().timestamp())


def number_of(mark: Mark) -> Any:
    """The statement that asks a server how far a session's writes have come."""
    if mark.key.startswith(_JOB):
        jobs = db.metadata.tables["kernel_job"]
        return select(literal(1)).where(jobs.c.id == int(mark.key.removeprefix(_JOB)))
    return select(WriteMark.n).where(WriteMark.session_key == mark.key)


def old_ones(before: Any) -> Any:
    """The statement that removes marks nobody carries any more."""
    return delete(WriteMark).where(WriteMark.at < before)
