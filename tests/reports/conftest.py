"""A morning of two centres, added up; the fixtures of pharmacy and storeroom."""

import importlib.util
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import clock, pursuit, relay
from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.dispensing import services as dispensing

_spec = importlib.util.spec_from_file_location(
    "dispensing_fixtures_of_reports", Path(__file__).parents[1] / "dispensing" / "conftest.py"
)
assert _spec
assert _spec.loader
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
drug_id, make_stock, make_bill = _fixtures.drug_id, _fixtures.make_stock, _fixtures.make_bill
prescribe, pay, review = _fixtures.prescribe, _fixtures.pay, _fixtures.review
prepare, dispense = _fixtures.prepare, _fixtures.dispense
D = Decimal


@pytest.fixture
def add_up(app: Any) -> Callable[[], None]:
    """Deliver what was said, wait as the relay's process does, and add up what waits."""

    def work() -> None:
        relay.run_until_empty()
        clock.stop(clock.now() + timedelta(minutes=2))
        while pursuit.pursue_all():
            pass

    return work


@pytest.fixture
def morning(
    ours: dict[str, Any],
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    add_up: Any,
    cashier: Actor,
    pharmacist: Actor,
) -> dict[str, int]:
    """Two prescriptions handed out, ten units of one brought back and their money given back, a receipt."""
    make_stock("D0160", 500, unit_cost="1.2345")
    first, second = prescribe(("D0160", 30), ("D0001", 20)), prescribe(("D0001", 10))
    receipts = [pay(first), pay(second)]
    for signed in (first, second):
        dispense(signed)
    with tenant_unit(ours["tenant_id"]):
        (charge,) = charging_queries.charges_of_prescription(second.prescription_id)
        charge_id = charge.id
    dispensing.return_drugs(
        prescription_id=second.prescription_id,
        lines=[dispensing.ReturnLineInput(item_id=second.lines[0].item_id, quantity=D(10))],
        reason="发错",
        is_intact=True,
        by=pharmacist,
    )
    charging.refund_lines(
        settlement_id=receipts[1],
        lines=[charging.RefundLineInput(charge_id=charge_id, quantity=D(10))],
        reason="退药",
        by=cashier,
    )
    prescribe(("D0001", 5))  # stays unpaid
    add_up()
    return {"first": first.prescription_id, "second": second.prescription_id, "receipt": receipts[0]}
