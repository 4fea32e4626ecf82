"""Reading departments and staff of a centre, and the list of centres."""

from dataclasses import dataclass

from sqlalchemy import select

from app.db import control_unit, db
from app.errors import NotFound
from app.registry import installed
from tenants.models import Centre, Department, DepartmentKind, ModuleSubscription, Practitioner, Station


@dataclass(frozen=True, slots=True)
class CentreRow:
    """A centre as the district sees it."""

    id: int
    code: str
    name: str
    district: str
    partition: str
    is_active: bool
    modules_on: int
    modules_off: list[str]  # msgids of their labels


def list_centres() -> list[CentreRow]:
    """Every centre of the district, ordered by code. Two statements."""
    with control_unit():
        centres = db.session.scalars(select(Centre).order_by(Centre.code)).all()
        switched = db.session.execute(
            select(ModuleSubscription.tenant_id, ModuleSubscription.module, ModuleSubscription.is_on)
        ).all()
    modules = installed().modules
    off: dict[int, list[str]] = {}
    for tenant_id, name, is_on in switched:
        if not is_on and name in modules and modules[name].is_optional:
            off.setdefault(tenant_id, []).append(modules[name].label)
    return [
        CentreRow(
            centre.id,
            centre.code,
            centre.name,
            centre.district,
            centre.partition,
            centre.is_active,
            len(modules) - len(off.get(centre.id, [])),
            off.get(centre.id, []),
        )
        for centre in centres
    ]


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
