"""A settlement in which a payment channel takes part: held, asked for, settled once, or given up and given back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once

from app import clock
from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.db.statements import count_statements
from app.errors import Conflict, DomainError, NotFound
from app.pursuit import pursue_all
from app.use_cases import use_case
from modules.charging import queries, services
from modules.charging.errors import (
    CheckoutMoved,
    CheckoutUnderway,
    MoneyUnderway,
    NothingToSettle,
    TenderRepeated,
    TenderTooLittle,
)
from modules.charging.models import Bill, ChargeStatus, Checkout, CheckoutState
from modules.charging.rules.payer_codes import method_of_code
from modules.charging.rules.tenders import TenderMethod
from modules.charging.services import TenderInput, conduct
from modules.payments import queries as payments
from modules.payments.services import top_up

D = Decimal
PAYS, POOR, TYPES = "134567890123456783", "134567890123456781", "134567890123456782"


@pytest.fixture
def begin(ours: dict[str, Any], cashier: Actor, merchant: Any, view: Any) -> Any:
    """Begin the settlement of what is due, by WeChat unless other ways are named."""

    def start(bill: Bill, by: Actor = cashier, **tenders: str) -> Checkout:
        due = view(bill).due_amount
        handed = tenders or {"wechat": str(due)}
        return services.begin_checkout(
            bill_id=bill.id,
            expected_amount=due,
            tenders=[TenderInput(method=method, amount=D(amount)) for method, amount in handed.items()],
            by=by,
        )

    return start


@pytest.fixture
def parts(ours: dict[str, Any]) -> Any:
    """How the money of a checkout stands: way, state and amount."""

    def look(checkout: Checkout) -> list[tuple[str, str, Decimal]]:
        with tenant_unit(ours["tenant_id"]):
            rows = queries.parts_of(checkout.id)
        return [(row.method.value, row.state.value, row.amount) for row in rows]

    return look


@pytest.fixture
def prepaid(cashier: Actor) -> Any:
    """Lay money into the prepaid account of a bill's patient."""

    def lay(bill: Bill, amount: str) -> None:
        top_up(patient_id=bill.patient_id, amount=D(amount), by=cashier)

    return lay


def test_a_scanned_code_settles_the_bill(
    make_bill: Any,
    prescribe: Any,
    begin: Any,
    view: Any,
    money_holds: Any,
    cashier: Actor,
    ours: dict[str, Any],
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    checkout = begin(bill)
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.LOCKED}
    assert view(bill).due_amount == D("0.00")
    done = conduct.carry(checkout.id, PAYS, by=cashier)
    assert done.state == CheckoutState.SETTLED
    (receipt,) = view(bill).settlements
    (tender,) = view(bill).tenders[receipt.id]
    assert (receipt.amount, tender.method, tender.amount) == (D("26.80"), TenderMethod.WECHAT, D("26.80"))
    with tenant_unit(ours["tenant_id"]):
        order = payments.find_order_by_number(tender.reference)
        assert order is not None
        assert order.state.value == "success"
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.PAID}
    assert money_holds()


def test_cash_beside_a_code_waits_for_the_code(
    make_bill: Any, begin: Any, view: Any, parts: Any, cashier: Actor, money_holds: Any
) -> None:
    bill = make_bill()
    checkout = begin(bill, cash="10.00", wechat="4.00")
    assert view(bill).settlements == []
    done = conduct.carry(checkout.id, PAYS, by=cashier)
    assert parts(done) == [("cash", "handed", D("6.00")), ("wechat", "moved", D("4.00"))]
    (receipt,) = view(bill).settlements
    assert receipt.change_amount == D("4.00")
    assert money_holds()


def test_too_little_money_leaves_the_choice_of_another_way(
    make_bill: Any, begin: Any, view: Any, parts: Any, cashier: Actor, money_holds: Any
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill).id, POOR, by=cashier)
    assert (checkout.state, parts(checkout)) == (CheckoutState.COLLECTING, [("wechat", "failed", D("10.00"))])
    again = services.collect_checkout(
        checkout_id=checkout.id,
        expected_personal=D("10.00"),
        tenders=[TenderInput(method="cash", amount=D("20.00"))],
        by=cashier,
    )
    assert again.state == CheckoutState.SETTLED
    (receipt,) = view(bill).settlements
    assert (receipt.amount, receipt.change_amount) == (D("10.00"), D("10.00"))
    assert money_holds()


