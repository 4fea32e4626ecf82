"""A package is made by keyboard on the price list and chosen at the cashier's window; an item is limited there."""

from collections.abc import Callable
from typing import Any

import pytest
from support import outpatient

from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.charging import services

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]


@pytest.mark.parametrize(
    "setting", ["desktop-zh_Hans", "desktop-en", "tablet-zh_Hans", "tablet-en"], indirect=True
)
def test_a_package_is_made_by_keyboard_and_charged_at_the_window(
    ours: dict[str, Any], registrar: Actor, administrator: Actor, open_desk: OpenDesk
) -> None:
    services.load_demo_prices(by=administrator)
    bill = outpatient.make_bill(ours, registrar, ())
    office = open_desk("administrator")
    page = office.open("/charging/packages")
    assert (office.overflow(), office.accessibility()) == (0, [])
    page.fill("#f-code", "TC05")
    page.fill("#f-name", "两项体检")
    for row, typed in enumerate(("xcg", "cgxdt")):
        page.focus(f"#f-members-{row}-item_id")
        page.keyboard.type(typed)
        page.wait_for_selector(".option.on")
        page.keyboard.press("Enter")
        page.wait_for_selector(".option.on", state="hidden")
    office.press("F8")
    page.wait_for_selector("td:has-text('38.00')")
    assert (office.overflow(), office.accessibility()) == (0, [])
    _charge(open_desk("cashier"), bill.id)
    with tenant_unit(ours["tenant_id"]):
        view = charging.bill_view(bill.id)
        item = charging.search_prices("X0016")[0]
    assert [line.package_name for line in view.charges] == ["两项体检", "两项体检"]
    page = office.open(f"/charging/prices/service/{item.item_id}")
    page.select_option("#f-sex", "2")
    page.fill("#f-most", "1")
    office.press("F9")
    page.wait_for_selector("tr.on td:has-text('1 次')")
    assert (office.overflow(), office.accessibility()) == (0, [])


def _charge(desk: Any, bill_id: int) -> None:
    """Choose the package at the window by the initials of its name."""
    window = desk.open(f"/charging/desk/{bill_id}")
    window.focus("#f-item_id")
    window.keyboard.type("lxtj")
    window.wait_for_selector(".option.on:has-text('TC05')")
    window.keyboard.press("Enter")
    window.wait_for_selector(".option.on", state="hidden")
    window.focus("#f-quantity")
    window.keyboard.press("Enter")
    window.wait_for_selector("td:has-text('两项体检')")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
