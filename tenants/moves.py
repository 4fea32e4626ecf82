"""Moving a centre to another partition while it works."""

from collections.abc import Callable
from typing import Annotated

import structlog
from pydantic import Field

from app import audit
from app.actor import Actor
from app.config import Settings
from app.db import lock_row
from app.db.moving import Move, Moved
from app.errors import Conflict, NotFound
from app.i18n import N_
from app.tenancy import directory
from app.use_cases import use_case
from tenants.models import Centre

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
    centre = lock_row(Centre, tenant_id)
    if centre is None:
        raise NotFound(field="tenant_id")
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
