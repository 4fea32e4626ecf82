"""Keystroke budgets from an open page: a scan, a typed identifier and a chord count one each."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support.outpatient import make_bill, prescribe
from support.outpatients import FULL_RECORD, make_patient, open_encounter, register, session_of

from app.actor import Actor
from app.db import tenant_unit
from app.keys import SCHEMES, key_in
from modules.charging import queries as charging
from modules.charging.services import settle_bill
from modules.dispensing.queries import get_task
from modules.prescriptions import queries as prescriptions
from modules.prescriptions.services import sign_prescription
from modules.registration.queries import get_visit
from tenants.services import change_settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_engine,
    pytest.mark.slow,
    pytest.mark.parametrize("setting", ["desktop-zh_Hans"], indirect=True),
]
OpenDesk = Callable[[str], Any]
KeyOf = Callable[[str], str]
IDENTITY_NUMBER = "11010519491231002X"


@pytest.fixture(params=list(SCHEMES))
def key(request: pytest.FixtureRequest, administrator: Actor) -> KeyOf:
    """The key that the centre's scheme has for one of the standard's: the budgets hold in each."""
    change_settings(settings={"keys": request.param}, by=administrator)
    return lambda standard: key_in(request.param, standard)


def test_a_known_resident_has_a_queue_number_after_three(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk, key: KeyOf
) -> None:
    session_of(ours, doctor)
    patient = make_patient(
        registrar, name="王秀英", sex="2", born_on="1949-12-31", document_number=IDENTITY_NUMBER
    )
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    desk.identify(IDENTITY_NUMBER)
    desk.press("Enter")
    page.wait_for_selector(f"#window-patient >> text={patient.name}")
    desk.press(key("F8"))
    page.wait_for_url("**registered=**")
    assert page.inner_text("#window-fee .amount-due").lstrip("0") == "1"
    assert desk.acts == 3


def test_a_scanned_card_gives_a_queue_number_after_two(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk, key: KeyOf
) -> None:
    session_of(ours, doctor)
    patient = make_patient(registrar)
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    desk.scan(patient.record_no)
    page.wait_for_selector(f"#window-patient >> text={patient.name}")
    desk.press(key("F8"))
    page.wait_for_url("**registered=**")
    assert desk.acts == 2


def test_the_next_patient_is_called_with_one(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk, key: KeyOf
) -> None:
    patient = make_patient(registrar)
    visit = register(ours, patient, registrar=registrar, doctor=doctor)
    desk = open_desk("doctor")
    page = desk.open("/clinic/desk")
    desk.press(key("F9"))
    page.wait_for_selector(f".pb >> text={patient.name}")
    assert desk.acts == 1
    with tenant_unit(ours["tenant_id"]):
        assert get_visit(visit.id).status.value == "called"


def test_three_favourites_are_signed_with_few(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk, key: KeyOf
) -> None:
    _sign_three_drugs(ours, registrar, doctor)
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    desk = open_desk("doctor")
    page = desk.open(f"/clinic/visits/{encounter.visit_id}")
    for row in range(3):
        desk.press(f"Alt+{row + 1}")
        page.wait_for_selector(f"#rx-lines tbody tr:nth-child({row + 2})")
    desk.settle()
    desk.press(key("F8"))
    page.wait_for_selector("text=RX26112000002")
    assert desk.acts <= 10
    with tenant_unit(ours["tenant_id"]):
        sheet = prescriptions.list_of_visit(encounter.visit_id)[0]
        assert len({item.drug_id for item in prescriptions.list_items(sheet)}) == 3


def test_an_exact_bill_is_settled_with_two(
    ours: dict[str, Any], registrar: Actor, cashier: Actor, open_desk: OpenDesk, key: KeyOf
) -> None:
    bill = make_bill(ours, registrar)
    desk = open_desk("cashier")
    page = desk.open(f"/charging/desk/{bill.id}")
    desk.press(key("F10"))
    desk.press("Enter")
    page.wait_for_selector("text=收据")
    assert desk.acts == 2
    with tenant_unit(ours["tenant_id"]):
        view = charging.bill_view(bill.id)
        assert (view.due_amount, len(view.settlements)) == (Decimal(0), 1)


def test_a_paid_slip_is_dispensed_with_two(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    administrator: Actor,
    open_desk: OpenDesk,
    key: KeyOf,
) -> None:
    change_settings(settings={"single_pharmacist": True}, by=administrator)
    bill = make_bill(ours, registrar)
    prescription = prescribe(ours, doctor, bill, ("D0053", 14))
    pay(ours, bill.id, cashier)
    desk = open_desk("pharmacist")
    page = desk.open("/dispensing/window")
    desk.scan(prescription.number)
    page.wait_for_selector(f"[data-key='{key('F8')}']")
    desk.settle()
    desk.press(key("F8"))
    page.wait_for_selector("text=已发药")
    assert desk.acts == 2
    with tenant_unit(ours["tenant_id"]):
        assert get_task(prescription.prescription_id).status.value == "dispensed"


def pay(centre: dict[str, Any], bill_id: int, cashier: Actor) -> None:
    """Settle a bill exactly, in cash."""
    with tenant_unit(centre["tenant_id"]):
        due = charging.bill_view(bill_id).due_amount
    settle_bill(bill_id=bill_id, expected_amount=due, tenders=[{"method": "cash", "amount": due}], by=cashier)


def _sign_three_drugs(centre: dict[str, Any], registrar: Actor, doctor: Actor) -> None:
    """The doctor has prescribed three drugs before, so they are among the favourites."""
    encounter = open_encounter(centre, registrar=registrar, doctor=doctor)
    with tenant_unit(centre["tenant_id"]):
        drugs = [
            prescriptions.find_drugs(code, practitioner_id=None, patient_id=None)[0]
            for code in ("D0053", "D0057", "D0069")
        ]
    sign_prescription(
        visit_id=encounter.visit_id,
        lines=[
            {"drug_id": int(drug["id"]), "dose": dose, "route": "po", "frequency": "qd", "days": 7}
            for drug, dose in zip(drugs, ("5", "80", "20"), strict=True)
        ],
        by=doctor,
    )
