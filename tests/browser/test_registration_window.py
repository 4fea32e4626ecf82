"""The registration window by keyboard: a known resident has a number after three acts."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from sqlalchemy import func, select

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from modules.charging.services import load_demo_prices
from modules.patients.services import create_patient
from modules.registration.models import Visit
from modules.registration.services import add_session, call_next, register_visit

pytestmark = [pytest.mark.browser, pytest.mark.one_engine, pytest.mark.slow]
OpenDesk = Callable[[str], Any]


@pytest.fixture
def morning(ours: dict[str, Any], administrator: Actor) -> Any:
    """This morning's session, with prices for its fee."""
    load_demo_prices(by=administrator)
    return add_session(
        on=clock.today(),
        shift="morning",
        starts_at=time(8),
        ends_at=time(12),
        department_id=ours["departments"]["general"],
        practitioner_id=ours["people"]["doctor"]["practitioner_id"],
        room="2",
        by=administrator,
    )


@pytest.fixture
def resident(registrar: Actor) -> Any:
    """Somebody with a file."""
    return create_patient(name="王测试", document_number="990000198506152462", by=registrar)


def count_visits(centre: dict[str, Any]) -> int:
    with tenant_unit(centre["tenant_id"]):
        return db.session.scalar(select(func.count(Visit.id))) or 0


def test_a_known_resident_gets_a_number_with_three_acts(
    ours: dict[str, Any], morning: Any, resident: Any, open_desk: OpenDesk
) -> None:
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    desk.scan("990000198506152462")
    desk.press("Enter")
    page.wait_for_selector("[data-patient-banner]")
    desk.press("F8")
    page.wait_for_url("**registered=*")
    assert desk.acts == 3
    assert count_visits(ours) == 1
    assert "V261120" in page.inner_text("#window-fee")
    assert desk.overflow() == 0
    assert desk.accessibility() == []


def test_a_newcomer_is_warned_of_and_registered_by_keyboard(
    ours: dict[str, Any], morning: Any, resident: Any, open_desk: OpenDesk
) -> None:
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    desk.press("Insert")
    page.wait_for_url("**/window/residents")
    page.keyboard.type("王测试")
    page.select_option("#f-sex", "2")
    page.fill("#f-born_on", "1985-06-15")
    page.press("#f-born_on", "Enter")
    page.wait_for_selector("#resembling .note")
    page.fill("#f-document_number", "990000195801011239")
    page.fill("#f-born_on", "")
    page.select_option("#f-sex", "")
    page.fill("#f-name", "李新来")
    desk.press("F8")
    page.wait_for_url("**patient_id=*")
    desk.press("F8")
    page.wait_for_url("**registered=*")
    assert count_visits(ours) == 1


def test_the_next_is_called_with_one_key_and_the_screen_shows_it(
    ours: dict[str, Any], morning: Any, resident: Any, registrar: Actor, open_desk: OpenDesk
) -> None:
    register_visit(patient_id=resident.id, session_id=morning.id, by=registrar)
    screen = open_desk("triage_nurse")
    hall = screen.page
    hall.goto(f"{screen.address}/registration/displays/departments/{ours['departments']['general']}")
    hall.wait_for_selector("[data-tv=idle]:visible")
    desk = open_desk("triage_nurse")
    page = desk.open("/registration/queue")
    desk.press("F9")
    page.wait_for_selector("tr.tr.on")
    assert desk.acts == 1
    hall.wait_for_selector("[data-tv=number]:visible")
    assert hall.inner_text("[data-tv=number]") == "001"
    assert hall.inner_text("[data-tv=name]") == "王*试"
    assert desk.overflow() == 0
    assert desk.accessibility() == []
    hall.goto("about:blank")


def test_the_doctor_calls_and_the_window_follows(
    ours: dict[str, Any], morning: Any, resident: Any, registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    register_visit(patient_id=resident.id, session_id=morning.id, by=registrar)
    call_next(by=doctor)
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    assert page.locator("tbody .tag.i").count() == 1


def test_the_register_button_is_in_view_on_every_screen(
    ours: dict[str, Any], morning: Any, resident: Any, administrator: Actor, open_desk: OpenDesk
) -> None:
    for hour in (8, 13, 18):  # a long board
        add_session(
            on=clock.today(),
            shift={8: "morning", 13: "afternoon", 18: "night"}[hour],
            starts_at=time(hour),
            ends_at=time(hour + 3, 50),
            department_id=ours["departments"]["tcm"],
            practitioner_id=ours["people"]["other_doctor"]["practitioner_id"],
            capacity=46,
            window_minutes=5,
            by=administrator,
        )
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    button = page.locator("[data-key=F8]")
    box, size = button.bounding_box(), page.viewport_size
    assert box["y"] > 0
    assert box["y"] + box["height"] <= size["height"]
    desk.scan("990000198506152462")
    page.wait_for_selector("[data-patient-banner]")
    button.click(timeout=2000)
    page.wait_for_url("**registered=*")
    assert count_visits(ours) == 1
    assert desk.accessibility() == []
