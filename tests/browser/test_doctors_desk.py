"""The doctor's desk in the browser: three drugs with few keys, favourites, allergies, finish."""

from collections.abc import Callable
from typing import Any

import pytest
from support.outpatients import FULL_RECORD, make_patient, open_encounter

from app.actor import Actor
from app.db import tenant_unit
from modules.clinic.queries import get_encounter
from modules.clinic.services import save_phrase
from modules.patients.services import record_allergy
from modules.prescriptions.queries import list_items, list_of_visit

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
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
        page.wait_for_selector(".option.on", state="hidden")
    desk.settle()
    desk.press("F8")
    page.wait_for_selector("text=RX261120")
    assert desk.acts <= 10
    assert desk.overflow() == 0
    with tenant_unit(ours["tenant_id"]):
        sheet = list_of_visit(encounter.visit_id)[0]
        assert [item.line_no for item in list_items(sheet)] == [1, 2, 3]
    desk.press("Shift+F8")
    page.wait_for_url("**/clinic/desk")
    with tenant_unit(ours["tenant_id"]):
        assert get_encounter(encounter.visit_id).finished_at is not None


def test_a_blocked_drug_is_not_picked(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    patient = make_patient(registrar)
    record_allergy(patient_id=patient.id, substance="青霉素", keys=["penicillin"], by=doctor)
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, patient=patient, record=FULL_RECORD)
    desk = open_desk("doctor")
    page = desk.open(f"/clinic/visits/{encounter.visit_id}")
    desk.initials("amxl")
    page.wait_for_selector(".option.blocked")
    desk.press("Enter")
    page.wait_for_selector(".option-why")
    assert page.input_value("#f-lines-0-drug_id-id") == ""


def test_a_phrase_is_put_behind_what_stands_in_the_record(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    save_phrase(part="physical_exam", text="双肺呼吸音清。", by=doctor)
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    desk = open_desk("doctor")
    page = desk.open(f"/clinic/visits/{encounter.visit_id}")
    desk.act("Shift+F7")
    page.wait_for_selector("#phrases [data-insert-into]")
    assert desk.accessibility() == []
    with page.expect_response("**/record"):  # the draft is kept by itself
        page.click("#phrases [data-insert-into]")
    page.wait_for_selector("#phrases", state="hidden")
    expected = f"{FULL_RECORD.physical_exam}双肺呼吸音清。"
    assert page.input_value("#f-record-physical_exam").replace("\n", "").replace(" ", "") == expected
    assert page.locator("#f-record-physical_exam:focus").count() == 1
    with tenant_unit(ours["tenant_id"]):
        assert "双肺呼吸音清" in get_encounter(encounter.visit_id).record["physical_exam"]
    page = desk.open("/clinic/phrases")
    assert desk.overflow() == 0
    assert desk.accessibility() == []
