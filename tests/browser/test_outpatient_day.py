"""One outpatient day: each desk in its own browser, at both sizes, in both languages."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support import world
from support.outpatients import make_patient, session_of

from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.clinic.queries import get_encounter
from modules.dispensing.queries import get_task
from modules.patients.models import Patient
from modules.patients.services import record_allergy
from modules.prescriptions import queries as prescriptions
from modules.registration.queries import get_visit, list_visits

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]

IDENTITY_NUMBER = "11010519491231002X"
WORDS = {
    "zh_Hans": ("候诊", "已收费", "待审方", "待调配", "待发药", "已发药"),
    "en": ("Waiting to be called", "Paid", "To review", "To prepare", "To hand out", "Handed out"),
}
NAMES = ("waiting", "paid", "to_review", "to_prepare", "to_hand_out", "handed_out")
TYPED = (  # in the order in which Enter goes from field to field
    ("record-chief_complaint", "头晕3天"),
    ("record-kind", ""),
    ("vitals-temperature", "36.5"),
    ("vitals-pulse", "76"),
    ("record-present_illness", "3天前出现头晕，无恶心呕吐。"),
    ("vitals-systolic", "148"),
    ("vitals-diastolic", "92"),
    ("record-past_history", "高血压病史10年。"),
    ("record-physical_exam", "心率76次/分，律齐，双肺呼吸音清。"),
    ("vitals-respiration", ""),
    ("vitals-spo2", ""),
    ("record-auxiliary_results", ""),
    ("record-treatment_advice", "低盐饮食，规律服药。"),
    ("vitals-height", ""),
    ("vitals-weight", ""),
)


def test_a_resident_is_registered_seen_charged_and_given_the_drugs(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    setting: tuple[str, str],
    open_desk: OpenDesk,
) -> None:
    words = dict(zip(NAMES, WORDS[setting[1]], strict=True))
    session_of(ours, doctor)
    patient = make_patient(
        registrar,
        name="王秀英",
        sex="2",
        born_on="1949-12-31",
        document_number=IDENTITY_NUMBER,
        has_no_known_allergies=False,
    )
    record_allergy(patient_id=patient.id, substance="青霉素", keys=["penicillin"], by=registrar)

    visit_number = _register(open_desk("registrar"), patient, words)
    number, due = _consult(open_desk("doctor"), ours, patient)
    _settle(open_desk("cashier"), visit_number, due, words)
    _dispense(open_desk("pharmacist"), open_desk("other_pharmacist"), number, words)

    with tenant_unit(ours["tenant_id"]):
        visit = list_visits(world.TODAY).rows[0]
        sheet = prescriptions.list_of_visit(visit.id)[0]
        bill = charging.find_bill(visit.id)
        assert bill is not None
        view = charging.bill_view(bill.id)
        assert get_visit(visit.id).status.value == "finished"
        assert get_encounter(visit.id).is_signed
        assert sheet.status.value == "dispensed"
        assert get_task(sheet.id).status.value == "dispensed"
        assert (view.due_amount, view.paid_amount) == (Decimal(0), due)


def _register(desk: Any, patient: Patient, words: dict[str, str]) -> str:
    """The registrar finds the resident by the identity number; the earliest free place is proposed."""
    page = desk.open("/registration/window")
    assert desk.accessibility() == []
    desk.identify(IDENTITY_NUMBER)
    page.wait_for_selector(".option.on")
    if desk.is_touch:
        page.tap(".option.on")
    else:
        desk.press("Enter")
    page.wait_for_selector(f"#window-patient .pb.alert >> text={patient.name}")
    assert "青霉素" in page.inner_text("#window-patient .pb-tags")
    desk.act("F8")
    page.wait_for_url("**registered=**")
    assert page.inner_text("#window-fee .amount-due") == "1"
    assert "¥ 10.00" in page.inner_text("#window-fee")
    row = page.inner_text(f"tr.on:has-text('{patient.name}')")
    assert words["waiting"] in row
    assert desk.overflow() == 0
    found = re.search(r"V\d{9,}", page.inner_text("#window-fee"))
    assert found
    return found.group()


def _consult(desk: Any, centre: dict[str, Any], patient: Patient) -> tuple[str, Decimal]:
    """The doctor calls, writes record and diagnosis, signs three drugs and finishes."""
    page = desk.open("/clinic/desk")
    assert desk.accessibility() == []
    desk.act("F9")
    page.wait_for_selector(f".pb.alert >> text={patient.name}")
    desk.settle()
    desk.act("F8")
    page.wait_for_selector("#record-form")
    desk.settle()
    _write_record(desk)
    _prescribe(desk)
    assert desk.accessibility() == []
    desk.act("F8")
    page.wait_for_selector("text=RX26112000001")
    assert len(page.query_selector_all("#orders .panel:has-text('RX26112000001') tbody tr")) == 3
    assert desk.overflow() == 0
    desk.settle()
    desk.act("Shift+F8")
    page.wait_for_url("**/clinic/desk")
    assert patient.name not in page.inner_text("#queue")
    with tenant_unit(centre["tenant_id"]):
        visit = list_visits(world.TODAY).rows[0]
        bill = charging.find_bill(visit.id)
        assert bill is not None
        return "RX26112000001", charging.bill_view(bill.id).due_amount


def _prescribe(desk: Any) -> None:
    """Three drugs by two initials each."""
    page = desk.page
    desk.act("F3")
    for letters in ("mt", "xb", "dp"):
        desk.initials(letters)
        page.wait_for_selector(".option.on")
        if desk.is_touch:
            page.tap(".option.on")
        else:
            desk.press("Enter")
        page.wait_for_selector(".option", state="hidden")
    desk.settle()
    page.wait_for_selector("#lines-2-amount_cell:not(:empty)")
    amounts = page.eval_on_selector_all("#rx-lines [id$=amount_cell]", "cells => cells.map(c => c.innerText)")
    total = sum(Decimal(amount) for amount in amounts[:3])
    assert f"{total:,.2f}" in page.inner_text("#rx-form-amounts")


def _write_record(desk: Any) -> None:
    """Record, vital signs and a diagnosis, field after field."""
    page = desk.page
    if desk.is_touch:
        for name, value in TYPED:
            page.fill(f"#f-{name}", value) if value else None
        page.tap("#f-diagnoses-0-code")
    else:
        for name, value in TYPED:
            page.wait_for_function("name => document.activeElement.id === `f-${name}`", arg=name)
            page.keyboard.type(value)
            desk.press("Control+Enter" if name == "record-present_illness" else "Enter")
        page.focus("#f-diagnoses-0-code")
    page.keyboard.type("gxy")
    page.wait_for_selector(".option.on")
    assert "高血压" in page.inner_text(".option.on")
    if desk.is_touch:
        page.tap(".option.on")
    else:
        desk.press("Enter")
    page.wait_for_selector("#record-state :text-matches('[0-9]{2}:[0-9]{2}')")


def _settle(desk: Any, visit_number: str, due: Decimal, words: dict[str, str]) -> None:
    """The cashier scans the visit; what the lines add up to is what is asked for."""
    page = desk.open("/charging/desk")
    assert desk.accessibility() == []
    desk.scan(visit_number)
    page.wait_for_selector("#due")
    desk.settle()
    amounts = [
        Decimal(cell.inner_text()) for cell in page.query_selector_all("main tbody tr td:nth-child(5)")
    ]
    assert len(amounts) == 4
    assert sum(amounts) == due
    assert f"{due:,.2f}" in page.inner_text("#due")
    assert desk.accessibility() == []
    if desk.is_touch:
        page.tap("button[form=settle]")
    else:
        desk.press("F10")
        desk.press("Enter")
    page.wait_for_selector("text=S26112000001")
    states = {cell.inner_text() for cell in page.query_selector_all("main .gt:first-of-type td:nth-child(6)")}
    assert words["paid"] in states
    assert desk.overflow() == 0


def _dispense(first: Any, second: Any, number: str, words: dict[str, str]) -> None:
    """One pharmacist reviews with ten ticks, another prepares, the first hands out."""
    page = first.open("/dispensing/window")
    assert first.accessibility() == []
    first.scan(number)
    page.wait_for_selector("#act")
    first.settle()
    assert words["to_review"] in page.inner_text("main")
    assert first.accessibility() == []
    for box in page.query_selector_all("#act input[type=checkbox]"):
        if first.is_touch:
            box.tap()
        else:
            box.focus()
            first.press("Space")
    first.act("F8")
    page.wait_for_selector(f".tag:has-text('{words['to_prepare']}')")

    other = second.open("/dispensing/window")
    second.scan(number)
    other.wait_for_selector("#act", state="attached")
    second.settle()
    second.act("F8")
    other.wait_for_selector(f".tag:has-text('{words['to_hand_out']}')")

    first.open("/dispensing/window")
    first.scan(number)
    page.wait_for_selector("#act", state="attached")
    first.settle()
    first.act("F8")
    page.wait_for_selector(f".tag:has-text('{words['handed_out']}')")
    assert first.overflow() == 0