def test_a_report_settles_the_bill_while_nobody_looks(
    make_bill: Any,
    begin: Any,
    view: Any,
    cashier: Actor,
    world_outside: Any,
    ours: dict[str, Any],
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill).id, TYPES, by=cashier)
    assert checkout.state == CheckoutState.COLLECTING
    order = _order(ours, checkout)
    world_outside.misbehave("duplicate_callback")
    world_outside.scan("M1001", order.out_trade_no)
    assert world_outside.deliver() >= 1
    (receipt,) = view(bill).settlements
    assert (receipt.amount, receipt.cashier_name) == (D("10.00"), cashier.name)
    while world_outside.deliver():
        pass
    assert len(view(bill).settlements) == 1


def test_a_lost_answer_is_asked_for_and_settles_once(
    make_bill: Any,
    begin: Any,
    view: Any,
    cashier: Actor,
    world_outside: Any,
    ours: dict[str, Any],
) -> None:
    bill = make_bill()
    world_outside.misbehave("lost")
    world_outside.misbehave("no_callback")
    checkout = conduct.carry(begin(bill).id, PAYS, by=cashier)
    assert checkout.state == CheckoutState.COLLECTING
    assert conduct.ask(checkout.id, by=cashier).state == CheckoutState.SETTLED
    assert world_outside.seen[f"pay {_order(ours, checkout).out_trade_no}"] == 1
    assert len(view(bill).settlements) == 1


def test_what_is_paid_after_another_way_was_taken_goes_back_by_itself(
    make_bill: Any,
    begin: Any,
    view: Any,
    parts: Any,
    cashier: Actor,
    world_outside: Any,
    ours: dict[str, Any],
    money_holds: Any,
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill).id, TYPES, by=cashier)
    order = _order(ours, checkout)
    services.collect_checkout(
        checkout_id=checkout.id,
        expected_personal=D("10.00"),
        tenders=[TenderInput(method="cash", amount=D("10.00"))],
        by=cashier,
    )
    world_outside.misbehave("no_callback")
    world_outside.scan("M1001", order.out_trade_no)
    conduct.payments.ask(order.id, by=cashier)
    assert parts(checkout)[0][:2] == ("wechat", "given_back")
    with tenant_unit(ours["tenant_id"]):
        (refund,) = payments.order_view(order.id).refunds
    assert refund.amount == D("10.00")
    conduct.send_refunds(bill.id, by=cashier)
    with tenant_unit(ours["tenant_id"]):
        assert payments.get_refund(refund.id).state.value == "refunded"
    (receipt,) = view(bill).settlements
    assert [tender.method for tender in view(bill).tenders[receipt.id]] == [TenderMethod.CASH]
    assert money_holds()


def test_giving_up_frees_the_lines_and_gives_back_what_was_paid(
    make_bill: Any,
    begin: Any,
    view: Any,
    parts: Any,
    cashier: Actor,
    ours: dict[str, Any],
    settle: Any,
    prepaid: Any,
    money_holds: Any,
) -> None:
    bill = make_bill()
    prepaid(bill, "4.00")
    checkout = conduct.carry(begin(bill, prepaid="4.00", wechat="6.00").id, TYPES, by=cashier)
    assert [part[:2] for part in parts(checkout)] == [("prepaid", "moved"), ("wechat", "waiting")]
    services.give_up_checkout(checkout_id=checkout.id, reason="患者改日再来", by=cashier)
    assert [part[:2] for part in parts(checkout)] == [("prepaid", "given_back"), ("wechat", "failed")]
    assert view(bill).due_amount == D("10.00")
    with tenant_unit(ours["tenant_id"]):
        account = payments.account_of(bill.patient_id)
        assert account is not None
        assert account.balance == D("4.00")
    settle(bill)
    assert money_holds()


