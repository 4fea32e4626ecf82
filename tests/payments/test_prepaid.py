"""Prepaid accounts: cash in, spent, given back, handed out; never below nothing."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from support.racing import at_once

from app.db import Mode, db, lock_row, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound, PermissionDenied
from modules.payments import queries, services
from modules.payments.errors import BalanceTooLow, PayerMissing
from modules.payments.models import PrepaidAccount
from modules.payments.services import conduct

D = Decimal


@pytest.fixture
def account(patient: Any, cashier: Any, ours: Any) -> PrepaidAccount:
    """¥ 100.00 laid in."""
    services.top_up(patient_id=patient.id, amount=D("100.00"), by=cashier)
    with tenant_unit(ours["tenant_id"]):
        return queries.account_of(patient.id)


def _order(make_order: Any, patient: Any, **given: Any) -> Any:
    return make_order(channel="prepaid", patient_id=patient.id, **given)


def _balance(ours: Any, patient: Any) -> Decimal:
    with tenant_unit(ours["tenant_id"]):
        return queries.account_of(patient.id).balance


def test_an_account_is_spent_and_given_back_in_our_own_books(
    make_order: Any,
    patient: Any,
    cashier: Any,
    account: Any,
    told: Any,
    ours: Any,
    all_holds: Any,
    world_outside: Any,
) -> None:
    order = conduct.pay(_order(make_order, patient).id, by=cashier)
    assert (order.state.value, order.way.value) == ("success", "account")
    assert _balance(ours, patient) == D("37.60")
    refund = services.open_refund(order_id=order.id, amount=D("20.00"), reason="drug returned", by=cashier)
    assert refund.state.value == "refunded"
    assert conduct.carry_refund(refund.id, by=cashier).state.value == "refunded"
    assert _balance(ours, patient) == D("57.60")
    services.pay_out(patient_id=patient.id, amount=D("57.60"), reason="moves away", by=cashier)
    assert _balance(ours, patient) == 0
    assert [type(event).__name__ for event in told] == ["PaymentSucceeded", "MoneyReturned", "PrepaidPaidOut"]
    assert not world_outside.seen
    with tenant_unit(ours["tenant_id"]):
        entries = queries.entries_of(account.id).rows
    assert [(entry.entry_no, entry.amount, entry.balance_after) for entry in reversed(entries)] == [
        (1, D("100.00"), D("100.00")),
        (2, D("-62.40"), D("37.60")),
        (3, D("20.00"), D("57.60")),
        (4, D("-57.60"), D("0.00")),
    ]
    assert all_holds()


def test_laying_in_is_told_to_who_keeps_the_drawer(patient: Any, cashier: Any, told: Any) -> None:
    entry = services.top_up(patient_id=patient.id, amount=D("50.00"), by=cashier)
    (event,) = told
    assert (event.entry_id, event.amount, event.patient_id) == (entry.id, D("50.00"), patient.id)


def test_an_account_gives_no_more_than_it_holds(
    make_order: Any, patient: Any, cashier: Any, account: Any, order_now: Any, ours: Any
) -> None:
    order = _order(make_order, patient, amount=D("100.01"))
    with pytest.raises(BalanceTooLow):
        conduct.pay(order.id, by=cashier)
    assert order_now(order).state.value == "created"
    with pytest.raises(BalanceTooLow):
        services.pay_out(patient_id=patient.id, amount=D("100.01"), reason="moves away", by=cashier)
    assert _balance(ours, patient) == D("100.00")


def test_two_windows_spend_the_same_money_once(
    app: Flask, make_order: Any, patient: Any, cashier: Any, account: Any, ours: Any, all_holds: Any
) -> None:
    orders = [_order(make_order, patient) for _ in range(2)]
    outcomes = at_once(app, *[lambda order=order: conduct.pay(order.id, by=cashier) for order in orders])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BalanceTooLow", "Order"]
    assert _balance(ours, patient) == D("37.60")
    assert all_holds()


def test_two_windows_open_one_account(
    app: Flask, patient: Any, cashier: Any, ours: Any, all_holds: Any
) -> None:
    def top_up() -> Any:
        return services.top_up(patient_id=patient.id, amount=D("10.00"), by=cashier)

    assert [type(outcome).__name__ for outcome in at_once(app, top_up, top_up)] == ["PrepaidEntry"] * 2
    assert _balance(ours, patient) == D("20.00")
    assert all_holds()


def test_the_database_itself_lets_no_account_fall_below_nothing(account: Any, ours: Any) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        lock_row(PrepaidAccount, account.id).balance = D("-0.01")  # type: ignore[union-attr]
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_a_prepaid_order_needs_somebody_whose_account_pays(
    make_order: Any, theirs: Any, cashier: Any
) -> None:
    from support import world
    from support.outpatients import make_patient

    with pytest.raises(PayerMissing):
        make_order(channel="prepaid")
    stranger = make_patient(world.actor(theirs, "registrar"))
    with pytest.raises(NotFound):
        make_order(channel="prepaid", patient_id=stranger.id)
    with pytest.raises(NotFound):
        services.top_up(patient_id=stranger.id, amount=D("1.00"), by=cashier)


def test_only_the_cashier_handles_the_cash(patient: Any, registrar: Any, account: Any) -> None:
    with pytest.raises(PermissionDenied):
        services.top_up(patient_id=patient.id, amount=D("1.00"), by=registrar)
    with pytest.raises(PermissionDenied):
        services.pay_out(patient_id=patient.id, amount=D("1.00"), reason="error", by=registrar)


def test_paying_from_an_account_takes_a_fixed_number_of_statements(
    make_order: Any, patient: Any, cashier: Any, account: Any
) -> None:
    order = _order(make_order, patient)
    with count_statements() as counted:
        conduct.pay(order.id, by=cashier)
    assert counted.count <= 15, counted.statements
