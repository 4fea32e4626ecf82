"""The storeroom's papers in a browser: they open, fit both sizes and hold their icons."""

from collections.abc import Callable
from typing import Any

import pytest
from support import storerooms, world

from app.db import tenant_unit
from modules.dispensing import queries as stock
from modules.storeroom import queries

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_engine,
    pytest.mark.slow,
    pytest.mark.parametrize("setting", ["desktop-zh_Hans", "desktop-en"], indirect=True),
]
TABLET = {"width": 820, "height": 1180}
DESKTOP = {"width": 1440, "height": 900}


def _papers(ours: dict[str, Any]) -> list[str]:
    with tenant_unit(ours["tenant_id"]):
        order = queries.list_orders().rows[0]
        lying = stock.list_balances(ours["locations"]["storeroom"]).rows[0]
        found = {
            "plans": order.plan_id,
            "orders": order.id,
            "requisitions": queries.list_requisitions().rows[0].id,
            "stocktakes": queries.list_stocktakes().rows[0].id,
            "recalls": queries.list_recalls()[0].id,
            "batches": lying.balance.id,
            "closings": queries.list_closings().rows[0].id,
        }
    lists = ["suppliers", "limits", "batches", "recalls", "orders", "removals", "adjustments/new"]
    lists += ["reports/period", "reports/slow", "reports/shortages", "closings"]
    entries = [f"orders/{order.id}/invoices/new"]
    return [f"{part}/{key}" for part, key in found.items()] + lists + entries


def test_every_paper_opens_and_fits(
    ours: dict[str, Any], setting: tuple[str, str], open_desk: Callable[[str], Any]
) -> None:
    storerooms.furnish(ours, {role: world.actor(ours, role) for role in world.STAFF}, "城东")
    desk = open_desk("storekeeper")
    faults = []
    for path in _papers(ours):
        answer = desk.page.goto(f"{desk.address}/storeroom/{path}")
        desk.page.wait_for_load_state("load")
        if answer.status != 200:
            faults.append(f"{path}: {answer.status}")
        for size in (TABLET, DESKTOP):
            desk.page.set_viewport_size(size)
            if pixels := desk.overflow():
                faults.append(f"{path}: {pixels} px too wide at {size['width']}")
    assert "\n".join(faults) == ""
    assert desk.faults == []


def test_a_requisition_is_typed_by_keys_alone(
    ours: dict[str, Any], setting: tuple[str, str], open_desk: Callable[[str], Any]
) -> None:
    desk = open_desk("pharmacist")
    page = desk.open("/storeroom/requisitions/new")
    assert desk.accessibility() == []
    page.focus("[name='lines-0-drug_id-text']")
    page.keyboard.type("amxl")
    page.wait_for_selector(".option.on")
    desk.press("Enter")
    page.fill("[name='lines-0-loose']", "24")
    desk.press("F8")
    page.wait_for_selector("text=QL261120")
    assert desk.overflow() == 0
    assert desk.faults == []
