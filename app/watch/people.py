"""Whose records were read: compares residents with those who read them, in the memory of one pass."""

from collections import defaultdict

from sqlalchemy import select

from app.accounts.models import AccountPerson, Membership
from app.db import control_unit, db, tenant_unit
from app.errors import NotFound
from app.registry import installed
from app.tenancy import CentreClosed
from app.watch.rules import Fact, Finding, Person, judge_person


def judge_readings(facts: list[Fact]) -> list[Finding]:
    """What the people behind the readings show; a few statements for each centre that has readings."""
    read = next((module.people for module in installed().modules.values() if module.people), None)
    of_centre: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.account_id and fact.tenant_id:
            of_centre[fact.tenant_id].append(fact)
    if read is None or not of_centre:
        return []
    staff = _staff(sorted(of_centre))
    found: list[Finding] = []
    for tenant_id, here in sorted(of_centre.items()):
        numbers = staff.get(tenant_id, {})
        readers = {fact.account_id for fact in here}
        theirs = {number for number, account_id in numbers.items() if account_id in readers}
        try:
            with tenant_unit(tenant_id):
                residents = read({fact.patient_id for fact in here if fact.patient_id}, theirs)
        except (NotFound, CentreClosed):  # no longer here; its rows are
            continue
        found += _compare(here, residents, numbers)
    return found


def _compare(facts: list[Fact], residents: dict[int, Person], numbers: dict[str, int]) -> list[Finding]:
    files = {
        numbers[one.document]: one for one in residents.values() if one.document and one.document in numbers
    }
    found = []
    for fact in facts:
        read = residents.get(fact.patient_id or 0)
        if read is not None:
            found += judge_person(fact, read, files.get(fact.account_id), numbers)
    return found


def _staff(tenant_ids: list[int]) -> dict[int, dict[str, int]]:
    """Centre → document number → account, of those whose number the security administrator has noted."""
    with control_unit():
        rows = db.session.execute(
            select(Membership.tenant_id, AccountPerson)
            .join(AccountPerson, AccountPerson.account_id == Membership.account_id)
            .where(Membership.tenant_id.in_(tenant_ids))
        ).all()
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for tenant_id, person in rows:
            found[tenant_id][person.document_number] = person.account_id
        return found
