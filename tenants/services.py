"""Everything that changes centres, stations, departments, staff and a centre's own settings."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import audit, pinyin
from app.accounts.errors import OwnRoles
from app.actor import Actor
from app.db import db, lock_row
from app.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from app.i18n import N_, gettext
from app.registry import Duty, Role, installed
from app.use_cases import registry, use_case
from tenants import parts, plans, rules
from tenants.locked import lock_own_centre
from tenants.models import (
    Centre,
    Department,
    DepartmentKind,
    LicenceKind,
    ModuleSubscription,
    Practitioner,
    RoleGrant,
    Station,
    StationKind,
    Title,
)

Code = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9_-]+$")]
Name = Annotated[str, Field(min_length=2, max_length=50)]


class CodeTaken(Conflict):
    """The code is in use."""

    code = "tenants.code_taken"
    message = N_("This code is already in use: %(code)s")


class DistrictsPermission(PermissionDenied):
    """The permission reaches every centre of the district."""

    code = "tenants.districts_permission"
    message = N_("This concerns every centre; only the operator of the district gives it: %(permission)s")


class NotForThisRole(PermissionDenied):
    """The permission belongs to another place or another administrator (ADR 0010)."""

    code = "tenants.not_for_this_role"
    message = N_(
        "This role may never hold this right: centre and district, and system administration, security and audit, "
        "stay apart: %(permission)s"
    )


class ModuleNeeded(Conflict):
    """Another module that is on needs this one."""

    code = "tenants.module_needed"
    message = N_("Switch off first what needs this part: %(modules)s")


class ModuleMissing(Conflict):
    """This module needs another one, which is off."""

    code = "tenants.module_missing"
    message = N_("Switch on first what this part needs: %(modules)s")


@use_case("tenants.centre.create", database="control", is_step=True)
def create_centre(
    *,
    code: Code,
    name: Annotated[str, Field(min_length=2, max_length=100)],
    district: Annotated[str, Field(min_length=2, max_length=100)],
    partition: Code = "p1",
    zone: Annotated[str, Field(max_length=40)] = "Asia/Shanghai",
    settings: dict[str, Any] | None = None,
    by: Actor,
) -> Centre:
    """Write a centre into the directory: a part of opening one, which checks what it says.

    Raises:
        CodeTaken: another centre has the code.
    """
    if db.session.scalar(select(Centre.id).where(Centre.code == code)) is not None:
        raise CodeTaken(field="code", code=code)
    centre = Centre(
        code=code, name=name, district=district, partition=partition, zone=zone, settings=settings or {}
    )
    db.session.add(centre)
    db.session.flush()
    audit.record("centre.created", centre, by=by)
    return centre


@use_case("tenants.settings.change", database="control")
def rename_centre(*, name: Annotated[str, Field(min_length=2, max_length=100)], by: Actor) -> Centre:
    """Change the name of the actor's centre as pages and papers show it.

    Raises:
        NotFound: the actor belongs to no centre.
    """
    centre = lock_own_centre(by)
    centre.name = name
    centre.version += 1
    audit.record("centre.renamed", centre, by=by)
    return centre


@use_case("tenants.settings.change", database="control")
def change_settings(*, settings: dict[str, Any], by: Actor) -> Centre:
    """Change settings of the actor's centre; names not given stay as they are.

    Raises:
        NotFound: the actor belongs to no centre.
        InvalidInput: no manifest declares a setting of this name, or its value is not possible.
    """
    settings = checked_settings(settings)
    centre = lock_own_centre(by)
    before = {name: centre.settings.get(name) for name in settings}
    centre.settings = {**centre.settings, **settings}
    centre.version += 1
    audit.record("centre.settings_changed", centre, by=by, before=before, after=settings)
    return centre


@use_case("tenants.module.switch", database="control")
def switch_module(*, module: Annotated[str, Field(max_length=40)], is_on: bool, by: Actor) -> Centre:
    """Switch an optional module of the actor's centre on or off, at once and everywhere.

    One that is switched on is prepared within seconds, as in a new centre.

    Raises:
        NotFound: no such optional module.
        ModuleNeeded: another module that is on requires it.
        ModuleMissing: it requires one that is off.
        NotInPlan: the centre's plan does not have it.
    """
    modules = installed().modules
    if module not in modules or not modules[module].is_optional:
        raise NotFound(field="module")
    centre = lock_own_centre(by)
    allowed = plans.allowed_by(centre.plan)
    if not plans.allows(allowed, module):
        raise plans.NotInPlan(field="module")
    rows = {
        row.module: row
        for row in db.session.scalars(
            select(ModuleSubscription).where(ModuleSubscription.tenant_id == centre.id)
        )
    }
    on = {
        name
        for name, other in modules.items()
        if not other.is_optional or (plans.allows(allowed, name) and (name not in rows or rows[name].is_on))
    } | {module}
    if is_on:
        in_the_way = [name for name in modules[module].requires if name not in on]
    else:
        in_the_way = [name for name in on if module in modules[name].requires]
    if in_the_way:
        refusal = ModuleMissing if is_on else ModuleNeeded
        labels = [gettext(modules[name].label) for name in modules if name in in_the_way]
        raise refusal(field="module", modules=gettext(", ").join(labels))
    if module in rows:
        rows[module].is_on = is_on
    else:
        db.session.add(ModuleSubscription(tenant_id=centre.id, module=module, is_on=is_on))
    centre.version += 1
    if is_on:
        parts.ask([centre], [module], about=f"{centre.code} {centre.name}", by=by)
    audit.record("module.switched", centre, by=by, module=module, is_on=is_on)
    return centre


@use_case("tenants.role.grant", database="control")
def change_grant(
    *,
    role: Annotated[str, Field(max_length=32)],
    permission: Annotated[str, Field(max_length=80)],
    is_granted: bool,
    by: Actor,
) -> Centre:
    """Give a permission to a role of the actor's centre, or take it away; in force with the next click.

    Raises:
        NotFound: no such role or permission.
        NotForThisRole: it is the district's, another administrator's, or the role is the auditor's and it changes
            something.
        DistrictsPermission: it reaches beyond the centre, and the actor is not the district's operator.
        OwnRoles: the role is the actor's own, and the product does not propose the right for it.
    """
    if permission not in installed().permissions or role not in installed().default_grants():
        raise NotFound(field="permission")
    if is_granted and not may_ever_hold(role, permission):
        raise NotForThisRole(field="permission", permission=permission)
    if is_granted and installed().permissions[permission].is_districts and not by.is_system:
        raise DistrictsPermission(field="permission", permission=permission)
    if is_granted and role in by.roles and role not in installed().permissions[permission].roles:
        raise OwnRoles(field="role")
    centre = lock_own_centre(by)
    row = db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.tenant_id == centre.id, RoleGrant.role == role, RoleGrant.permission == permission
        )
    )
    if row is None:
        db.session.add(
            RoleGrant(tenant_id=centre.id, role=role, permission=permission, is_granted=is_granted)
        )
    else:
        row.is_granted = is_granted
    centre.version += 1
    audit.record("role.grant_changed", centre, by=by, role=role, permission=permission, is_granted=is_granted)
    return centre


def may_ever_hold(role: str, permission: str) -> bool:
    """Whether a grant may give the permission to the role: the auditor's only what changes nothing."""
    declared = installed().permissions[permission]
    is_default = role in declared.roles
    if Role(role).duty is Duty.AUDIT and not is_default:
        return declared.fits(role) and all(case.permission != permission for case in registry.values())
    return declared.fits(role)


