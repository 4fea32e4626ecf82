"""What the pharmacy's window promises."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.errors import DomainError, NotFound, PermissionDenied
from app.records import EventRow
from app.use_cases import command
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.services import RefundLineInput
from modules.dispensing import queries, services
from modules.dispensing.errors import (
    AlreadyPrepared,
    ChecksMissing,
    OutOfStock,
    PrescriptionNotPaid,
    PrescriptionPastValidity,
    ReturnNotIntact,
    SamePharmacist,
    WrongStep,
)
from modules.dispensing.models import TaskStatus
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services import ReturnLineInput
from modules.prescriptions.errors import NotInThisState
from tenants.services import change_settings

D = Decimal
DRUG, OTHER, THIRD = "D0160", "D0161", "D0162"


def _status(ours: Any, signed: Any) -> TaskStatus:
    with tenant_unit(ours["tenant_id"]):
        return queries.get_task(signed.prescription_id).status


def _refund(ours: Any, receipt_id: int, quantity: Any, by: Actor) -> None:
    with tenant_unit(ours["tenant_id"]):
        charge = charging_queries.settled_lines(receipt_id)[0][1]
    charging.refund_lines(
        settlement_id=receipt_id,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(quantity))],
        reason="患者要求",
        by=by,
    )


def test_a_paid_prescription_is_reviewed_prepared_and_handed_out(
    prescribe: Any, make_stock: Any, pay: Any, dispense: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    task = dispense(signed)
    assert (task.status, task.reviewed_by_name, task.prepared_by_name, task.dispensed_by_name) == (
        TaskStatus.DISPENSED,
        "何平",
        "何平",
        "许药",
    )
    assert stock_of(DRUG) == {"A1": (D(60), D(0))}
    assert books_hold()


def test_40_of_two_batches_cost_88_20(
    prescribe: Any, make_stock: Any, pay: Any, dispense: Any, ours: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 30, batch_no="A", expires_on=date(2027, 3, 31), unit_cost="2.25")
    make_stock(DRUG, 12, batch_no="B", expires_on=date(2027, 1, 31), unit_cost="2.10")
    signed = prescribe((DRUG, 40))
    pay(signed)
    dispense(signed)
    with tenant_unit(ours["tenant_id"]):
        document = queries.list_documents(ours["locations"]["pharmacy"]).rows[0]
        moves = [
            (batch.batch_no, move.quantity, move.cost_amount) for move, batch in queries.moves_of(document.id)
        ]
        told = db.session.scalars(db.select(EventRow).where(EventRow.name == "PrescriptionDispensed")).one()
    assert document.cost_amount == D("88.20")
    assert moves == [("B", D(12), D("25.20")), ("A", D(28), D("63.00"))]
    assert [line["cost_amount"] for line in told.payload["lines"]] == ["25.20", "63.00"]
    assert books_hold()


def test_the_handbooks_g6_skips_what_ends_soon_or_has_ended_and_refuses_45(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    dispense: Any,
    pharmacist: Actor,
    stock_of: Any,
    ours: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 30, batch_no="A", expires_on=date(2027, 3, 31), unit_cost="2.25")
    make_stock(DRUG, 12, batch_no="B", expires_on=date(2027, 1, 31), unit_cost="2.10")
    make_stock(DRUG, 20, batch_no="C", expires_on=date(2026, 12, 10), unit_cost="2.00")
    with clock.at(clock.now() - timedelta(days=10)):
        make_stock(DRUG, 5, batch_no="D", expires_on=date(2026, 11, 20), unit_cost="2.00")
    with pytest.raises(OutOfStock) as refusal:
        prescribe((DRUG, 45))
    assert refusal.value.details["available"].startswith("42 ")
    signed = prescribe((DRUG, 40))
    pay(signed)
    dispense(signed)
    with tenant_unit(ours["tenant_id"]):
        issue = queries.list_documents(ours["locations"]["pharmacy"]).rows[0]
    assert issue.cost_amount == D("88.20")
    kept = {"C": (D(20), D(0)), "D": (D(5), D(0))}
    assert stock_of(DRUG) == {"A": (D(2), D(0)), "B": (D(0), D(0)), **kept}
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(10))],
        reason="皮疹",
        is_intact=True,
        by=pharmacist,
    )
    assert stock_of(DRUG) == {"A": (D(12), D(0)), "B": (D(0), D(0)), **kept}
    assert books_hold()


def test_ten_of_forty_go_back_to_the_batch_issued_last(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    dispense: Any,
    pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 30, batch_no="A", expires_on=date(2027, 3, 31), unit_cost="2.25")
    make_stock(DRUG, 12, batch_no="B", expires_on=date(2027, 1, 31), unit_cost="2.10")
    signed = prescribe((DRUG, 40))
    pay(signed)
    dispense(signed)
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(10))],
        reason="皮疹",
        is_intact=True,
        by=pharmacist,
    )
    assert stock_of(DRUG) == {"A": (D(12), D(0)), "B": (D(0), D(0))}
    assert books_hold()


def test_nothing_leaves_unpaid(
    prescribe: Any, make_stock: Any, review: Any, pharmacist: Actor, stock_of: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    for act in (services.prepare_prescription, services.dispense_prescription):
        with pytest.raises(PrescriptionNotPaid):
            act(prescription_id=signed.prescription_id, by=pharmacist)
    with pytest.raises(PrescriptionNotPaid):
        review(signed)
    assert stock_of(DRUG) == {"A1": (D(100), D(40))}


def test_a_prescription_that_was_never_signed_is_unknown(pharmacist: Actor) -> None:
    with pytest.raises(NotFound):
        services.dispense_prescription(prescription_id=4711, by=pharmacist)


def test_the_steps_keep_their_order(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    review: Any,
    pharmacist: Actor,
    other_pharmacist: Actor,
    ours: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    for act in (services.prepare_prescription, services.dispense_prescription):
        with pytest.raises(DomainError):
            act(prescription_id=signed.prescription_id, by=other_pharmacist)
    review(signed)
    with pytest.raises(DomainError):
        review(signed)
    with pytest.raises(DomainError):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert _status(ours, signed) == TaskStatus.REVIEWED


def test_a_review_ticks_all_ten_matches(prescribe: Any, make_stock: Any, pay: Any, pharmacist: Actor) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    with pytest.raises(ChecksMissing) as refusal:
        services.review_prescription(
            prescription_id=signed.prescription_id, checks=list(ReviewCheck)[:9], by=pharmacist
        )
    assert refusal.value.details == {"missing": 1}


def test_who_prepared_does_not_hand_out(
    prescribe: Any, make_stock: Any, pay: Any, prepare: Any, pharmacist: Actor
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    prepare(signed)
    with pytest.raises(SamePharmacist):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=pharmacist)


def test_a_centre_with_one_pharmacist_hands_out_in_one_act(
    prescribe: Any, make_stock: Any, pay: Any, pharmacist: Actor, administrator: Actor, books_hold: Any
) -> None:
    change_settings(settings={"single_pharmacist": True}, by=administrator)
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    task = services.dispense_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert task.status == TaskStatus.DISPENSED
    assert {task.reviewed_by_id, task.prepared_by_id, task.dispensed_by_id} == {pharmacist.account_id}
    assert len(task.checks) == 10
    assert books_hold()


def test_a_double_click_hands_out_once(
    prescribe: Any, make_stock: Any, pay: Any, prepare: Any, other_pharmacist: Actor, stock_of: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    prepare(signed)
    for _ in range(2):
        with command("hand-out"):
            services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    with pytest.raises(WrongStep):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert stock_of(DRUG) == {"A1": (D(60), D(0))}


def test_a_prescription_past_its_validity_is_refused(
    prescribe: Any, make_stock: Any, pay: Any, prepare: Any, other_pharmacist: Actor, stock_of: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    prepare(signed)
    with clock.at(signed.valid_until), pytest.raises(PrescriptionPastValidity):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert stock_of(DRUG) == {"A1": (D(100), D(40))}


def test_a_batch_that_expired_meanwhile_is_replaced_by_another(
    prescribe: Any, make_stock: Any, pay: Any, dispense: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 40, batch_no="SOON", days=31)
    make_stock(DRUG, 100, batch_no="LATE", days=400)
    later = clock.now() + timedelta(days=31)
    signed = prescribe((DRUG, 40), valid_until=later + timedelta(days=1))
    pay(signed)
    with clock.at(later):
        dispense(signed)
    assert stock_of(DRUG) == {"SOON": (D(40), D(0)), "LATE": (D(60), D(0))}
    assert books_hold()


def test_an_expired_batch_without_another_is_refused(
    prescribe: Any, make_stock: Any, pay: Any, dispense: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 40, batch_no="SOON", days=31)
    later = clock.now() + timedelta(days=31)
    signed = prescribe((DRUG, 40), valid_until=later + timedelta(days=1))
    pay(signed)
    with clock.at(later), pytest.raises(OutOfStock):
        dispense(signed)
    assert stock_of(DRUG) == {"SOON": (D(40), D(40))}
    assert books_hold()


def test_dispensing_three_lines_takes_at_most_20_statements(
    prescribe: Any, make_stock: Any, pay: Any, prepare: Any, other_pharmacist: Actor, dispense: Any
) -> None:
    for code in (DRUG, OTHER, THIRD):
        make_stock(code, 100)
    first = prescribe((DRUG, 1))
    pay(first)
    dispense(first)
    signed = prescribe((DRUG, 10), (OTHER, 10), (THIRD, 10))
    pay(signed)
    prepare(signed)
    with count_statements() as counted, command("counted"):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert counted.count <= 20, counted.statements


def test_dispensing_three_lines_in_one_act_takes_at_most_20_statements_too(
    prescribe: Any, make_stock: Any, pay: Any, pharmacist: Actor, administrator: Actor
) -> None:
    change_settings(settings={"single_pharmacist": True}, by=administrator)
    for code in (DRUG, OTHER, THIRD):
        make_stock(code, 100)
    first = prescribe((DRUG, 1))  # the day's first number is a row of its own
    pay(first)
    services.dispense_prescription(prescription_id=first.prescription_id, by=pharmacist)
    signed = prescribe((DRUG, 10), (OTHER, 10), (THIRD, 10))
    pay(signed)
    with count_statements() as counted, command("counted"):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert counted.count <= 20, counted.statements


def test_drugs_refunded_before_they_are_handed_out_are_released(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    cashier: Actor,
    stock_of: Any,
    ours: Any,
    dispense: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    _refund(ours, pay(signed), 15, cashier)
    assert stock_of(DRUG) == {"A1": (D(100), D(25))}
    dispense(signed)
    assert stock_of(DRUG) == {"A1": (D(75), D(0))}
    assert books_hold()


def test_a_whole_refund_ends_the_pharmacys_work(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    cashier: Actor,
    stock_of: Any,
    ours: Any,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    _refund(ours, pay(signed), 40, cashier)
    assert stock_of(DRUG) == {"A1": (D(100), D(0))}
    with pytest.raises(WrongStep):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    assert books_hold()


def test_prepared_drugs_are_put_back_before_they_are_refunded(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    prepare: Any,
    cashier: Actor,
    pharmacist: Actor,
    ours: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    receipt = pay(signed)
    prepare(signed)
    with pytest.raises(AlreadyPrepared):
        _refund(ours, receipt, 15, cashier)
    services.put_back_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    _refund(ours, receipt, 15, cashier)
    assert _status(ours, signed) == TaskStatus.REVIEWED
    assert books_hold()


def test_more_than_was_handed_out_does_not_come_back(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    dispense: Any,
    pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    dispense(signed)
    act = {"prescription_id": signed.prescription_id, "reason": "皮疹", "by": pharmacist}
    line = signed.lines[0].item_id
    with pytest.raises(DomainError):
        services.return_drugs(lines=[ReturnLineInput(item_id=line, quantity=D(41))], is_intact=True, **act)
    services.return_drugs(lines=[ReturnLineInput(item_id=line, quantity=D(30))], is_intact=True, **act)
    with pytest.raises(DomainError):
        services.return_drugs(lines=[ReturnLineInput(item_id=line, quantity=D(11))], is_intact=True, **act)
    with pytest.raises(ReturnNotIntact):
        services.return_drugs(lines=[ReturnLineInput(item_id=line, quantity=D(1))], **act)
    assert stock_of(DRUG) == {"A1": (D(90), D(0))}
    assert books_hold()


def test_returned_drugs_may_be_refunded_and_those_with_the_patient_not(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    dispense: Any,
    pharmacist: Actor,
    cashier: Actor,
    ours: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    receipt = pay(signed)
    dispense(signed)
    with pytest.raises(DomainError) as refusal:
        _refund(ours, receipt, 1, cashier)
    assert refusal.value.code == "charging.refund_too_large"
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(40))],
        reason="皮疹",
        is_intact=True,
        by=pharmacist,
    )
    assert _status(ours, signed) == TaskStatus.RETURNED
    _refund(ours, receipt, 40, cashier)
    assert books_hold()


def test_a_cashier_hands_out_no_drugs(prescribe: Any, make_stock: Any, pay: Any, cashier: Actor) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    with pytest.raises(PermissionDenied):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=cashier)


def test_the_other_centres_pharmacy_does_not_know_it(
    prescribe: Any, make_stock: Any, pay: Any, theirs: Any
) -> None:
    from support.world import actor

    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    with pytest.raises(NotFound):
        services.dispense_prescription(prescription_id=signed.prescription_id, by=actor(theirs, "pharmacist"))


def test_herbs_come_back_whole_though_the_clinic_decocted_them(
    prescribe: Any, make_stock: Any, pay: Any, dispense: Any, pharmacist: Actor, ours: Any, books_hold: Any
) -> None:
    make_stock("D0169", 1000)
    signed = prescribe(("D0169", 105), kind="herbal", doses=7, decoction="clinic")
    pay(signed)
    dispense(signed)
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(105))],
        reason="未煎,原包退回",
        is_intact=True,
        by=pharmacist,
    )
    with tenant_unit(ours["tenant_id"]):
        charges = charging_queries.charges_of_prescription(signed.prescription_id)
    assert {charge.item_code[0]: charge.executed_quantity for charge in charges} == {"D": 0, "X": 7}
    assert books_hold()


def test_where_the_review_comes_first_nobody_pays_before_it_and_the_paid_one_waits_for_its_preparation(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    review: Any,
    administrator: Actor,
    pharmacist: Actor,
    other_pharmacist: Actor,
    ours: Any,
) -> None:
    change_settings(settings={"prescription_review": "before_payment"}, by=administrator)
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    with pytest.raises(NotInThisState):
        pay(signed)
    assert review(signed).status == TaskStatus.UNPAID
    with pytest.raises(DomainError):
        review(signed)
    pay(signed)
    assert _status(ours, signed) == TaskStatus.REVIEWED
    services.prepare_prescription(prescription_id=signed.prescription_id, by=pharmacist)
    task = services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)
    assert (task.status, task.reviewed_by_name) == (TaskStatus.DISPENSED, pharmacist.name)


def test_where_the_review_comes_after_the_payment_an_unpaid_one_is_not_reviewed(
    prescribe: Any, make_stock: Any, review: Any
) -> None:
    make_stock(DRUG, 100)
    with pytest.raises(PrescriptionNotPaid):
        review(prescribe((DRUG, 40)))
