"""The full refund chain: the doctor asks, the pharmacy says what is back, the cashier pays back."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once

from app.actor import Actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound
from app.records import AuditRow
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.errors import (
    AskedTooMuch,
    BillMissing,
    NothingToAskBack,
    OtherDepartment,
    RefundAsked,
    RefundNeedsRequest,
    RefundRequestNotHere,
    RefundUnconfirmed,
    RefundUnlikeRequest,
    RequestMoved,
)
from modules.charging.models import RefundRequest
from modules.charging.services import AskedLineInput, RefundLineInput
from modules.dispensing import queries, services
from modules.dispensing.errors import NothingAskedBack, RefundBegunAlready
from modules.dispensing.models import TaskStatus
from modules.dispensing.services import ReturnLineInput
from modules.prescriptions import queries as prescriptions
from modules.prescriptions.events import PrescriptionSigned
from tenants.services import change_settings

D = Decimal
THREE = (("D0001", 30), ("D0004", 20), ("D0005", 10))


@pytest.fixture
def charge_of(ours: dict[str, Any]) -> Callable[..., Any]:
    """The charge of a prescription's line, as it stands now."""

    def find(signed: PrescriptionSigned, line: int = 0) -> Any:
        with tenant_unit(ours["tenant_id"]):
            rows = charging_queries.charges_of_prescription(signed.prescription_id)
            (found,) = [row for row in rows if row.source_id == signed.lines[line].item_id]
            return found

    return find


@pytest.fixture
def ask(doctor: Actor, charge_of: Any) -> Callable[..., RefundRequest]:
    """Ask so much of one line back, or all of the prescription."""

    def request(
        signed: PrescriptionSigned, quantity: Any = None, line: int = 0, by: Actor = doctor
    ) -> RefundRequest:
        given: dict[str, Any] = {"is_whole": True}
        if quantity is not None:
            asked = AskedLineInput(charge_id=charge_of(signed, line).id, quantity=D(quantity))
            given = {"lines": [asked]}
        return charging.request_refund(
            visit_id=signed.visit_id,
            prescription_id=signed.prescription_id,
            reason="患者皮疹",
            by=by,
            **given,
        )

    return request


@pytest.fixture
def refund(ours: dict[str, Any], cashier: Actor, charge_of: Any) -> Callable[..., Any]:
    """Give the money of one line back."""

    def give(signed: PrescriptionSigned, quantity: Any, line: int = 0, by: Actor = cashier) -> Any:
        with tenant_unit(ours["tenant_id"]):
            bill = charging_queries.find_bill(signed.visit_id)
            assert bill is not None
            receipt = charging_queries.bill_view(bill.id).refundable[-1]
        back = RefundLineInput(charge_id=charge_of(signed, line).id, quantity=D(quantity))
        return charging.refund_lines(settlement_id=receipt.id, lines=[back], reason="皮疹", by=by)

    return give


@pytest.fixture
def state_of(ours: dict[str, Any]) -> Callable[[RefundRequest], str]:
    """Where a request stands now."""

    def look(request: RefundRequest) -> str:
        with tenant_unit(ours["tenant_id"]):
            return charging_queries.get_request(request.id).state.value

    return look


def _bring_back(
    signed: PrescriptionSigned, quantity: Any, by: Actor, line: int = 0, reason: str = "退药"
) -> None:
    back = ReturnLineInput(item_id=signed.lines[line].item_id, quantity=D(quantity))
    services.return_drugs(
        prescription_id=signed.prescription_id, lines=[back], reason=reason, is_intact=True, by=by
    )


def _status(ours: dict[str, Any], signed: PrescriptionSigned) -> tuple[str, str]:
    with tenant_unit(ours["tenant_id"]):
        task = queries.get_task(signed.prescription_id)
        return task.status.value, prescriptions.get_prescription(signed.prescription_id).status.value


