"""Cash to the jiao: the difference is a line of its own, and every sum still holds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries, services
from modules.charging.rules.tenders import CHANNELS, TenderMethod, check_tenders, round_cash
from modules.charging.services import RefundLineInput
from tenants.services import change_settings

D = Decimal
CASH, WECHAT, ROUNDING = TenderMethod.CASH, TenderMethod.WECHAT, TenderMethod.ROUNDING
YUAN = st.decimals("0", "9999", places=2)


@pytest.fixture
def rounding(administrator: Actor) -> None:
    """The centre rounds cash."""
    change_settings(settings={"rounds_cash": True}, by=administrator)


@pytest.mark.parametrize(
    ("due", "cash", "left"),
    [
        ("26.84", "26.80", "0.04"),
        ("26.85", "26.90", "-0.05"),
        ("26.80", "26.80", None),
        ("0.04", None, "0.04"),
    ],
)
def test_cash_goes_to_the_jiao_half_up(due: str, cash: str | None, left: str | None) -> None:
    wanted = {CASH: cash, ROUNDING: left}
    assert round_cash({CASH: D(due)}) == {method: D(part) for method, part in wanted.items() if part}


@given(due=YUAN, electronic=YUAN, more=YUAN)
def test_whatever_is_handed_over_the_parts_make_the_bill(
    due: Decimal, electronic: Decimal, more: Decimal
) -> None:
    electronic = min(electronic, due)
    check = check_tenders(
        due, {WECHAT: electronic, CASH: due - electronic + more + D("0.05")}, rounds_cash=True
    )
    assert check.settles
    assert sum(check.booked.values()) == due
    assert check.booked.get(CASH, D(0)) % D("0.1") == 0
    assert abs(check.booked.get(ROUNDING, D(0))) <= D("0.05")
    assert check.booked.get(WECHAT, D("0.00")) == electronic


@given(due=YUAN, method=st.sampled_from(CHANNELS))
def test_other_ways_are_never_rounded(due: Decimal, method: TenderMethod) -> None:
    assert ROUNDING not in check_tenders(due, {method: due}, rounds_cash=True).booked


def test_a_rounded_receipt_keeps_every_identity_through_its_refund(
    ours: dict[str, Any],
    rounding: None,
    make_bill: Any,
    prescribe: Any,
    settle: Any,
    view: Any,
    money_holds: Any,
    cashier: Actor,
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 41))  # 16.40
    prescribe(bill, ("D0005", 7))
    due = view(bill).due_amount
    assert due % D("0.1") != 0, "the demonstration prices must give an odd sum"
    receipt = settle(bill, cash=str(due + 1))
    tenders = {tender.method: tender.amount for tender in view(bill).tenders[receipt.id]}
    assert sum(tenders.values()) == due
    assert tenders[CASH] + receipt.change_amount == due + 1
    assert money_holds()
    charge = view(bill).charges[1]
    services.refund_lines(
        settlement_id=receipt.id,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(7))],
        reason="患者要求",
        by=cashier,
    )
    _, mirror, again = view(bill).settlements
    kept = {tender.method: tender.amount for tender in view(bill).tenders[again.id]}
    assert kept[CASH] % D("0.1") == 0
    assert sum(kept.values()) == again.amount
    assert {row.method: -row.amount for row in view(bill).tenders[mirror.id]} == tenders
    assert money_holds()
    with tenant_unit(ours["tenant_id"]):
        shift = queries.find_open_shift(cashier)
        assert shift is not None
        assert dict(queries.takings_by_tender(cashier))[CASH] == kept[CASH]
