"""Asking for long work, and asking it to stop."""

from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.errors import Conflict, ModuleOff, NotFound, PermissionDenied
from app.i18n import N_, select_locale
from app.jobs import queries, runner
from app.jobs.models import Job, JobStatus
from app.jobs.registry import arguments_of, kinds
from app.registry import installed
from app.tenancy import tenant_of
from app.use_cases import after_commit, use_case


class AlreadyEnded(Conflict):
    """The job has ended by itself."""

    code = "jobs.already_ended"
    message = N_("This work has already ended.")


class NotToRepeat(Conflict):
    """It came to its end, still works, or somebody has asked for it again."""

    code = "jobs.not_to_repeat"
    message = N_("This work cannot be asked for again.")


@use_case("accounts.job.start")
def start_job(
    *,
    kind: Annotated[str, Field(max_length=80)],
    arguments: Annotated[dict[str, Any], Field(max_length=40)] | None = None,
    by: Actor,
) -> Job:
    """Ask for long work; it begins at once, or when the work before it has ended.

    Raises:
        NotFound: there is no such job.
        PermissionDenied: the actor may not ask for it.
        ModuleOff: its module is switched off.
        InvalidInput: an argument is wrong.
    """
    return _begin(kind, arguments or {}, by=by)


@use_case("accounts.job.start")
def repeat_job(*, job_id: int, by: Actor) -> Job:
    """Ask again for work that failed or was stopped, as it was asked for; once, in however many windows.

    Raises:
        NotFound: the actor has no such job.
        NotToRepeat: it has not ended badly, or was asked for again already.
        PermissionDenied, ModuleOff, InvalidInput: as for new work.
    """
    old = lock_row(Job, job_id)
    if old is None or old.account_id != by.account_id:
        raise NotFound(field="job_id")
    if not old.may_be_repeated or queries.repeated_as(job_id) is not None:
        raise NotToRepeat(field="job_id")
    return _begin(old.kind, old.arguments, by=by, repeats=old.id)


def _begin(kind: str, arguments: dict[str, Any], *, by: Actor, repeats: int | None = None) -> Job:
    found = kinds.get(kind)
    if found is None:
        raise NotFound(field="kind")
    if not by.may(found.permission):
        raise PermissionDenied(permission=found.permission)
    module = found.permission.split(".", 1)[0]
    if module in installed().modules and module not in tenant_of(by.tenant_id).modules:
        raise ModuleOff(module=module)
    given = arguments_of(found, arguments)
    moment = clock.now()
    row = Job(
        kind=kind,
        arguments=to_jsonable_python(given),
        language=select_locale(),
        account_id=by.account_id,
        actor_name=by.name[:100],
        asked_at=moment,
        seen_at=moment,
        repeats=repeats,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("job.started", row, by=by, kind=kind, arguments=row.arguments, **_again(repeats))
    tenant_id = row.tenant_id
    after_commit(lambda: runner.dispatch(tenant_id, kind))
    return row


def _again(repeats: int | None) -> dict[str, int]:
    return {} if repeats is None else {"repeats": repeats}


@use_case("accounts.job.view")
def cancel_job(*, job_id: int, by: Actor) -> Job:
    """Ask a job to stop: one that waits ends at once, one that works as soon as it looks up.

    Raises:
        NotFound: the actor has no such job.
        AlreadyEnded: it has ended by itself.
    """
    row = lock_row(Job, job_id)
    if row is None or row.account_id != by.account_id:
        raise NotFound(field="job_id")
    if row.is_finished:
        raise AlreadyEnded(field="job_id")
    row.is_cancel_asked = True
    if row.status is JobStatus.WAITING:
        row.status, row.ended_at = JobStatus.CANCELLED, clock.now()
    audit.record("job.cancelled", row, by=by)
    return row
