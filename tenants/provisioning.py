"""A new centre: first its part of the control database in one transaction, then, later, its rows in the partition.

The second part is made of steps that change nothing when they are done once more, so it may break off anywhere
and be tried again: by the relay of itself, by the button, by the command.
"""

from collections import Counter
from typing import Annotated

import structlog
from pydantic import Field
from sqlalchemy import func, select, update

from app import audit, clock
from app.accounts import services as accounts
from app.actor import Actor, system_actor
from app.config import Settings
from app.db import db, update_rows
from app.db.places import Partition
from app.db.units import control_reading
from app.errors import Conflict, DomainError
from app.events import emit
from app.faults import fault_of
from app.i18n import N_
from app.pinyin import initials
from app.registry import installed
from app.use_cases import use_case
from tenants import parts, plans, style, templating
from tenants.events import CentreOrdered
from tenants.locked import lock_centre
from tenants.models import Centre, CentreState, Department, RoleGrant, Station
from tenants.moves import PartitionUnknown
from tenants.services import Code, checked_settings, create_centre

FIRST = (("administrator", "admin"), ("security_administrator", "security"))
DEFAULT_PLAN = "full"
Person = Annotated[str, Field(min_length=2, max_length=50)]
Reason = Annotated[str, Field(min_length=2, max_length=300)]
log = structlog.get_logger()


class NotPreparing(Conflict):
    """The centre is open, or was suspended."""

    code = "tenants.not_preparing"
    message = N_("This centre needs no preparation.")


class NotInThisState(Conflict):
    """A centre is suspended from use and reopened from suspension."""

    code = "tenants.not_in_this_state"
    message = N_("This centre is not in a state in which that can be done.")


class PartitionClosed(Conflict):
    """The operator keeps the partition from taking more centres."""

    code = "tenants.partition_closed"
    message = N_("This partition takes no more centres: %(partition)s")


@use_case("tenants.centre.create", database="control")
def provision_centre(
    *,
    code: Code,
    name: Annotated[str, Field(min_length=2, max_length=100)],
    district: Annotated[str, Field(min_length=2, max_length=100)],
    partition: Annotated[str, Field(max_length=20)] = "",
    template: Annotated[str, Field(max_length=20)] = parts.DEFAULT_TEMPLATE,
    plan: Annotated[str, Field(max_length=20)] = DEFAULT_PLAN,
    administrator: Person,
    security_administrator: Person,
    by: Actor,
) -> Centre:
    """Open a centre from a template: directory, rights, settings, plan and the first two administrators.

    Their one-time codes are in ``codes`` of this one answer. Without a partition it goes where the fewest are. Its
    stations, departments, prices and places of stock are made a moment later; until then nobody works there.

    Raises:
        CodeTaken: another centre has the code.
        NameTaken: another account has the sign-in name of an administrator, such as ``admin@<code>``.
        PartitionUnknown, PartitionClosed: no place for a centre.
        TemplateUnknown, PlanUnknown: there is none of this code.
    """
    body = templating.body_of(template)
    plans.refuse_unknown(plan)
    partition = partition or least_loaded()
    _refuse_partition(partition)
    settings = checked_settings({key: value for key, value in body.settings.items() if _is_declared(key)})
    settings |= style.arrangements_of(body.settings)
    centre = create_centre(
        code=code, name=name, district=district, partition=partition, settings=settings, by=by
    )
    centre.plan, centre.template = plan, template
    centre.enter(CentreState.PREPARING, "", clock.now())
    for grant in body.grants:
        db.session.add(RoleGrant(tenant_id=centre.id, **grant.model_dump()))
    names = {"administrator": administrator, "security_administrator": security_administrator}
    centre.codes = tuple(  # type: ignore[misc]  # of this one row, in this one answer
        accounts.invite_first(
            tenant_id=centre.id,
            sign_in_name=f"{prefix}@{code.lower()}",
            display_name=names[role],
            role=role,
            by=by,
        )
        for role, prefix in FIRST
    )
    emit(CentreOrdered(centre_id=centre.id))
    return centre


@use_case("tenants.centre.create", database="control")
def order_again(*, tenant_id: int, by: Actor) -> Centre:
    """Try the preparation of a centre again.

    Raises:
        NotFound: there is no such centre.
        NotPreparing: it is prepared.
    """
    centre = lock_centre(tenant_id)
    if centre.state not in {CentreState.PREPARING, CentreState.FAILED}:
        raise NotPreparing
    centre.enter(CentreState.PREPARING, "", clock.now())
    emit(CentreOrdered(centre_id=centre.id))
    audit.record("centre.ordered_again", centre, by=by)
    return centre


def prepare_ordered(event: CentreOrdered) -> None:
    """A centre was ordered: make its rows."""
    prepare_centre(event.centre_id)


def prepare_centre(tenant_id: int) -> None:
    """Make what a new centre begins with in its partition, then open it.

    Whatever goes wrong stands on the centre's page with its reason and is raised, so that the relay tries again.
    """
    with control_reading():
        centre = db.session.get(Centre, tenant_id)
    if centre is None or centre.state not in {CentreState.PREPARING, CentreState.FAILED}:
        return
    by = system_actor(tenant_id, name="provisioning")
    try:
        fill_centre(template=centre.template or parts.DEFAULT_TEMPLATE, name=centre.name, by=by)
        parts.fill_parts(centre, plans.modules_of(centre.plan), by=by)
    except Exception as failure:
        why = failure.text if isinstance(failure, DomainError) else fault_of(failure)
        note_prepared(tenant_id=tenant_id, failed_because=why[:300], by=system_actor(None))
        log.warning("centre.not_prepared", centre=centre.code, error=type(failure).__name__)
        raise
    note_prepared(tenant_id=tenant_id, by=system_actor(None))


