"""Money that goes back: the way it came, never more than came."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from support.racing import at_once

from app import clock
from app.db import Mode, db, lock_row, tenant_unit
from modules.payments import services
from modules.payments.errors import RefundTooMuch, WrongState
from modules.payments.models import Order, Refund, StateMovedBack
from modules.payments.services import conduct

D = Decimal
PAYER = "28001234567899"


@pytest.fixture
def paid(make_order: Any, cashier: Any) -> Order:
    """¥ 62.40, paid."""
    return conduct.pay(make_order().id, PAYER, by=cashier)


def _give(order: Order, amount: str, by: Any) -> Refund:
    return services.open_refund(order_id=order.id, amount=D(amount), reason="drug returned", by=by)


def test_a_part_goes_back_and_then_the_rest(
    paid: Order, cashier: Any, told: Any, order_now: Any, all_holds: Any
) -> None:
    told.clear()
    first = conduct.carry_refund(_give(paid, "20.00", cashier).id, by=cashier)
    second = conduct.carry_refund(_give(paid, "42.40", cashier).id, by=cashier)
    assert [row.state.value for row in (first, second)] == ["refunded", "refunded"]
    assert order_now(paid).refunded_amount == D("62.40")
    assert [(type(event).__name__, event.amount, event.is_surplus) for event in told] == [
        ("MoneyReturned", D("20.00"), False),
        ("MoneyReturned", D("42.40"), False),
    ]
    with pytest.raises(RefundTooMuch):
        _give(paid, "0.01", cashier)
    assert all_holds()


def test_what_is_on_its_way_back_counts_already(paid: Order, cashier: Any, all_holds: Any) -> None:
    _give(paid, "60.00", cashier)
    with pytest.raises(RefundTooMuch):
        _give(paid, "2.41", cashier)
    assert all_holds()


def test_two_desks_together_give_back_no_more_than_was_paid(
    app: Flask, paid: Order, cashier: Any, order_now: Any, all_holds: Any
) -> None:
    outcomes = at_once(app, *[lambda: _give(paid, "40.00", cashier)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Refund", "RefundTooMuch"]
    assert order_now(paid).refunded_amount == D("40.00")
    assert all_holds()


def test_the_database_itself_refuses_more_than_was_paid(paid: Order, ours: Any) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        lock_row(Order, paid.id).refunded_amount = D("62.41")  # type: ignore[union-attr]
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_nothing_goes_back_of_what_was_not_paid(make_order: Any, cashier: Any) -> None:
    with pytest.raises(WrongState):
        _give(make_order(), "1.00", cashier)


def test_a_bills_money_does_not_go_back_behind_the_bill(paid: Order, cashier: Any) -> None:
    with pytest.raises(WrongState):
        services.give_back(order_id=paid.id, reason="by mistake", by=cashier)


def test_a_refund_whose_answer_was_lost_is_asked_about_and_not_sent_twice(
    paid: Order, cashier: Any, world_outside: Any, ours: Any, told: Any
) -> None:
    world_outside.misbehave("lost")
    refund = conduct.carry_refund(_give(paid, "20.00", cashier).id, by=cashier)
    assert refund.state.value == "refunding"
    clock.stop(clock.now() + timedelta(seconds=5))
    assert conduct.pursue(ours["tenant_id"]) == 1
    assert told[-1].refund_id == refund.id
    assert world_outside.seen[f"refund {refund.out_refund_no}"] == 1
    assert world_outside.seen[f"refund-query {refund.out_refund_no}"] == 1


def test_a_refund_that_never_arrived_is_sent_again_once_the_channel_says_so(
    paid: Order, cashier: Any, world_outside: Any, ours: Any, told: Any
) -> None:
    world_outside.misbehave("dead")
    refund = conduct.carry_refund(_give(paid, "20.00", cashier).id, by=cashier)
    clock.stop(clock.now() + timedelta(seconds=5))
    assert conduct.pursue(ours["tenant_id"]) == 1  # the channel knows of none
    assert conduct.pursue(ours["tenant_id"]) == 1
    assert type(told[-1]).__name__ == "MoneyReturned"
    assert world_outside.seen[f"refund {refund.out_refund_no}"] == 1


def test_a_refund_that_is_refused_frees_its_amount(
    paid: Order, cashier: Any, world_outside: Any, order_now: Any, told: Any, all_holds: Any
) -> None:
    trade = world_outside.books.trades[f"M1001/{paid.out_trade_no}"]
    trade.refunded_fen = 6000
    refund = conduct.carry_refund(_give(paid, "20.00", cashier).id, by=cashier)
    assert (refund.state.value, refund.note) == ("refund_fail", "超过可退金额")
    assert order_now(paid).refunded_amount == 0
    assert type(told[-1]).__name__ == "RefundFailed"
    trade.refunded_fen = 0
    assert conduct.carry_refund(_give(paid, "20.00", cashier).id, by=cashier).state.value == "refunded"
    assert all_holds()


@pytest.mark.parametrize(("before", "after"), [("refunded", "refunding"), ("refund_fail", "refunded")])
def test_a_refund_never_moves_back(
    paid: Order, cashier: Any, ours: Any, as_owner: Any, before: str, after: str
) -> None:
    refund = _give(paid, "20.00", cashier)
    as_owner("p1", "UPDATE payments_refund SET state = :state WHERE id = :id", state=before, id=refund.id)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        row = lock_row(Refund, refund.id)
        assert row is not None
        row.state = type(row.state)(after)
        with pytest.raises(StateMovedBack):
            db.session.flush()
