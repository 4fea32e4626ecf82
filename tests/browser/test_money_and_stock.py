"""The cashier's desk, the pharmacy's window and the storeroom in the browser, by keyboard."""

from collections.abc import Callable
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
from modules.dispensing import queries, services
from modules.dispensing.models import TaskStatus
from tenants.services import change_settings

pytestmark = [pytest.mark.browser, pytest.mark.one_engine]
OpenDesk = Callable[[str], Any]
D = Decimal


@pytest.fixture
def bill(ours: dict[str, Any], registrar: Actor, doctor: Actor) -> Any:
    """A visit with its fee and a signed prescription of three drugs."""
    made = outpatient.make_bill(ours, registrar)
    signed = outpatient.prescribe(ours, doctor, made, ("D0001", 42), ("D0004", 24), ("D0005", 12))
    return made, signed


def _due(ours: dict[str, Any], bill: Any) -> Decimal:
    with tenant_unit(ours["tenant_id"]):
        return charging_queries.bill_view(bill.id).due_amount


def _pay(ours: dict[str, Any], bill: Any, by: Actor) -> None:
    due = _due(ours, bill)
    tender = charging.TenderInput(method="cash", amount=due)
    charging.settle_bill(bill_id=bill.id, expected_amount=due, tenders=[tender], by=by)


def test_an_exact_bill_is_settled_with_two_acts(ours: dict[str, Any], bill: Any, open_desk: OpenDesk) -> None:
    desk = open_desk("cashier")
    page = desk.open(f"/charging/desk/{bill[0].id}")
    assert desk.accessibility() == []
    desk.press("F10")
    desk.press("Enter")
    page.wait_for_selector("text=S26112000001")
    assert desk.acts <= 2
    assert desk.overflow() == 0
    assert _due(ours, bill[0]) == 0


def test_cash_is_given_change_and_a_part_is_refunded(
    ours: dict[str, Any], bill: Any, open_desk: OpenDesk
) -> None:
    desk = open_desk("cashier")
    page = desk.open("/charging/desk")
    desk.scan(bill[0].visit_number)
    page.wait_for_selector("#due")
    desk.press("F10")
    desk.identify("800")
    desk.press("Enter")
    page.wait_for_selector("text=S26112000001")
    desk.press("F6")
    page.wait_for_selector("#refund[open]")
    assert desk.accessibility() == []
    page.fill("#refund input[name='lines-0-quantity']", "")
    page.fill("#refund input[name='lines-2-quantity']", "")
    page.fill("#refund input[name='lines-3-quantity']", "")
    page.fill("#refund input[name='lines-1-quantity']", "12")
    page.fill("#refund input[name='reason']", "患者要求")
    page.click("#refund button[type=submit]")
    page.wait_for_selector("text=S26112000002")
    assert desk.overflow() == 0


def test_a_paid_slip_is_handed_out_with_two_acts(
    ours: dict[str, Any], bill: Any, cashier: Actor, administrator: Actor, open_desk: OpenDesk
) -> None:
    change_settings(settings={"single_pharmacist": True}, by=administrator)
    _pay(ours, bill[0], cashier)
    desk = open_desk("pharmacist")
    page = desk.open("/dispensing/window")
    desk.scan(bill[1].number)
    page.wait_for_selector("#act", state="attached")
    assert desk.accessibility() == []
    desk.press("F8")
    page.wait_for_selector("[data-dialog-open=return]")
    assert desk.acts <= 2
    assert desk.overflow() == 0
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(bill[1].prescription_id).status == TaskStatus.DISPENSED


def test_a_review_is_ticked_and_passed_by_keyboard(
    ours: dict[str, Any], bill: Any, cashier: Actor, open_desk: OpenDesk
) -> None:
    _pay(ours, bill[0], cashier)
    desk = open_desk("pharmacist")
    page = desk.open(f"/dispensing/window/{bill[1].prescription_id}")
    for box in page.query_selector_all("input[name=checks]"):
        box.check()
    assert desk.accessibility() == []
    desk.press("F8")
    page.wait_for_selector("form#act[action$=prepare]", state="attached")
    desk.settle()
    desk.press("F8")
    page.wait_for_selector("form#act[action$=dispense]", state="attached")
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(bill[1].prescription_id).status == TaskStatus.PREPARED


def test_one_key_ticks_what_nobody_touched_and_a_no_stays(
    ours: dict[str, Any], bill: Any, cashier: Actor, open_desk: OpenDesk
) -> None:
    _pay(ours, bill[0], cashier)
    desk = open_desk("pharmacist")
    page = desk.open(f"/dispensing/window/{bill[1].prescription_id}")
    no = page.locator("input[name=checks][value=quantity]")
    no.check()
    no.uncheck()
    desk.act("Shift+F8")
    ticked = page.locator("input[name=checks]:checked")
    assert ticked.count() == page.locator("input[name=checks]").count() - 1
    assert not no.is_checked()
    assert desk.accessibility() == []
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(bill[1].prescription_id).status == TaskStatus.WAITING
    desk.act("F8")
    page.wait_for_selector(".note, .field-error, [role=alert]")
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(bill[1].prescription_id).status == TaskStatus.WAITING
    page = desk.open(f"/dispensing/window/{bill[1].prescription_id}")
    desk.act("Shift+F8")
    desk.act("F8")
    page.wait_for_selector("form#act[action$=prepare]", state="attached")
    assert desk.acts == 2


def test_a_receipt_is_typed_into_the_grid(ours: dict[str, Any], open_desk: OpenDesk) -> None:
    desk = open_desk("storekeeper")
    page = desk.open(f"/dispensing/stock/receipts/new?location={ours['locations']['storeroom']}")
    assert desk.accessibility() == []
    page.fill("#f-supplier, [name=supplier]", "城东医药")
    page.focus("[name='lines-0-drug_id-text']")
    page.keyboard.type("sjp")
    page.wait_for_selector(".option.on")
    desk.press("Enter")
    page.fill("[name='lines-0-batch_no']", "B77")
    page.fill("[name='lines-0-expires_on']", "2028-01-31")
    page.fill("[name='lines-0-packs']", "3")
    page.fill("[name='lines-0-pack_cost']", "10.80")
    desk.press("F8")
    page.wait_for_selector("text=KR261120")
    assert desk.overflow() == 0


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("cashier", "/charging/desk"),
        ("cashier", "/charging/shift"),
        ("administrator", "/charging/prices?q=am"),
        ("administrator", "/charging/shifts"),
        ("storekeeper", "/dispensing/stock"),
        ("storekeeper", "/dispensing/stock/near-expiry"),
        ("storekeeper", "/dispensing/stock/documents"),
        ("storekeeper", "/dispensing/stock/transfers/new"),
    ],
)
def test_pages_are_accessible_and_fit(
    ours: dict[str, Any],
    bill: Any,
    storekeeper: Actor,
    cashier: Actor,
    open_desk: OpenDesk,
    role: str,
    path: str,
) -> None:
    with tenant_unit(ours["tenant_id"]):
        drug = catalogue.search_drugs("D0160")[0]
    line = services.StockLineInput(
        drug_id=drug.id, batch_no="S1", expires_on=TODAY + timedelta(days=20), packs=D(2), pack_cost=D(9)
    )
    services.receive_stock(
        location_id=ours["locations"]["storeroom"], supplier="城东医药", lines=[line], by=storekeeper
    )
    _pay(ours, bill[0], cashier)
    desk = open_desk(role)
    desk.open(path)
    assert desk.accessibility() == []
    assert desk.overflow() == 0
