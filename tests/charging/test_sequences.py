"""What happens when desks act one after the other, or at once, on the same money."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once
from support.saying import said

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.errors import DomainError
from modules.charging import queries, services
from modules.charging.errors import NothingToSettle
from modules.charging.models import ChargeStatus, ItemKind, Settlement, ShiftStatus
from modules.charging.services import RefundLineInput, TenderInput
from modules.prescriptions import services as prescriptions
from modules.registration.events import VisitCancelled

D = Decimal


def _cash(bill_id: int, amount: str, by: Actor) -> Settlement:
    tender = TenderInput(method="cash", amount=D(amount))
    return services.settle_bill(bill_id=bill_id, expected_amount=D(amount), tenders=[tender], by=by)


def _give_back(receipt: Settlement, charge_id: int, quantity: Any, by: Actor) -> Settlement:
    line = RefundLineInput(charge_id=charge_id, quantity=D(quantity))
    return services.refund_lines(settlement_id=receipt.id, lines=[line], reason="患者要求", by=by)


def test_seven_of_a_box_of_24_for_10_00_cost_2_92(
    make_bill: Any, prescribe: Any, find_price: Any, administrator: Actor, settle: Any, money_holds: Any
) -> None:
    with clock.at(clock.now() + timedelta(minutes=1)):
        services.set_price(
            item_kind=ItemKind.DRUG, item_id=find_price("D0001").item_id, amount=D("10.00"), by=administrator
        )
    bill = make_bill([])
    with clock.at(clock.now() + timedelta(minutes=2)):
        prescribe(bill, ("D0001", 7))
        assert settle(bill).amount == D("2.92")
    assert money_holds()


def test_what_was_signed_at_the_old_price_is_paid_at_the_old_price(
    make_bill: Any, prescribe: Any, find_price: Any, administrator: Actor, settle: Any, money_holds: Any
) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0001", 42))
    with clock.at(clock.now() + timedelta(minutes=5)):
        services.set_price(
            item_kind=ItemKind.DRUG, item_id=find_price("D0001").item_id, amount=D("99.00"), by=administrator
        )
        receipt = settle(bill)
        assert receipt.amount == D("16.80")
        with tenant_unit(administrator.tenant_id or 0):
            charge = queries.bill_view(bill.id).charges[0]
        assert _give_back(receipt, charge.id, 12, _cashier_of(receipt, administrator)).amount == D("-16.80")
    assert money_holds()


def _cashier_of(receipt: Settlement, administrator: Actor) -> Actor:
    return replace(administrator, account_id=receipt.cashier_account_id or 0, is_system=True)


def test_three_partial_refunds_give_back_to_the_fen_what_was_paid(
    make_bill: Any, prescribe: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    """7, 11 and 24 of 42 capsules: the roundings between neither lose nor make a fen."""
    bill = make_bill([])
    prescribe(bill, ("D0001", 42))
    receipt, given = settle(bill), D(0)
    charge_id = view(bill).charges[0].id
    for quantity in (7, 11, 24):
        before = view(bill).paid_amount
        _give_back(receipt, charge_id, quantity, cashier)
        given += before - view(bill).paid_amount
        receipt = next(iter(view(bill).refundable), receipt)
        assert money_holds()
    assert given == D("16.80")
    assert view(bill).paid_amount == 0
    with pytest.raises(DomainError):
        _give_back(receipt, charge_id, 1, cashier)


def test_a_paid_registration_that_is_cancelled_gets_its_fee_back(
    make_bill: Any, settle: Any, registrar: Actor, cashier: Actor, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    receipt = settle(bill)
    said(VisitCancelled(visit_id=bill.visit_id, reason="临时有事"), registrar)
    assert [line.status for line in view(bill).charges] == [ChargeStatus.PAID]
    assert _give_back(receipt, view(bill).charges[0].id, 1, cashier).amount == D("-10.00")
    assert view(bill).paid_amount == 0
    assert money_holds()


def test_a_paid_prescription_is_not_taken_back_by_the_doctor(
    make_bill: Any, prescribe: Any, settle: Any, doctor: Actor, view: Any
) -> None:
    bill = make_bill([])
    signed = prescribe(bill, ("D0001", 42))
    settle(bill)
    with pytest.raises(DomainError) as refusal:
        prescriptions.withdraw_prescription(prescription_id=signed.prescription_id, by=doctor)
    assert refusal.value.code == "prescriptions.still_paid"
    assert [line.status for line in view(bill).charges] == [ChargeStatus.PAID]


def test_a_prescription_past_its_validity_is_not_paid_for(
    make_bill: Any, prescribe: Any, settle: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0001", 42), valid_until=clock.now() + timedelta(hours=1))
    with clock.at(clock.now() + timedelta(hours=2)), pytest.raises(DomainError) as refusal:
        settle(bill)
    assert refusal.value.code == "prescriptions.past_validity"
    assert view(bill).settlements == []
    assert money_holds()


def test_nobody_outside_is_asked_to_pay_for_a_prescription_past_its_validity(
    make_bill: Any, prescribe: Any, cashier: Actor, view: Any
) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0001", 42), valid_until=clock.now() + timedelta(hours=1))
    with clock.at(clock.now() + timedelta(hours=2)), pytest.raises(DomainError) as refusal:
        services.begin_checkout(bill_id=bill.id, expected_amount=D("16.80"), is_insured=True, by=cashier)
    assert refusal.value.code == "prescriptions.past_validity"
    assert [line.status for line in view(bill).charges] == [ChargeStatus.UNPAID]


def test_the_doctor_takes_back_while_the_cashier_settles_and_only_one_of_them_does(
    app: Flask,
    make_bill: Any,
    prescribe: Any,
    cashier: Actor,
    doctor: Actor,
    view: Any,
    money_holds: Any,
) -> None:
    for _ in range(4):
        bill = make_bill([])
        signed = prescribe(bill, ("D0001", 42))

        def pay(bill_id: int = bill.id) -> Any:
            return _cash(bill_id, "16.80", cashier)

        def take_back(prescription_id: int = signed.prescription_id) -> Any:
            return prescriptions.withdraw_prescription(prescription_id=prescription_id, by=doctor)

        paid, taken = at_once(app, pay, take_back)
        assert isinstance(paid, Settlement) != (not isinstance(taken, Exception)), (paid, taken)
        assert all(isinstance(found, DomainError) for found in (paid, taken) if isinstance(found, Exception))
        status = ChargeStatus.PAID if isinstance(paid, Settlement) else ChargeStatus.VOIDED
        assert [line.status for line in view(bill).charges] == [status]
    assert money_holds()


def test_two_windows_refund_the_same_line_at_once_and_it_goes_back_once(
    app: Flask, make_bill: Any, settle: Any, cashier: Actor, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    receipt = settle(bill)
    charge_id = view(bill).charges[0].id
    outcomes = at_once(app, *[lambda: _give_back(receipt, charge_id, 1, cashier)] * 4)
    assert sum(isinstance(found, Settlement) for found in outcomes) == 1, outcomes
    assert all(isinstance(found, Settlement | DomainError) for found in outcomes), outcomes
    assert view(bill).paid_amount == 0
    assert money_holds()


def test_a_shift_that_closes_during_a_refund_counts_it_or_leaves_it_to_the_next(
    app: Flask, make_bill: Any, settle: Any, cashier: Actor, view: Any, money_holds: Any, ours: Any
) -> None:
    kept, bill = make_bill(), make_bill()
    settle(kept)
    receipt = settle(bill)
    charge_id = view(bill).charges[0].id

    def close() -> Any:
        return services.close_shift(counted_cash=D("20.00"), difference_reason="交接中", by=cashier)

    refunded, closed = at_once(app, lambda: _give_back(receipt, charge_id, 1, cashier), close)
    assert isinstance(refunded, Settlement), refunded
    assert closed.status == ShiftStatus.CLOSED
    with tenant_unit(ours["tenant_id"]):
        settlements, _ = queries.shift_entries(closed.id)
    assert closed.net_amount == sum(found.amount for found in settlements)
    assert (refunded.shift_id == closed.id) == (closed.net_amount == D("10.00"))
    assert money_holds()


def test_a_shift_closed_after_midnight_carries_the_takings_of_both_days(
    make_bill: Any, settle: Any, cashier: Actor, money_holds: Any
) -> None:
    late = clock.day_bounds(clock.today())[1] - timedelta(minutes=5)
    with clock.at(late):
        evening = settle(make_bill())
    with clock.at(late + timedelta(minutes=10)):
        morning = settle(make_bill())
        shift = services.close_shift(counted_cash=D("20.00"), by=cashier)
    assert (morning.on - evening.on).days == 1
    assert morning.shift_id == evening.shift_id == shift.id
    assert (shift.net_amount, shift.expected_cash, shift.settlement_count) == (D("20.00"), D("20.00"), 2)
    assert money_holds()


def test_a_settled_bill_is_not_settled_again_and_a_line_added_later_is(
    make_bill: Any, settle: Any, cashier: Actor, find_price: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    settle(bill)
    with pytest.raises(NothingToSettle):
        _cash(bill.id, "10.00", cashier)
    services.add_charge(bill_id=bill.id, item_id=find_price("X0020").item_id, by=cashier)
    settle(bill)
    assert len(view(bill).settlements) == 2
    assert money_holds()


def test_a_charge_of_one_bill_is_not_refunded_on_the_receipt_of_another(
    make_bill: Any, settle: Any, cashier: Actor, view: Any
) -> None:
    receipt, other = settle(make_bill()), make_bill()
    settle(other)
    with pytest.raises(DomainError) as refusal:
        _give_back(receipt, view(other).charges[0].id, 1, cashier)
    assert refusal.value.status == 404
