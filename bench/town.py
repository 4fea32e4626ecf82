"""The demo centre that is measured: residents with files, tokens for its desks, today's sessions."""

import random
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask

from app import clock
from app.accounts import services as accounts
from app.actor import system_actor
from app.db import migrate, tenant_unit
from bench.journeys import Plan
from modules.catalogue import queries as catalogue
from modules.demo import services as demo
from modules.demo.services.course import open_file
from modules.demo.services.people import make_resident
from modules.registration import queries as registration_queries
from modules.registration import services as registration
from tenants import provisioning


@dataclass(frozen=True, slots=True)
class Built:
    """The centre and what its journeys need."""

    tenant_id: int
    centre: Any
    plan: Plan
    doctor: str  # the account that sees the patients of the journeys


def build(app: Flask, *, residents: int) -> Built:
    """Migrate, load the dictionaries, open a centre and the files of its residents."""
    with app.app_context():
        migrate.upgrade_all()
        with clock.at(clock.now().replace(hour=1)):
            demo.load_shared_data()
            centre = demo.centres_of_district(1, capacity=500)[0]
        registration.generate_sessions(days=2, by=centre.system)
        people = _open_files(centre, residents)
        with tenant_unit(centre.tenant_id):
            drug_ids = {drug.code: drug.id for drug in catalogue.all_drugs()}
            session = registration_queries.list_running_sessions(department_id=centre.departments["gp"])[0]
        doctor = next(
            name
            for name, person in centre.people.items()
            if person.practitioner_id == session.practitioner_id
        )
        tokens = {role: _token(centre, role) for role in ("registrar", "cashier", "pharmacist")}
        tokens["doctor"] = _token(centre, doctor)
    return Built(centre.tenant_id, centre, Plan("", tokens, drug_ids, session.id, people), doctor)


def _open_files(centre: Any, wanted: int) -> list[tuple[int, str]]:
    town = demo.Town.of(centre, random.Random(1))
    dice, people, number = random.Random(2), [], 0
    while len(people) < wanted:
        resident = make_resident(dice, number, clock.today(), region="990009")
        number += 1
        if 40 <= clock.today().year - resident.born_on.year <= 85:
            people.append((open_file(town, resident).patient_id, resident.name))
    return people


def _token(centre: Any, account: str) -> str:
    owner = replace(centre.actor(account), is_system=True)  # everybody asks for their own
    return accounts.issue_token(account_id=owner.account_id, label="bench", by=owner)


def open_centres(count: int) -> list[int]:
    """So many more centres in the same partition, as ``flask centre create-many`` makes them; their ids."""
    by, opened = system_actor(None), []
    for number in range(count):
        centre = provisioning.provision_centre(
            code=f"more{number}",
            name=f"第{number}社区卫生服务中心",
            district="示范区",
            administrator=f"管理员{number}",
            security_administrator=f"安全员{number}",
            by=by,
        )
        provisioning.prepare_centre(centre.id)
        opened.append(centre.id)
    return opened
