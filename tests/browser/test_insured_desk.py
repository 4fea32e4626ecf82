"""An insured bill in the browser: the split before money changes hands, then one key."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support import outpatients
from support.insurer import NUMBER, connected, insurer, insurer_address

from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries
from modules.charging.rules.tenders import TenderMethod
from modules.charging.services import load_demo_prices
from modules.insurance import services as insurance

__all__ = ["connected", "insurer", "insurer_address"]
pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]


@pytest.mark.parametrize("setting", ["desktop-zh_Hans", "tablet-en"], indirect=True)
def test_an_insured_bill_settles_with_f10_and_enter(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    administrator: Actor,
    connected: None,
    open_desk: OpenDesk,
) -> None:
    load_demo_prices(by=administrator)
    encounter = outpatients.open_encounter(ours, registrar=registrar, doctor=doctor)
    with tenant_unit(ours["tenant_id"]):
        bill = queries.find_bill(encounter.visit_id)
        assert bill is not None
    insurance.read_person(
        patient_id=bill.patient_id, card_type="02", card_no=NUMBER, name="王测试", by=cashier
    )
    desk = open_desk("cashier")
    page = desk.open(f"/charging/desk/{bill.id}")
    desk.press("F10")
    page.wait_for_selector("#collect")
    assert re.search(r"10\.00", page.inner_text("dl.kv"))
    with tenant_unit(ours["tenant_id"]):
        assert queries.bill_view(bill.id).settlements == []
    assert desk.overflow() == 0
    desk.press("Enter")
    page.wait_for_selector('form[action*="/settlements/"]')
    with tenant_unit(ours["tenant_id"]):
        view = queries.bill_view(bill.id)
    (receipt,) = view.settlements
    parts = {row.method: row.amount for row in view.tenders[receipt.id]}
    assert sum(parts.values()) == receipt.amount == Decimal("10.00")
    assert TenderMethod.PERSONAL_ACCOUNT in parts
