"""Services of a visit asked back: the department confirms, refuses or does so in part; the moves of a request."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from support.outpatients import make_patient, open_encounter

from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.errors import NotFound
from modules.charging import queries, services
from modules.charging.errors import (
    AskedTooMuch,
    NothingToAskBack,
    OtherDepartment,
    OwnRequest,
    PartNeedsReason,
    RefundAsked,
    RequestMoved,
    VisitSeen,
)
from modules.charging.models import Charge, RefundRequest, RequestState
from modules.charging.rules.refund_requests import RequestMove, confirmable, may_move, to_come_back
from modules.charging.services import AskedLineInput, RefundLineInput
from modules.clinic.errors import NoEncounter

D = Decimal
INJECTION = "X0020"


@pytest.fixture
def colleague(ours: dict[str, Any], other_doctor: Actor) -> Actor:
    """Another doctor of the same department."""
    return replace(other_doctor, department_id=ours["departments"]["general"])


@pytest.fixture
def seen(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, settle: Any, find_price: Any
) -> Callable[[], Any]:
    """The paid bill of a patient whom the doctor has taken: its fee and three services of the cashier's."""
    encounter = open_encounter(ours, patient=make_patient(registrar), registrar=registrar, doctor=doctor)
    with tenant_unit(ours["tenant_id"]):
        bill = queries.find_bill(encounter.visit_id)
    assert bill is not None
    services.add_charge(bill_id=bill.id, item_id=find_price(INJECTION).item_id, quantity=D(3), by=registrar)
    settle(bill)
    return lambda: bill


@pytest.fixture
def line(ours: dict[str, Any], seen: Any) -> Callable[[str], Charge]:
    """A line of that bill as it stands now: the visit's fee, or what the cashier added."""

    def find(kind: str) -> Charge:
        with tenant_unit(ours["tenant_id"]):
            rows = queries.charges_of(seen().id)
        return next(row for row in rows if row.source_kind.value == kind)

    return find


@pytest.fixture
def ask(seen: Any, line: Any, doctor: Actor) -> Callable[..., RefundRequest]:
    """Ask a line of that bill back."""

    def request(kind: str, quantity: Any = 1, by: Actor = doctor) -> RefundRequest:
        asked = AskedLineInput(charge_id=line(kind).id, quantity=D(quantity))
        return services.request_refund(visit_id=seen().visit_id, lines=[asked], reason="患者离开", by=by)

    return request


def _refund(ours: dict[str, Any], bill: Any, charge: Charge, quantity: Any, by: Actor) -> Any:
    with tenant_unit(ours["tenant_id"]):
        receipt = queries.bill_view(bill.id).refundable[-1]
    back = RefundLineInput(charge_id=charge.id, quantity=D(quantity))
    return services.refund_lines(settlement_id=receipt.id, lines=[back], reason="退费", by=by)


def test_a_fee_of_a_visit_that_took_place_goes_back_when_the_department_says_so(
    ours: dict[str, Any],
    seen: Any,
    line: Any,
    ask: Any,
    doctor: Actor,
    other_doctor: Actor,
    colleague: Actor,
    cashier: Actor,
    money_holds: Any,
) -> None:
    fee = line("registration_visit")
    with pytest.raises(VisitSeen):
        _refund(ours, seen(), fee, 1, cashier)
    request = ask("registration_visit")
    assert request.state == RequestState.ASKED
    asked = {"request_id": request.id, "lines": [AskedLineInput(charge_id=fee.id, quantity=D(1))]}
    with pytest.raises(OwnRequest):
        services.confirm_refund_request(**asked, by=doctor)
    with pytest.raises(OtherDepartment):
        services.confirm_refund_request(**asked, by=other_doctor)
    with tenant_unit(ours["tenant_id"]):
        assert queries.first_for_doctor(colleague, size=5)[0] == 1
        assert queries.first_for_doctor(doctor, size=5)[0] == 0
    services.confirm_refund_request(**asked, by=colleague)
    assert line("registration_visit").executed_quantity == 0
    _refund(ours, seen(), fee, 1, cashier)
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_request(request.id).state == RequestState.REFUNDED
    assert money_holds()


