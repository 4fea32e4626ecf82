"""Parts of the system that a centre gets later: prepared in it as in a new centre, by the district's tasks.

A plan that is widened, another plan, a part switched on: each asks for a task. What a module sets up changes nothing
when it is done once more, so a task may name what a centre has already.
"""

from collections.abc import Iterable

from sqlalchemy import select

from app import audit, tasks
from app.actor import Actor, system_actor
from app.db import db
from app.db.units import control_reading
from app.errors import DomainError
from app.i18n import N_
from app.registry import installed
from app.tenancy import DISTRICT, directory
from app.use_cases import use_case
from tenants import templating
from tenants.locked import lock_centre
from tenants.models import Centre, CentreState

PREPARE = "prepare_parts"
DEFAULT_TEMPLATE = "standard"


class NotAllPrepared(DomainError):
    """Some centres could not be prepared; the others were."""

    code = "tenants.parts_not_prepared"
    message = N_("%(done)s centres prepared, %(count)s not: %(why)s")


def fill_parts(centre: Centre, names: Iterable[str], *, by: Actor) -> None:
    """What these modules begin with, from the centre's template."""
    body = templating.body_of(centre.template or DEFAULT_TEMPLATE)
    for name in names:
        module = installed().modules[name]
        if module.prepares:
            module.prepares.fill(body.prepared.get(name, {}), by)


def ask(
    centres: Iterable[Centre], names: Iterable[str], *, about: str, by: Actor
) -> tasks.DistrictTask | None:
    """Inside a use case on control: have these modules prepared in these centres; None when nothing is to do."""
    modules = installed().modules
    wanted = [name for name in modules if name in set(names) and modules[name].prepares]
    ids = [centre.id for centre in centres]
    if not wanted or not ids:
        return None
    return tasks.new_task(
        PREPARE,
        tenant_id=ids[0] if len(ids) == 1 else DISTRICT,
        about=about,
        by=by,
        centres=ids,
        modules=wanted,
    )


@use_case("tenants.plan.manage", database="control")
def prepare_parts(*, tenant_id: int, by: Actor) -> tasks.DistrictTask | None:
    """Have every part of a centre prepared once more, as after a preparation that broke off.

    Raises:
        NotFound: there is no such centre.
    """
    centre = lock_centre(tenant_id)
    task = ask([centre], installed().modules, about=f"{centre.code} {centre.name}", by=by)
    audit.record("centre.parts_asked", centre, by=by)
    return task


def carry_out(handle: tasks.Handle) -> tasks.Outcome:
    """The task: centre by centre; one that fails keeps nobody else from getting its parts.

    Raises:
        NotAllPrepared: some could not be prepared.
    """
    ids, names = handle.task.arguments["centres"], handle.task.arguments["modules"]
    with control_reading():
        found = list(db.session.scalars(select(Centre).where(Centre.id.in_(ids)).order_by(Centre.code)))
    handle.total, handle.message = len(found), N_("Parts are being prepared.")
    failed: list[str] = []
    for centre in found:
        if centre.state not in {CentreState.PREPARING, CentreState.FAILED}:  # those get everything anyway
            try:
                _fill(centre, names)
            except Exception as failure:
                why = failure.text if isinstance(failure, DomainError) else type(failure).__name__
                failed.append(f"{centre.code} ({why})")
        handle.done += 1
        handle.step(centre.code, 1)
    if failed:
        shown = ", ".join(failed[:5])
        raise NotAllPrepared(done=len(found) - len(failed), count=len(failed), why=shown)
    return N_("%(count)s centres prepared."), {"count": len(found)}


def _fill(centre: Centre, names: list[str]) -> None:
    on = directory().get(centre.id).modules  # a part that is switched off is prepared when it is switched on
    by = system_actor(centre.id, name="provisioning")
    fill_parts(centre, [name for name in names if name in on], by=by)
