"""One drug of three goes back: doctor, pharmacist and cashier, each from a row on their own desk, in few keystrokes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support.outpatients import FULL_RECORD, open_encounter

from app.actor import Actor
from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.charging import queries as charging
from modules.charging.services import TenderInput, settle_bill
from modules.dispensing.queries import get_task
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services import dispense_prescription, prepare_prescription, review_prescription
from modules.prescriptions.services import sign_prescription

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]
CODES = ("D0053", "D0057", "D0069")


@pytest.mark.parametrize("setting", ["desktop-zh_Hans", "tablet-en"], indirect=True)
def test_one_drug_of_three_is_refunded_by_pharmacist_and_cashier_in_few_keys(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    pharmacist: Actor,
    other_pharmacist: Actor,
    open_desk: OpenDesk,
) -> None:
    signed, bill = _handed_out(ours, registrar, doctor, cashier, pharmacist, other_pharmacist)
    _pharmacist_takes_back(open_desk("pharmacist"), signed)
    with tenant_unit(ours["tenant_id"]):
        assert get_task(signed.id).status.value == "partly_returned"
    _cashier_refunds(open_desk("cashier"))
    with tenant_unit(ours["tenant_id"]):
        view = charging.bill_view(bill.id)
        assert all(row.returned_count == 0 for row in charging.list_due_bills())
    assert [row.kind.value for row in view.settlements].count("mirror") == 1
    (back,) = [charge for charge in view.charges if charge.refunded_quantity]
    assert (back.item_code, back.refunded_quantity) == (CODES[1], Decimal(2))
    assert 0 < view.paid_amount < sum((charge.amount for charge in view.charges), Decimal("0.00"))


@pytest.mark.parametrize("setting", ["desktop-zh_Hans", "tablet-en"], indirect=True)
def test_a_doctor_asks_one_drug_of_three_back_and_everybody_after_takes_it_over(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    pharmacist: Actor,
    other_pharmacist: Actor,
    open_desk: OpenDesk,
) -> None:
    signed, bill = _handed_out(ours, registrar, doctor, cashier, pharmacist, other_pharmacist)
    _doctor_asks_back(open_desk("doctor"), signed)
    _pharmacist_takes_over(open_desk("pharmacist"))
    _cashier_refunds_what_was_asked(open_desk("cashier"))
    with tenant_unit(ours["tenant_id"]):
        view = charging.bill_view(bill.id)
        (request,) = charging.requests_of_visit(signed.visit_id)
    (back,) = [charge for charge in view.charges if charge.refunded_quantity]
    assert (back.item_code, back.refunded_quantity, back.asked_quantity) == (CODES[1], Decimal(2), 0)
    assert [step.state.value for step in request.steps] == ["asked", "confirmed", "refunded"]


def _doctor_asks_back(desk: Any, signed: Any) -> None:
    """From the sheet on the desk: the second drug, two of it, why. Seven keys."""
    page = desk.open(f"/clinic/visits/{signed.visit_id}")
    page.focus(f"a[href*='refund-request?prescription_id={signed.id}']")
    desk.press("Enter")
    page.wait_for_selector("#ask")
    assert desk.overflow() == 0
    desk.press("Tab")
    desk.identify("2")
    desk.press("Tab")
    desk.press("Tab")
    desk.identify("皮疹")
    desk.press("F8")
    page.wait_for_selector("text=/TF\\d+/")
    assert desk.overflow() == 0
    assert desk.acts == 7


def _pharmacist_takes_over(desk: Any) -> None:
    """The row at the window opens the return as it was asked; the packs are attested. Three keys."""
    page = desk.open("/dispensing/window")
    page.focus("#asked-back a")
    desk.press("Enter")
    page.wait_for_selector("#return[open]")
    amounts = [page.input_value(f"#f-lines-{place}-quantity") for place in range(3)]
    assert amounts == ["", "2", ""]
    assert page.input_value("#return #f-reason") == "皮疹"
    assert desk.overflow() == 0
    desk.press("Space")
    desk.press("F8")
    page.wait_for_selector("text=/KT\\d+/")
    assert desk.acts == 3


def _cashier_refunds_what_was_asked(desk: Any) -> None:
    """The row on the list of what waits opens the refund, filled with what was confirmed: two keys."""
    page = desk.open("/charging/refund-requests")
    assert desk.overflow() == 0
    page.focus("tbody a")
    desk.press("Enter")
    page.wait_for_selector("#refund[open]")
    amounts = [page.input_value(f"#f-lines-{place}-quantity") for place in range(4)]
    assert amounts == ["", "", "2", ""]
    desk.press("F8")
    page.wait_for_selector("#refund[open]", state="detached")
    desk.settle()
    assert desk.acts == 2


def _pharmacist_takes_back(desk: Any, signed: Any) -> None:
    """The slip is scanned, two of the second drug come back: ten keys."""
    page = desk.open("/dispensing/window")
    desk.scan(signed.number)
    page.wait_for_selector(f"text={signed.number}")
    desk.press("F6")
    page.wait_for_selector("#return[open]")
    assert desk.overflow() == 0
    desk.press("Tab")
    desk.identify("2")
    desk.press("Tab")
    desk.press("Tab")
    desk.identify("皮疹")
    desk.press("Tab")
    desk.press("Space")
    desk.press("F8")
    page.wait_for_selector("text=/KT\\d+/")
    assert desk.acts == 10


def _cashier_refunds(desk: Any) -> None:
    """The row on the desk opens the refund, filled with what came back: two keys."""
    page = desk.open("/charging/desk")
    page.focus(".queue a")
    desk.press("Enter")
    page.wait_for_selector("#refund[open]")
    amounts = [page.input_value(f"#f-lines-{place}-quantity") for place in range(4)]
    assert amounts == ["", "", "2", ""]  # the visit's fee comes first
    assert desk.overflow() == 0
    desk.press("F8")
    page.wait_for_selector("#refund[open]", state="detached")
    desk.settle()
    assert desk.acts == 2


def _handed_out(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    pharmacist: Actor,
    other_pharmacist: Actor,
) -> tuple[Any, Any]:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    with tenant_unit(ours["tenant_id"]):
        drugs = [catalogue.search_drugs(code)[0].id for code in CODES]
        bill = charging.find_bill(encounter.visit_id)
        assert bill is not None
    signed = sign_prescription(
        visit_id=encounter.visit_id,
        lines=[
            {"drug_id": key, "dose": dose, "route": "po", "frequency": "qd", "days": 7}
            for key, dose in zip(drugs, ("5", "80", "20"), strict=True)
        ],
        by=doctor,
    )
    with tenant_unit(ours["tenant_id"]):
        due = charging.bill_view(bill.id).due_amount
    settle_bill(
        bill_id=bill.id,
        expected_amount=due,
        tenders=[TenderInput(method="cash", amount=due)],
        by=cashier,
    )
    given = {"prescription_id": signed.id}
    review_prescription(checks=list(ReviewCheck), by=pharmacist, **given)
    prepare_prescription(by=pharmacist, **given)
    dispense_prescription(by=other_pharmacist, **given)
    return signed, bill