def test_the_department_refuses_and_the_fee_stays_earned(
    ours: dict[str, Any], line: Any, ask: Any, doctor: Actor, colleague: Actor, money_holds: Any
) -> None:
    request = ask("registration_visit")
    with pytest.raises(RefundAsked):
        ask("registration_visit")
    services.refuse_refund_request(request_id=request.id, reason="已诊疗", by=colleague)
    with pytest.raises(RequestMoved):
        services.refuse_refund_request(request_id=request.id, reason="已诊疗", by=colleague)
    fee = line("registration_visit")
    assert (fee.executed_quantity, fee.asked_quantity) == (1, 0)
    with tenant_unit(ours["tenant_id"]):
        (mine,) = queries.first_for_doctor(doctor, size=5)[1]
    assert mine.answer == "已诊疗"
    assert money_holds()


def test_part_of_what_was_asked_needs_a_reason(
    ours: dict[str, Any], seen: Any, line: Any, ask: Any, colleague: Actor, cashier: Actor, money_holds: Any
) -> None:
    _carry_out(ours, line("charging_manual").id)
    request = ask("charging_manual", 3)
    assert request.state == RequestState.ASKED
    charge = line("charging_manual")
    part = {"request_id": request.id, "by": colleague}
    with pytest.raises(AskedTooMuch):
        services.confirm_refund_request(lines=[AskedLineInput(charge_id=charge.id, quantity=D(4))], **part)
    other = [AskedLineInput(charge_id=line("registration_visit").id, quantity=D(1))]
    with pytest.raises(NotFound):  # confirmed of nothing it would wait for the cashier for ever
        services.confirm_refund_request(lines=other, reason="做过一次", **part)
    two = [AskedLineInput(charge_id=charge.id, quantity=D(2))]
    with pytest.raises(PartNeedsReason):
        services.confirm_refund_request(lines=two, **part)
    services.confirm_refund_request(lines=two, reason="做过一次", **part)
    charge = line("charging_manual")
    assert (charge.executed_quantity, charge.asked_quantity) == (1, 2)
    _refund(ours, seen(), charge, 2, cashier)
    assert money_holds()


def test_a_confirmation_names_lines_that_were_asked_for(
    ours: dict[str, Any], line: Any, ask: Any, colleague: Actor, doctor: Actor
) -> None:
    request = ask("registration_visit")
    other = AskedLineInput(charge_id=line("charging_manual").id, quantity=D(1))
    with pytest.raises(NotFound) as refused:
        services.confirm_refund_request(request_id=request.id, lines=[other], reason="误", by=colleague)
    assert refused.value.field == "lines"
    services.withdraw_refund_request(request_id=request.id, by=doctor)


def test_a_patient_who_is_taken_again_does_not_undo_what_was_confirmed(
    ours: dict[str, Any], seen: Any, line: Any, ask: Any, colleague: Actor, cashier: Actor, money_holds: Any
) -> None:
    request, fee = ask("registration_visit"), line("registration_visit")
    asked = [AskedLineInput(charge_id=fee.id, quantity=D(1))]
    services.confirm_refund_request(request_id=request.id, lines=asked, by=colleague)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        services.note_visit_seen(visit_id=seen().visit_id)
        db.session.commit()
    assert line("registration_visit").executed_quantity == 0
    _refund(ours, seen(), fee, 1, cashier)
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_request(request.id).state == RequestState.REFUNDED
    assert money_holds()


