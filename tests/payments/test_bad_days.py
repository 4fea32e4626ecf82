"""Payments on bad days: lines that die, answers that are lost, money that comes late, twice, or in another amount."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once

from app import clock
from modules.charging.simulators.channels import sign
from modules.payments.services import conduct

D = Decimal
PAYER = "28001234567899"


def _later(seconds: int) -> None:
    clock.stop(clock.now() + timedelta(seconds=seconds))


def _pursue(ours: dict[str, Any], seconds: int) -> int:
    _later(seconds)
    return conduct.pursue(ours["tenant_id"])


def test_an_answer_that_was_lost_is_asked_for_and_nothing_is_sent_twice(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any, told: Any
) -> None:
    world_outside.misbehave("no_callback")
    world_outside.misbehave("lost")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    assert (order.state.value, told) == ("paying", [])
    assert order.next_query_at == clock.now() + timedelta(seconds=5)
    assert _pursue(ours, 4) == 0
    assert _pursue(ours, 1) == 1
    assert order_now(order).state.value == "success"
    assert world_outside.seen[f"pay {order.out_trade_no}"] == 1
    assert len(told) == 1


def test_a_channel_that_is_dead_is_asked_until_the_time_is_over_and_then_told_to_close(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any
) -> None:
    world_outside.misbehave("dead", 4)
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    for seconds in (5, 10, 15):
        assert _pursue(ours, seconds) == 1
        assert order_now(order).state.value == "paying"
    assert _pursue(ours, 30) == 1  # it lives again and knows nothing; the request may still be on its way
    assert order_now(order).state.value == "paying"
    assert _pursue(ours, 150) == 1
    assert order_now(order).state.value == "closed"


def test_after_a_day_without_an_answer_people_take_over(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any, reading: None
) -> None:
    from modules.payments import queries

    world_outside.misbehave("dead", 10**6)
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    asked = 0
    while (due := order_now(order).next_query_at) is not None:
        clock.stop(due)
        asked += conduct.pursue(ours["tenant_id"])
    assert 48 <= asked <= 60
    assert order_now(order).state.value == "paying"
    assert clock.now() - order.created_at <= timedelta(days=1)
    assert [row.id for row in queries.to_look_after(size=5)[1]] == [order.id]


@pytest.mark.parametrize("misdeed", ["slow", "wrong_signature"])
def test_an_answer_too_late_or_not_proven_leaves_the_result_open(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any, misdeed: str
) -> None:
    world_outside.misbehave("no_callback")
    world_outside.misbehave(misdeed)
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    assert order.state.value == "paying"
    assert _pursue(ours, 5) == 1
    assert order_now(order).state.value == "success"


def test_the_report_comes_before_the_answer(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any, told: Any, monkeypatch: Any
) -> None:
    from app import outgoing as wire

    asked = wire.post

    def report_first(url: str, headers: Any, body: bytes) -> Any:
        answer = asked(url, headers, body)
        world_outside.deliver()
        return answer

    monkeypatch.setattr(wire, "post", report_first)
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    assert order.state.value == "success"
    assert [type(event).__name__ for event in told] == ["PaymentSucceeded"]


def test_a_report_that_comes_three_times_has_one_effect(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any, told: Any, ours: Any
) -> None:
    from app.db import tenant_unit
    from modules.payments import queries

    world_outside.misbehave("lost")
    world_outside.misbehave("duplicate_callback")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    assert world_outside.deliver() == 3
    assert world_outside.reports == []
    assert order_now(order).state.value == "success"
    assert len(told) == 1
    with tenant_unit(ours["tenant_id"]):
        said = queries.order_view(order.id).exchanges
    assert [row.verb.value for row in said] == ["callback", "callback", "callback", "pay", "pay"]


def test_three_reports_in_one_moment_have_one_effect(
    app: Flask, make_order: Any, cashier: Any, world_outside: Any, order_now: Any, told: Any
) -> None:
    world_outside.misbehave("lost")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    report = world_outside.reports[0]

    def tell() -> Any:
        return _send(world_outside, app, report.body)

    assert set(at_once(app, tell, tell, tell)) <= {200, 409}
    assert order_now(order).state.value == "success"
    assert len(told) == 1


def test_money_for_a_closed_order_goes_back_by_itself(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any, ours: Any, told: Any, refunds_of: Any
) -> None:
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    world_outside.misbehave("late_success")
    assert conduct.close(order.id, by=cashier).state.value == "closed"
    assert world_outside.deliver() == 1
    found = order_now(order)
    assert (found.state.value, found.surplus.value, found.refunded_amount) == ("closed", "late", D("62.40"))
    assert _pursue(ours, 0) == 1
    (refund,) = refunds_of(order)
    assert (refund.state.value, refund.amount) == ("refunded", D("62.40"))
    assert [type(event).__name__ for event in told] == ["PaymentEnded", "MoneyReturned"]
    assert told[1].is_surplus
    world_outside.reports.clear()


def test_the_second_payment_of_a_subject_goes_back(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any, ours: Any, told: Any, refunds_of: Any
) -> None:
    first = conduct.show_qr(make_order(way="qr", subject_id=8).id, by=cashier)
    second = conduct.show_qr(make_order(way="qr", subject_id=8).id, by=cashier)
    for order in (first, second):
        world_outside.scan("M1001", order.out_trade_no)
    world_outside.deliver()
    kept, returned = order_now(first), order_now(second)
    assert (kept.state.value, kept.surplus.value) == ("success", "none")
    assert (returned.state.value, returned.surplus.value) == ("success", "duplicate")
    assert _pursue(ours, 0) == 1
    assert [row.state.value for row in refunds_of(second)] == ["refunded"]
    assert refunds_of(first) == []
    assert [type(event).__name__ for event in told] == ["PaymentSucceeded", "MoneyReturned"]


def test_two_payments_of_a_subject_in_one_moment_one_goes_back(
    app: Flask, make_order: Any, cashier: Any, world_outside: Any, order_now: Any, ours: Any, told: Any
) -> None:
    orders = [conduct.show_qr(make_order(way="qr", subject_id=8).id, by=cashier) for _ in range(2)]
    world_outside.misbehave("no_callback", 2)
    for order in orders:
        world_outside.scan("M1001", order.out_trade_no)

    def ask(order: Any) -> Any:
        return lambda: conduct.ask(order.id, by=cashier)

    at_once(app, *[ask(order) for order in orders])
    found = [order_now(order) for order in orders]
    assert [row.state.value for row in found] == ["success", "success"]
    assert sorted(row.surplus.value for row in found) == ["duplicate", "none"]
    assert [type(event).__name__ for event in told].count("PaymentSucceeded") == 1


def test_another_amount_is_never_accepted_silently(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any, told: Any, reading: None
) -> None:
    from modules.payments import queries

    world_outside.misbehave("no_callback")
    world_outside.misbehave("wrong_amount")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    assert (order.state.value, order.paid_amount, told) == ("disputed", D("63.40"), [])
    assert order.note == "¥ 63.40 ≠ ¥ 62.40"
    assert queries.to_look_after(size=5)[0] == 1
    order = conduct.ask(order.id, by=cashier)  # the channel has thought better of it
    assert (order.state.value, order.paid_amount, order.note) == ("success", D("62.40"), "")


def test_another_amount_can_be_given_back(
    make_order: Any, cashier: Any, world_outside: Any, refunds_of: Any, order_now: Any
) -> None:
    from modules.payments import services

    world_outside.misbehave("no_callback")
    world_outside.misbehave("wrong_amount")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    refund = services.give_back(order_id=order.id, reason="wrong amount", by=cashier)
    refund = conduct.carry_refund(refund.id, by=cashier)
    assert refund.state.value == "refund_fail"  # the channel had less than it said
    assert order_now(order).refunded_amount == 0


def _send(
    world_outside: Any, app: Flask, body: str, secret: str = "", at: Any = None, nonce: str = "n"
) -> int:
    merchant = world_outside.books.merchants["M1001"]
    moment = str(int((at or clock.now()).timestamp()))
    headers = {
        "X-Pay-Time": moment,
        "X-Pay-Nonce": nonce,
        "X-Pay-Signature": sign(secret or merchant.secret, moment, nonce, "callback", body),
    }
    path = merchant.notify_url.removeprefix("http://his.example")
    status: int = app.test_client().post(path, data=body.encode(), headers=headers).status_code
    return status


@pytest.mark.control("APP-05")
def test_a_forged_report_is_refused_and_stands_in_the_trail(
    app: Flask, make_order: Any, cashier: Any, world_outside: Any, order_now: Any, ours: Any, told: Any
) -> None:
    from sqlalchemy import select

    from app.db import db, tenant_unit
    from app.records import AuditRow

    world_outside.misbehave("lost")
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    body = world_outside.reports[0].body
    assert _send(world_outside, app, body, secret="a guessed secret") == 401
    assert _send(world_outside, app, body, at=clock.now() - timedelta(minutes=6)) == 401
    assert order_now(order).state.value == "paying"
    with tenant_unit(ours["tenant_id"]):
        mine = AuditRow.tenant_id == ours["tenant_id"]
        asked = select(AuditRow).where(mine, AuditRow.action == "payment.report_refused")
        rows = list(db.session.scalars(asked))
    assert [row.outcome for row in rows] == ["refused", "refused"]
    assert _send(world_outside, app, body) == 200
    assert _send(world_outside, app, body) == 200  # played again: nothing more
    assert len(told) == 1


def test_a_report_with_other_contents_than_signed_or_at_another_door_has_no_effect(
    app: Flask,
    make_order: Any,
    cashier: Any,
    world_outside: Any,
    order_now: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    merchant = world_outside.books.merchants["M1001"]
    path, moment = merchant.notify_url.removeprefix("http://his.example"), str(int(clock.now().timestamp()))
    trade = {"out_trade_no": order.out_trade_no, "state": "SUCCESS", "total_fen": 6240}
    body = json.dumps({"code": "OK", "trade": trade})
    proof = {"X-Pay-Time": moment, "X-Pay-Nonce": "n"}
    proof["X-Pay-Signature"] = sign(merchant.secret, moment, "n", "callback", body)
    client = app.test_client()
    assert client.post(path, data=body.replace("6240", "6241"), headers=proof).status_code == 401
    assert client.post(path[:-1] + "x", data=body, headers=proof).status_code == 404
    assert client.post(path.replace("C1-", "C2-"), data=body, headers=proof).status_code == 404
    assert client.post(path.replace("C1-", "C9-"), data=body, headers=proof).status_code == 404
    assert client.post(path, data=body).status_code == 400  # unsigned: like any forged form
    assert order_now(order).state.value == "paying"


def test_a_signed_report_that_makes_no_sense_is_refused(
    app: Flask, make_order: Any, cashier: Any, world_outside: Any, order_now: Any
) -> None:
    order = make_order()
    for body in (
        "{",
        "[]",
        "{}",
        '{"code":"OK"}',
        '{"code":"OK","trade":{"out_trade_no":"P1"}}',
        "x" * 20_001,
    ):
        assert _send(world_outside, app, body) in {404, 422}, body[:40]
    stranger = '{"code":"OK","trade":{"out_trade_no":"P404","state":"SUCCESS","total_fen":6240}}'
    assert _send(world_outside, app, stranger) == 404
    assert order_now(order).state.value == "created"


def test_a_crash_between_the_intention_and_the_call_leaves_an_order_that_is_asked_about(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any, monkeypatch: Any
) -> None:
    from app import outgoing as wire

    def power_cut(*given: Any) -> Any:
        raise KeyboardInterrupt

    order = make_order()
    with monkeypatch.context() as patch:
        patch.setattr(wire, "post", power_cut)
        with pytest.raises(KeyboardInterrupt):
            conduct.pay(order.id, PAYER, by=cashier)
    assert order_now(order).state.value == "paying"
    assert _pursue(ours, 5) == 1
    assert order_now(order).state.value == "paying"  # it never arrived; it may be paid until its time is over
    assert _pursue(ours, 175) == 1
    assert order_now(order).state.value == "closed"
    assert world_outside.seen[f"pay {order.out_trade_no}"] == 0


def test_a_crash_after_the_channel_has_taken_the_money_is_made_good(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any, monkeypatch: Any, told: Any
) -> None:
    from app import outgoing as wire

    asked = wire.post

    def power_cut(*given: Any) -> Any:
        asked(*given)
        raise KeyboardInterrupt

    world_outside.misbehave("no_callback")
    order = make_order()
    with monkeypatch.context() as patch:
        patch.setattr(wire, "post", power_cut)
        with pytest.raises(KeyboardInterrupt):
            conduct.pay(order.id, PAYER, by=cashier)
    assert _pursue(ours, 5) == 1
    assert order_now(order).state.value == "success"
    assert len(told) == 1


def test_who_listens_and_fails_loses_no_payment(
    make_order: Any, cashier: Any, world_outside: Any, ours: Any, order_now: Any, monkeypatch: Any, told: Any
) -> None:
    from app.events import subscriptions
    from modules.payments.events import PaymentSucceeded

    def fail(event: Any) -> None:
        raise RuntimeError("the bill is broken")

    order = make_order()
    with monkeypatch.context() as patch:
        patch.setitem(subscriptions.now, PaymentSucceeded, [fail])
        with pytest.raises(RuntimeError):
            conduct.pay(order.id, PAYER, by=cashier)
    assert order_now(order).state.value == "paying"
    assert _pursue(ours, 5) == 1
    assert order_now(order).state.value == "success"
    assert len(told) == 1


def test_a_cashier_who_loses_the_right_meanwhile_still_has_the_answer_noted(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any
) -> None:
    from dataclasses import replace

    order = make_order()
    taker = replace(cashier, permissions=frozenset({"payments.order.take"}))
    assert conduct.pay(order.id, PAYER, by=taker).state.value == "success"


@pytest.mark.parametrize("moment", ["999999999999", "9999999999", "-1", "１７００００００００", "1" * 400])
def test_a_stolen_address_and_any_time_are_refused(
    app: Flask, make_order: Any, world_outside: Any, moment: str
) -> None:
    path = world_outside.books.merchants["M1001"].notify_url.removeprefix("http://his.example")
    headers = {
        "X-Pay-Time": moment.encode().decode("latin-1"),
        "X-Pay-Nonce": "n",
        "X-Pay-Signature": "0" * 64,
    }
    assert app.test_client().post(path, data="{}", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["C1-%00", "C1-x%00y", "%00-x", "C1-" + "x" * 5000])
def test_an_address_that_nobody_has_leads_nowhere(app: Flask, merchant: Any, path: str) -> None:
    headers = {"X-Pay-Time": "1", "X-Pay-Nonce": "n", "X-Pay-Signature": "0" * 64}
    answer = app.test_client().post(f"/payments/callbacks/{path}", data="{}", headers=headers)
    assert answer.status_code in {400, 404}
