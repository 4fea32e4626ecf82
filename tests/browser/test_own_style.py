"""A centre's own style in a real browser: its logo, its forms and its keys."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from support.outpatients import make_patient, session_of

from app.actor import Actor
from app.keys import ACTS, SCHEMES, key_in
from modules.patients.rules.resident_form import RESIDENT_FORM
from tenants.services import change_settings
from tenants.style import arrange_form

pytestmark = [pytest.mark.browser, pytest.mark.one_engine]
OpenDesk = Callable[[str], Any]
DESKTOP = pytest.mark.parametrize("setting", ["desktop-zh_Hans"], indirect=True)


def logo() -> dict[str, Any]:
    """A file as a person chooses it."""
    out = BytesIO()
    Image.new("RGB", (240, 120), "#7a4b94").save(out, "PNG")
    return {"name": "logo.png", "mimeType": "image/png", "buffer": out.getvalue()}


def rows(page: Any) -> list[str]:
    """The fields in the order of the table."""
    found = page.locator("[data-arrange] input[name=order]").all()
    return [row.get_attribute("value") for row in found]


def focused(page: Any) -> str:
    """Name of the field that has the focus."""
    name: str = page.evaluate("document.activeElement.name || ''")
    return name


def test_a_logo_is_brought_seen_and_removed(open_desk: OpenDesk) -> None:
    desk = open_desk("administrator")
    page = desk.open("/centre/settings")
    page.set_input_files("#f-content", logo())
    page.click("button[form=logo-form]")
    page.wait_for_selector("img.app-logo")
    logo_width = (
        "(logo => logo.decode().then(() => logo.naturalWidth))(document.querySelector('img.app-logo'))"
    )
    assert page.evaluate(logo_width) > 0  # once it has come
    assert desk.accessibility() == []
    assert desk.overflow() == 0
    file = {"name": "logo.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    page.set_input_files("#f-content", file)
    page.click("button[form=logo-form]")
    page.wait_for_selector("#f-content-error")
    page.click("form[action$='/logo/removal'] button")
    page.wait_for_selector("img.app-logo", state="detached")


def test_a_form_is_arranged_by_mouse_or_hand(open_desk: OpenDesk) -> None:
    desk = open_desk("administrator")
    page = desk.open("/centre/forms/patients.resident")
    assert desk.accessibility() == []
    assert desk.overflow() == 0
    first = rows(page)
    with page.expect_response("**/preview"):
        page.locator("[data-arrange] tr").nth(1).locator("[data-arrange-step='-1']").click()
    assert rows(page)[:2] == [first[1], first[0]]
    page.select_option("#state-address", "hidden")
    expect(page.locator("#preview .field")).to_have_count(len(first) - 1)
    page.click("button[form=arrangement]")
    page.wait_for_selector("form[action$='/default'] button")
    assert rows(page)[:2] == [first[1], first[0]]
    page.click("form[action$='/default'] button")
    page.wait_for_selector("form[action$='/default'] button", state="detached")
    assert rows(page) == first


@DESKTOP
def test_a_form_is_arranged_with_the_keyboard_alone(open_desk: OpenDesk) -> None:
    desk = open_desk("administrator")
    page = desk.open("/centre/forms/patients.resident")
    place = rows(page).index("phone")
    page.focus("#state-phone")
    for _ in range(place):
        desk.press("Alt+ArrowUp")
    assert rows(page)[0] == "phone"
    assert focused(page) == "state-phone"
    desk.press("Alt+ArrowUp")  # the first stays the first
    assert rows(page)[0] == "phone"
    desk.press("F8")
    page.wait_for_selector("form[action$='/default'] button")
    assert rows(page)[0] == "phone"


@DESKTOP
def test_enter_follows_the_order_of_the_centre(administrator: Actor, open_desk: OpenDesk) -> None:
    order = ["phone", "name", *(field.name for field in RESIDENT_FORM.fields)]
    arrange_form(form=RESIDENT_FORM.name, order=order, hidden=["address"], by=administrator)
    desk = open_desk("registrar")
    page = desk.open("/patients/new")
    passed = [focused(page)]
    for _ in range(3):
        desk.press("Enter")
        passed.append(focused(page))
    assert passed == ["phone", "name", "document_kind", "document_number"]
    at = page.evaluate("[...document.querySelectorAll('#resident [data-field]')].map(e => e.dataset.field)")
    assert passed == at[:4]


@DESKTOP
@pytest.mark.parametrize("scheme", SCHEMES)
def test_bar_sheet_and_buttons_show_the_keys_of_the_scheme(
    ours: dict[str, Any], administrator: Actor, doctor: Actor, open_desk: OpenDesk, scheme: str
) -> None:
    session_of(ours, doctor)
    change_settings(settings={"keys": scheme}, by=administrator)
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    page.wait_for_selector("[data-hint-bar] .hint")
    shown = [text.replace(" ", "+") for text in page.locator("[data-hint-bar] kbd").all_inner_texts()]
    assert {key_in(scheme, key) for key in ("F8", "F3", "Ins", "Esc")} <= set(shown)
    assert not set(shown) - {key_in(scheme, key) for key in ACTS}
    page.focus(".btn.p")
    desk.press(key_in(scheme, "F1"))
    page.wait_for_selector("#key-sheet[open]")
    sheet = [text.replace(" ", "+") for text in page.locator("#key-sheet kbd").all_inner_texts()]
    assert key_in(scheme, "F8") in sheet
    desk.press("Escape")
    desk.press(key_in(scheme, "Ins").replace("Ins", "Insert"))
    page.wait_for_url("**/registration/window/residents*")


@DESKTOP
def test_own_keys_come_before_the_centres(
    registrar: Actor, administrator: Actor, open_desk: OpenDesk
) -> None:
    make_patient(registrar)
    change_settings(settings={"keys": "classic"}, by=administrator)
    desk = open_desk("registrar")
    page = desk.open("/my-account/")
    page.select_option("#f-scheme", "laptop")
    with page.expect_navigation():
        page.click("button[form=keys-form]")
    assert desk.accessibility() == []
    page = desk.open("/patients/")
    desk.press("Alt+N")
    page.wait_for_url("**/patients/new*")
    desk.press("Alt+S")
    page.wait_for_selector(".in.bad")