def test_what_was_not_done_waits_for_the_cashier_at_once(
    ours: dict[str, Any], seen: Any, line: Any, ask: Any, cashier: Actor, money_holds: Any
) -> None:
    request = ask("charging_manual", 2)
    assert request.state == RequestState.CONFIRMED
    with tenant_unit(ours["tenant_id"]):
        count, (first,) = queries.first_to_refund(size=5)
        assert [row.id for row in queries.list_requests(kind="refund").rows] == [request.id]
        assert queries.list_requests(kind="confirm").rows == []
    assert (count, first.id) == (1, request.id)
    _refund(ours, seen(), line("charging_manual"), 2, cashier)
    with pytest.raises(AskedTooMuch):
        ask("charging_manual", 2)
    _refund(ours, seen(), line("charging_manual"), 1, cashier)
    with pytest.raises(NothingToAskBack):
        ask("charging_manual", 1)
    assert money_holds()


def test_services_are_asked_back_by_who_saw_the_patient_or_their_department(
    ours: dict[str, Any], make_bill: Any, ask: Any, other_doctor: Actor, colleague: Actor, doctor: Actor
) -> None:
    with pytest.raises(OtherDepartment):
        ask("charging_manual", 1, by=other_doctor)
    assert ask("charging_manual", 1, by=colleague).state == RequestState.CONFIRMED
    with pytest.raises(NoEncounter):
        services.request_refund(visit_id=make_bill().visit_id, is_whole=True, reason="误收", by=doctor)


def test_the_list_is_paged_by_key(ours: dict[str, Any], ask: Any, doctor: Actor) -> None:
    made = []
    for _ in range(5):
        made.append(ask("charging_manual", 1).id)
        services.withdraw_refund_request(request_id=made[-1], by=doctor)
    seen: list[int] = []
    before = None
    with tenant_unit(ours["tenant_id"]):
        for _ in range(3):
            page = queries.list_requests(before=before, size=2)
            seen += [row.id for row in page.rows]
            before = page.next_before
    assert (seen, before) == (sorted(made, reverse=True), None)


def test_the_page_of_a_request_lets_the_department_answer(
    ours: dict[str, Any], sign_in: Any, ask: Any, line: Any, colleague: Actor
) -> None:
    request = ask("registration_visit", 1, by=colleague)
    desk = sign_in("doctor")
    assert f"/charging/refund-requests/{request.id}" in desk.get("/home").text
    url = f"/charging/refund-requests/{request.id}"
    assert 'name="lines-0-quantity"' in desk.get(url).text
    assert desk.post(f"{url}/refuse", data={"reason": ""}).status_code == 422
    typed = {"lines-0-charge_id": str(line("registration_visit").id), "lines-0-quantity": ""}
    assert desk.post(f"{url}/confirm", data=typed).status_code == 422  # nothing is not all of it
    assert desk.post(f"{url}/confirm", data={**typed, "lines-0-quantity": "1"}).status_code == 303
    till = sign_in("cashier")
    assert f"/charging/desk/{request.bill_id}?returned=1" in till.get("/home").text


def _carry_out(ours: dict[str, Any], charge_id: int) -> None:
    """All of a service was done, as its department will say one day."""
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        charge = db.session.get_one(Charge, charge_id)
        charge.executed_quantity = charge.quantity
        db.session.commit()


def test_the_moves_of_a_request() -> None:
    allowed = {(a.value, b.value) for a, b in product(RequestMove, RequestMove) if may_move(a, b)}
    assert allowed == {
        ("asked", "confirmed"),
        ("asked", "refused"),
        ("asked", "withdrawn"),
        ("confirmed", "withdrawn"),
        ("confirmed", "refunded"),
    }
    assert not may_move(RequestMove.CONFIRMED, RequestMove.WITHDRAWN, by_somebody=True)
    assert may_move(RequestMove.CONFIRMED, RequestMove.REFUNDED, by_somebody=True)
    assert [state.value for state in RequestState] == [move.value for move in RequestMove]


@pytest.mark.parametrize(
    ("asked", "left", "back", "now"),
    [("10", "0", "10", "0"), ("10", "4", "6", "4"), ("3", "10", "0", "3"), ("0.5", "0.5", "0", "0.5")],
)
def test_what_must_come_back_and_what_may_go_back_now(asked: str, left: str, back: str, now: str) -> None:
    assert to_come_back(D(asked), D(left)) == D(back)
    assert confirmable(D(asked), D(left)) == D(now)
