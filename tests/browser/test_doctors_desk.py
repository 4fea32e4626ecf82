"""The doctor's desk in the browser: call, write, prescribe three drugs with few keys, finish."""

from collections.abc import Callable
from typing import Any

import pytest
from support.outpatients import FULL_RECORD, make_patient, open_encounter, register

from app.actor import Actor
from app.db import tenant_unit
from modules.clinic.queries import get_encounter
from modules.patients.services import record_allergy
from modules.prescriptions.queries import list_items, list_of_visit

pytestmark = [pytest.mark.browser, pytest.mark.one_engine]
OpenDesk = Callable[[str], Any]


def test_three_drugs_by_initials_are_signed_with_ten_acts(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    desk = open_desk("doctor")
    page = desk.open(f"/clinic/visits/{encounter.visit_id}")
    for letters in ("mt", "xb", "dp"):
        desk.initials(letters)
        page.wait_for_selector(".option.on")
        desk.press("Enter")
        page.wait_for_timeout(60)
    desk.settle()
    desk.press("F8")
    page.wait_for_selector("text=R261120")
    assert desk.acts <= 10
    assert desk.overflow() == 0
    with tenant_unit(ours["tenant_id"]):
        sheet = list_of_visit(encounter.visit_id)[0]
        assert [item.line_no for item in list_items(sheet)] == [1, 2, 3]