@use_case("tenants.department.manage", is_step=True)
def fill_centre(
    *,
    template: Annotated[str, Field(max_length=20)],
    name: Annotated[str, Field(min_length=2, max_length=100)],
    by: Actor,
) -> None:
    """Make the houses and departments of a template that are not there yet.

    Raises:
        TemplateUnknown: the template is gone.
    """
    body = templating.body_of(template)
    houses = {row.code: row.id for row in db.session.scalars(select(Station))}
    known = set(db.session.scalars(select(Department.code)))
    for wanted in body.stations:
        if wanted.code not in houses:
            house = Station(code=wanted.code, name=wanted.name or name, kind=wanted.kind)
            db.session.add(house)
            db.session.flush()
            houses[wanted.code] = house.id
    fresh = [one for one in body.departments if one.code not in known and one.station in houses]
    for one in fresh:
        db.session.add(
            Department(
                station_id=houses[one.station],
                code=one.code,
                name=one.name,
                initials=initials(one.name)[:50],
                kind=one.kind,
            )
        )
    audit.record("centre.filled", None, by=by, template=template, departments=len(fresh))


@use_case("tenants.centre.create", database="control", is_step=True)
def note_prepared(
    *, tenant_id: int, failed_because: Annotated[str, Field(max_length=300)] = "", by: Actor
) -> Centre:
    """Open a centre that is prepared, or say why it could not be.

    Raises:
        NotFound: there is no such centre.
    """
    centre = lock_centre(tenant_id)
    if centre.state in {CentreState.PREPARING, CentreState.FAILED}:
        state = CentreState.FAILED if failed_because else CentreState.OPEN
        centre.enter(state, failed_because, clock.now())
    audit.record("centre.prepared", centre, by=by, failed_because=failed_because)
    return centre


@use_case("tenants.centre.suspend", database="control")
def suspend_centre(*, tenant_id: int, reason: Reason, by: Actor) -> Centre:
    """Close a centre for its people and programs at once, with a reason they read; its daily work rests.

    Raises:
        NotFound: there is no such centre.
        NotInThisState: it is not in use.
    """
    centre = lock_centre(tenant_id)
    if centre.state is not CentreState.OPEN:
        raise NotInThisState
    centre.enter(CentreState.SUSPENDED, reason, clock.now())
    ended = accounts.end_all_sign_ins(tenant_id)
    audit.record("centre.suspended", centre, by=by, reason=reason, sign_ins=ended)
    return centre


@use_case("tenants.centre.suspend", database="control")
def reopen_centre(*, tenant_id: int, by: Actor) -> Centre:
    """Let a suspended centre work again; its people sign in anew.

    Raises:
        NotFound: there is no such centre.
        NotInThisState: it is not suspended.
    """
    centre = lock_centre(tenant_id)
    if centre.state is not CentreState.SUSPENDED:
        raise NotInThisState
    centre.enter(CentreState.OPEN, "", clock.now())
    audit.record("centre.reopened", centre, by=by)
    return centre


@use_case("tenants.centre.create", database="control")
def close_partition(*, name: Annotated[str, Field(max_length=20)], is_closed: bool, by: Actor) -> None:
    """Keep a partition from taking new centres, or let it again. Centres that live there go on.

    Raises:
        PartitionUnknown: no process serves it.
    """
    if name not in _settings().partition_urls:
        raise PartitionUnknown(field="name", partition=name)
    known = update(Partition).where(Partition.name == name)
    if update_rows(known.values(is_closed=is_closed)) == 0:
        db.session.add(Partition(name=name, is_closed=is_closed))
    audit.record("partition.closed", None, by=by, partition=name, is_closed=is_closed)


def centres_by_partition() -> dict[str, int]:
    """Every partition that takes centres → how many it has. Two statements."""
    with control_reading():
        query = select(Centre.partition, func.count()).group_by(Centre.partition)
        found = Counter({row[0]: row[1] for row in db.session.execute(query)})
        closed = set(db.session.scalars(select(Partition.name).where(Partition.is_closed)))
    return {name: found[name] for name in _settings().partition_urls if name not in closed}


def partitions() -> list[str]:
    """Every partition that the processes serve."""
    return list(_settings().partition_urls)


def least_loaded() -> str:
    """The partition for the next centre.

    Raises:
        PartitionClosed: every partition is closed for new centres.
    """
    found = centres_by_partition()
    if not found:
        raise PartitionClosed(field="partition", partition="—")
    return min(found, key=lambda name: (found[name], name))


def _refuse_partition(name: str) -> None:
    if name not in _settings().partition_urls:
        raise PartitionUnknown(field="partition", partition=name)
    if name not in centres_by_partition():
        raise PartitionClosed(field="partition", partition=name)


def _is_declared(name: str) -> bool:
    """A template from a release that had more settings leaves out what is gone."""
    return name in installed().settings


def _settings() -> Settings:
    from flask import current_app

    settings: Settings = current_app.extensions["his_settings"]
    return settings
