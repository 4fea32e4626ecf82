"""Templates: what a new centre begins with. Two are shipped as data; others are taken from existing centres."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import select

from app import audit, clock
from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.units import control_reading
from app.errors import NotFound
from app.i18n import N_, gettext
from app.registry import installed
from app.use_cases import use_case
from tenants.models import Centre, Department, DepartmentKind, RoleGrant, Station, StationKind, Template

_FILE = Path(__file__).parent / "reference_data" / "templates.json"
SHIPPED = {"standard": N_("Standard community health centre"), "bare": N_("Only the house and an office")}
Code = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9_-]+$")]


class TemplateUnknown(NotFound):
    """There is no such template."""

    code = "tenants.template_unknown"
    message = N_("There is no such template.")


class HouseOf(BaseModel):
    """A station of a template; without a name it takes the centre's."""

    code: Code
    name: Annotated[str, Field(max_length=100)] = ""
    kind: StationKind = StationKind.STATION


class DepartmentOf(BaseModel):
    """A department of a template."""

    station: Code
    code: Code
    name: Annotated[str, Field(min_length=2, max_length=50)]
    kind: DepartmentKind


class GrantOf(BaseModel):
    """Where the template departs from what the manifests propose."""

    role: Annotated[str, Field(max_length=32)]
    permission: Annotated[str, Field(max_length=80)]
    is_granted: bool


class Body(BaseModel):
    """The whole of a template."""

    stations: list[HouseOf]
    departments: list[DepartmentOf]
    grants: list[GrantOf] = []
    settings: dict[str, Any] = {}
    prepared: dict[str, dict[str, Any]] = {}  # module → what its ``prepares`` took


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template as pages show it."""

    code: str
    name: str
    is_shipped: bool
    made_from: str = ""

    @property
    def label(self) -> str:
        """Its name for people."""
        return gettext(self.name) if self.is_shipped else self.name


def all_templates() -> list[TemplateRow]:
    """The shipped templates, then the district's own, by code. One statement."""
    shipped = [TemplateRow(code, name, is_shipped=True) for code, name in SHIPPED.items()]
    query = select(Template.code, Template.name, Template.made_from).order_by(Template.code)
    with control_reading():
        own = db.session.execute(query).all()
    return shipped + [TemplateRow(row[0], row[1], is_shipped=False, made_from=row[2]) for row in own]


def body_of(code: str) -> Body:
    """What a template holds.

    Raises:
        TemplateUnknown: there is none of this code.
    """
    if code in SHIPPED:
        return Body.model_validate(json.loads(_FILE.read_text(encoding="utf-8"))[code])
    with control_reading():
        found = db.session.scalar(select(Template.body).where(Template.code == code))
    if found is None:
        raise TemplateUnknown(field="template")
    return Body.model_validate(found)


@use_case("tenants.centre.create", database="control")
def save_template(
    *, code: Code, name: Annotated[str, Field(min_length=2, max_length=60)], tenant_id: int, by: Actor
) -> Template:
    """Take a template from a centre as it is now; one that has the code is replaced. No patients, staff or stock.

    Raises:
        NotFound: there is no such centre.
        TemplateUnknown: the code is a shipped template's.
    """
    centre = db.session.get(Centre, tenant_id)
    if centre is None:
        raise NotFound(field="tenant_id")
    if code in SHIPPED:
        raise TemplateUnknown(field="code")
    grants = db.session.scalars(select(RoleGrant).where(RoleGrant.tenant_id == tenant_id))
    body = Body(
        grants=[
            GrantOf(role=row.role, permission=row.permission, is_granted=row.is_granted) for row in grants
        ],
        settings=dict(centre.settings),
        **_of_partition(centre),
    )
    row = db.session.scalar(select(Template).where(Template.code == code))
    if row is None:
        row = Template(code=code)
        db.session.add(row)
    row.name, row.made_from, row.made_at = name, centre.code, clock.now()
    row.body = body.model_dump(mode="json")
    db.session.flush()
    audit.record("template.saved", row, by=by, centre=centre.code)
    return row


def _of_partition(centre: Centre) -> dict[str, Any]:
    with tenant_unit(centre.id, Mode.READ):
        stations = {row.id: row for row in db.session.scalars(select(Station).where(Station.is_active))}
        departments = db.session.scalars(select(Department).where(Department.is_active)).all()
        prepared = {
            name: module.prepares.take() for name, module in installed().modules.items() if module.prepares
        }
    return {
        "stations": [
            HouseOf(code=row.code, name="" if row.name == centre.name else row.name, kind=row.kind)
            for row in stations.values()
        ],
        "departments": [
            DepartmentOf(station=stations[row.station_id].code, code=row.code, name=row.name, kind=row.kind)
            for row in departments
            if row.station_id in stations
        ],
        "prepared": prepared,
    }
