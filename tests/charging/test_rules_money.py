import csv
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.account_hints import CHARTS, chart_on, stock_sides
from modules.charging.rules.amounts import line_amount, total_amount
from modules.charging.rules.fee_classes import INVOICE_ORDER, FeeClass, invoice_lines
from modules.charging.rules.refunds import SettledLine, plan_refund
from modules.charging.rules.shifts import ShiftEntry, close_shift
from modules.charging.rules.tenders import (
    RefundFault,
    TenderFault,
    TenderMethod,
    check_tenders,
    refund_faults,
    refundable,
)

D = Decimal
CASH, WECHAT = TenderMethod.CASH, TenderMethod.WECHAT
POOL, ACCOUNT = TenderMethod.POOLED_FUND, TenderMethod.PERSONAL_ACCOUNT
REFERENCE = Path(__file__).parents[2] / "modules" / "catalogue" / "reference_data"

YUAN = st.decimals("0", "99999", places=2)
POSITIVE = st.decimals("0.01", "99999", places=2)
TENDERS = st.dictionaries(st.sampled_from(TenderMethod), POSITIVE, max_size=4)


# Amounts


def test_a_split_price_of_10_for_24_gives_2_92_for_seven():
    assert line_amount(D("10.00"), D(7), per=24) == D("2.92")


def test_half_a_cent_is_rounded_up():
    assert line_amount(D("0.085"), D(105)) == D("8.93")
    assert line_amount(D("0.085"), D(-105)) == D("-8.93")


@given(
    price=st.decimals("0", "9999", places=4),
    quantity=st.decimals("-999", "999", places=4),
    per=st.integers(1, 500),
)
def test_a_line_is_within_half_a_cent_and_its_reversal_is_its_mirror(price, quantity, per):
    amount = line_amount(price, quantity, per=per)
    assert abs(Fraction(amount) - Fraction(price) * Fraction(quantity) / per) <= Fraction(1, 200)
    assert line_amount(price, -quantity, per=per) == -amount


@given(amounts=st.lists(YUAN, max_size=30))
def test_a_total_is_what_the_printed_lines_add_up_to(amounts):
    assert total_amount(amounts) == sum(amounts)


# Tenders


def test_a_mixed_payment_settles_with_change_from_cash():
    check = check_tenders(D("286.00"), {POOL: D("123.60"), ACCOUNT: D("100.00"), CASH: D("100.00")})
    assert check.settles
    assert check.change == D("37.60")
    assert check.booked == {POOL: D("123.60"), ACCOUNT: D("100.00"), CASH: D("62.40")}


@pytest.mark.parametrize(
    ("tenders", "fault"),
    [
        ({CASH: D("9.99")}, TenderFault.TOO_LITTLE),
        ({}, TenderFault.TOO_LITTLE),
        ({WECHAT: D("10.01")}, TenderFault.CHANGE_WITHOUT_CASH),
        ({WECHAT: D("10"), CASH: D("-1")}, TenderFault.NOT_POSITIVE),
        ({WECHAT: D("10"), CASH: D("1")}, None),
    ],
)
def test_a_payment_that_does_not_fit_is_named(tenders, fault):
    assert check_tenders(D("10.00"), tenders).fault is fault


@given(due=YUAN, tenders=TENDERS)
def test_a_settled_bill_is_paid_exactly(due, tenders):
    check = check_tenders(due, tenders)
    if check.settles:
        assert sum(check.booked.values()) == due
        assert sum(tenders.values()) - check.change == due
        assert all(amount > 0 for amount in check.booked.values())


# Refunds


