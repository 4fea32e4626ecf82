"""What a cashier's shift promises."""

from decimal import Decimal
from typing import Any

import pytest

from app.actor import Actor
from app.db import db, tenant_unit
from app.db.append_only import RecordMayNotChange
from app.use_cases import use_case
from modules.charging import queries, services
from modules.charging.errors import DifferenceNeedsReason, NoOpenShift, ShiftAlreadyOpen
from modules.charging.models import ShiftStatus
from modules.charging.services import RefundLineInput

D = Decimal


def test_the_first_settlement_opens_a_shift_and_the_next_ones_join_it(
    make_bill: Any, settle: Any, registrar: Actor
) -> None:
    first, second, other = settle(make_bill()), settle(make_bill()), settle(make_bill(), by=registrar)
    assert first.shift_id == second.shift_id != other.shift_id


def test_a_shift_counts_what_came_what_went_and_the_drawer(
    make_bill: Any, settle: Any, view: Any, cashier: Actor, ours: Any
) -> None:
    services.open_shift(float_amount=D("200.00"), by=cashier)
    settle(make_bill(), cash="10.00")
    settle(make_bill(["X0001", "X0002"]), wechat="15.00")
    refunded = make_bill()
    receipt = settle(refunded, cash="10.00")
    services.refund_lines(
        settlement_id=receipt.id,
        lines=[RefundLineInput(charge_id=view(refunded).charges[0].id, quantity=D(1))],
        reason="患者离开",
        by=cashier,
    )
    shift = services.close_shift(counted_cash=D("210.00"), by=cashier)
    assert (shift.charges_amount, shift.refunds_amount, shift.net_amount) == (
        D("35.00"),
        D("10.00"),
        D("25.00"),
    )
    assert (shift.expected_cash, shift.difference, shift.status) == (
        D("210.00"),
        D("0.00"),
        ShiftStatus.CLOSED,
    )
    assert (shift.first_number, shift.last_number) == ("S26112000001", "S26112000004")
    with tenant_unit(ours["tenant_id"]):
        sums = queries.shift_sums(shift.id)
    tenders = {row.code: (row.receipts_amount, row.refunds_amount) for row in sums if row.by == "tender"}
    assert tenders == {"cash": (D("20.00"), D("10.00")), "wechat": (D("15.00"), D("0.00"))}
    classes = sum(row.receipts_amount - row.refunds_amount for row in sums if row.by == "fee_class")
    assert classes == shift.net_amount


def test_a_drawer_that_differs_needs_a_reason(make_bill: Any, settle: Any, cashier: Actor) -> None:
    settle(make_bill())
    with pytest.raises(DifferenceNeedsReason):
        services.close_shift(counted_cash=D("9.00"), by=cashier)
    shift = services.close_shift(counted_cash=D("9.00"), difference_reason="找零差错", by=cashier)
    assert shift.difference == D("-1.00")


def test_the_next_settlement_after_closing_opens_a_new_shift(
    make_bill: Any, settle: Any, cashier: Actor
) -> None:
    receipt = settle(make_bill())
    closed = services.close_shift(counted_cash=D("10.00"), by=cashier)
    assert settle(make_bill()).shift_id != closed.id == receipt.shift_id


def test_a_closed_shift_never_changes(make_bill: Any, settle: Any, cashier: Actor) -> None:
    settle(make_bill())
    closed = services.close_shift(counted_cash=D("10.00"), by=cashier)

    @use_case("charging.shift.close")
    def falsify(*, shift_id: int, by: Actor) -> None:
        queries.get_shift(shift_id).counted_cash = D("1.00")
        db.session.flush()

    with pytest.raises(RecordMayNotChange):
        falsify(shift_id=closed.id, by=cashier)


def test_a_second_shift_is_not_opened_and_none_is_not_closed(cashier: Actor, prices: None) -> None:
    with pytest.raises(NoOpenShift):
        services.close_shift(counted_cash=D("0.00"), by=cashier)
    services.open_shift(by=cashier)
    with pytest.raises(ShiftAlreadyOpen):
        services.open_shift(by=cashier)
