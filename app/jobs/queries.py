"""Reading jobs: each account sees its own."""

from datetime import timedelta

from sqlalchemy import func, select

from app import clock
from app.actor import Actor
from app.db import Page, db, page_by_key
from app.errors import NotFound
from app.jobs.models import OPEN, Job, JobResult


def get_job(job_id: int, *, by: Actor) -> Job:
    """The actor's own job, or NotFound."""
    found = db.session.get(Job, job_id)
    if found is None or found.account_id != by.account_id:
        raise NotFound(field="job_id")
    return found


def get_result(job_id: int, *, by: Actor) -> tuple[Job, JobResult]:
    """What the actor's job left to download, or NotFound; also when its day is over."""
    found = get_job(job_id, by=by)
    if not found.may_be_fetched:
        raise NotFound(field="job_id")
    result = db.session.scalar(select(JobResult).where(JobResult.job_id == job_id))
    if result is None:
        raise NotFound(field="job_id")
    return found, result


def repeated_as(job_id: int) -> int | None:
    """The job that was asked for in the place of this one."""
    found: int | None = db.session.scalar(select(Job.id).where(Job.repeats == job_id))
    return found


def page_of_jobs(*, by: Actor, before: int | None = None) -> Page[Job]:
    """The actor's jobs, newest first."""
    statement = select(Job).where(Job.account_id == by.account_id)
    return page_by_key(statement, Job.id, before=before, size=30)


def open_jobs(by: Actor, *, size: int) -> tuple[int, list[Job]]:
    """How many of the actor's jobs of the last day have not ended, and the latest of them."""
    statement = (
        select(Job, func.count().over())
        .where(
            Job.account_id == by.account_id,
            Job.status.in_(list(OPEN)),
            Job.asked_at > clock.now() - timedelta(days=1),
        )
        .order_by(Job.id.desc())
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]
