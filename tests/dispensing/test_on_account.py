"""Treat first, settle once at the end: nothing waits for payment, and nothing leaves the bill that the patient has."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

import pytest

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.errors import PrescriptionUnpaid
from modules.charging.models import Charge, ChargeStatus
from modules.charging.services import RefundLineInput
from modules.dispensing import queries, services
from modules.dispensing.errors import PrescriptionNotPaid
from modules.dispensing.models import TaskStatus
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services import OwedLineInput, ReturnLineInput
from modules.prescriptions import queries as prescriptions
from modules.prescriptions import services as prescribing
from modules.prescriptions.errors import NotInThisState
from tenants.services import change_settings

D = Decimal
DRUG, OTHER = "D0160", "D0161"


@pytest.fixture
def at_end(administrator: Actor) -> None:
    """The centre treats first."""
    change_settings(settings={"pays_at_end": True}, by=administrator)


@pytest.fixture
def lines(ours: dict[str, Any]) -> Any:
    """The lines of a prescription on the bill, oldest first, voided ones too."""

    def look(signed: Any) -> list[Charge]:
        with tenant_unit(ours["tenant_id"]):
            bill = charging_queries.find_bill(signed.visit_id)
            assert bill is not None
            return charging_queries.charges_of(bill.id)

    return look


def _status(ours: Any, signed: Any) -> tuple[TaskStatus, str]:
    with tenant_unit(ours["tenant_id"]):
        task = queries.get_task(signed.prescription_id)
        return task.status, prescriptions.get_prescription(signed.prescription_id).status.value


def _give_back(signed: Any, quantity: Any, by: Actor, line: int = 0) -> None:
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[line].item_id, quantity=D(quantity))],
        reason="患者退药",
        is_intact=True,
        by=by,
    )


def test_drugs_are_handed_out_before_payment_and_the_bill_is_settled_once(
    at_end: None,
    ours: Any,
    prescribe: Any,
    make_stock: Any,
    dispense: Any,
    pay: Any,
    lines: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    dispense(signed)
    assert _status(ours, signed) == (TaskStatus.DISPENSED, "dispensed")
    assert [line.status for line in lines(signed)] == [ChargeStatus.UNPAID]
    pay(signed)
    assert _status(ours, signed) == (TaskStatus.DISPENSED, "dispensed")
    assert [(line.status, line.executed_quantity) for line in lines(signed)] == [(ChargeStatus.PAID, D(40))]
    assert books_hold()


def test_a_debt_is_paid_after_the_sheets_last_day(
    at_end: None, ours: Any, prescribe: Any, make_stock: Any, dispense: Any, pay: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    dispense(signed)
    with clock.at(clock.now() + timedelta(days=40)):
        with tenant_unit(ours["tenant_id"]):
            owed, since = charging_queries.owed_by(signed.patient_id)
            listed = charging_queries.list_arrears(age="quarter").rows
            sums = charging_queries.arrears_by_age()
        assert (owed > 0, since) == (True, signed.on)
        assert [(debt.patient_id, debt.amount, debt.age) for debt in listed] == [
            (signed.patient_id, owed, 40)
        ]
        assert {age: amount for age, amount in sums.items() if amount} == {"quarter": owed}
        pay(signed)
        with tenant_unit(ours["tenant_id"]):
            assert charging_queries.owed_by(signed.patient_id) == (D("0.00"), None)
            assert charging_queries.list_arrears().rows == []
    assert books_hold()


def test_what_comes_back_unpaid_leaves_the_bill_and_the_rest_is_paid(
    at_end: None,
    ours: Any,
    prescribe: Any,
    make_stock: Any,
    dispense: Any,
    pay: Any,
    lines: Any,
    pharmacist: Actor,
    cashier: Actor,
    books_hold: Any,
    stock_of: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    dispense(signed)
    _give_back(signed, 10, pharmacist)
    old, rest = lines(signed)
    assert (old.status, old.void_reason, old.quantity) == (ChargeStatus.VOIDED, "returned", D(40))
    assert (rest.status, rest.quantity, rest.executed_quantity) == (ChargeStatus.UNPAID, D(30), D(30))
    assert rest.amount == (rest.price_amount * 30 / rest.per).quantize(D("0.01"))
    assert rest.added_at == old.added_at  # what an item may be charged for in some days counts from then
    assert stock_of(DRUG)["A1"] == (D(70), D(0))
    receipt = pay(signed)
    assert _status(ours, signed) == (TaskStatus.PARTLY_RETURNED, "partially_returned")
    _give_back(signed, 5, pharmacist)  # now it is paid: the money waits at the cashier's
    charge = lines(signed)[1]
    assert (charge.returned_quantity, charge.executed_quantity) == (D(5), D(25))
    charging.refund_lines(
        settlement_id=receipt,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(5))],
        reason="退药",
        by=cashier,
    )
    assert lines(signed)[1].refunded_quantity == D(5)
    assert books_hold()


def test_what_was_let_off_is_not_owed_and_stays_let_off_what_the_patient_keeps(
    at_end: None,
    ours: Any,
    administrator: Actor,
    prescribe: Any,
    make_stock: Any,
    dispense: Any,
    lines: Any,
    pharmacist: Actor,
    cashier: Actor,
) -> None:
    change_settings(settings={"waiver_limit": 1}, by=administrator)
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    dispense(signed)
    (whole,) = lines(signed)
    waive = partial(charging.waive_charge, amount=D("1.00"), reason="困难", by=cashier)
    waive(charge_id=whole.id)
    _give_back(signed, 10, pharmacist)
    rest = lines(signed)[1]
    assert rest.waived_amount == (rest.amount / whole.amount).quantize(D("0.01"), ROUND_HALF_UP)
    with tenant_unit(ours["tenant_id"]):
        assert charging_queries.owed_by(signed.patient_id)[0] == rest.amount - rest.waived_amount
    waive(charge_id=rest.id)  # what stood on the line that went does not count for the limit


def test_what_comes_back_whole_is_not_owed(
    at_end: None, ours: Any, prescribe: Any, make_stock: Any, dispense: Any, lines: Any, pharmacist: Actor
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    dispense(signed)
    _give_back(signed, 40, pharmacist)
    assert [line.status for line in lines(signed)] == [ChargeStatus.VOIDED]
    with tenant_unit(ours["tenant_id"]):
        assert charging_queries.owed_by(signed.patient_id) == (D("0.00"), None)


def test_the_doctor_does_not_void_what_was_handed_out(
    at_end: None, ours: Any, prescribe: Any, make_stock: Any, dispense: Any, lines: Any, doctor: Actor
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    dispense(signed)
    with pytest.raises(NotInThisState):
        prescribing.void_prescription(prescription_id=signed.prescription_id, reason="开错了", by=doctor)
    assert [line.status for line in lines(signed)] == [ChargeStatus.UNPAID]


def test_before_it_is_prepared_the_doctor_voids_it(
    at_end: None,
    ours: Any,
    prescribe: Any,
    make_stock: Any,
    review: Any,
    lines: Any,
    doctor: Actor,
    stock_of: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    review(signed)
    prescribing.void_prescription(prescription_id=signed.prescription_id, reason="开错了", by=doctor)
    assert [line.status for line in lines(signed)] == [ChargeStatus.VOIDED]
    assert stock_of(DRUG)["A1"] == (D(100), D(0))


def test_what_was_prepared_unpaid_is_put_back_as_it_was(
    at_end: None, ours: Any, prescribe: Any, make_stock: Any, prepare: Any, pay: Any, pharmacist: Actor
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    prepare(signed)
    services.put_back_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert _status(ours, signed) == (TaskStatus.REVIEWED, "review_passed")
    services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    pay(signed)
    assert _status(ours, signed) == (TaskStatus.PREPARED, "prepared")
    services.put_back_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert _status(ours, signed) == (TaskStatus.REVIEWED, "paid")


def test_a_rest_that_is_owed_may_be_paid_first(
    at_end: None,
    ours: Any,
    prescribe: Any,
    make_stock: Any,
    prepare: Any,
    pay: Any,
    other_pharmacist: Actor,
    lines: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    prepare(signed)
    services.dispense_prescription(
        prescription_id=signed.prescription_id,
        owed=[OwedLineInput(item_id=signed.lines[0].item_id, quantity=D(15))],
        by=other_pharmacist,
    )
    pay(signed)
    assert lines(signed)[0].executed_quantity == D(25)
    services.hand_out_rest(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert lines(signed)[0].executed_quantity == D(40)
    assert books_hold()


def test_one_pharmacist_hands_out_in_one_act_before_payment(
    at_end: None, administrator: Actor, ours: Any, prescribe: Any, make_stock: Any, pharmacist: Actor
) -> None:
    change_settings(settings={"pays_at_end": True, "single_pharmacist": True}, by=administrator)
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    services.dispense_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert _status(ours, signed) == (TaskStatus.DISPENSED, "dispensed")


def test_open_bills_stay_as_they_began(
    ours: Any,
    administrator: Actor,
    prescribe: Any,
    make_bill: Any,
    make_stock: Any,
    review: Any,
    dispense: Any,
    pharmacist: Actor,
    pay: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    before = make_bill()
    change_settings(settings={"pays_at_end": True}, by=administrator)
    first = prescribe((DRUG, 10), bill=before)  # signed after the switch, on a bill from before it
    with pytest.raises(PrescriptionNotPaid):
        services.review_prescription(
            prescription_id=first.prescription_id, checks=list(ReviewCheck), by=pharmacist
        )
    after = make_bill()
    change_settings(settings={"pays_at_end": False}, by=administrator)
    second = prescribe((DRUG, 10), bill=after)
    dispense(second)
    pay(first)
    dispense(first)
    pay(second)
    assert books_hold()


def test_a_line_in_a_settlement_on_its_way_is_not_handed_out(
    at_end: None,
    ours: Any,
    prescribe: Any,
    make_stock: Any,
    prepare: Any,
    cashier: Actor,
    other_pharmacist: Actor,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    prepare(signed)
    with tenant_unit(ours["tenant_id"]):
        bill = charging_queries.find_bill(signed.visit_id)
        assert bill is not None
        due = charging_queries.bill_view(bill.id).due_amount
    charging.begin_checkout(bill_id=bill.id, expected_amount=due, by=cashier)
    with pytest.raises(PrescriptionUnpaid):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)


def test_the_list_of_arrears_is_paged_by_key_in_few_statements(
    at_end: None, ours: Any, prescribe: Any, make_stock: Any, dispense: Any, sign_in: Any
) -> None:
    make_stock(DRUG, 100)
    signed = [prescribe((DRUG, 4)) for _ in range(3)]
    for one in signed:
        dispense(one)
    with clock.at(clock.now() + timedelta(days=3)):
        with tenant_unit(ours["tenant_id"]):
            first = charging_queries.list_arrears(size=2)
            second = charging_queries.list_arrears(size=2, before=first.next_before)
        assert [debt.patient_id for debt in first.rows + second.rows] == [
            one.patient_id for one in reversed(signed)
        ]
        assert second.next_before is None
        desk = sign_in("cashier")
        with count_statements() as counted:
            page = desk.get("/charging/arrears?age=week")
        assert counted.count <= 12, counted.statements
        assert page.status_code == 200
        window = sign_in("registrar").get(f"/registration/window/patient?patient_id={signed[0].patient_id}")
    assert page.text.count('class="tr"') == 3
    assert "欠费" in window.text
