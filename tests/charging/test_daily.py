"""The accountant receives the cash of a shift; the centre's day is the sum of confirmed shifts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from app.errors import InvalidInput, NotFound, PermissionDenied
from modules.charging import queries, services
from modules.charging.errors import OwnShift, ReceivedDiffers, ShiftConfirmed, ShiftStillOpen
from modules.charging.models import Shift
from modules.charging.rules.tenders import TenderMethod

D = Decimal


@pytest.fixture
def closed(make_bill: Any, settle: Any, cashier: Actor) -> Shift:
    """A shift with a float of 200: 10 in cash, 15 by WeChat, counted to the fen."""
    services.open_shift(float_amount=D("200.00"), by=cashier)
    settle(make_bill(), cash="10.00")
    settle(make_bill(["X0001", "X0002"]), wechat="15.00")
    return services.close_shift(counted_cash=D("210.00"), by=cashier)


def confirm(shift: Shift, by: Actor, cash: str = "10.00", note: str = "") -> Any:
    return services.confirm_shift(shift_id=shift.id, received_cash=D(cash), note=note, by=by)


def test_the_float_stays_and_the_rest_is_handed_in(
    closed: Shift, accountant: Actor, ours: dict[str, Any]
) -> None:
    assert closed.cash_to_hand_in == D("10.00")
    confirmation = confirm(closed, accountant)
    assert (confirmation.difference, confirmation.confirmed_by_name) == (D("0.00"), accountant.name)
    with tenant_unit(ours["tenant_id"]):
        report = queries.day_report(clock.today())
    assert (report.net, report.received_cash, report.is_complete) == (D("25.00"), D("10.00"), True)
    assert report.tenders == [
        (TenderMethod.CASH, D("10.00"), D("0.00")),
        (TenderMethod.WECHAT, D("15.00"), D("0.00")),
    ]
    assert sum(taken - back for _, taken, back in report.classes) == report.net


def test_only_confirmed_shifts_are_in_the_days_report(
    closed: Shift, make_bill: Any, settle: Any, registrar: Actor, accountant: Actor, ours: dict[str, Any]
) -> None:
    settle(make_bill(), by=registrar)
    other = services.close_shift(counted_cash=D("10.00"), by=registrar)
    confirm(other, accountant)
    with tenant_unit(ours["tenant_id"]):
        report = queries.day_report(clock.today())
    assert [(shift.id, bool(found)) for shift, found in report.shifts] == [
        (closed.id, False),
        (other.id, True),
    ]
    assert (report.net, report.is_complete) == (D("10.00"), False)
    confirm(closed, accountant)
    with tenant_unit(ours["tenant_id"]):
        assert queries.day_report(clock.today()).net == D("35.00")
        assert queries.day_report(clock.today() - timedelta(days=1)).shifts == []


def test_less_cash_than_counted_needs_a_word(closed: Shift, accountant: Actor) -> None:
    with pytest.raises(ReceivedDiffers) as refusal:
        confirm(closed, accountant, "9.00")
    assert refusal.value.details == {"difference": "-1.00"}
    assert confirm(closed, accountant, "9.00", "少一元，已登记").difference == D("-1.00")


def test_a_shift_is_confirmed_once_and_not_by_its_own_cashier(
    closed: Shift, cashier: Actor, accountant: Actor, make_bill: Any, settle: Any
) -> None:
    with pytest.raises(PermissionDenied):
        confirm(closed, cashier)
    confirm(closed, accountant)
    with pytest.raises(ShiftConfirmed):
        confirm(closed, accountant)


def test_who_took_the_money_does_not_confirm_it(closed: Shift, cashier: Actor) -> None:
    from dataclasses import replace

    both = replace(cashier, permissions=cashier.permissions | {"charging.shift.confirm"})
    with pytest.raises(OwnShift):
        confirm(closed, both)


def test_an_open_shift_is_not_confirmed(
    make_bill: Any, settle: Any, accountant: Actor, ours: dict[str, Any]
) -> None:
    receipt = settle(make_bill())
    with tenant_unit(ours["tenant_id"]):
        shift = queries.get_shift(receipt.shift_id)
    with pytest.raises(ShiftStillOpen):
        confirm(shift, accountant)


def test_a_cashier_who_went_home_without_closing_is_named(
    make_bill: Any, settle: Any, ours: dict[str, Any]
) -> None:
    receipt = settle(make_bill())
    clock.stop(clock.now() + timedelta(hours=25))
    with tenant_unit(ours["tenant_id"]):
        assert [shift.id for shift in queries.day_report(clock.today()).forgotten] == [receipt.shift_id]


def test_another_centres_shift_is_not_here(closed: Shift, theirs: dict[str, Any], accountant: Actor) -> None:
    from dataclasses import replace

    with pytest.raises(NotFound):
        confirm(closed, replace(accountant, tenant_id=theirs["tenant_id"]))


@pytest.mark.parametrize("cash", ["-1", "1.005", "x"])
def test_a_wrong_amount_is_refused_on_its_field(closed: Shift, accountant: Actor, cash: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.confirm_shift(shift_id=closed.id, received_cash=cash, by=accountant)
    assert "received_cash" in refusal.value.complaints


def test_the_days_report_is_a_page_with_four_statements(
    closed: Shift, sign_in: Any, accountant: Actor, ours: dict[str, Any]
) -> None:
    client = sign_in("accountant")
    page = client.get("/charging/daily")
    assert closed.number in page.text
    answer = client.post(
        f"/charging/shifts/{closed.id}/confirm", data={"received_cash": "10.00"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert accountant.name in answer.text
    assert client.get("/charging/daily/paper").mimetype == "application/pdf"
    with tenant_unit(ours["tenant_id"]), count_statements() as counted:
        queries.day_report(clock.today())
    assert counted.count == 4, counted.statements


def test_the_cashier_counts_before_the_books_are_shown(
    make_bill: Any, settle: Any, sign_in: Any, cashier: Actor
) -> None:
    services.open_shift(float_amount=D("111.00"), by=cashier)
    settle(make_bill(), cash="10.00")
    page = sign_in("cashier").get("/charging/shift").text
    assert "121.00" not in page
    refused = sign_in("cashier").post("/charging/shift/close", data={"counted_cash": "120.00"})
    assert refused.status_code == 422
    assert "-1.00" in refused.text
