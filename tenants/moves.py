"""Moving a centre to another partition while it works."""

from collections.abc import Callable
from typing import Annotated

import structlog
from pydantic import Field

from app import audit, tasks
from app.actor import Actor
from app.config import Settings
from app.db.moving import Move, Moved, names_of_tables
from app.errors import Conflict
from app.i18n import N_
from app.tasks import DistrictTask
from app.tenancy import directory
from app.use_cases import use_case
from tenants.locked import lock_centre
from tenants.models import Centre

MOVE = "centre.move"  # the kind of its task
log = structlog.get_logger()
Say = Callable[[str, int], None]


class PartitionUnknown(Conflict):
    """No process serves this partition."""

    code = "tenants.partition_unknown"
    message = N_("There is no such partition: %(partition)s")


class LivesThere(Conflict):
    """The centre is in this partition already."""

    code = "tenants.lives_there"
    message = N_("The centre is in this partition already.")


class CentreBusy(Conflict):
    """Long work about this centre waits or runs."""

    code = "tenants.centre_busy"
    message = N_("Other work about this centre is not finished yet.")


@use_case("tenants.centre.move", database="control")
def ask_to_move(*, tenant_id: int, target: Annotated[str, Field(max_length=20)], by: Actor) -> DistrictTask:
    """Have a centre moved to another partition by the relay's process, while it works.

    Raises:
        NotFound: there is no such centre.
        PartitionUnknown, LivesThere: the target is no place to move to.
        CentreBusy: a task about it waits or runs.
    """
    centre = lock_centre(tenant_id)
    if target not in _settings().partition_urls:
        raise PartitionUnknown(field="target", partition=target)
    if centre.partition == target:
        raise LivesThere(field="target")
    if tasks.is_busy(tenant_id):
        raise CentreBusy
    about = f"{centre.code} {centre.name}"
    task = tasks.new_task(MOVE, tenant_id=tenant_id, about=about, by=by, target=target)
    audit.record("centre.move_asked", centre, by=by, target=target)
    return task


def carry_out_move(handle: tasks.Handle) -> tasks.Outcome:
    """The task of a move: progress by table, at the end the pause."""
    tenant_id, target = handle.task.tenant_id, handle.task.arguments["target"]
    places = {name: number for number, name in enumerate(names_of_tables())}
    handle.total, handle.message = 2 * len(places), N_("The rows are copied.")

    def say(table: str, rows: int) -> None:
        is_comparing = handle.done >= len(places) or places[table] < handle.done - 1
        if is_comparing:
            handle.message = N_("The copies are compared.")
        handle.done = places[table] + 1 + len(places) * is_comparing
        handle.step(table, rows)

    moved = move_centre(tenant_id, target, by=handle.actor, say=say)
    handle.steps = dict(moved.rows)
    text = N_(
        "%(rows)s rows moved, %(changes)s of them changed meanwhile. Writers waited %(seconds)s seconds at most."
    )
    rows = sum(moved.rows.values())
    return text, {"rows": rows, "changes": moved.changes, "seconds": f"{moved.pause:.2f}"}


def free_centre(tenant_id: int, *, by: Actor) -> bool:
    """After a move that broke off: let the centre go on where it lives; False when it was not held.

    Raises:
        CentreBusy: a move of it runs.
    """
    if tasks.is_busy(tenant_id):
        raise CentreBusy
    tenant = directory().get(tenant_id)
    freed = Move(tenant.id, tenant.partition, "", tenant.epoch).free_if_frozen()
    if freed:
        audit.note("centre.freed", by=by, tenant_id=tenant_id)
    return freed


@use_case("tenants.centre.move", database="control", is_step=True)
def point_centre(
    *,
    tenant_id: int,
    target: Annotated[str, Field(max_length=20)],
    epoch: Annotated[int, Field(ge=1)],
    rows: Annotated[int, Field(ge=0)],
    by: Actor,
) -> Centre:
    """Turn the directory: from now on the centre's work goes to its new partition.

    Raises:
        NotFound: there is no such centre.
        LivesThere: it was moved in the meantime.
    """
    centre = lock_centre(tenant_id)
    if centre.epoch != epoch or centre.partition == target:
        raise LivesThere
    source = centre.partition
    centre.partition, centre.epoch = target, epoch + 1
    centre.version += 1
    audit.record("centre.moved", centre, by=by, source=source, target=target, rows=rows)
    return centre


def move_centre(tenant_id: int, target: str, *, by: Actor, say: Say = lambda table, rows: None) -> Moved:
    """Copy a centre's rows, then switch in a pause of moments; ``say`` hears table and rows.

    Raises:
        NotFound: there is no such centre.
        PartitionUnknown, LivesThere: the target is no place to move to.
        app.db.moving.MoveFailed: the copy differed; nothing was switched.
    """
    centre = directory().get(tenant_id)
    if target not in _settings().partition_urls:
        raise PartitionUnknown(field="target", partition=target)
    if centre.partition == target:
        raise LivesThere(field="target")
    move = Move(tenant_id, centre.partition, target, centre.epoch)
    move.claim()
    try:
        for table, rows in move.copy():
            say(table, rows)
        move.catch_up()
        for table, rows in move.verify():
            say(table, rows)
        move.catch_up()
    except BaseException:
        move.give_up()
        raise
    total = sum(move.moved.rows.values())
    moved = move.switch(
        lambda: point_centre(tenant_id=tenant_id, target=target, epoch=centre.epoch, rows=total, by=by)
    )
    log.info(
        "centre.moved", centre=centre.code, source=move.source, target=target, pause=round(moved.pause, 3)
    )
    return moved


def finish_broken_moves() -> list[str]:
    """After a crash in the middle of a move: centres whose partition says frozen although they live there go on.

    Returns their codes.
    """
    return [
        tenant.code
        for tenant in directory().all_active()
        if Move(tenant.id, tenant.partition, "", tenant.epoch).free_if_frozen()
    ]


def _settings() -> Settings:
    from flask import current_app

    settings: Settings = current_app.extensions["his_settings"]
    return settings
