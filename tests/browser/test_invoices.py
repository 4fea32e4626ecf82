"""Invoices in the browser: onto paper, a spoilt sheet, an electronic one; both languages, both sizes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support import outpatient
from support.einvoice import PlayedPlatform, issuing, platform

from app import relay
from app.actor import Actor
from app.db import tenant_unit
from app.pursuit import pursue_all
from modules.charging import queries
from modules.charging import services as money
from modules.charging.models import Settlement
from modules.invoices import services

__all__ = ["issuing", "platform"]
pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]


@pytest.fixture
def receipts(
    ours: dict[str, Any],
    issuing: PlayedPlatform,
    registrar: Actor,
    cashier: Actor,
    accountant: Actor,
    administrator: Actor,
) -> list[Settlement]:
    """Two receipts: the electronic invoice of the one is issued, that of the other refused; a book with one void."""
    money.load_demo_prices(by=administrator)
    book = services.register_book(
        code="99010126", prefix="A", first_no=1, last_no=50, digits=6, by=accountant
    )
    services.hand_out_book(book_id=book.id, account_id=cashier.account_id, by=accountant)
    services.spoil_next(reason="撕坏", by=cashier)
    settled = [_settle(ours, registrar, cashier) for _ in range(2)]
    relay.run_until_empty()
    issuing.misbehave("refuse")
    pursue_all()
    pursue_all()
    return settled


def _settle(ours: dict[str, Any], registrar: Actor, cashier: Actor) -> Settlement:
    bill = outpatient.make_bill(ours, registrar)
    with tenant_unit(ours["tenant_id"]):
        due = queries.bill_view(bill.id).due_amount
    tenders = [money.TenderInput(method="cash", amount=Decimal(due))]
    return money.settle_bill(bill_id=bill.id, expected_amount=due, tenders=tenders, by=cashier)


def _look(desk: Any, path: str) -> Any:
    """The page fits and can be read by everybody."""
    page = desk.open(path)
    desk.settle()
    assert desk.overflow() == 0, path
    assert desk.accessibility() == [], path
    return page


def test_a_sheet_is_printed_spoilt_and_printed_on_the_next(
    receipts: list[Settlement], open_desk: OpenDesk, cashier: Actor, ours: dict[str, Any]
) -> None:
    desk = open_desk("cashier")
    for receipt in receipts:
        services.print_paper(settlement_id=receipt.id, by=cashier)
    _look(desk, f"/charging/desk/{receipts[0].bill_id}")
    page = _look(desk, "/invoices/own-book")
    page.click("[data-dialog-open^='void-']")
    page.fill("dialog[open] input[name=reason]", "看错")
    desk.settle()
    assert desk.accessibility() == []
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=看错")
    _look(desk, "/charging/shift")


def test_the_accountant_sees_what_became_of_every_number_and_tries_a_refused_invoice_again(
    receipts: list[Settlement], open_desk: OpenDesk
) -> None:
    desk = open_desk("accountant")
    page = _look(desk, "/invoices/books")
    page.click("td a.link")
    page.wait_for_selector("text=撕坏")
    desk.settle()
    assert desk.overflow() == 0
    assert desk.accessibility() == []
    page = _look(desk, "/invoices/electronic?state=refused")
    page.click("td a.link")
    page.wait_for_selector("#try", state="attached")
    desk.settle()
    assert desk.accessibility() == []
    desk.press("F8")
    page.wait_for_selector(".qr svg")
    desk.settle()
    assert desk.overflow() == 0
    assert desk.accessibility() == []


def test_the_connection_is_a_page_of_the_administrator(issuing: PlayedPlatform, open_desk: OpenDesk) -> None:
    _look(open_desk("administrator"), "/invoices/platform")
