"""The district's operator at work, and a centre's administrators: by keyboard, in both languages and at both sizes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app import clock, ids, relay, tasks
from app.accounts.models import Membership
from app.actor import Actor
from app.db import control_unit, db
from app.db.units import kernel_unit
from app.records import Delivery, DeliveryStatus, EventRow
from tenants import services as tenants
from tenants.models import Centre, CentreState

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[..., Any]
KEYBOARD = pytest.mark.parametrize("setting", ["desktop-zh_Hans", "desktop-en"], indirect=True)
KEYS_A_MINUTE = 200  # somebody who types every day
LETTERS = 5  # of a Chinese character typed by sound, with the choice
NEW = {
    "code": "C9",
    "name": "城南社区卫生服务中心",
    "district": "示范区",
    "administrator": "郑新",
    "security_administrator": "严新",
}


def _look(desk: Any, name: str) -> None:
    """The page fits and can be read by everybody."""
    desk.settle()
    assert desk.overflow() == 0, name
    assert desk.accessibility() == [], name


def _centre(code: str) -> Centre:
    with control_unit():
        return db.session.scalars(select(Centre).where(Centre.code == code)).one()


def _strokes(text: str) -> int:
    """How many keys a text takes."""
    return sum(LETTERS if ord(letter) > 0x2E80 else 1 for letter in text)


@KEYBOARD
def test_a_centre_is_provisioned_by_keyboard_within_a_minute(
    setting: tuple[str, str], open_desk: OpenDesk
) -> None:
    desk = open_desk("district_operator", "district")
    page = desk.open("/district/centres")
    desk.press("Insert")
    page.wait_for_selector("#f-code:focus")
    for name, text in NEW.items():
        assert page.evaluate("document.activeElement.name") == name
        page.keyboard.type(text)
        desk.acts += _strokes(text)
        desk.press("Tab")
    _look(desk, "new-centre")
    desk.press("F8")
    page.wait_for_selector("[data-one-time-code]")
    assert desk.acts <= KEYS_A_MINUTE, desk.acts
    assert len(page.query_selector_all("[data-one-time-code]")) == 2
    _look(desk, "opened-centre")
    relay.run_until_empty()
    assert _centre("C9").state is CentreState.OPEN


@KEYBOARD
def test_the_place_is_changed_in_the_header_by_keyboard(
    ours: dict[str, Any], theirs: dict[str, Any], setting: tuple[str, str], open_desk: OpenDesk
) -> None:
    with kernel_unit(""):
        account_id = ours["people"]["doctor"]["account_id"]
        db.session.add(Membership(account_id=account_id, tenant_id=theirs["tenant_id"], roles=["doctor"]))
        db.session.commit()
    desk = open_desk("doctor")
    page = desk.open("/home")
    assert page.inner_text(".menu-start .clip") == "城东社区卫生服务中心"
    _tab_to(desk, "summary.app-tool")
    desk.press("Enter")
    page.wait_for_selector(".menu-start[open] .menu-item")
    _look(desk, "places")
    _tab_to(desk, ".menu-start .menu-item:not(.on)")
    desk.press("Enter")
    page.wait_for_selector(".menu-start .clip >> text=城西社区卫生服务中心")
    assert desk.acts <= 10


def _tab_to(desk: Any, selector: str) -> None:
    for _ in range(12):
        desk.press("Tab")
        if desk.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def test_a_centre_is_suspended_and_opened_again(
    ours: dict[str, Any], setting: tuple[str, str], open_desk: OpenDesk
) -> None:
    desk = open_desk("district_operator", "district")
    page = desk.open("/district/centres")
    _look(desk, "centres")
    page.click("text=城东社区卫生服务中心")
    page.fill("#suspension [name=reason]", "欠费停用")
    _look(desk, "centre")
    page.click("button[form=suspension]")
    page.wait_for_selector("#reopening >> text=欠费停用")
    assert _centre("C1").state is CentreState.SUSPENDED
    _look(desk, "suspended")
    page.click("button[form=reopening]")
    page.wait_for_selector("#suspension")
    assert _centre("C1").state is CentreState.OPEN


def test_a_partition_is_closed_and_opened_for_new_centres(
    setting: tuple[str, str], open_desk: OpenDesk
) -> None:
    desk = open_desk("district_operator", "district")
    page = desk.open("/district/partitions")
    _look(desk, "partitions")
    page.click("button[name=is_closed][value='1']")
    page.wait_for_selector("button[name=is_closed][value='0']")
    page.click("button[name=is_closed][value='0']")
    page.wait_for_selector("button[name=is_closed][value='1']")


def test_many_centres_come_from_a_pasted_list(setting: tuple[str, str], open_desk: OpenDesk) -> None:
    desk = open_desk("district_operator", "district")
    page = desk.open("/district/centres/many")
    head = "code,name,district,administrator,security_administrator,partition,template,plan"
    lines = [f"M{n},第{n}社区卫生服务中心,示范区,管理{n},安全{n},,," for n in range(3)]
    page.fill("#f-list", "\n".join([head, *lines, "C1,城东社区卫生服务中心,示范区,,安全,p9,,"]))
    _look(desk, "many")
    desk.act("F8")
    page.wait_for_selector("td .field-error")
    _look(desk, "many-wrong")
    page.fill("textarea[name=list]", "\n".join([head, *lines]))
    desk.act("F8")
    page.wait_for_selector("td >> text=M2")
    _look(desk, "many-good")
    desk.act("F8")
    page.wait_for_selector("progress")
    assert tasks.do_next()
    page.wait_for_selector("form[action$='/codes'] button[value=page]")
    _look(desk, "many-done")
    page.click("form[action$='/codes'] button[value=page]")
    page.wait_for_selector("[data-one-time-code]")
    assert len(page.query_selector_all("[data-one-time-code]")) == 6
    _look(desk, "many-codes")


def test_all_rights_are_read_and_searched(
    setting: tuple[str, str], open_desk: OpenDesk, security_administrator: Actor
) -> None:
    tenants.change_grant(
        role="doctor", permission="tenants.practitioner.manage", is_granted=True, by=security_administrator
    )
    desk = open_desk("security_administrator")
    page = desk.open("/rights/")
    _look(desk, "rights")
    page.evaluate("document.querySelector('.matrix-wrap').scrollTo(300, 900)")
    box = page.query_selector(".matrix-wrap").bounding_box()
    for selector in ("thead th:first-child", "thead th:last-child"):
        assert page.query_selector(f"#rights {selector}").bounding_box()["y"] == pytest.approx(
            box["y"], abs=2
        )
    row = page.query_selector("#rights tbody tr:last-child th")
    assert row.bounding_box()["x"] == pytest.approx(box["x"], abs=2)
    page.fill("#rights-filter", "practitioner.manage")
    [found] = _shown(page)
    assert found.get_attribute("data-filter-text").endswith("practitioner.manage")
    page.fill("#rights-filter", "qqq")
    page.wait_for_selector("[data-filter-nothing]:visible")
    page.fill("#rights-filter", "")
    assert len(_shown(page)) > 50


def _shown(page: Any) -> list[Any]:
    return [row for row in page.query_selector_all("#rights [data-filter-text]") if row.is_visible()]


def test_a_message_that_was_given_up_is_corrected(
    ours: dict[str, Any], setting: tuple[str, str], open_desk: OpenDesk
) -> None:
    relay.run_until_empty()
    _give_up(ours["tenant_id"])
    desk = open_desk("administrator")
    page = desk.open("/trail/outbox")
    _look(desk, "outbox")
    page.click("td a.link")
    page.fill("[name=values-patient_id]", "x")
    page.fill("#correction [name=reason]", "居民号码录错")
    page.click("button[form=correction]")
    page.wait_for_selector("#f-values-patient_id-error")
    _look(desk, "message-wrong")
    page.fill("[name=values-patient_id]", "12")
    page.fill("#correction [name=reason]", "居民号码录错")
    desk.act("F2")
    page.wait_for_selector("text=居民号码录错")
    _look(desk, "message-corrected")
    with kernel_unit("p1"):
        query = select(Delivery.status).where(Delivery.event_name == "PatientCreated").order_by(Delivery.id)
        assert list(db.session.scalars(query))[-2:] == ["corrected", "waiting"]


def _give_up(tenant_id: int) -> None:
    with kernel_unit("p1"):
        payload = {"patient_id": "1O", "by": {"account_id": 1, "name": "周敏", "practitioner_id": None}}
        said = EventRow(
            id=ids.new_id(),
            tenant_id=tenant_id,
            name="PatientCreated",
            at=clock.now(),
            on=date(2026, 11, 20),
            payload=payload,
        )
        row = Delivery(
            tenant_id=tenant_id,
            event_id=said.id,
            event_name="PatientCreated",
            subscriber="patients.subscribers.follow_in_index",
            status=DeliveryStatus.DEAD.value,
            attempts=8,
            due_at=clock.now(),
            last_error="ValidationError: patient_id: int_parsing",
        )
        db.session.add_all([said, row])
        db.session.commit()
