"""Reading departments and staff of a centre, and the list of centres."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from app.db import db
from app.db.units import control_reading
from app.errors import NotFound
from app.registry import installed
from tenants import plans
from tenants.models import (
    Centre,
    CentreState,
    Department,
    DepartmentKind,
    ModuleSubscription,
    Practitioner,
    Station,
)


@dataclass(frozen=True, slots=True)
class CentreRow:
    """A centre as the district sees it."""

    id: int
    code: str
    name: str
    district: str
    partition: str
    state: CentreState
    state_reason: str
    plan: str
    modules_on: int
    modules_off: list[str]  # msgids of their labels


def list_centres() -> list[CentreRow]:
    """Every centre of the district, ordered by code. Three statements."""
    return _rows(select(Centre).order_by(Centre.code), select(ModuleSubscription))


def get_centre(tenant_id: int) -> CentreRow:
    """One centre as the district sees it, or NotFound. At most three statements."""
    rows = _rows(
        select(Centre).where(Centre.id == tenant_id),
        select(ModuleSubscription).where(ModuleSubscription.tenant_id == tenant_id),
    )
    if not rows:
        raise NotFound(field="tenant_id")
    return rows[0]


def _rows(centres: Select[Centre], switches: Select[ModuleSubscription]) -> list[CentreRow]:
    with control_reading():
        found = db.session.scalars(centres).all()
        switched = {(row.tenant_id, row.module) for row in db.session.scalars(switches) if not row.is_on}
        known = {row.code: row for row in plans.all_plans()}
    optional = {name: module.label for name, module in installed().modules.items() if module.is_optional}
    rows = []
    for centre in found:
        plan = known.get(centre.plan)
        off = [
            label
            for name, label in optional.items()
            if (centre.id, name) in switched
            or not (centre.plan == "" or (plan and (plan.has_everything or name in plan.modules)))
        ]
        rows.append(
            CentreRow(
                centre.id,
                centre.code,
                centre.name,
                centre.district,
                centre.partition,
                centre.state,
                centre.state_reason,
                centre.plan or plans.FULL,
                len(installed().modules) - len(off),
                off,
            )
        )
    return rows


def list_stations() -> list[Station]:
    """The centre's houses, ordered by code."""
    return list(db.session.scalars(select(Station).order_by(Station.code)))


def get_station(station_id: int) -> Station:
    """The station, or NotFound."""
    found = db.session.get(Station, station_id)
    if found is None:
        raise NotFound(field="station_id")
    return found


def all_departments() -> list[Department]:
    """Every department, those out of use last, ordered by code."""
    return sorted(
        db.session.scalars(select(Department).order_by(Department.code)), key=lambda row: not row.is_active
    )


def list_departments(kind: DepartmentKind | None = None) -> list[Department]:
    """Departments in use, ordered by code."""
    statement = select(Department).where(Department.is_active).order_by(Department.code)
    if kind is not None:
        statement = statement.where(Department.kind == kind)
    return list(db.session.scalars(statement))


def get_department(department_id: int) -> Department:
    """The department, or NotFound."""
    found = db.session.get(Department, department_id)
    if found is None:
        raise NotFound(field="department_id")
    return found


def list_practitioners(*, active_only: bool = True) -> list[Practitioner]:
    """Staff, ordered by staff number."""
    statement = select(Practitioner).order_by(Practitioner.staff_no)
    if active_only:
        statement = statement.where(Practitioner.is_active)
    return list(db.session.scalars(statement))


def get_practitioner(practitioner_id: int | None) -> Practitioner:
    """The member of staff, or NotFound."""
    found = None if practitioner_id is None else db.session.get(Practitioner, practitioner_id)
    if found is None:
        raise NotFound(field="practitioner_id")
    return found


def practitioner_names(ids: set[int]) -> dict[int, str]:
    """Id → name, in one statement."""
    rows = db.session.execute(
        select(Practitioner.id, Practitioner.name).where(Practitioner.id.in_(sorted(ids)))
    )
    return {row[0]: row[1] for row in rows}
