"""Bills for tests: visits and prescriptions are announced by their events."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from support import outpatient
from support.channels import merchant, world_outside
from support.insurer import connected, insurer, insurer_address

from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries, services
from modules.charging.models import Bill, Price, Settlement
from modules.charging.services import TenderInput
from modules.prescriptions.events import PrescriptionSigned

__all__ = ["connected", "insurer", "insurer_address", "merchant", "world_outside"]
D = Decimal
AMOXICILLIN, HUANGQI, GANCAO, ECG = "D0001", "D0169", "D0170", "X0020"


@pytest.fixture
def prices(administrator: Actor) -> None:
    """The demonstration price list is in force."""
    services.load_demo_prices(by=administrator)


@pytest.fixture
def find_price(ours: dict[str, Any], prices: None) -> Callable[[str], Price]:
    """The price in force of an item, by its code."""

    def find(code: str) -> Price:
        with tenant_unit(ours["tenant_id"]):
            return next(price for price in queries.search_prices(code) if price.item_code == code)

    return find


@pytest.fixture
def make_bill(ours: dict[str, Any], registrar: Actor, prices: None) -> Callable[..., Bill]:
    """Open the bill of a new visit, with the fees named."""
    return partial(outpatient.make_bill, ours, registrar)


@pytest.fixture
def prescribe(ours: dict[str, Any], doctor: Actor) -> Callable[..., PrescriptionSigned]:
    """Sign a prescription for a bill: pairs of drug code and quantity in minimum units."""
    return partial(outpatient.prescribe, ours, doctor)


@pytest.fixture
def settle(ours: dict[str, Any], cashier: Actor) -> Callable[..., Settlement]:
    """Settle what is due, in cash unless other tenders are named."""

    def take(bill: Bill, by: Actor = cashier, **tenders: str) -> Settlement:
        with tenant_unit(ours["tenant_id"]):
            due = queries.bill_view(bill.id).due_amount
        handed = tenders or {"cash": str(due)}
        return services.settle_bill(
            bill_id=bill.id,
            expected_amount=due,
            tenders=[TenderInput(method=method, amount=D(amount)) for method, amount in handed.items()],
            by=by,
        )

    return take


@pytest.fixture
def view(ours: dict[str, Any]) -> Callable[[Bill], queries.BillView]:
    """A bill as it stands now."""

    def look(bill: Bill) -> queries.BillView:
        with tenant_unit(ours["tenant_id"]):
            return queries.bill_view(bill.id)

    return look


@pytest.fixture
def money_holds(ours: dict[str, Any]) -> Callable[[], bool]:
    """Whether every identity of ``flask check`` holds."""

    def holds() -> bool:
        findings = queries.check_money(ours["tenant_id"])
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return holds
