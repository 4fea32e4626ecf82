"""What is taken off a bill: the rule's line, a reduction by hand by keyboard, the lists around them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support import outpatient

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.charging import services
from tenants.services import change_settings

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]


@pytest.mark.parametrize(
    "setting", ["desktop-zh_Hans", "desktop-en", "tablet-zh_Hans", "tablet-en"], indirect=True
)
def test_a_line_is_reduced_by_hand_with_the_keyboard_beside_what_the_rule_takes_off(
    ours: dict[str, Any],
    registrar: Actor,
    cashier: Actor,
    administrator: Actor,
    open_desk: OpenDesk,
) -> None:
    bill = _bill(ours, registrar, administrator)
    desk = open_desk("cashier")
    page = desk.open(f"/charging/desk/{bill.id}")
    assert "7.50" in page.text_content("#due")
    desk.press("Shift+F6")
    page.wait_for_selector("#waive[open]")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    page.fill("#f-waived", "2")
    page.fill("#f-waive-reason", "困难")
    desk.press("F8")
    page.wait_for_selector("#due:has-text('5.50')")
    assert (desk.overflow(), desk.accessibility()) == (0, [])
    desk.settle()
    with tenant_unit(ours["tenant_id"]):
        assert charging.bill_view(bill.id).reduced_amount == Decimal("9.50")
    for role, path in (
        ("cashier", f"/charging/benefits/{bill.patient_id}"),
        ("cashier", "/charging/arrears"),
        ("administrator", "/charging/reductions"),
    ):
        other = open_desk(role)
        other.open(path)
        assert (path, other.overflow(), other.accessibility()) == (path, 0, [])


def _bill(ours: dict[str, Any], registrar: Actor, administrator: Actor) -> Any:
    services.load_demo_prices(by=administrator)
    change_settings(settings={"reduces_by_rule": True}, by=administrator)
    services.add_reduction_rule(
        name="困难减半",
        percent=Decimal(50),
        cap_year=Decimal(200),
        valid_from=clock.today(),
        basis="区卫健〔2026〕1号",
        by=administrator,
    )
    bill = outpatient.make_bill(ours, registrar, ("X0001", "X0002"))
    with tenant_unit(ours["tenant_id"]):
        full = charging.bill_view(bill.id).full_amount
    services.enter_benefit(
        patient_id=bill.patient_id,
        kind="disabled",
        evidence="残疾证 1",
        valid_from=clock.today(),
        by=registrar,
    )
    assert full == Decimal("15.00")
    return bill
