"""Opening the centres of the demo district through the use cases an operator would use."""

from dataclasses import dataclass, field

from app.accounts import services as accounts
from app.actor import Actor, system_actor
from app.tenancy import directory
from modules.catalogue import services as catalogue
from modules.charging import services as charging
from modules.demo.rules.district import CENTRES, DEPARTMENTS, CentrePlan, PersonPlan, staff_of
from tenants import services as tenants
from tenants.models import StationKind

PASSWORD = "demo district 2026"  # noqa: S105  accounts of a made-up district, printed for whoever tries it


@dataclass(slots=True)
class Person:
    """A member of staff as the simulation plays them."""

    plan: PersonPlan
    practitioner_id: int
    actor: Actor


@dataclass(slots=True)
class Centre:
    """A centre as the simulation plays it."""

    plan: CentrePlan
    tenant_id: int
    departments: dict[str, int] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def system(self) -> Actor:
        """The installer's hand in this centre."""
        return system_actor(self.tenant_id, name="installer")

    def actor(self, account: str) -> Actor:
        """The person behind an account."""
        return self.people[account].actor


def load_shared_data() -> None:
    """Dictionaries and the demonstration catalogue, once for the district."""
    catalogue.load_dictionaries()
    catalogue.load_demo_catalogue(by=system_actor(None, name="installer"))


def open_centre(plan: CentrePlan) -> Centre:
    """Open a centre with its departments, staff, accounts and prices."""
    tenant = tenants.create_centre(
        code=plan.code,
        name=plan.name,
        district="示范区",
        settings={"theme": plan.theme, "fee_scheme": plan.fee_scheme},
        by=system_actor(None, name="installer"),
    )
    centre = Centre(plan, tenant.id)
    house = tenants.add_station(code="S1", name=plan.name, kind=StationKind.CENTRE, by=centre.system)
    tenants.add_station(code="S2", name=plan.station, by=centre.system)
    for code, name, kind in DEPARTMENTS:
        department = tenants.add_department(
            station_id=house.id, code=code, name=name, kind=kind, by=centre.system
        )
        centre.departments[code] = department.id
    for number, person in enumerate(staff_of(plan), start=1):
        centre.people[person.account] = _employ(centre, person, number)
    charging.load_demo_prices(by=centre.system)
    return centre


def centres_of_district(how_many: int) -> list[Centre]:
    """The first centres of the plan: opened when they are not there yet, else found again."""
    plans = CENTRES[:how_many]
    known = {tenant.code: tenant.id for tenant in directory().all_active()}
    return [find_centre(plan, known[plan.code]) if plan.code in known else open_centre(plan) for plan in plans]


def _employ(centre: Centre, plan: PersonPlan, number: int) -> Person:
    practitioner = tenants.add_practitioner(
        staff_no=f"{number:03d}",
        name=plan.name,
        department_id=centre.departments[plan.department],
        licence=plan.licence,
        licence_no=f"99{centre.plan.region}{number:06d}" if plan.licence != "none" else "",
        title=plan.title,
        may_prescribe=plan.may_prescribe,
        may_review=plan.may_review,
        by=centre.system,
    )
    accounts.create_account(
        sign_in_name=f"{centre.plan.code}.{plan.account}",
        display_name=plan.name,
        password=PASSWORD,
        roles=list(plan.roles),
        practitioner_id=practitioner.id,
        department_id=centre.departments[plan.department],
        must_change_password=False,
        by=centre.system,
    )
    return Person(plan, practitioner.id, accounts.find_actor(f"{centre.plan.code}.{plan.account}"))


def find_centre(plan: CentrePlan, tenant_id: int) -> Centre:
    """A centre that an earlier run opened."""
    from app.db import tenant_unit
    from tenants import queries

    centre = Centre(plan, tenant_id)
    with tenant_unit(tenant_id):
        centre.departments = {row.code: row.id for row in queries.list_departments()}
        ids = {row.staff_no: row.id for row in queries.list_practitioners()}
    for number, person in enumerate(staff_of(plan), start=1):
        actor = accounts.find_actor(f"{plan.code}.{person.account}")
        centre.people[person.account] = Person(person, ids[f"{number:03d}"], actor)
    return centre