def test_the_whole_chain_of_one_drug_of_three(
    ours: dict[str, Any],
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    refund: Any,
    state_of: Any,
    charge_of: Any,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    request = ask(signed, 12, line=1)
    assert state_of(request) == "asked"
    with pytest.raises(RefundAsked):
        ask(signed, 3, line=1)
    with pytest.raises(RefundAsked):
        ask(signed)
    with tenant_unit(ours["tenant_id"]):
        (task,) = queries.tasks_asked_back(ours["locations"]["pharmacy"])
    assert task.prescription_id == signed.prescription_id
    _bring_back(signed, 12, pharmacist, line=1)
    assert state_of(request) == "confirmed"
    with pytest.raises(RefundUnlikeRequest):
        refund(signed, 11, line=1)
    mirror = refund(signed, 12, line=1)
    with tenant_unit(ours["tenant_id"]):
        view = charging_queries.request_view(request.id)
        assert queries.tasks_asked_back(ours["locations"]["pharmacy"]) == []
    assert (view.request.state.value, view.request.mirror_id) == ("refunded", mirror.id)
    assert [step.state.value for step in view.steps] == ["asked", "confirmed", "refunded"]
    assert [step.by_name for step in view.steps] == ["李静", "何平", "孙丽"]
    assert (charge_of(signed, 1).asked_quantity, charge_of(signed, 1).refunded_quantity) == (0, 12)
    assert books_hold()


def test_what_was_not_prepared_waits_for_the_cashier_at_once_and_is_not_prepared(
    prescribe: Any,
    pay: Any,
    review: Any,
    ask: Any,
    refund: Any,
    state_of: Any,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    review(signed)
    request = ask(signed, 20, line=1)
    assert state_of(request) == "confirmed"
    with pytest.raises(RefundBegunAlready):
        services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    refund(signed, 20, line=1)
    assert state_of(request) == "refunded"
    services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert books_hold()


def test_nothing_of_a_prescription_is_handed_out_while_it_is_asked_back(
    prescribe: Any,
    pay: Any,
    prepare: Any,
    ask: Any,
    refund: Any,
    state_of: Any,
    pharmacist: Actor,
    other_pharmacist: Actor,
    books_hold: Any,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    prepare(signed)
    request = ask(signed, 30)
    assert state_of(request) == "asked"  # it lies ready: the pharmacy puts it back first
    with pytest.raises(RefundAsked):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    with pytest.raises(RefundUnconfirmed):
        refund(signed, 30)
    services.put_back_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert state_of(request) == "confirmed"
    refund(signed, 30)
    services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert books_hold()


def test_a_prescription_asked_back_whole_is_void_after_its_refund(
    ours: dict[str, Any], prescribe: Any, pay: Any, ask: Any, cashier: Actor, charge_of: Any, books_hold: Any
) -> None:
    signed = prescribe(*THREE)
    receipt = pay(signed)
    request = ask(signed)
    assert request.is_whole
    lines = [
        RefundLineInput(charge_id=charge_of(signed, place).id, quantity=D(quantity))
        for place, (_, quantity) in enumerate(THREE)
    ]
    charging.refund_lines(settlement_id=receipt, lines=lines, reason="作废", by=cashier)
    assert _status(ours, signed) == ("cancelled", "voided")
    assert books_hold()


def test_less_comes_back_than_was_asked_for_and_the_reason_is_kept(
    ours: dict[str, Any],
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    refund: Any,
    pharmacist: Actor,
    charge_of: Any,
    books_hold: Any,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    request = ask(signed)
    _bring_back(signed, 7, pharmacist, line=2, reason="已拆三盒")
    with tenant_unit(ours["tenant_id"]):
        view = charging_queries.request_view(request.id)
    assert (view.request.state.value, view.request.answer) == ("confirmed", "已拆三盒")
    assert [row.line.confirmed_quantity for row in view.lines] == [0, 0, 7]
    assert [charge_of(signed, place).asked_quantity for place in range(3)] == [0, 0, 7]
    refund(signed, 7, line=2)
    assert _status(ours, signed) == ("partly_returned", "partially_returned")  # the patient keeps the rest
    assert books_hold()


def test_a_return_of_another_drug_says_nothing_about_what_was_asked(
    prescribe: Any, pay: Any, dispense: Any, ask: Any, refund: Any, pharmacist: Actor, state_of: Any
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    request = ask(signed, 5)
    _bring_back(signed, 20, pharmacist, line=1)
    assert state_of(request) == "asked"
    refund(signed, 20, line=1)
    assert state_of(request) == "asked"


def test_the_pharmacist_refuses_and_the_doctor_reads_why(
    ours: dict[str, Any],
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    refund: Any,
    state_of: Any,
    doctor: Actor,
    other_doctor: Actor,
    pharmacist: Actor,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    request = ask(signed, 5)
    services.refuse_return(prescription_id=signed.prescription_id, reason="包装已拆", by=pharmacist)
    assert state_of(request) == "refused"
    with pytest.raises(NothingAskedBack):
        services.refuse_return(prescription_id=signed.prescription_id, reason="包装已拆", by=pharmacist)
    with tenant_unit(ours["tenant_id"]):
        count, (seen,) = charging_queries.first_for_doctor(doctor, size=5)
        assert charging_queries.first_for_doctor(other_doctor, size=5) == (0, [])
        last = db.session.scalar(
            db.select(AuditRow).where(AuditRow.action == "return.refused").order_by(AuditRow.id.desc())
        )
    assert (count, seen.answer) == (1, "包装已拆")
    assert last is not None
    with pytest.raises(OtherDepartment):
        charging.note_refusal_read(request_id=request.id, by=other_doctor)
    charging.note_refusal_read(request_id=request.id, by=doctor)
    with tenant_unit(ours["tenant_id"]):
        assert charging_queries.first_for_doctor(doctor, size=5) == (0, [])
    assert ask(signed, 5).number != request.number  # the line is free to be asked back again


def test_a_withdrawal_opens_the_line_again_until_somebody_has_confirmed(
    prescribe: Any, pay: Any, dispense: Any, review: Any, ask: Any, doctor: Actor, pharmacist: Actor
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    review(signed)
    charging.withdraw_refund_request(request_id=ask(signed, 5).id, by=doctor)
    services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    other = prescribe(*THREE)
    pay(other)
    dispense(other)
    request = ask(other, 5)
    _bring_back(other, 5, pharmacist)
    with pytest.raises(RequestMoved):
        charging.withdraw_refund_request(request_id=request.id, by=doctor)


def test_who_may_ask_and_how_much(
    ours: dict[str, Any],
    theirs: dict[str, Any],
    prescribe: Any,
    pay: Any,
    ask: Any,
    refund: Any,
    doctor: Actor,
    other_doctor: Actor,
    state_of: Any,
) -> None:
    signed = prescribe(*THREE)
    with pytest.raises(NothingToAskBack):
        ask(signed, 5)  # nothing is paid
    pay(signed)
    with pytest.raises(OtherDepartment):
        ask(signed, 5, by=other_doctor)
    with pytest.raises(AskedTooMuch):
        ask(signed, 31)
    refund(signed, 10)
    with pytest.raises(AskedTooMuch):
        ask(signed, 21)
    colleague = replace(other_doctor, department_id=ours["departments"]["general"])
    request = ask(signed, 20, by=colleague)
    charging.withdraw_refund_request(request_id=request.id, by=doctor)  # of the same department
    assert state_of(request) == "withdrawn"
    with pytest.raises(RequestMoved):
        charging.withdraw_refund_request(request_id=request.id, by=doctor)
    refund(signed, 20)
    with pytest.raises(NothingToAskBack):
        ask(signed, 1)


def test_another_centres_request_is_not_here(
    theirs: dict[str, Any], prescribe: Any, pay: Any, ask: Any, doctor: Actor
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    request = ask(signed, 5)
    stranger = replace(doctor, tenant_id=theirs["tenant_id"])
    with pytest.raises(RefundRequestNotHere):
        charging.withdraw_refund_request(request_id=request.id, by=stranger)
    with pytest.raises(BillMissing):
        ask(signed, 5, line=1, by=stranger)
    with pytest.raises(NotFound), tenant_unit(theirs["tenant_id"]):
        charging_queries.request_view(request.id)


def test_where_the_centre_demands_it_prescriptions_are_refunded_on_request_only(
    administrator: Actor,
    cashier: Actor,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    refund: Any,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    change_settings(settings={"refunds_need_request": True}, by=administrator)
    signed = prescribe(*THREE)
    pay(signed)
    refund(signed, 4)  # the cashier's own, in the shift in which it was taken
    refund(signed, 1)  # and once more, of what was settled again
    charging.close_shift(counted_cash=D(0), difference_reason="测试", by=cashier)
    with pytest.raises(RefundNeedsRequest):
        refund(signed, 4)
    ask(signed, 4)
    refund(signed, 4)
    with pytest.raises(
        RefundNeedsRequest
    ):  # what stays is settled again in this shift, and was not taken in it
        refund(signed, 4)
    other = prescribe(*THREE)
    pay(other)
    dispense(other)
    _bring_back(other, 5, pharmacist)  # has left the pharmacy once: no error of the cashier's
    with pytest.raises(RefundNeedsRequest):
        refund(other, 5)
    ask(other, 5)
    refund(other, 5)
    assert books_hold()


def test_a_confirmation_and_a_withdrawal_at_once_leave_one_of_them(
    app: Flask,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    state_of: Any,
    charge_of: Any,
    doctor: Actor,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    request = ask(signed, 5)
    charge_of(signed)
    at_once(
        app,
        lambda: _bring_back(signed, 5, pharmacist),
        lambda: charging.withdraw_refund_request(request_id=request.id, by=doctor),
    )
    charge = charge_of(signed)
    state = state_of(request)
    assert charge.returned_quantity == 5  # the drugs are back in either order
    assert (state, charge.asked_quantity) in {("confirmed", D(5)), ("withdrawn", D(0))}
    assert books_hold()


def test_a_refund_and_a_request_at_once_never_give_the_same_money_back_twice(
    app: Flask, prescribe: Any, pay: Any, ask: Any, refund: Any, charge_of: Any, books_hold: Any
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    key = charge_of(signed).id
    assert key
    at_once(app, lambda: refund(signed, 30), lambda: ask(signed, 30))
    charge = charge_of(signed)
    assert charge.asked_quantity + charge.refunded_quantity == 30
    assert books_hold()


def test_preparing_and_asking_at_once_end_in_order(
    app: Flask,
    ours: dict[str, Any],
    prescribe: Any,
    pay: Any,
    review: Any,
    ask: Any,
    state_of: Any,
    pharmacist: Actor,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    review(signed)
    _, request = at_once(
        app,
        lambda: services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist),
        lambda: ask(signed, 5),
    )
    task, _ = _status(ours, signed)
    assert (task, state_of(request)) in {
        (TaskStatus.PREPARED.value, "asked"),
        (TaskStatus.REVIEWED.value, "confirmed"),
    }


def test_asking_and_carrying_out_a_request_cost_a_fixed_number_of_statements(
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    refund: Any,
    charge_of: Any,
    pharmacist: Actor,
    doctor: Actor,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    asked = [AskedLineInput(charge_id=charge_of(signed, place).id, quantity=D(2)) for place in range(3)]
    with count_statements() as asking:
        request = charging.request_refund(
            visit_id=signed.visit_id,
            prescription_id=signed.prescription_id,
            lines=asked,
            reason="皮疹",
            by=doctor,
        )
    assert asking.count <= 16, asking.statements
    with count_statements() as withdrawing:
        charging.withdraw_refund_request(request_id=request.id, by=doctor)
    assert withdrawing.count <= 14, withdrawing.statements


def test_the_pages_of_the_chain(
    ours: dict[str, Any],
    sign_in: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    ask: Any,
    charge_of: Any,
    pharmacist: Actor,
) -> None:
    signed = prescribe(*THREE)
    pay(signed)
    dispense(signed)
    desk = sign_in("doctor")
    url = f"/charging/visits/{signed.visit_id}/refund-request"
    assert desk.get(f"{url}?prescription_id={signed.prescription_id}").status_code == 200
    typed = {
        "prescription_id": str(signed.prescription_id),
        "lines-0-charge_id": str(charge_of(signed).id),
        "lines-0-quantity": "31",
        "reason": "皮疹",
    }
    assert desk.post(url, data=typed).status_code == 422
    made = desk.post(url, data={**typed, "lines-0-quantity": "5"})
    assert made.status_code == 303
    sheet = f"/dispensing/window/{signed.prescription_id}"
    window = sign_in("pharmacist")
    pages = [
        (desk, made.location),
        (desk, f"{url}?prescription_id={signed.prescription_id}"),
        (desk, "/charging/refund-requests?list=confirm"),
        (window, "/dispensing/window"),
        (window, f"{sheet}?asked=1"),
    ]
    for who, page in pages:
        who.get(page)
        with count_statements() as counted:
            answer = who.get(page)
        assert answer.status_code == 200, page
        assert counted.count <= 12, (page, counted.statements)
    assert 'id="asked-back"' in window.get("/dispensing/window").text
    assert window.post(f"{sheet}/refuse-return", data={"reason": ""}).status_code == 422
    _bring_back(signed, 5, pharmacist)
    till = sign_in("cashier")
    listed = till.get("/charging/refund-requests").text
    bill = charge_of(signed).bill_id
    assert f"/charging/desk/{bill}?returned=1" in listed
    with count_statements() as counted:
        page = till.get(f"/charging/desk/{bill}?returned=1").text
    assert counted.count <= 12, counted.statements
    assert "data-dialog-auto" in page
    assert 'id="f-lines-0-quantity" name="lines-0-quantity" value="5"' in page