def test_money_goes_back_the_way_it_came_and_never_more():
    paid, refunded = {CASH: D("62.40"), ACCOUNT: D("100.00")}, {CASH: D("60.00")}
    assert refundable(paid, refunded) == {CASH: D("2.40"), ACCOUNT: D("100.00")}
    assert refund_faults({CASH: D("2.40"), ACCOUNT: D("100.00")}, paid=paid, refunded=refunded) == {}
    assert refund_faults(
        {CASH: D("2.41"), WECHAT: D("1"), ACCOUNT: D("0")}, paid=paid, refunded=refunded
    ) == {
        CASH: RefundFault.MORE_THAN_PAID,
        WECHAT: RefundFault.NOT_THIS_CHANNEL,
        ACCOUNT: RefundFault.NOT_POSITIVE,
    }


@given(paid=TENDERS, requests=st.lists(TENDERS, max_size=6))
def test_no_series_of_refunds_pays_back_more_than_was_paid(paid, requests):
    refunded: dict[TenderMethod, Decimal] = {}
    for requested in requests:
        if not refund_faults(requested, paid=paid, refunded=refunded):
            for method, amount in requested.items():
                refunded[method] = refunded.get(method, D(0)) + amount
    assert all(amount <= paid[method] for method, amount in refunded.items())


def settled(line_id, price, quantity, per=1):
    amount = line_amount(D(price), D(quantity), per=per)
    return SettledLine(line_id=line_id, unit_price=D(price), quantity=D(quantity), amount=amount, per=per)


def test_returning_drug_b_reverses_286_and_settles_206_anew():
    lines = [settled(1, 10, 1), settled(2, 120, 1), settled(3, 80, 1), settled(4, 60, 1), settled(5, 16, 1)]
    plan = plan_refund(lines, {3: D(1)})
    assert total_amount(line.amount for line in plan.mirrored) == D("-286.00")
    assert total_amount(line.amount for line in plan.kept) == D("206.00")
    assert plan.refund_amount == D("80.00")


def test_part_of_a_line_may_go_back():
    plan = plan_refund([settled(1, "9.60", 42, per=24)], {1: D(10)})
    assert [(line.quantity, line.amount) for line in plan.kept] == [(D(32), D("12.80"))]
    assert plan.refund_amount == D("4.00")


@pytest.mark.parametrize("returned", [{1: D(43)}, {1: D(0)}, {1: D(-1)}, {2: D(1)}])
def test_nothing_goes_back_that_was_not_charged(returned):
    with pytest.raises(ValueError, match="cannot return"):
        plan_refund([settled(1, "9.60", 42, per=24)], returned)


@given(
    lines=st.lists(st.tuples(POSITIVE, st.integers(1, 60), st.integers(1, 30)), min_size=1, max_size=8),
    data=st.data(),
)
def test_a_refund_is_the_old_bill_less_the_new_one(lines, data):
    bill = [settled(number, price, quantity, per) for number, (price, quantity, per) in enumerate(lines)]
    returned = {
        line.line_id: D(data.draw(st.integers(1, int(line.quantity))))
        for line in bill
        if data.draw(st.booleans())
    }
    plan = plan_refund(bill, returned)
    assert plan.refund_amount == total_amount(x.amount for x in bill) - total_amount(
        x.amount for x in plan.kept
    )
    assert plan.refund_amount >= 0


# Shifts


def entry(method, amount, fee_class=FeeClass.OTHER):
    return ShiftEntry(by_tender={method: D(amount)}, by_fee_class={fee_class: D(amount)})


def test_the_shift_of_2550_less_50_hands_in_470_in_cash():
    report = close_shift(
        [
            entry(CASH, "500.00", FeeClass.WESTERN_DRUG),
            entry(WECHAT, "820.00", FeeClass.EXAMINATION),
            entry(POOL, "1230.00", FeeClass.WESTERN_DRUG),
            entry(CASH, "-30.00", FeeClass.WESTERN_DRUG),
            entry(WECHAT, "-20.00", FeeClass.EXAMINATION),
        ]
    )
    assert (report.charges, report.refunds, report.net) == (D("2550.00"), D("50.00"), D("2500.00"))
    assert report.by_tender == {CASH: D("470.00"), WECHAT: D("800.00"), POOL: D("1230.00")}
    assert report.refunds_by_tender == {CASH: D("30.00"), WECHAT: D("20.00")}
    assert report.is_balanced
    assert report.cash_to_hand_in(opening_float=D("200.00"), kept_float=D("200.00")) == D("470.00")


