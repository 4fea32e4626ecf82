"""Whose turn it is: a centre that asks for a hundred exports does not keep the next centre waiting.

The queue of the runner holds tickets, never jobs. Who has a ticket looks into the rows and takes the longest-waiting
job of the centre with the fewest jobs in progress; among these, of the one that was served longest ago.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from app import clock
from app.db import db, update_rows
from app.db.places import TenantPlace
from app.db.units import kernel_unit
from app.jobs.models import Job, JobStatus
from app.jobs.registry import DESK, LONG, kinds

SILENT = timedelta(minutes=15)  # a runner that says nothing for so long is gone
AT_ONCE = {
    DESK: 4,
    LONG: 2,
}  # jobs of one centre in progress; two tickets in the same moment may pass it by one
_TRIES = 20  # others may be faster
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def in_queue(queue: str) -> ColumnElement[bool]:
    """Jobs of one queue; what no module knows any more is long work, which then says so."""
    desk = [name for name, kind in kinds.items() if kind.queue == DESK]
    return Job.kind.in_(desk) if queue == DESK else Job.kind.not_in(desk)


def take_next(partition: str, queue: str) -> Job | None:
    """Claim the job whose turn it is; None when nothing waits that may begin now."""
    with kernel_unit(partition):
        for _ in range(_TRIES):
            job_id = _next(queue)
            if job_id is None:
                return None
            if begin(job_id):
                row = db.session.get(Job, job_id, populate_existing=True)
                db.session.commit()
                return row
            db.session.rollback()
    return None


def begin(job_id: int) -> bool:
    """Claim one waiting job; False when somebody else has it, or it was stopped."""
    moment = clock.now()
    statement = (
        update(Job)
        .where(Job.id == job_id, Job.status == JobStatus.WAITING)
        .values(status=JobStatus.RUNNING, seen_at=moment, started_at=moment)
    )
    return update_rows(statement) == 1


def _next(queue: str) -> int | None:
    frozen = select(TenantPlace.tenant_id).where(TenantPlace.is_frozen)  # on its way to another partition
    waits = (Job.status == JobStatus.WAITING, Job.tenant_id.not_in(frozen))
    first = _by_centre(func.min(Job.id), in_queue(queue), *waits)
    if not first:
        return None
    alive = Job.seen_at > clock.now() - SILENT
    running = _by_centre(func.count(), in_queue(queue), Job.status == JobStatus.RUNNING, alive)
    lately = Job.started_at > clock.now() - timedelta(days=1)
    served = _by_centre(func.max(Job.started_at), in_queue(queue), Job.tenant_id.in_(list(first)), lately)
    turns = [
        (running.get(centre, 0), served.get(centre, _NEVER), job_id)
        for centre, job_id in first.items()
        if running.get(centre, 0) < AT_ONCE[queue]
    ]
    return min(turns)[2] if turns else None


def _by_centre(what: Any, *conditions: Any) -> dict[int, Any]:
    rows = db.session.execute(select(Job.tenant_id, what).where(*conditions).group_by(Job.tenant_id))
    return {row[0]: row[1] for row in rows}


def waiting_queues(partition: str, *, longer_than: timedelta) -> set[str]:
    """Queues with work that nobody has begun for so long."""
    with kernel_unit(partition):
        names = db.session.scalars(
            select(Job.kind)
            .where(Job.status == JobStatus.WAITING, Job.asked_at <= clock.now() - longer_than)
            .group_by(Job.kind)
        )
        return {queue_of(name) for name in names}


def queue_of(kind: str) -> str:
    """The queue of a kind of job."""
    return kinds[kind].queue if kind in kinds else LONG
