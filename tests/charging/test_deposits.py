"""Deposits: cash of prepaid accounts in the shift, its receipts, and what is handed back only once."""

from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy.exc import IntegrityError
from support.racing import at_once

from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.use_cases import command
from modules.charging import queries, services
from modules.charging.errors import DifferenceNeedsReason
from modules.charging.models import Bill, Deposit
from modules.charging.services import TenderInput, conduct
from modules.payments import queries as payments
from modules.payments import services as payment_services
from modules.payments.errors import BalanceTooLow

D = Decimal


@pytest.fixture
def bill(make_bill: Any) -> Bill:
    """A bill of ¥ 10.00."""
    found: Bill = make_bill()
    return found


def _lay_in(bill: Bill, amount: str, by: Actor) -> Any:
    return payment_services.top_up(patient_id=bill.patient_id, amount=D(amount), by=by)


def _hand_back(bill: Bill, amount: str, by: Actor) -> Any:
    return payment_services.pay_out(patient_id=bill.patient_id, amount=D(amount), reason="余额退还", by=by)


def test_a_deposit_is_in_the_drawer_and_no_charge(
    bill: Bill, settle: Any, cashier: Actor, ours: Any, money_holds: Any
) -> None:
    _lay_in(bill, "100.00", cashier)
    settle(bill)
    _hand_back(bill, "30.00", cashier)
    with pytest.raises(DifferenceNeedsReason):
        services.close_shift(counted_cash=D("10.00"), by=cashier)
    shift = services.close_shift(counted_cash=D("80.00"), by=cashier)
    assert (shift.charges_amount, shift.net_amount, shift.expected_cash) == (
        D("10.00"),
        D("10.00"),
        D("80.00"),
    )
    with tenant_unit(ours["tenant_id"]):
        sums = {
            (row.by, row.code): (row.receipts_amount, row.refunds_amount)
            for row in queries.shift_sums(shift.id)
        }
    assert sums["deposit", "cash"] == (D("100.00"), D("30.00"))
    assert sums["tender", "cash"] == (D("10.00"), D("0.00"))
    assert money_holds()


def test_a_deposit_pays_the_bill_and_what_is_left_goes_back(
    bill: Bill, cashier: Actor, view: Any, ours: Any, money_holds: Any
) -> None:
    _lay_in(bill, "25.00", cashier)
    checkout = services.begin_checkout(
        bill_id=bill.id,
        expected_amount=D("10.00"),
        tenders=[TenderInput(method="prepaid", amount=D("10.00"))],
        by=cashier,
    )
    conduct.carry(checkout.id, "", by=cashier)
    assert view(bill).due_amount == 0
    _hand_back(bill, "15.00", cashier)
    shift = services.close_shift(
        counted_cash=D("10.00"), by=cashier
    )  # 25 in, 15 back; the bill moved no cash
    assert shift.net_amount == D("10.00")
    assert money_holds()


def test_what_is_left_is_handed_back_once(bill: Bill, cashier: Actor, ours: Any, money_holds: Any) -> None:
    _lay_in(bill, "25.00", cashier)
    for _ in range(2):  # a double click: the same form twice
        with command("hand-back-1"):
            _hand_back(bill, "25.00", cashier)
    with pytest.raises(BalanceTooLow):
        _hand_back(bill, "25.00", cashier)
    with tenant_unit(ours["tenant_id"]):
        deposits = db.session.scalars(db.select(Deposit).order_by(Deposit.id)).all()
        assert [row.amount for row in deposits] == [D("25.00"), D("-25.00")]
        assert payments.account_of(bill.patient_id).balance == 0
    assert money_holds()


def test_two_windows_do_not_hand_the_same_money_back(
    app: Flask, bill: Bill, cashier: Actor, ours: Any, money_holds: Any
) -> None:
    _lay_in(bill, "25.00", cashier)

    give = partial(_hand_back, bill, "25.00", cashier)
    outcomes = at_once(app, give, give)
    assert sum(isinstance(outcome, BalanceTooLow) for outcome in outcomes) == 1, outcomes
    assert money_holds()


def test_a_movement_is_booked_into_one_shift_only(bill: Bill, cashier: Actor, ours: Any) -> None:
    entry = _lay_in(bill, "25.00", cashier)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        found = queries.deposits_of_entries([entry.id])[entry.id]
        facts = {
            name: getattr(found, name)
            for name in ("shift_id", "entry_id", "patient_id", "amount", "on", "at")
        }
        db.session.add(Deposit(number="Y0", cashier_name="", **facts))
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_the_account_leads_to_the_receipt_of_each_deposit(
    bill: Bill, cashier: Actor, sign_in: Any, ours: Any
) -> None:
    entry = _lay_in(bill, "25.00", cashier)
    with tenant_unit(ours["tenant_id"]):
        deposit = queries.deposits_of_entries([entry.id])[entry.id]
    desk = sign_in("cashier")
    assert deposit.number in desk.get(f"/payments/accounts/{bill.patient_id}").text
    answer = desk.get(f"/charging/deposits/{deposit.id}/paper")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    assert deposit.number in text
    assert "25.00" in text
    assert sign_in("cashier", "c2").get(f"/charging/deposits/{deposit.id}/paper").status_code == 404