@use_case("tenants.department.manage")
def add_station(
    *,
    code: Code,
    name: Annotated[str, Field(min_length=2, max_length=100)],
    kind: StationKind = StationKind.STATION,
    by: Actor,
) -> Station:
    """Add a station (or the centre's own house).

    Raises:
        CodeTaken: another station has the code.
    """
    station = Station(code=code, name=name, kind=kind)
    _add_unique(station, code)
    audit.record("station.added", station, by=by)
    return station


@use_case("tenants.department.manage")
def change_station(
    *,
    station_id: int,
    name: Annotated[str, Field(min_length=2, max_length=100)],
    is_active: bool = True,
    by: Actor,
) -> Station:
    """Rename a station, or take it out of use.

    Raises:
        NotFound: no such station here.
    """
    station = lock_row(Station, station_id)
    if station is None:
        raise NotFound(field="station_id")
    station.name, station.is_active = name, is_active
    audit.record("station.changed", station, by=by)
    return station


@use_case("tenants.department.manage")
def add_department(*, station_id: int, code: Code, name: Name, kind: DepartmentKind, by: Actor) -> Department:
    """Add a department to a station.

    Raises:
        NotFound: no such station here.
        CodeTaken: another department has the code.
    """
    if db.session.get(Station, station_id) is None:
        raise NotFound(field="station_id")
    department = Department(
        station_id=station_id, code=code, name=name, initials=pinyin.initials(name)[:50], kind=kind
    )
    _add_unique(department, code)
    audit.record("department.added", department, by=by)
    return department