def test_a_refund_goes_back_through_the_channel_in_parts_and_never_beyond(
    make_bill: Any,
    prescribe: Any,
    begin: Any,
    view: Any,
    cashier: Actor,
    ours: dict[str, Any],
    money_holds: Any,
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    checkout = conduct.carry(begin(bill).id, PAYS, by=cashier)
    order = _order(ours, checkout)
    for quantity in (12, 30):
        receipt = view(bill).refundable[-1]
        line = services.RefundLineInput(charge_id=view(bill).charges[1].id, quantity=D(quantity))
        services.refund_lines(settlement_id=receipt.id, lines=[line], reason="患者退药", by=cashier)
        conduct.send_refunds(bill.id, by=cashier)
    with tenant_unit(ours["tenant_id"]):
        refunds = payments.order_view(order.id).refunds
    assert [(refund.amount, refund.state.value) for refund in refunds] == [
        (D("4.80"), "refunded"),
        (D("12.00"), "refunded"),
    ]
    assert view(bill).paid_amount == D("10.00")
    assert money_holds()


def test_a_number_typed_by_hand_is_nobodys_order(
    make_bill: Any, begin: Any, view: Any, cashier: Actor, ours: dict[str, Any]
) -> None:
    paid = make_bill()
    order = _order(ours, conduct.carry(begin(paid).id, PAYS, by=cashier))
    forged = make_bill()
    tender = TenderInput(method="bank_card", amount=D("10.00"), reference=order.out_trade_no)
    receipt = services.settle_bill(
        bill_id=forged.id, expected_amount=D("10.00"), tenders=[tender], by=cashier
    )
    line = services.RefundLineInput(charge_id=view(forged).charges[0].id, quantity=D(1))
    services.refund_lines(settlement_id=receipt.id, lines=[line], reason="患者要求", by=cashier)
    with tenant_unit(ours["tenant_id"]):
        assert payments.order_view(order.id).refunds == []


def test_a_channel_is_one_part_of_a_receipt(make_bill: Any, begin: Any, prepaid: Any, cashier: Actor) -> None:
    bill = make_bill()
    prepaid(bill, "4.00")
    checkout = conduct.carry(begin(bill, prepaid="4.00", wechat="6.00").id, POOR, by=cashier)
    with pytest.raises(TenderRepeated):
        services.collect_checkout(
            checkout_id=checkout.id,
            expected_personal=D("6.00"),
            tenders=[TenderInput(method="prepaid", amount=D("6.00"))],
            by=cashier,
        )


def test_a_bill_has_one_settlement_on_its_way(
    make_bill: Any, begin: Any, registrar: Actor, cashier: Actor
) -> None:
    bill = make_bill()
    checkout = begin(bill)
    with pytest.raises(CheckoutUnderway) as refusal:
        services.begin_checkout(bill_id=bill.id, expected_amount=D("10.00"), tenders=[], by=registrar)
    assert refusal.value.details == {"number": checkout.number, "name": cashier.name}
    with pytest.raises(NothingToSettle):
        services.settle_bill(
            bill_id=bill.id,
            expected_amount=D("10.00"),
            tenders=[TenderInput(method="cash", amount=D("10.00"))],
            by=registrar,
        )


def test_ten_windows_begin_one_settlement(app: Flask, make_bill: Any, merchant: Any, cashier: Actor) -> None:
    bill = make_bill()

    def press() -> Checkout:
        tender = TenderInput(method="wechat", amount=D("10.00"))
        return services.begin_checkout(
            bill_id=bill.id, expected_amount=D("10.00"), tenders=[tender], by=cashier
        )

    outcomes = at_once(app, *[press] * 10)
    assert len([one for one in outcomes if isinstance(one, Checkout)]) == 1
    assert all(isinstance(one, Checkout | Conflict) for one in outcomes)


@use_case("tests.desk.note")
def withdraw(*, visit_id: int, prescription_id: int, by: Actor) -> None:
    services.void_prescription_charges(visit_id=visit_id, prescription_id=prescription_id, reason="withdrawn")


@use_case("tests.desk.note")
def expire(*, visit_id: int, prescription_id: int, by: Actor) -> None:
    services.release_expired_charges(visit_id=visit_id, prescription_id=prescription_id)


@use_case("tests.desk.note")
def cancel(*, visit_id: int, prescription_id: int, by: Actor) -> None:
    services.void_visit_charges(visit_id=visit_id, reason="cancelled")


@pytest.mark.parametrize("act", [withdraw, expire, cancel])
def test_lines_that_are_being_settled_cannot_be_taken_back(
    make_bill: Any, prescribe: Any, begin: Any, view: Any, cashier: Actor, act: Any
) -> None:
    bill = make_bill()
    signed = prescribe(bill, ("D0001", 42))
    begin(bill)
    with pytest.raises(CheckoutUnderway):
        act(
            visit_id=bill.visit_id,
            prescription_id=signed.prescription_id,
            by=system_actor(cashier.tenant_id),
        )
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.LOCKED}


