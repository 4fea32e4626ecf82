"""Opening the centres of the demo district through the use cases an operator would use."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from app import clock
from app.accounts import queries as account_queries
from app.accounts import services as accounts
from app.actor import Actor, system_actor
from app.db import control_unit, tenant_unit
from app.tenancy import directory
from app.use_cases import perform
from modules.catalogue import queries as catalogue_queries
from modules.catalogue import services as catalogue
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.demo.rules.district import (
    CENTRES,
    CHECK_UP,
    DEPARTMENTS,
    DISTRICT_PEOPLE,
    IN_TWO_CENTRES,
    LIMITS,
    CentrePlan,
    PersonPlan,
    staff_of,
)
from modules.dispensing import queries as dispensing_queries
from modules.dispensing import services as dispensing
from tenants import queries
from tenants import services as tenants
from tenants.models import StationKind

CLINICIANS = ("doctor", "doctor2", "doctor3", "tcm", "child")
NIGHT_DOCTOR = "doctor2"
SHIFTS = (
    ("morning", time(8), time(12)),
    ("afternoon", time(12), time(18)),
    ("night", time(18), time(8)),
)
LINES_A_DOCUMENT = 100
PASSWORD = "demo district 2026"  # noqa: S105  accounts of a made-up district, printed for whoever tries it


def play(use_case: str, *, by: Actor, **arguments: Any) -> Any:
    """Carry out a use case by name with plain values, as a program at the desk would send them."""
    return perform(use_case, arguments, by=by)


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


def open_centre(plan: CentrePlan, *, capacity: int) -> Centre:
    """Open a centre with its departments, staff, accounts and prices."""
    tenant = tenants.create_centre(
        code=plan.code,
        name=plan.name,
        district="示范区",
        settings={
            "theme": plan.theme,
            "registration.fee_scheme": plan.fee_scheme,
            "single_pharmacist": plan.is_single_pharmacist,
            "pays_at_end": plan.pays_at_end,
            "reduces_by_rule": True,
        },
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
    charging.add_reduction_rule(
        name="老年人诊疗费减半",
        age_from=65,
        item_codes="X0001 X0002",
        percent=Decimal(50),
        cap_year=Decimal(200),
        valid_from=clock.today(),
        basis="示范区卫健〔2026〕3号",
        by=centre.system,
    )
    _packages(centre)
    _plan_week(centre, capacity)
    _stock_shelves(centre)
    return centre


def _packages(centre: Centre) -> None:
    """A check-up for the old as a package, and items that are not for everybody, or not twice a day."""
    with tenant_unit(centre.tenant_id):
        items = {item.code: item.id for item in catalogue_queries.all_services()}
    charging.add_package(
        code="TC001",
        name="老年人体检套餐",
        members=[charging.MemberInput(item_id=items[code]) for code in CHECK_UP],
        reason="示范区卫健〔2026〕3号",
        by=centre.system,
    )
    for code, limit in LIMITS.items():
        charging.set_limit(
            item_kind=charging_queries.ItemKind.SERVICE, item_id=items[code], by=centre.system, **limit
        )


def _plan_week(centre: Centre, capacity: int) -> None:
    """Every clinic doctor sees patients all week; one stays for the night, so that a desk is never without."""
    for account in CLINICIANS:
        person = centre.people[account]
        for weekday in range(7):
            for shift, starts_at, ends_at in SHIFTS:
                if shift == "night" and account != NIGHT_DOCTOR:
                    continue
                play(
                    "registration.save_template",
                    weekday=weekday,
                    shift=shift,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    department_id=centre.departments[person.plan.department],
                    practitioner_id=person.practitioner_id,
                    room=str(CLINICIANS.index(account) + 1),
                    capacity=capacity,
                    addon_limit=5,
                    by=centre.system,
                )


def _stock_shelves(centre: Centre) -> None:
    """Opening stock in two batches a drug, for months."""
    dispensing.set_up_all_locations(by=centre.system)
    with tenant_unit(centre.tenant_id):
        places = {place.department_id: place.id for place in dispensing_queries.list_locations()}
        drugs = catalogue_queries.all_drugs()
        prices = charging_queries.drug_prices([drug.id for drug in drugs])
    today = clock.today()
    for code, packs in (("pharmacy", 400), ("store", 200)):
        lines = [
            {
                "drug_id": drug.id,
                "batch_no": f"{today:%y%m}{letter}{drug.code[-3:]}",
                "expires_on": today + timedelta(days=days),
                "packs": packs // 2,
                "pack_cost": prices[drug.id].amount,
            }
            for drug in drugs
            if drug.id in prices
            for letter, days in (("A", 240), ("B", 600))
        ]
        for start in range(0, len(lines), LINES_A_DOCUMENT):
            play(
                "dispensing.post_opening_stock",
                location_id=places[centre.departments[code]],
                lines=lines[start : start + LINES_A_DOCUMENT],
                by=centre.system,
            )


def centres_of_district(how_many: int, *, capacity: int) -> list[Centre]:
    """The first centres of the plan: opened when they are not there yet, else found again."""
    plans = CENTRES[:how_many]
    known = {tenant.code: tenant.id for tenant in directory().all_active()}
    _open_district()
    centres = [
        find_centre(plan, known[plan.code]) if plan.code in known else open_centre(plan, capacity=capacity)
        for plan in plans
    ]
    if not known:
        _lend_doctor(centres)
    return centres


def _open_district() -> None:
    """The people of the district who are not there yet: operator, security, audit, supervision, purchasers."""
    by = system_actor(None, name="installer")
    with control_unit():
        known = {member.account.sign_in_name for member in account_queries.list_members(by=by)}
    for account, name, role in DISTRICT_PEOPLE:
        if account in known:
            continue
        accounts.create_account(
            sign_in_name=account,
            display_name=name,
            password=PASSWORD,
            roles=[role],
            must_change_password=False,
            by=by,
        )


def _lend_doctor(centres: list[Centre]) -> None:
    """One doctor works in two centres, as the switch in the head of the page shows."""
    home, account, other = IN_TWO_CENTRES
    by_code = {centre.plan.code: centre for centre in centres}
    if home not in by_code or other not in by_code:
        return
    doctor, there = by_code[home].people[account], by_code[other]
    guest = tenants.add_practitioner(
        staff_no="090",
        name=doctor.plan.name,
        department_id=there.departments[doctor.plan.department],
        licence=doctor.plan.licence,
        licence_no=f"99{by_code[home].plan.region}900090",
        title=doctor.plan.title,
        may_prescribe=doctor.plan.may_prescribe,
        by=there.system,
    )
    offer = accounts.offer_membership(
        sign_in_name=f"{home}.{account}",
        roles=list(doctor.plan.roles),
        practitioner_id=guest.id,
        department_id=there.departments[doctor.plan.department],
        by=there.system,
    )
    accounts.accept_offer(offer_id=offer.id, by=doctor.actor)


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
    centre = Centre(plan, tenant_id)
    with tenant_unit(tenant_id):
        centre.departments = {row.code: row.id for row in queries.list_departments()}
        ids = {row.staff_no: row.id for row in queries.list_practitioners()}
    for number, person in enumerate(staff_of(plan), start=1):
        actor = accounts.find_actor(f"{plan.code}.{person.account}")
        centre.people[person.account] = Person(person, ids[f"{number:03d}"], actor)
    return centre
