"""The world most tests start from: two centres with the same departments and one person for every role."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app import clock
from app.accounts import services as accounts
from app.actor import Actor, system_actor
from app.db import tenant_unit
from modules.catalogue import queries as catalogue_queries
from modules.catalogue import services as catalogue
from modules.charging import services as charging
from modules.dispensing import queries as dispensing_queries
from modules.dispensing import services as dispensing
from tenants import services as tenants
from tenants.models import DepartmentKind, LicenceKind, StationKind, Title

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)  # a Friday, 09:30 in Shanghai
TODAY = date(2026, 11, 20)
PASSWORD = "three quiet herons"
UNSTOCKED = frozenset({"D0160", "D0161", "D0162", "D0163"})
DEPARTMENTS = {
    "general": ("GP", "全科", DepartmentKind.CLINIC),
    "tcm": ("TCM", "中医科", DepartmentKind.CLINIC),
    "pharmacy": ("PH", "药房", DepartmentKind.PHARMACY),
    "storeroom": ("ST", "药库", DepartmentKind.STOREROOM),
    "cashier": ("CA", "收费处", DepartmentKind.CASHIER),
}
STAFF = {
    "registrar": ("周敏", "cashier", {}),
    "triage_nurse": ("吴静", "general", {"licence": LicenceKind.NURSE, "title": Title.JUNIOR}),
    "doctor": (
        "李静",
        "general",
        {"licence": LicenceKind.PHYSICIAN, "title": Title.INTERMEDIATE, "may_prescribe": True},
    ),
    "cashier": ("孙丽", "cashier", {}),
    "pharmacist": (
        "何平",
        "pharmacy",
        {"licence": LicenceKind.PHARMACIST, "title": Title.INTERMEDIATE, "may_review": True},
    ),
    "storekeeper": ("钱库", "storeroom", {"licence": LicenceKind.PHARMACIST, "title": Title.JUNIOR}),
    "administrator": ("郑管", "cashier", {}),
    "accountant": ("沈会", "cashier", {}),
    "auditor": ("冯审", "cashier", {}),
    "other_doctor": (
        "陈光",
        "tcm",
        {"licence": LicenceKind.PHYSICIAN, "title": Title.JUNIOR, "may_prescribe": True},
    ),
    "other_pharmacist": (
        "许药",
        "pharmacy",
        {"licence": LicenceKind.PHARMACIST, "title": Title.JUNIOR, "may_review": True},
    ),
    "security_administrator": ("严安", "cashier", {}),
}
DISTRICT = {
    "district_operator": "区运维",
    "district_security": "区安全",
    "district_auditor": "区审计",
    "supervisor": "区监督",
    "district_purchaser": "区采购",
}


def build() -> dict[str, Any]:
    """Make both centres; returns ids that fixtures look up by name."""
    clock.stop(NOW - timedelta(days=30))
    catalogue.load_dictionaries(small=True)
    catalogue.load_demo_catalogue(by=system_actor(None))
    for role, person in DISTRICT.items():
        accounts.create_account(
            sign_in_name=f"{role}@district",
            display_name=person,
            password=PASSWORD,
            roles=[role],
            must_change_password=False,
            by=system_actor(None),
        )
    return {"ours": _centre("C1", "城东社区卫生服务中心"), "theirs": _centre("C2", "城西社区卫生服务中心")}


def _centre(code: str, name: str) -> dict[str, Any]:
    tenant_id = tenants.create_centre(code=code, name=name, district="示范区", by=system_actor(None)).id
    by = system_actor(tenant_id)
    station = tenants.add_station(code="S1", name=name, kind=StationKind.CENTRE, by=by)
    departments = {
        key: tenants.add_department(station_id=station.id, code=code_, name=title, kind=kind, by=by).id
        for key, (code_, title, kind) in DEPARTMENTS.items()
    }
    charging.load_demo_prices(by=by)
    people = {}
    for number, (role, (person, department, rights)) in enumerate(STAFF.items(), start=1):
        practitioner = tenants.add_practitioner(
            staff_no=f"{number:03d}", name=person, department_id=departments[department], by=by, **rights
        )
        account = accounts.create_account(
            sign_in_name=f"{role}@{code.lower()}",
            display_name=person,
            password=PASSWORD,
            roles=[role.removeprefix("other_")],
            practitioner_id=practitioner.id,
            department_id=departments[department],
            must_change_password=False,
            by=by,
        )
        people[role] = {"practitioner_id": practitioner.id, "account_id": account.id}
    return {
        "tenant_id": tenant_id,
        "station_id": station.id,
        "departments": departments,
        "people": people,
        "locations": _stock(tenant_id),
    }


def _stock(tenant_id: int) -> dict[str, int]:
    """A thousand packs of every drug at the pharmacy, none of those kept for tests of stock."""
    by = system_actor(tenant_id)
    dispensing.set_up_all_locations(by=by)
    with tenant_unit(tenant_id):
        locations = {location.kind.value: location.id for location in dispensing_queries.list_locations()}
        drugs = [drug for drug in catalogue_queries.all_drugs() if drug.code not in UNSTOCKED]
    for start in range(0, len(drugs), 100):
        dispensing.post_opening_stock(
            location_id=locations["pharmacy"],
            lines=[
                dispensing.StockLineInput(
                    drug_id=drug.id,
                    batch_no="W28",
                    expires_on=date(2028, 12, 31),
                    packs=Decimal(1000),
                    pack_cost=Decimal("9.60"),
                )
                for drug in drugs[start : start + 100]
            ],
            by=by,
        )
    return locations


def actor(centre: dict[str, Any], role: str) -> Actor:
    """The actor of a role in a centre, with today's permissions."""
    from sqlalchemy import select

    from app.accounts.models import Account, Membership
    from app.db import control_unit, db

    with control_unit():
        account, membership = db.session.execute(
            select(Account, Membership)
            .join(Membership, Membership.account_id == Account.id)
            .where(Account.id == centre["people"][role]["account_id"])
            .where(Membership.tenant_id == centre["tenant_id"])
        ).one()
    return accounts.actor_of(account, membership, address="10.0.0.9")


def district_actor(role: str) -> Actor:
    """The actor of a role of the district."""
    return accounts.find_actor(f"{role}@district", origin="desk")


def program_token(centre: dict[str, Any], role: str, permissions: Iterable[str] = ()) -> str:
    """A token of a program that has the role; the permissions are added to it behind the back of every rule."""
    from app.db import Mode, control_unit, db
    from tenants.models import Centre, RoleGrant

    by = system_actor(centre["tenant_id"])
    account = accounts.create_program(sign_in_name=f"p.{role}", display_name="程序", roles=[role], by=by)
    with control_unit(Mode.WRITE):
        for permission in sorted(permissions):
            db.session.add(
                RoleGrant(tenant_id=centre["tenant_id"], role=role, permission=permission, is_granted=True)
            )
        db.session.get_one(Centre, centre["tenant_id"]).version += 1
        db.session.commit()
    return accounts.issue_token(account_id=account.id, label="program", by=by)