def test_a_settlement_that_ended_does_not_go_on(make_bill: Any, begin: Any, cashier: Actor) -> None:
    checkout = conduct.carry(begin(make_bill()).id, PAYS, by=cashier)
    with pytest.raises(CheckoutMoved):
        services.give_up_checkout(checkout_id=checkout.id, by=cashier)
    with pytest.raises(CheckoutMoved):
        services.collect_checkout(
            checkout_id=checkout.id, expected_personal=D("0.00"), tenders=[], by=cashier
        )


def test_tenders_that_do_not_fit_hold_nothing(make_bill: Any, begin: Any, view: Any) -> None:
    bill = make_bill()
    with pytest.raises(TenderTooLittle):
        begin(bill, wechat="9.00")
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.UNPAID}


def test_the_receipt_stands_in_the_shift_of_who_began(
    make_bill: Any,
    begin: Any,
    view: Any,
    registrar: Actor,
    cashier: Actor,
    ours: dict[str, Any],
) -> None:
    bill = make_bill()
    checkout = begin(bill, by=registrar)
    conduct.carry(checkout.id, PAYS, by=cashier)
    (receipt,) = view(bill).settlements
    assert receipt.cashier_account_id == registrar.account_id


def test_another_centres_settlement_is_not_here(
    make_bill: Any, begin: Any, cashier: Actor, theirs: dict[str, Any]
) -> None:
    checkout = begin(make_bill())
    stranger = replace(cashier, tenant_id=theirs["tenant_id"])
    with pytest.raises(NotFound):
        services.give_up_checkout(checkout_id=checkout.id, by=stranger)
    with pytest.raises(NotFound):
        conduct.carry(checkout.id, PAYS, by=stranger)


def test_a_settlement_by_code_is_worked_off_on_the_page(
    make_bill: Any,
    sign_in: Any,
    merchant: Any,
    view: Any,
    money_holds: Any,
) -> None:
    bill = make_bill()
    client = sign_in("cashier")
    data = {
        "expected_amount": "10.00",
        "payer_code": POOR,
        "tenders-0-method": "cash",
        "tenders-0-amount": "10.00",
    }
    page = client.post(f"/charging/desk/{bill.id}/settle", data=data, follow_redirects=True)
    assert page.status_code == 200
    assert "结算" in page.text
    checkout_id = page.text.split("/charging/checkouts/")[1].split("/")[0]
    data = {"expected_personal": "10.00", "payer_code": PAYS}
    done = client.post(f"/charging/checkouts/{checkout_id}/collect", data=data, follow_redirects=True)
    assert view(bill).settlements[0].number in done.text
    assert money_holds()


@pytest.mark.parametrize(
    ("code", "method"),
    [
        (PAYS, TenderMethod.WECHAT),
        ("281234567890123456", TenderMethod.ALIPAY),
        ("6212345678901234567", TenderMethod.BANK_CARD),
        ("0112345678901234567", TenderMethod.DIGITAL_YUAN),
        ("13456789012345678", None),
        ("9934567890123456", None),
        ("１３4567890123456783", None),
        ("", None),
    ],
)
def test_a_code_says_whose_it_is(code: str, method: TenderMethod | None) -> None:
    assert method_of_code(code) == method