@use_case("tenants.department.manage")
def change_department(
    *, department_id: int, name: Name, kind: DepartmentKind, is_active: bool = True, by: Actor
) -> Department:
    """Rename a department, change what it does, or take it out of use.

    Raises:
        NotFound: no such department here.
    """
    department = lock_row(Department, department_id)
    if department is None:
        raise NotFound(field="department_id")
    department.name, department.initials = name, pinyin.initials(name)[:50]
    department.kind, department.is_active = kind, is_active
    audit.record("department.changed", department, by=by)
    return department


@use_case("tenants.practitioner.manage")
def add_practitioner(
    *,
    staff_no: Code,
    name: Name,
    department_id: int,
    licence: LicenceKind = LicenceKind.NONE,
    licence_no: Annotated[str, Field(max_length=40)] = "",
    licence_expires_on: date | None = None,
    title: Title = Title.NONE,
    may_prescribe: bool = False,
    may_prescribe_controlled: bool = False,
    may_review: bool = False,
    by: Actor,
) -> Practitioner:
    """Add a member of staff with licence and rights.

    Raises:
        NotFound: no such department here.
        CodeTaken: another member has the staff number.
    """
    if db.session.get(Department, department_id) is None:
        raise NotFound(field="department_id")
    practitioner = Practitioner(
        staff_no=staff_no,
        name=name,
        initials=pinyin.name_pinyin(name).initials[:50],
        department_id=department_id,
        licence=licence,
        licence_no=licence_no,
        licence_expires_on=licence_expires_on,
        title=title,
        may_prescribe=may_prescribe,
        may_prescribe_controlled=may_prescribe_controlled,
        may_review=may_review,
    )
    _add_unique(practitioner, staff_no)
    audit.record("practitioner.added", practitioner, by=by)
    return practitioner


@use_case("tenants.practitioner.manage")
def change_practitioner(
    *,
    practitioner_id: int,
    department_id: int,
    licence: LicenceKind,
    licence_no: Annotated[str, Field(max_length=40)] = "",
    licence_expires_on: date | None = None,
    title: Title,
    may_prescribe: bool = False,
    may_prescribe_controlled: bool = False,
    may_review: bool = False,
    is_active: bool = True,
    by: Actor,
) -> Practitioner:
    """Change a member's department, licence and rights; the trail keeps what stood before.

    Raises:
        NotFound: no such member or department here.
    """
    practitioner = lock_row(Practitioner, practitioner_id)
    if practitioner is None:
        raise NotFound(field="practitioner_id")
    if db.session.get(Department, department_id) is None:
        raise NotFound(field="department_id")
    practitioner.department_id, practitioner.licence = department_id, licence
    practitioner.licence_no, practitioner.licence_expires_on = licence_no, licence_expires_on
    practitioner.title, practitioner.is_active = title, is_active
    practitioner.may_prescribe, practitioner.may_review = may_prescribe, may_review
    practitioner.may_prescribe_controlled = may_prescribe_controlled
    audit.record("practitioner.changed", practitioner, by=by)
    return practitioner


def checked_settings(given: dict[str, Any]) -> dict[str, Any]:
    """The settings as their kinds store them.

    Raises:
        InvalidInput: a name that no manifest declares, or a value that its kind does not allow.
    """
    complaints, found = {}, {}
    for name, value in given.items():
        declared = installed().settings.get(name)
        if declared is None:
            complaints[name] = [gettext("This field is unknown.")]
            continue
        try:
            found[name] = rules.setting_value(declared, value)
        except rules.NotPossible as why:
            complaints[name] = [gettext(why.message, **why.facts)]
    if complaints:
        raise InvalidInput(complaints)
    return found


def _add_unique(row: Any, code: str) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        raise CodeTaken(field="code", code=code) from None
