"""A day with all seven classes of C5, worked off by the accountant and reviewed, without leaving its page."""

from collections.abc import Callable
from typing import Any

import pytest
from support import days_of_seven
from support.channels import merchant, world_outside
from support.reconciling import Till, moment, till

__all__ = ["merchant", "till", "world_outside"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_engine,
    pytest.mark.slow,
    pytest.mark.parametrize("setting", ["desktop-zh_Hans", "tablet-en"], indirect=True),
]
STEPS = {
    "long": "ask",
    "state": "retry_refund",
    "duplicate": "retry_refund",
    "short": "recollect",
    "amount": "explain",
}


def _work_off(page: Any, till: Till) -> None:
    """Every open difference gets its one next step, with a reason where it is done by hand."""
    for kind, step in STEPS.items():
        entry = next(row for row in till.entries("19").values() if row.kind.value == kind and row.is_open)
        row = f"#entry-{entry.id}"
        reason = page.locator(f"{row} form:has(button[value={step}]) input[name=reason]")
        if step in {"recollect", "explain"}:
            reason.fill("已与渠道核对")
        page.click(f"{row} button[value={step}].p")
        page.wait_for_selector(f"{row} .tag.w:has-text('处理中'), {row} .tag.w:has-text('In hand')")


def test_a_day_with_all_seven_classes_is_worked_off_on_one_page(
    till: Till, setting: tuple[str, str], open_desk: Callable[[str], Any]
) -> None:
    days_of_seven.play(till)
    with moment("21 09:30:00"):
        till.compare("19")
        desk = open_desk("accountant")
        address = f"/reconciliation/days/{till.day('19').id}"
        page = desk.open(address)
        assert {row.kind.value for row in till.entries("19").values()} == {"matched", "cross_day", *STEPS}
        assert desk.accessibility() == []
        assert desk.overflow() == 0
        _work_off(page, till)
        assert page.url.endswith(address)
        reviewer = open_desk("administrator")
        desk_two = reviewer.open(address)
        for _ in STEPS:
            form = desk_two.locator("form[action$='/review']").first
            address_of_form = form.get_attribute("action")
            form.locator("button").click()
            desk_two.wait_for_selector(f"form[action='{address_of_form}']", state="detached")
        assert [row.state.value for row in till.entries("19").values() if row.is_difference] == [
            "handled"
        ] * 6
        till.confirm("18")
        page = desk.open(address)
        desk.act("F8")
        page.wait_for_selector(".page-head .tag:has-text('已确认'), .page-head .tag:has-text('Tied out')")
        assert page.url.endswith(address)
        calendar = desk.open("/reconciliation/")
        assert desk.accessibility() == []
        assert desk.overflow() == 0
        assert calendar.locator("td .tag:has-text('已确认'), td .tag:has-text('Tied out')").count() == 2
        assert desk.faults == []
