"""The shares of C6 by our own rule: G4 and G5, and identities over random lines and people."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from modules.charging.simulators import insurer_split as theirs
from modules.insurance.rules import split as ours
from modules.insurance.rules.messages import (
    NotUnderstood,
    Sender,
    envelope,
    message_id,
    read_answer,
    split_of,
)
from modules.insurance.rules.split import Benefit, LineSplit, Split, Standing, Terms, faults_of

pytestmark = pytest.mark.one_engine
D = Decimal
A, B, C = Terms(level="01"), Terms(level="02", self_pay=D("0.10")), Terms(level="03")
DRUG_B = (B, "80.00")
G4 = [(A, "10.00"), (A, "120.00"), DRUG_B, (B, "60.00"), (C, "16.00")]
BENEFIT = Benefit(deductible=D("200.00"), ratio=D("0.60"), cap=D("500.00"))
STANDING = Standing(deductible=D("150.00"), pool=D("300.00"), balance=D("100.00"))


def shares(rows: list[tuple[Terms, str]]) -> list[LineSplit]:
    return [
        ours.split_line(amount=D(amount), price=D(amount), quantity=D(1), terms=terms)
        for terms, amount in rows
    ]


def test_g4_line_by_line() -> None:
    found = [(line.full_own, line.first_pay, line.in_scope) for line in shares(G4)]
    assert found == [
        (0, 0, D("10.00")),
        (0, 0, D("120.00")),
        (0, D("8.00"), D("72.00")),
        (0, D("6.00"), D("54.00")),
        (D("16.00"), 0, 0),
    ]


def test_g4_pool_account_and_cash() -> None:
    found = ours.split(shares(G4), BENEFIT, STANDING)
    assert (found.total, found.in_scope, found.deductible) == (D("286.00"), D("256.00"), D("50.00"))
    assert (found.pool, found.personal, found.account, found.cash) == (
        D("123.60"),
        D("162.40"),
        D("100.00"),
        D("62.40"),
    )
    assert faults_of(found) == []


def test_g4_near_the_cap() -> None:
    near = Standing(deductible=D(150), pool=D(420), balance=D(100))
    found = ours.split(shares(G4), BENEFIT, near)
    assert (found.pool, found.personal, found.account, found.cash) == (D(80), D(206), D(100), D(106))


def test_g4_with_medical_aid() -> None:
    helped = Benefit(deductible=D(200), ratio=D("0.60"), cap=D(500), aid_ratio=D("0.50"))
    found = ours.split(shares(G4), helped, STANDING)
    assert (found.medical_aid, found.personal, found.account, found.cash) == (
        D("66.20"),
        D("96.20"),
        D("96.20"),
        D("0.00"),
    )
    assert faults_of(found) == []


def test_g5_without_drug_b() -> None:
    kept = ours.split(shares([row for row in G4 if row is not DRUG_B]), BENEFIT, STANDING)
    assert (kept.pool, kept.personal, kept.account, kept.cash) == (
        D("80.40"),
        D("125.60"),
        D(100),
        D("25.60"),
    )
    assert D("62.40") - kept.cash == D("36.80")
    assert D("123.60") - kept.pool == D("43.20")


def test_a_price_above_the_ceiling_is_own_expense_for_what_is_above() -> None:
    terms = Terms(level="02", self_pay=D("0.10"), ceiling=D("10.00"))
    found = ours.split_line(amount=D("24.00"), price=D("12.00"), quantity=D(2), terms=terms)
    assert (found.over_limit, found.first_pay, found.in_scope) == (D("4.00"), D("2.00"), D("18.00"))


amounts = some.decimals(min_value=0, max_value=5000, places=2)
ratios = some.decimals(min_value=0, max_value=1, places=2)
lines = some.lists(
    some.tuples(
        some.sampled_from(["01", "02", "03"]),
        ratios,
        some.one_of(some.none(), amounts),
        amounts,
        some.integers(1, 9),
    ),
    min_size=1,
    max_size=8,
)


@given(lines, amounts, ratios, amounts, amounts, amounts, amounts, ratios, some.booleans(), some.booleans())
def test_our_rule_and_the_insurers_arithmetic_agree_and_hold_every_identity(
    rows: Any,
    deductible: D,
    ratio: D,
    cap: D,
    used: D,
    pool: D,
    balance: D,
    aid: D,
    uses: bool,
    counted_in: bool,
) -> None:
    mine, told = [], []
    for level, share, ceiling, price, count in rows:
        amount = price * count
        terms = Terms(level=level, self_pay=share, ceiling=ceiling)
        mine.append(ours.split_line(amount=amount, price=price, quantity=D(count), terms=terms))
        parts = theirs.split_line(amount, price, D(count), theirs.Terms(level, share, ceiling))
        told.append({"det_item_fee_sumamt": amount, **parts})
    assert all(line.holds for line in mine)
    answer = theirs.split_total(
        told,
        theirs.Benefit(deductible, ratio, cap, counted_in),
        theirs.Standing(used, pool, balance, aid),
        uses_account=uses,
    )
    heard = split_of(json.loads(json.dumps(answer, default=str)), fund_includes_account=counted_in)
    benefit = Benefit(deductible=deductible, ratio=ratio, cap=cap, aid_ratio=aid)
    reckoned = ours.split(
        mine, benefit, Standing(deductible=used, pool=pool, balance=balance), uses_account=uses
    )
    assert heard == reckoned
    assert faults_of(heard) == []


@pytest.mark.parametrize(
    "name", ["total", "in_scope", "pool", "fund", "hospital", "personal", "account", "cash"]
)
def test_a_fen_too_much_anywhere_is_found(name: str) -> None:
    right = ours.split(shares(G4), BENEFIT, STANDING)
    values = {key: getattr(right, key) for key in Split.__dataclass_fields__}
    assert faults_of(Split(**{**values, name: values[name] + D("0.01")})) != []


def test_amounts_below_zero_are_found() -> None:
    assert faults_of(Split(total=D(0), account=D(5), cash=D(-5))) != []


SENDER = Sender(
    institution="H11010500001",
    name="城东",
    region="110105",
    sign_type="SM3",
    operator="7",
    operator_name="孙丽",
)


def test_a_messages_number_is_institution_moment_and_serial() -> None:
    assert (
        message_id("H11010500001", datetime(2026, 11, 20, 9, 30, 5, tzinfo=UTC), 12)
        == "H11010500001202611200930050012"
    )
    assert len(message_id("H11010500001", datetime(2026, 11, 20, 9, 30, 5, tzinfo=UTC), 123456)) == 30


def test_the_envelope_carries_what_c7_asks() -> None:
    moment = datetime(2026, 11, 20, 9, 30, 5, tzinfo=UTC)
    told = json.loads(envelope("2207", {"data": {"a": D("1.50")}}, SENDER, msgid="x" * 30, moment=moment))
    assert (told["infno"], told["infver"], told["inf_time"]) == ("2207", "V1.0", "2026-11-20 09:30:05")
    assert (told["fixmedins_code"], told["opter"], told["signtype"]) == ("H11010500001", "7", "SM3")
    assert told["input"] == {"data": {"a": "1.50"}}


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b"{}", b'{"infcode": 0, "inf_refmsgid": "other"}', b'{"infcode": 0, "output": [1]}'],
)
def test_an_answer_of_something_else_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_answer(body, "mine")


@pytest.mark.parametrize(
    "told", [None, {}, {"medfee_sumamt": "x"}, {"medfee_sumamt": "1.005"}, {"medfee_sumamt": "NaN"}]
)
def test_amounts_that_are_none_are_not_understood(told: Any) -> None:
    with pytest.raises(NotUnderstood):
        split_of(told)
