"""Books and receipts for tests of invoices."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from support import outpatient
from support.einvoice import issuing, platform
from support.insurer import connected, insurer, insurer_address

from app import relay
from app.actor import Actor
from app.db import tenant_unit
from app.pursuit import pursue_all
from modules.charging import queries as charging
from modules.charging import services as money
from modules.charging.models import Bill, Settlement
from modules.invoices import queries, services
from modules.invoices.models import Book, ElectronicInvoice, Paper
from modules.prescriptions.events import PrescriptionSigned

__all__ = ["connected", "insurer", "insurer_address", "issuing", "platform"]
D = Decimal


@pytest.fixture
def make_bill(ours: dict[str, Any], registrar: Actor, administrator: Actor) -> Callable[..., Bill]:
    """Open the bill of a new visit, with the fees named."""
    money.load_demo_prices(by=administrator)
    return partial(outpatient.make_bill, ours, registrar)


@pytest.fixture
def prescribe(ours: dict[str, Any], doctor: Actor) -> Callable[..., PrescriptionSigned]:
    """Sign a prescription for a bill: pairs of drug code and quantity in minimum units."""
    return partial(outpatient.prescribe, ours, doctor)


@pytest.fixture
def settle(ours: dict[str, Any], make_bill: Callable[..., Bill], cashier: Actor) -> Callable[..., Settlement]:
    """Settle a new bill (or the one given), in cash."""

    def take(bill: Bill | None = None, by: Actor = cashier) -> Settlement:
        bill = bill or make_bill()
        with tenant_unit(ours["tenant_id"]):
            due = charging.bill_view(bill.id).due_amount
        tenders = [money.TenderInput(method="cash", amount=due)]
        return money.settle_bill(bill_id=bill.id, expected_amount=due, tenders=tenders, by=by)

    return take


@pytest.fixture
def refund(ours: dict[str, Any], cashier: Actor) -> Callable[..., Settlement]:
    """Give a whole settlement back, or so many of its lines."""

    def give(settlement: Settlement, lines: int = 0, by: Actor = cashier) -> Settlement:
        with tenant_unit(ours["tenant_id"]):
            settled = charging.settled_lines(settlement.id)
        chosen = settled[:lines] if lines else settled
        return money.refund_lines(
            settlement_id=settlement.id,
            lines=[
                money.RefundLineInput(charge_id=line.charge_id, quantity=line.quantity) for line, _ in chosen
            ],
            reason="重复收费",
            by=by,
        )

    return give


@pytest.fixture
def make_book(accountant: Actor) -> Callable[..., Book]:
    """A book of so many sheets in the safe, or handed to somebody."""

    def make(first: int = 1, sheets: int = 10, to: Actor | None = None) -> Book:
        book = services.register_book(
            code="99010126", prefix="A", first_no=first, last_no=first + sheets - 1, digits=6, by=accountant
        )
        if to is None:
            return book
        return services.hand_out_book(book_id=book.id, account_id=to.account_id, by=accountant)

    return make


@pytest.fixture
def look(ours: dict[str, Any]) -> Callable[..., Any]:
    """Read something in a unit on our institution."""

    def read(query: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with tenant_unit(ours["tenant_id"]):
            return query(*given, **named)

    return read


@pytest.fixture
def electronic(look: Callable[..., Any]) -> Callable[[int], ElectronicInvoice | None]:
    """The electronic invoice of a settlement."""
    return lambda settlement_id: look(queries.electronic_of, settlement_id)


@pytest.fixture
def paper_of(look: Callable[..., Any]) -> Callable[[int], Paper | None]:
    """The valid paper of a settlement."""
    return lambda settlement_id: look(queries.find_live_paper, settlement_id)


@pytest.fixture
def deliver(app: Flask) -> Callable[[], None]:
    """Let the outbox and the pursuit do their work once."""

    def work() -> None:
        relay.run_until_empty()
        pursue_all()

    return work


@pytest.fixture
def invoices_hold(ours: dict[str, Any]) -> Callable[[], bool]:
    """Whether every identity of ``flask check`` holds."""

    def holds() -> bool:
        findings = [*queries.check_invoices(ours["tenant_id"]), *charging.check_money(ours["tenant_id"])]
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return holds
