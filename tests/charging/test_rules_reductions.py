"""Which rule takes how much off which line."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.charging.rules.reductions import (
    Line,
    Reduction,
    Rule,
    keep_reductions,
    reduce_lines,
    total_of,
    trim,
)

pytestmark = pytest.mark.one_engine
D = Decimal


def _line(number: int, amount: str, fee_class: str = "02", code: str = "X", waived: str = "0") -> Line:
    return Line(id=number, fee_class=fee_class, item_code=code, amount=D(amount), waived=D(waived))


def _off(
    lines: list[Line], *rules: Rule, age: int = 40, benefits: tuple[str, ...] = ()
) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for one in reduce_lines(lines, rules, age=age, benefits=benefits):
        found[one.line_id] = found.get(one.line_id, D("0.00")) + one.amount
    return found


def test_a_share_is_rounded_once_half_up() -> None:
    half = Rule(id=1, name="half", place=1, percent=D(50))
    assert _off([_line(1, "10.01"), _line(2, "0.01")], half) == {1: D("5.01"), 2: D("0.01")}


def test_never_more_than_the_line() -> None:
    assert _off([_line(1, "3.00")], Rule(id=1, name="five", place=1, amount=D("5.00"))) == {1: D("3.00")}


@pytest.mark.parametrize(("age", "off"), [(64, {}), (65, {1: D("5.00")}), (80, {1: D("5.00")}), (81, {})])
def test_both_ends_of_an_age_count(age: int, off: dict[int, Decimal]) -> None:
    old = Rule(id=1, name="old", place=1, age_from=65, age_to=80, percent=D(50))
    assert _off([_line(1, "10.00")], old, age=age) == off


def test_an_entitlement_is_needed_where_the_rule_names_one() -> None:
    poor = Rule(id=1, name="poor", place=1, benefit="minimum_living", percent=D(100))
    assert _off([_line(1, "10.00")], poor) == {}
    assert _off([_line(1, "10.00")], poor, benefits=("minimum_living",)) == {1: D("10.00")}


def test_classes_and_items_say_which_lines() -> None:
    rule = Rule(
        id=1, name="some", place=1, fee_classes=frozenset({"02"}), item_codes=frozenset({"D1"}), percent=D(10)
    )
    lines = [_line(1, "10.00"), _line(2, "10.00", "09", "D1"), _line(3, "10.00", "09", "D2")]
    assert _off(lines, rule) == {1: D("1.00"), 2: D("1.00")}


def test_rules_do_not_stack_and_the_first_in_order_holds() -> None:
    first, second = (
        Rule(id=2, name="first", place=1, percent=D(10)),
        Rule(id=1, name="second", place=2, percent=D(90)),
    )
    assert _off([_line(1, "10.00")], second, first) == {1: D("1.00")}


def test_where_a_cap_is_used_up_the_next_rule_helps() -> None:
    first = Rule(id=1, name="first", place=1, percent=D(50), cap_left=D("6.00"))
    second = Rule(id=2, name="second", place=2, percent=D(10))
    lines = [_line(1, "10.00"), _line(2, "10.00"), _line(3, "10.00")]
    assert _off(lines, first, second) == {1: D("5.00"), 2: D("1.00"), 3: D("1.00")}


def test_a_waiver_takes_off_what_the_rule_has_left() -> None:
    most = Rule(id=1, name="most", place=1, percent=D(90))
    assert _off([_line(1, "10.00", waived="4.00")], most) == {1: D("10.00")}
    assert _off([_line(1, "10.00", waived="4.00")]) == {1: D("4.00")}


cents = st.integers(0, 100_000).map(lambda number: Decimal(number) / 100)


@given(
    st.lists(st.tuples(cents, cents), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 100), st.none() | cents), max_size=4),
)
def test_what_is_due_is_the_lines_less_what_is_taken_off(
    amounts: list[tuple[Decimal, Decimal]], given_rules: list[tuple[int, Decimal | None]]
) -> None:
    lines = [_line(place, str(amount), waived=str(waived)) for place, (amount, waived) in enumerate(amounts)]
    rules = [
        Rule(id=place, name="r", place=place, percent=D(percent), cap_left=cap)
        for place, (percent, cap) in enumerate(given_rules)
    ]
    found = reduce_lines(lines, rules, age=40, benefits=())
    for line in lines:
        assert D(0) <= total_of(one for one in found if one.line_id == line.id) <= line.amount
    for rule in rules:
        if rule.cap_left is not None:
            assert total_of(one for one in found if one.rule_id == rule.id) <= rule.cap_left
    assert all(one.amount > 0 and one.amount == one.amount.quantize(D("0.01")) for one in found)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=3), st.integers(1, 30_000), st.integers(0, 30_000))
def test_a_refund_never_gives_back_more_than_was_paid(parts: list[int], amount: int, kept: int) -> None:
    was, stays = Decimal(max(amount, sum(parts))) / 100, Decimal(kept) / 100
    stays = min(stays, was)
    found = [
        Reduction(line_id=1, rule_id=place, name="", amount=D(part) / 100) for place, part in enumerate(parts)
    ]
    still = keep_reductions(found, {1: (was, stays)})
    taken, left = total_of(found), total_of(still)
    assert D(0) <= left <= stays
    assert D(0) <= (was - stays) - (taken - left) <= was - taken
    assert all(one.amount > 0 for one in still)


@given(st.lists(st.integers(1, 5000), max_size=4), st.integers(0, 10_000))
def test_no_more_is_taken_off_than_there_is(parts: list[int], most: int) -> None:
    found = [
        Reduction(line_id=1, rule_id=place, name="", amount=D(part) / 100) for place, part in enumerate(parts)
    ]
    assert total_of(trim(found, D(most) / 100)) == min(total_of(found), D(most) / 100)
