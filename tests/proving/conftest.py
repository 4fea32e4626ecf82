"""A centre with a batch on its shelf and a paid bill."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support import outpatient
from support.world import TODAY

from app.actor import Actor
from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.dispensing import services as dispensing

D = Decimal


@pytest.fixture
def stocked(ours: dict[str, Any], storekeeper: Actor) -> None:
    """One batch lies in the pharmacy."""
    with tenant_unit(ours["tenant_id"]):
        drug_id = catalogue.search_drugs("D0001")[0].id
    line = dispensing.StockLineInput(
        drug_id=drug_id,
        batch_no="A1",
        expires_on=TODAY + timedelta(days=400),
        loose=D(100),
        pack_cost=D("9.60"),
    )
    dispensing.receive_stock(
        location_id=ours["locations"]["pharmacy"], supplier="城东医药", lines=[line], by=storekeeper
    )


@pytest.fixture
def receipt(ours: dict[str, Any], administrator: Actor, registrar: Actor, cashier: Actor) -> str:
    """The number of a receipt, paid in cash."""
    charging.load_demo_prices(by=administrator)
    bill = outpatient.make_bill(ours, registrar)
    with tenant_unit(ours["tenant_id"]):
        due = charging_queries.bill_view(bill.id).due_amount
    tender = charging.TenderInput(method="cash", amount=due)
    return charging.settle_bill(bill_id=bill.id, expected_amount=due, tenders=[tender], by=cashier).number
