"""Payment orders: every way through their life, on good days."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once

from app import clock, pursuit
from app.db import Mode, db, lock_row, tenant_unit
from app.db.append_only import RecordMayNotChange
from app.db.statements import count_statements
from app.errors import InvalidInput, NotFound, PermissionDenied
from app.registry import installed
from modules.payments import queries, services
from modules.payments.errors import (
    AddressUnfit,
    NoMerchant,
    OrderChanged,
    SubjectPaid,
    WrongState,
    WrongWay,
)
from modules.payments.models import Exchange, Order, StateMovedBack
from modules.payments.services import conduct

D = Decimal
PAYER = "28001234567899"


def test_a_scanned_code_pays_at_once(make_order: Any, cashier: Any, told: Any, order_now: Any) -> None:
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    assert (order.state.value, order.paid_amount, order.next_query_at) == ("success", D("62.40"), None)
    (event,) = told
    assert (event.order_id, event.amount, event.channel) == (order.id, D("62.40"), "wechat")
    assert event.channel_trade_no == order.channel_trade_no != ""
    assert order_now(order).state.value == "success"


def test_a_refused_code_ends_the_order(make_order: Any, cashier: Any, told: Any) -> None:
    order = conduct.pay(make_order().id, "12345670", by=cashier)
    assert (order.state.value, order.note, order.paid_amount) == ("failed", "付款码无效", 0)
    assert [(type(event).__name__, event.state) for event in told] == [("PaymentEnded", "failed")]


def test_a_payer_who_types_a_password_is_waited_for(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any
) -> None:
    order = conduct.pay(make_order().id, "12345672", by=cashier)
    assert order.state.value == "paying"
    world_outside.misbehave("no_callback")
    world_outside.scan("M1001", order.out_trade_no)
    assert conduct.ask(order.id, by=cashier).state.value == "success"


def test_a_code_is_shown_and_its_scan_reported(
    make_order: Any, cashier: Any, world_outside: Any, order_now: Any, told: Any
) -> None:
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    assert (order.state.value, order.qr[:20]) == ("paying", "https://pay.example/")
    assert conduct.show_qr(order.id, by=cashier).qr == order.qr
    world_outside.scan("M1001", order.out_trade_no)
    assert world_outside.deliver() == 1
    assert order_now(order).state.value == "success"
    assert len(told) == 1


def test_a_code_whose_answer_was_lost_is_asked_for_and_not_made_twice(
    make_order: Any, cashier: Any, world_outside: Any
) -> None:
    world_outside.misbehave("lost")
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    assert (order.state.value, order.qr) == ("paying", "")
    assert conduct.show_qr(order.id, by=cashier).qr != ""
    assert world_outside.seen[f"precreate {order.out_trade_no}"] == 1


def test_an_order_that_was_never_sent_closes_at_once(
    make_order: Any, cashier: Any, world_outside: Any
) -> None:
    order = conduct.close(make_order().id, by=cashier)
    assert order.state.value == "closed"
    assert not world_outside.seen
    with pytest.raises(WrongState):
        conduct.pay(order.id, PAYER, by=cashier)
    with pytest.raises(WrongState):
        conduct.close(order.id, by=cashier)


def test_an_order_under_way_is_closed_at_the_channel(make_order: Any, cashier: Any, told: Any) -> None:
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    assert conduct.close(order.id, by=cashier).state.value == "closed"
    assert [event.state for event in told] == ["closed"]


def test_an_order_that_is_paid_while_it_is_closed_is_paid(
    make_order: Any, cashier: Any, world_outside: Any
) -> None:
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    world_outside.misbehave("no_callback")
    world_outside.scan("M1001", order.out_trade_no)
    assert conduct.close(order.id, by=cashier).state.value == "success"


def test_nobody_pays_an_order_whose_time_is_over(
    make_order: Any, cashier: Any, ours: Any, order_now: Any
) -> None:
    order = conduct.show_qr(make_order(way="qr").id, by=cashier)
    late = make_order()
    clock.stop(clock.now() + timedelta(minutes=11))
    with pytest.raises(WrongState):
        conduct.pay(late.id, PAYER, by=cashier)
    assert conduct.pursue(ours["tenant_id"]) == 1
    assert order_now(order).state.value == "closed"


def test_each_way_takes_its_own_order(make_order: Any, cashier: Any) -> None:
    with pytest.raises(WrongWay):
        conduct.show_qr(make_order().id, by=cashier)
    with pytest.raises(WrongWay):
        conduct.pay(make_order(way="qr").id, PAYER, by=cashier)
    with pytest.raises(InvalidInput):
        conduct.pay(make_order().id, "no code!", by=cashier)


def test_the_same_number_gives_the_same_order(make_order: Any) -> None:
    first = make_order(out_trade_no="N-1", subject_id=5)
    assert make_order(out_trade_no="N-1", subject_id=5).id == first.id
    with pytest.raises(OrderChanged):
        make_order(out_trade_no="N-1", subject_id=5, amount=D("62.41"))


def test_two_windows_with_the_same_number_open_one_order(app: Flask, make_order: Any, reading: None) -> None:
    def open_it() -> Any:
        return make_order(out_trade_no="N-2", subject_id=5)

    first, second = at_once(app, open_it, open_it)
    assert first.id == second.id
    assert len(queries.orders_of("tests_bill", [5])) == 1


def test_two_windows_send_an_order_once(
    app: Flask, make_order: Any, cashier: Any, world_outside: Any
) -> None:
    order = make_order()

    def pay() -> Any:
        return conduct.pay(order.id, PAYER, by=cashier)

    outcomes = at_once(app, pay, pay)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Order", "WrongState"]
    assert world_outside.seen[f"pay {order.out_trade_no}"] == 1


def test_what_is_paid_is_not_opened_again(make_order: Any, cashier: Any) -> None:
    conduct.pay(make_order(subject_id=7).id, PAYER, by=cashier)
    with pytest.raises(SubjectPaid):
        make_order(subject_id=7)


def test_a_channel_that_is_not_set_up_is_no_way_to_pay(
    make_order: Any, merchant: Any, administrator: Any
) -> None:
    with pytest.raises(NoMerchant):
        make_order(channel="alipay")
    services.retire_merchant(merchant_id=merchant.id, by=administrator)
    with pytest.raises(NoMerchant):
        make_order()


def test_orders_end_through_the_merchant_they_began_with(
    make_order: Any, cashier: Any, administrator: Any, world_outside: Any
) -> None:
    order = conduct.pay(make_order().id, "12345672", by=cashier)
    facts = {"channel": "wechat", "base_url": "https://channel.example", "secret": "another long secret"}
    services.set_up_merchant(merchant_no="M2002", by=administrator, **facts)
    world_outside.scan("M1001", order.out_trade_no)
    assert conduct.ask(order.id, by=cashier).state.value == "success"


@pytest.mark.parametrize(
    "address",
    [
        "http://channel.example",
        "https://user@channel.example",
        "https://channel.example?x=1",
        "ftp://127.0.0.1",
        "https://",
        "https://channel.example:99999",
        "http://127.0.0.1.example",
    ],
)
def test_money_is_not_sent_to_any_address(administrator: Any, address: str) -> None:
    with pytest.raises(AddressUnfit):
        services.set_up_merchant(
            channel="alipay", merchant_no="A1", base_url=address, secret="x" * 16, by=administrator
        )


def test_this_machine_is_an_address_only_outside_production(administrator: Any, monkeypatch: Any) -> None:
    facts = {
        "channel": "alipay",
        "merchant_no": "A1",
        "base_url": "http://127.0.0.1:8090",
        "secret": "x" * 16,
    }
    services.set_up_merchant(by=administrator, **facts)
    monkeypatch.setattr("modules.payments.services.merchants.is_production", lambda: True)
    with pytest.raises(AddressUnfit):
        services.set_up_merchant(by=administrator, **facts)


def test_a_cashier_sets_up_no_merchant_and_a_doctor_takes_no_payment(
    cashier: Any, doctor: Any, make_order: Any
) -> None:
    facts = {"channel": "alipay", "merchant_no": "A1", "base_url": "https://a.example", "secret": "x" * 16}
    with pytest.raises(PermissionDenied):
        services.set_up_merchant(by=cashier, **facts)
    with pytest.raises(PermissionDenied):
        conduct.pay(make_order().id, PAYER, by=doctor)


BACK = [
    ("success", "paying"),
    ("closed", "success"),
    ("failed", "closed"),
    ("disputed", "closed"),
    ("paying", "created"),
]


@pytest.mark.parametrize(("before", "after"), BACK)
def test_a_state_never_moves_back(make_order: Any, ours: Any, before: str, after: str, as_owner: Any) -> None:
    order = make_order()
    as_owner(
        "p1",
        "UPDATE payments_order SET state = :state, paid_amount = amount WHERE id = :id",
        state=before,
        id=order.id,
    )
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        row = lock_row(Order, order.id)
        row.state = type(row.state)(after)
        with pytest.raises(StateMovedBack):
            db.session.flush()


def test_what_an_order_is_for_never_changes(make_order: Any, ours: Any) -> None:
    order = make_order()
    for name, value in {"amount": D("1.00"), "subject_id": 9, "out_trade_no": "X"}.items():
        with tenant_unit(ours["tenant_id"], Mode.WRITE):
            row = lock_row(Order, order.id)
            setattr(row, name, value)
            with pytest.raises(RecordMayNotChange):
                db.session.flush()


def test_what_was_said_is_kept_sealed(make_order: Any, cashier: Any, ours: Any, as_owner: Any) -> None:
    order = conduct.pay(make_order().id, PAYER, by=cashier)
    with tenant_unit(ours["tenant_id"]):
        received, sent = queries.order_view(order.id).exchanges
        assert (sent.direction.value, received.outcome.value) == ("sent", "answered")
        assert PAYER in sent.body
        assert order.out_trade_no in received.body
    stored = as_owner("p1", "SELECT body FROM payments_exchange")
    assert not [row for row in stored if PAYER in row[0]]
    assert Exchange.__tablename__ == "payments_exchange"


def test_an_order_of_another_centre_is_not_found(make_order: Any, theirs: Any, cashier: Any) -> None:
    from support import world

    order, stranger = make_order(), world.actor(theirs, "cashier")
    for act in (conduct.ask, conduct.close, conduct.show_qr, conduct.pay):
        with pytest.raises(NotFound):
            act(order.id, by=stranger)
    with pytest.raises(NotFound):
        services.open_refund(order_id=order.id, amount=D("1.00"), reason="error", by=stranger)


def test_paying_takes_a_fixed_number_of_statements(make_order: Any, cashier: Any) -> None:
    order = make_order()
    conduct.pay(make_order().id, PAYER, by=cashier)
    with count_statements() as counted:
        conduct.pay(order.id, PAYER, by=cashier)
    assert counted.count <= 26, counted.statements


def test_the_relay_looks_for_what_is_due_in_two_statements(
    app: Flask, make_order: Any, cashier: Any, world_outside: Any, ours: Any
) -> None:
    order = conduct.pay(make_order().id, "12345672", by=cashier)
    with count_statements() as counted:
        assert pursuit.due(["p1"]) == []
    assert counted.count <= 1 + sum(
        len(p.due(clock.now())) for m in installed().modules.values() for p in m.pursues
    )
    clock.stop(clock.now() + timedelta(seconds=5))
    assert [centre for centre, _ in pursuit.due(["p1"])] == [ours["tenant_id"]]
    world_outside.scan("M1001", order.out_trade_no)