@pytest.mark.one_engine
def test_beginning_and_paying_take_few_statements(
    make_bill: Any, prescribe: Any, begin: Any, cashier: Actor
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    with count_statements() as counted:
        begin(bill)
    assert counted.count <= 24, counted.statements


def _order(ours: dict[str, Any], checkout: Checkout) -> Any:
    with tenant_unit(ours["tenant_id"]):
        (part,) = [part for part in queries.parts_of(checkout.id) if part.order_id]
        assert part.order_id is not None
        return payments.get_order(part.order_id)


def test_another_amount_than_asked_for_locks_no_lines(
    make_bill: Any,
    begin: Any,
    view: Any,
    parts: Any,
    cashier: Actor,
    world_outside: Any,
    ours: dict[str, Any],
    money_holds: Any,
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill).id, TYPES, by=cashier)
    order = _order(ours, checkout)
    world_outside.misbehave("wrong_amount")
    world_outside.misbehave("no_callback")
    world_outside.scan("M1001", order.out_trade_no)
    conduct.ask(checkout.id, by=cashier)
    assert _order(ours, checkout).state.value == "disputed"
    services.collect_checkout(
        checkout_id=checkout.id,
        expected_personal=D("10.00"),
        tenders=[TenderInput(method="cash", amount=D("10.00"))],
        by=cashier,
    )
    assert parts(checkout)[0][:2] == ("wechat", "failed")
    assert len(view(bill).settlements) == 1
    assert money_holds()


def test_a_crash_before_the_channel_was_asked_frees_the_lines_in_the_end(
    make_bill: Any, begin: Any, view: Any, ours: dict[str, Any]
) -> None:
    bill = make_bill()
    checkout = begin(bill)
    clock.stop(clock.now() + timedelta(minutes=119))
    pursue_all()
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.LOCKED}
    clock.stop(clock.now() + timedelta(minutes=2))
    pursue_all()
    assert view(bill).due_amount == D("10.00")
    assert _order(ours, checkout).state.value == "closed"
    assert begin(bill).id != checkout.id


def test_money_that_comes_after_the_settlement_closed_by_itself_goes_back(
    make_bill: Any,
    begin: Any,
    view: Any,
    cashier: Actor,
    world_outside: Any,
    ours: dict[str, Any],
    settle: Any,
    money_holds: Any,
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill).id, TYPES, by=cashier)
    number = _order(ours, checkout).out_trade_no
    world_outside.misbehave("dead", times=50)
    clock.stop(clock.now() + timedelta(hours=3))
    pursue_all()
    settle(bill)
    world_outside.misdeeds.clear()
    world_outside.misbehave("no_callback")
    world_outside.scan("M1001", number)
    clock.stop(clock.now() + timedelta(hours=1))
    pursue_all()
    order = _order(ours, checkout)
    assert (order.paid_amount, order.refunded_amount) == (D("10.00"), D("10.00"))
    assert len(view(bill).settlements) == 1
    assert money_holds()


def test_cash_in_the_drawer_keeps_a_settlement_from_closing_by_itself(
    make_bill: Any, begin: Any, parts: Any, cashier: Actor, view: Any
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill, cash="6.00", wechat="4.00").id, POOR, by=cashier)
    clock.stop(clock.now() + timedelta(hours=3))
    pursue_all()
    assert parts(checkout)[0][:2] == ("cash", "handed")
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.LOCKED}
    services.give_up_checkout(checkout_id=checkout.id, by=cashier)
    assert view(bill).due_amount == D("10.00")


def test_no_shift_closes_over_money_on_its_way(
    make_bill: Any, begin: Any, settle: Any, cashier: Actor, registrar: Actor
) -> None:
    settle(make_bill())
    checkout = conduct.carry(begin(make_bill()).id, TYPES, by=cashier)
    begin(make_bill(), by=registrar)
    with pytest.raises(MoneyUnderway) as refusal:
        services.close_shift(counted_cash=D("10.00"), by=cashier)
    assert refusal.value.details == {"number": checkout.number}
    services.give_up_checkout(checkout_id=checkout.id, by=cashier)
    assert services.close_shift(counted_cash=D("10.00"), by=cashier).settlement_count == 1


