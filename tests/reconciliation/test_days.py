"""A day of a channel: fetched, compared, worked off, tied out."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import current_app
from sqlalchemy.exc import IntegrityError
from support import days_of_seven
from support.channels import ADDRESS, MERCHANT_NO, SECRET
from support.racing import at_once
from support.reconciling import TYPES, Till, moment

from app import clock
from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.statements import count_statements
from app.pursuit import pursue_all
from modules.charging import queries as charging
from modules.charging.simulators.channel_books import Merchant
from modules.payments import queries as payments
from modules.payments import services as payment_services
from modules.reconciliation import queries, services
from modules.reconciliation.errors import (
    DayTiedOut,
    DifferencesLeft,
    DifferenceTaken,
    EarlierDayOpen,
    NotCompared,
    OwnReview,
    ReasonMissing,
    StepNotNow,
    TooEarly,
)
from modules.reconciliation.models import Day, DayConfirmed, Entry
from modules.reconciliation.rules.states import DayState, EntryClass, EntryState, Form, Step

D = Decimal


def test_the_day_of_g9(g9: Till, days_hold: Any) -> None:
    day = g9.compare("19")
    formula = day.formula
    assert (formula.his, formula.long, formula.cross_day) == (D("87.40"), D("18.00"), D("-15.00"))
    assert formula.net == D("90.40")
    assert formula.holds
    assert g9.classes("19") == {
        "matched": [D("0.00"), D("0.00"), D("0.00")],
        "cross_day": [D("-15.00")],
        "long": [D("18.00")],
    }
    assert day.gross_amount == D("110.40")
    assert (day.fee_amount, day.expected_fee) == (D("0.54"), D("0.54"))  # 0.66, of which 0.12 comes back
    assert (day.state, day.open_count) == (DayState.DIFFERENT, 2)
    assert days_hold()


def test_what_stands_in_the_next_statement_is_cleared_with_it(g9: Till, days_hold: Any) -> None:
    g9.compare("19")
    with moment("21 09:30:00"):
        following = g9.compare("20")
    assert (following.formula.his, following.formula.cross_day, following.formula.net) == (
        D(0),
        D("15.00"),
        D("15.00"),
    )
    (late,) = [row for row in g9.entries("19").values() if row.kind is EntryClass.CROSS_DAY]
    assert (late.state, late.step) == (EntryState.HANDLED, Step.BY_ITSELF)
    assert g9.day("19").open_count == 1
    assert following.state is DayState.EVEN
    assert days_hold()


def test_a_merchant_that_was_set_up_anew_goes_on_with_its_number(
    g9: Till, administrator: Actor, days_hold: Any, ours: dict[str, Any]
) -> None:
    with moment("19 12:00:00"):
        made = payment_services.set_up_merchant(
            channel="wechat", merchant_no=MERCHANT_NO, base_url=ADDRESS, secret=SECRET[::-1], by=administrator
        )
        told = f"http://his.example/payments/callbacks/C1-{made.callback_key}"
        g9.channel.books.merchants[MERCHANT_NO] = Merchant(MERCHANT_NO, "wechat", SECRET[::-1], told)
        g9.pay("12.00")
    day = g9.compare("19")
    assert (day.formula.his, day.formula.long, day.formula.net) == (D("99.40"), D("18.00"), D("102.40"))
    with tenant_unit(ours["tenant_id"]):
        assert [one.merchant_no for one in queries.list_sources() if one.channel == "wechat"] == [MERCHANT_NO]
    assert days_hold()


@pytest.fixture
def seven(till: Till) -> Till:
    """The day with all seven classes, compared."""
    days_of_seven.play(till)
    till.compare("19")
    return till


def of(till: Till, kind: str, on: str = "19") -> Entry:
    """The one difference of a class."""
    (found,) = [row for row in till.entries(on).values() if row.kind.value == kind]
    return found


def test_a_day_with_all_seven_classes_adds_up(seven: Till, days_hold: Any) -> None:
    assert seven.classes("19") == {
        "matched": [D("0.00"), D("0.00")],
        "cross_day": [D("15.00")],
        "long": [D("18.00")],
        "short": [D("-33.00")],
        "amount": [D("1.00")],
        "state": [D("20.00")],
        "duplicate": [D("27.00")],
    }
    formula = seven.day("19").formula
    assert (formula.his, formula.net) == (D("143.40"), D("191.40"))
    assert formula.holds
    assert seven.day("19").open_count == 5
    assert days_hold()


def test_every_difference_is_worked_off_and_the_day_tied_out(
    seven: Till, accountant: Actor, reviewer: Actor, days_hold: Any, ours: dict[str, Any]
) -> None:
    do = services.conduct.do_step
    steps = {
        "long": Step.ASK,
        "short": Step.CARRY,
        "amount": Step.EXPLAIN,
        "state": Step.RETRY_REFUND,
        "duplicate": Step.RETRY_REFUND,
    }
    for kind, step in steps.items():
        do(of(seven, kind).id, step, "渠道多收一元，已核对", by=accountant)
    with moment("21 09:30:00"):
        seven.compare("20")
        (short,) = [row for row in seven.entries("19").values() if row.kind is EntryClass.SHORT]
        assert (short.state, short.was_carried) == (EntryState.OPEN, True)
        do(short.id, Step.RECOLLECT, "已联系患者补缴", by=accountant)
        for entry in seven.entries("19").values():
            if entry.state is EntryState.WORKING:
                services.review_difference(entry_id=entry.id, by=reviewer)
        for on in ("18", "19"):
            services.confirm_day(day_id=seven.day(on).id, by=accountant)
    assert seven.day("19").confirmed_by_name == "沈会"
    with tenant_unit(ours["tenant_id"]):
        states = [
            payments.orders_by_id([row.order_id or 0]) for row in seven.entries("19").values() if row.order_id
        ]
    assert all(
        order.surplus.value == "none" or order.refunded_amount for one in states for order in one.values()
    )
    assert days_hold()


def test_what_goes_back_later_answers_the_difference_and_opens_none(seven: Till, accountant: Actor) -> None:
    for kind in ("long", "state", "duplicate"):
        step = Step.ASK if kind == "long" else Step.RETRY_REFUND
        services.conduct.do_step(of(seven, kind).id, step, by=accountant)
    pursue_all()
    with moment("21 09:30:00"):
        day = seven.compare("20")
    assert day.formula.holds
    found = {row.kind.value: row.difference for row in seven.entries("20").values()}
    assert found == {"long": D("-18.00"), "cross_day": D("-20.00"), "duplicate": D("-27.00")}
    assert day.open_count == 0


def test_comparing_again_changes_nothing_and_keeps_what_was_done(seven: Till, accountant: Actor) -> None:
    before = seven.classes("19")
    services.conduct.do_step(of(seven, "amount").id, Step.EXPLAIN, "已核对", by=accountant)
    services.conduct.fetch_day(seven.day("19").id, by=accountant)
    assert seven.classes("19") == before
    assert of(seven, "amount").state is EntryState.WORKING


def test_one_of_two_accountants_has_a_difference_in_hand(
    seven: Till, accountant: Actor, reviewer: Actor
) -> None:
    entry_id = of(seven, "amount").id
    colleague = replace(accountant, account_id=reviewer.account_id, name="郑管")
    tries = [
        lambda one=one: services.conduct.do_step(entry_id, Step.EXPLAIN, "已核对", by=one)
        for one in (accountant, colleague)
    ]
    outcomes = at_once(current_app._get_current_object(), *tries)
    refused = [one for one in outcomes if isinstance(one, DifferenceTaken)]
    assert len(refused) == 1, outcomes
    entry = of(seven, "amount")
    assert entry.handled_by_name in {"沈会", "郑管"}
    with pytest.raises(OwnReview):
        services.review_difference(
            entry_id=entry_id, by=replace(reviewer, account_id=entry.handled_by_id or 0)
        )


def test_a_step_that_does_not_fit_or_has_no_reason_is_refused(seven: Till, accountant: Actor) -> None:
    short = of(seven, "short")
    with pytest.raises(StepNotNow):
        services.conduct.do_step(short.id, Step.REFUND, by=accountant)
    with pytest.raises(ReasonMissing):
        services.conduct.do_step(short.id, Step.EXPLAIN, by=accountant)
    with pytest.raises(StepNotNow):
        services.review_difference(entry_id=short.id, by=accountant)
    assert of(seven, "short").state is EntryState.OPEN


def test_what_was_sent_back_is_anybodys_again(seven: Till, accountant: Actor, reviewer: Actor) -> None:
    entry_id = of(seven, "amount").id
    services.conduct.do_step(entry_id, Step.EXPLAIN, "不清楚", by=accountant)
    services.send_back_difference(entry_id=entry_id, reason="请写清原因", by=reviewer)
    entry = of(seven, "amount")
    assert (entry.state, entry.handled_by_id, entry.reason) == (EntryState.OPEN, None, "请写清原因")


def test_what_is_paid_before_midnight_and_booked_after_it_is_of_the_next_day(
    till: Till, accountant: Actor
) -> None:
    with moment("19 23:59:59"):
        bill, _ = till.begin("15.00", TYPES)
        till.channel.misbehave("midnight")
        till.channel.misbehave("no_callback")
        till.channel.scan("M1001", till.order(bill).out_trade_no)
    with moment("20 00:00:05"):
        payment_services.conduct.ask(till.order(bill).id, by=till.cashier)
    assert till.compare("19").state is DayState.EVEN
    with moment("21 09:30:00"):
        following = till.compare("20")
        assert (following.state, following.matched_count, following.his_amount) == (
            DayState.EVEN,
            1,
            D("15.00"),
        )
        services.conduct.fetch_day(till.day("19").id, by=accountant)
    assert till.entries("19") == {}


def test_a_statement_that_comes_late_finds_what_the_day_after_already_has(
    g9: Till, accountant: Actor
) -> None:
    for _ in range(2):
        g9.channel.misbehave("dead")
    assert g9.compare("19").compared_at is None
    with moment("21 09:30:00"):
        services.begin_days(by=accountant)
        services.conduct.fetch_day(g9.day("20").id, by=accountant)  # in vain
        services.conduct.fetch_day(g9.day("20").id, by=accountant)
        (late,) = g9.entries("20").values()
        assert late.kind is EntryClass.LONG
        services.conduct.fetch_day(g9.day("19").id, by=accountant)
    assert g9.entries("20")[late.out_trade_no].kind is EntryClass.CROSS_DAY
    assert g9.day("20").formula.cross_day == D("15.00")
    assert g9.day("19").formula.cross_day == D("-15.00")


def test_a_tied_out_day_changes_no_more(
    g9: Till, accountant: Actor, reviewer: Actor, ours: dict[str, Any]
) -> None:
    with moment("19 09:30:00"):
        services.begin_days(by=accountant)
        services.conduct.pursue(ours["tenant_id"])
    day = g9.compare("19")
    assert g9.day("18").open_count == 0
    with pytest.raises(DifferencesLeft):
        services.confirm_day(day_id=day.id, by=accountant)
    long = of(g9, "long")
    services.conduct.do_step(long.id, Step.ASK, by=accountant)
    services.review_difference(entry_id=long.id, by=reviewer)
    with moment("21 09:30:00"):
        g9.compare("20")
        with pytest.raises(EarlierDayOpen):
            services.confirm_day(day_id=day.id, by=accountant)
        for on in ("18", "19"):
            services.confirm_day(day_id=g9.day(on).id, by=accountant)
        for act in (
            lambda: services.conduct.fetch_day(day.id, by=accountant),
            lambda: services.take_statement(day_id=day.id, content="", by=accountant),
            lambda: services.conduct.do_step(long.id, Step.EXPLAIN, "再看一次", by=accountant),
            lambda: services.confirm_day(day_id=day.id, by=accountant),
        ):
            with pytest.raises(DayTiedOut):
                act()
        old = next(row for row in g9.entries("19").values() if row.his_amount == D("62.40"))
        with tenant_unit(ours["tenant_id"]):
            order = payments.find_order_by_number(old.out_trade_no)
            assert order is not None
            bill_id = charging.bills_of_orders([order.id])[order.id][0]
            bill = charging.get_bill(bill_id)
        g9.refund(bill, "62.40")
    assert g9.day("19").formula.net == D("90.40")
    with moment("22 09:30:00"):
        today = g9.compare("21")
    assert (today.formula.his, today.formula.net, today.state) == (D("-62.40"), D("-62.40"), DayState.EVEN)


def test_money_is_not_booked_into_a_day_that_is_tied_out(
    g9: Till, accountant: Actor, reviewer: Actor
) -> None:
    g9.compare("19")
    long = of(g9, "long")
    services.conduct.do_step(long.id, Step.EXPLAIN, "已退", by=accountant)
    services.review_difference(entry_id=long.id, by=reviewer)
    with moment("21 09:30:00"):
        g9.compare("20")
        for on in ("18", "19"):
            services.confirm_day(day_id=g9.day(on).id, by=accountant)
        with tenant_unit(accountant.tenant_id or 0):
            yesterday = clock.today() - timedelta(days=2)
            with pytest.raises(DayTiedOut):
                services.refuse_late_booking(yesterday, ["cash", "wechat"])
            services.refuse_late_booking(yesterday, ["cash"])
            services.refuse_late_booking(clock.today(), ["wechat"])


def test_the_database_keeps_a_tied_out_day_and_its_formula(g9: Till, ours: dict[str, Any]) -> None:
    day_id = g9.compare("19").id
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        db.session.get_one(Day, day_id).long_amount += 1
        with pytest.raises(IntegrityError):
            db.session.flush()
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        day = db.session.get_one(Day, day_id)
        day.state, day.confirmed_by_id = DayState.CONFIRMED, 1
        db.session.commit()
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        db.session.get_one(Day, day_id).matched_count += 1
        with pytest.raises(DayConfirmed):
            db.session.flush()


def test_today_is_not_compared_yet(g9: Till, accountant: Actor) -> None:
    day = g9.compare("19")
    with moment("19 20:00:00"), pytest.raises(TooEarly):
        services.confirm_day(day_id=day.id, by=accountant)


def test_a_comparison_takes_a_fixed_number_of_statements(g9: Till, accountant: Actor) -> None:
    g9.compare("19")
    day_id = g9.day("19").id
    with count_statements() as counted:
        services.compare_day(day_id=day_id, by=accountant)
    assert counted.count <= 20, counted.statements


def test_a_statement_that_was_not_compared_is_not_tied_out(
    seven: Till, accountant: Actor, reviewer: Actor, ours: dict[str, Any]
) -> None:
    day = seven.day("19")
    before = seven.entries("19").values()
    bare = b"time,out_trade_no,out_refund_no,trade_no,kind,amount,fee,status\nTOTAL,0,0.00,0.00,0.00,0.00\n"
    services.take_statement(  # and here the process ends
        day_id=day.id, content=b64encode(bare).decode(), form=Form.CSV, by=accountant
    )
    for entry in (row for row in before if row.is_open and row.kind is not EntryClass.CROSS_DAY):
        services.conduct.do_step(entry.id, Step.EXPLAIN, "核对无误", by=accountant)
        services.review_difference(entry_id=entry.id, by=reviewer)
    assert seven.day("19").state is DayState.DOWNLOADED
    with pytest.raises(NotCompared):
        services.confirm_day(day_id=day.id, by=accountant)


def test_what_was_settled_a_day_later_is_not_given_back_as_surplus(till: Till, accountant: Actor) -> None:
    with moment("18 10:00:00"):
        till.pay("20.00")
    with moment("19 09:30:00"):
        till.compare("18")
    with moment("19 10:00:00"):
        bill, _ = till.begin("30.00", TYPES)
        order = till.order(bill)
        till.channel.misbehave("no_callback")
        till.channel.scan(next(iter(till.channel.books.merchants)), order.out_trade_no)
    till.compare("19")
    entry = of(till, "long")
    services.conduct.do_step(entry.id, Step.ASK, by=accountant)
    assert till.order(bill).paid_amount == D("30.00")
    with tenant_unit(till.centre["tenant_id"]):
        assert charging.bill_view(bill.id).due_amount == D(0)
    with pytest.raises(StepNotNow):
        services.conduct.do_step(entry.id, Step.REFUND, by=accountant)
    assert till.order(bill).refunded_amount == D(0)