def test_a_settlement_whose_parts_differ_cannot_close():
    wrong = ShiftEntry(by_tender={CASH: D("10.00")}, by_fee_class={FeeClass.OTHER: D("10.01")})
    assert not close_shift([wrong]).is_balanced


@given(
    bills=st.lists(
        st.tuples(st.sampled_from(TenderMethod), st.sampled_from(FeeClass), POSITIVE, st.booleans()),
        max_size=20,
    )
)
def test_every_shift_of_true_settlements_balances(bills):
    entries = [entry(method, -amount if back else amount, fee) for method, fee, amount, back in bills]
    report = close_shift(entries)
    assert report.is_balanced
    assert sum(report.receipts_by_tender.values()) == report.charges
    assert sum(report.refunds_by_tender.values()) == report.refunds


# Fee classes


def test_every_fee_class_has_its_invoice_line_and_real_accounts():
    with (REFERENCE / "chart_of_accounts.csv").open(encoding="utf-8") as file:
        accounts = {row["code"]: row for row in csv.DictReader(file)}
    parents = {row["parent"] for row in accounts.values()}
    assert sorted(INVOICE_ORDER) == sorted(FeeClass)
    for chart in CHARTS:
        assert set(chart.fees) == set(FeeClass)
        for fee in chart.fees.values():
            assert {fee.income, fee.pending} <= accounts.keys() - parents
        assert set(chart.tenders) | {"rounding"} == set(TenderMethod)
        named = {*chart.tenders.values(), *chart.stock.values(), *chart.rounding, *chart.budget}
        named |= {chart.any_stock, chart.prepaid, chart.payable, chart.cost}
        named |= {chart.pending_loss, chart.loss, chart.gain}
        assert named <= accounts.keys()


def test_the_accounts_of_a_day_are_those_in_force_on_it():
    assert chart_on(date(2018, 1, 1)) is chart_on(date(2026, 11, 20)) is CHARTS[0]


@pytest.mark.parametrize(
    ("kind", "source", "target", "sides"),
    [
        ("W", "supplier", "location", ("13020101", "2302", "")),
        ("P", "location", "supplier", ("2302", "13020102", "")),
        ("H", "location", "patient", ("500101", "13020103", "")),
        ("W", "patient", "location", ("13020101", "500101", "")),
        ("W", "location", "location", ("13020101", "13020101", "")),
        ("W", "location", "in_transit", ("13020101", "13020101", "")),
        ("", "location", "loss", ("1902", "130201", "5301")),
        ("W", "in_transit", "loss", ("1902", "13020101", "5301")),
        ("W", "location", "count", ("1902", "13020101", "5301")),
        ("W", "count", "location", ("13020101", "1902", "5101")),
        ("W", "opening", "location", ("13020101", "", "")),
    ],
)
def test_stock_moves_between_the_accounts_of_f3(kind, source, target, sides):
    found = stock_sides(kind, source, target, date(2026, 11, 20))
    assert (found.debit, found.credit, found.approved) == sides


def test_every_charge_item_of_the_demo_has_a_known_fee_class():
    with (REFERENCE / "charge_items_demo.csv").open(encoding="utf-8") as file:
        assert {row["insurance_fee_class"] for row in csv.DictReader(file)} <= set(FeeClass)


def test_the_invoice_sums_by_class_in_printed_order():
    charges = [
        (FeeClass.OTHER, D("21.00")),
        (FeeClass.HERBAL_DRUG, D("8.93")),
        (FeeClass.HERBAL_DRUG, D("2.65")),
    ]
    assert invoice_lines(charges) == [(FeeClass.HERBAL_DRUG, D("11.58")), (FeeClass.OTHER, D("21.00"))]