def test_a_payer_without_money_holds_up_no_shift(
    make_bill: Any, begin: Any, settle: Any, cashier: Actor
) -> None:
    settle(make_bill())
    conduct.carry(begin(make_bill()).id, POOR, by=cashier)
    assert services.close_shift(counted_cash=D("10.00"), by=cashier).settlement_count == 1


def test_cash_stands_in_the_shift_of_who_took_it(
    make_bill: Any, begin: Any, view: Any, registrar: Actor, cashier: Actor
) -> None:
    bill = make_bill()
    checkout = conduct.carry(begin(bill, by=registrar).id, POOR, by=registrar)
    services.collect_checkout(
        checkout_id=checkout.id,
        expected_personal=D("10.00"),
        tenders=[TenderInput(method="cash", amount=D("10.00"))],
        by=cashier,
    )
    (receipt,) = view(bill).settlements
    assert receipt.cashier_account_id == cashier.account_id


def test_one_window_gives_up_while_the_money_comes(
    app: Flask,
    make_bill: Any,
    begin: Any,
    view: Any,
    cashier: Actor,
    world_outside: Any,
    ours: dict[str, Any],
    money_holds: Any,
) -> None:
    for _ in range(4):
        bill = make_bill()
        checkout = conduct.carry(begin(bill).id, TYPES, by=cashier)
        world_outside.misbehave("no_callback")
        world_outside.scan("M1001", _order(ours, checkout).out_trade_no)
        at_once(
            app,
            partial(conduct.ask, checkout.id, by=cashier),
            partial(services.give_up_checkout, checkout_id=checkout.id, by=cashier),
        )
        clock.stop(clock.now() + timedelta(minutes=5))
        pursue_all()
        paid, order = view(bill).settlements, _order(ours, checkout)
        assert order.paid_amount == D("10.00")
        assert order.paid_amount - order.refunded_amount == sum(row.amount for row in paid)
        assert view(bill).due_amount == D("10.00") * (1 - len(paid))
    assert money_holds()


def test_a_registrar_who_may_not_refund_gives_up_what_was_paid(
    make_bill: Any, begin: Any, view: Any, registrar: Actor, prepaid: Any, ours: dict[str, Any]
) -> None:
    bill = make_bill()
    prepaid(bill, "4.00")
    checkout = conduct.carry(begin(bill, by=registrar, prepaid="4.00", wechat="6.00").id, TYPES, by=registrar)
    conduct.give_up(checkout.id, reason="患者改日再来", by=registrar)
    assert view(bill).due_amount == D("10.00")
    with tenant_unit(ours["tenant_id"]):
        assert payments.account_of(bill.patient_id).balance == D("4.00")


def test_a_registrar_gives_up_what_a_channel_has_paid(
    make_bill: Any,
    begin: Any,
    view: Any,
    registrar: Actor,
    prepaid: Any,
    ours: dict[str, Any],
    world_outside: Any,
) -> None:
    bill = make_bill()
    checkout = begin(bill, by=registrar, prepaid="4.00", wechat="6.00")
    with pytest.raises(DomainError):  # nothing is in the account; the code was sent after it
        conduct.carry(checkout.id, PAYS, by=registrar)
    with tenant_unit(ours["tenant_id"]):
        (wechat,) = [part for part in queries.parts_of(checkout.id) if part.method == TenderMethod.WECHAT]
    conduct.payments.pay(wechat.order_id or 0, PAYS, by=registrar)
    assert conduct.give_up(checkout.id, by=registrar).state == CheckoutState.CLOSED
    assert view(bill).due_amount == D("10.00")
    pursue_all()
    with tenant_unit(ours["tenant_id"]):
        (refund,) = payments.order_view(wechat.order_id or 0).refunds
    assert (refund.amount, refund.state.value) == (D("6.00"), "refunded")
