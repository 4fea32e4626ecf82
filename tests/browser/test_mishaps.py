"""What goes wrong at real desks: double clicks, ended sessions, second tabs; nothing is lost or doubled."""

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Route
from support import world
from support.outpatient import make_bill
from support.outpatients import FULL_RECORD, make_patient, open_encounter, register, session_of

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.clinic.queries import get_encounter

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_engine,
    pytest.mark.slow,
    pytest.mark.parametrize("setting", ["desktop-zh_Hans"], indirect=True),
]
OpenDesk = Callable[[str], Any]


def _receipts(centre: dict[str, Any], bill_id: int) -> int:
    with tenant_unit(centre["tenant_id"]):
        view = charging.bill_view(bill_id)
        assert view.due_amount == Decimal(0)
        return len(view.settlements)


def test_a_double_click_settles_once(ours: dict[str, Any], registrar: Actor, open_desk: OpenDesk) -> None:
    bill = make_bill(ours, registrar)
    desk = open_desk("cashier")
    page = desk.open(f"/charging/desk/{bill.id}")
    page.dblclick("button[form=settle]")
    page.wait_for_selector("text=S26112000001")
    desk.settle()
    assert _receipts(ours, bill.id) == 1


def test_enter_held_down_settles_once(ours: dict[str, Any], registrar: Actor, open_desk: OpenDesk) -> None:
    bill = make_bill(ours, registrar)
    desk = open_desk("cashier")
    page = desk.open(f"/charging/desk/{bill.id}")
    desk.press("F10")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.wait_for_selector("text=S26112000001")
    desk.settle()
    assert _receipts(ours, bill.id) == 1


def test_the_second_tab_of_a_bill_is_told(
    ours: dict[str, Any], registrar: Actor, open_desk: OpenDesk
) -> None:
    bill = make_bill(ours, registrar)
    first = open_desk("cashier")
    first.open(f"/charging/desk/{bill.id}")
    second = first.second_tab()
    page = second.open(f"/charging/desk/{bill.id}")
    first.press("F10")
    first.press("Enter")
    first.page.wait_for_selector("text=S26112000001")
    second.press("F10")
    second.press("Enter")
    page.wait_for_selector(".note.d")
    assert _receipts(ours, bill.id) == 1


def test_the_second_tab_of_a_record_does_not_overwrite_the_first(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    first = open_desk("doctor")
    first.open(f"/clinic/visits/{encounter.visit_id}")
    second = first.second_tab()
    page = second.open(f"/clinic/visits/{encounter.visit_id}")
    first.page.fill("#f-record-chief_complaint", "咳嗽4天")
    first.press("F2")
    first.page.wait_for_selector("#record-state :text-matches('[0-9]{2}:[0-9]{2}')")
    page.fill("#f-record-chief_complaint", "咳嗽5天")
    second.press("F2")
    page.wait_for_selector("#record-state .danger")
    assert page.input_value("#f-record-chief_complaint") == "咳嗽5天"
    with tenant_unit(ours["tenant_id"]):
        assert get_encounter(encounter.visit_id).record["chief_complaint"] == "咳嗽4天"


def test_a_draft_is_saved_again_and_again_and_then_signed(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    desk = open_desk("doctor")
    page = desk.open(f"/clinic/visits/{encounter.visit_id}")
    for days in ("4", "5"):
        page.fill("#f-record-chief_complaint", f"咳嗽{days}天")
        with page.expect_response("**/record") as answer:
            desk.press("F2")
        assert answer.value.status == 200
    desk.settle()
    desk.press("Shift+F8")
    page.wait_for_url("**/clinic/desk")
    with tenant_unit(ours["tenant_id"]):
        assert get_encounter(encounter.visit_id).finished_at is not None


def test_what_is_pressed_while_a_draft_is_on_its_way_waits_for_it(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor, record=FULL_RECORD)
    desk = open_desk("doctor")
    page = desk.open(f"/clinic/visits/{encounter.visit_id}")

    def slowly(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/record", slowly)
    page.fill("#f-record-chief_complaint", "咳嗽6天")
    for key in ("F2", "F2", "Shift+F8"):
        desk.press(key)
    page.wait_for_url("**/clinic/desk")
    with tenant_unit(ours["tenant_id"]):
        signed = get_encounter(encounter.visit_id)
        assert (signed.finished_at is not None, signed.record["chief_complaint"]) == (True, "咳嗽6天")


def test_a_session_that_ended_keeps_what_was_typed(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    session_of(ours, doctor)
    desk = open_desk("registrar")
    desk.page.clock.install()
    page = desk.open("/registration/window/residents")
    page.fill("#f-name", "赵长时")
    clock.stop(world.NOW + timedelta(minutes=45))
    page.clock.fast_forward(45 * 60 * 1000)
    desk.press("F8")
    page.wait_for_selector("#signed-out[open]")
    assert page.input_value("#f-name") == "赵长时"
    desk.second_tab().sign_in("registrar@c1")
    page.evaluate(
        "const ask = window.fetch;"
        "window.fetch = (...all) => new Promise(go => setTimeout(go, 800)).then(() => ask(...all)); 0"
    )  # a slow line: nothing may be asked with the old token meanwhile
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("#signed-out", state="hidden")
    page.select_option("#f-sex", "1")
    page.fill("#f-born_on", "1980-05-17")
    desk.press("F8")
    page.wait_for_url("**patient_id=**")
    page.wait_for_selector("#window-patient >> text=赵长时")
    desk.expect("401")


def test_a_locked_desk_goes_on_by_the_password_alone(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    session_of(ours, doctor)
    desk = open_desk("registrar")
    desk.page.clock.install()
    page = desk.open("/registration/window/residents")
    page.fill("#f-name", "赵离席")
    clock.stop(world.NOW + timedelta(minutes=20))
    page.clock.fast_forward(20 * 60 * 1000)
    desk.press("F8")
    page.wait_for_selector("#signed-out[open]")
    page.fill("#unlock-password", "guessed wrong")
    page.press("#unlock-password", "Enter")
    page.wait_for_selector("[data-unlock-refusal]:not([hidden])")
    page.fill("#unlock-password", world.PASSWORD)
    page.press("#unlock-password", "Enter")
    page.wait_for_selector("#signed-out", state="hidden")
    assert page.input_value("#f-name") == "赵离席"
    page.select_option("#f-sex", "1")
    page.fill("#f-born_on", "1980-05-17")
    desk.press("F8")
    page.wait_for_url("**patient_id=**")
    page.wait_for_selector("#window-patient >> text=赵离席")
    desk.expect("401")


def test_the_waiting_room_hears_of_a_call_by_itself(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    register(ours, make_patient(registrar, name="欧阳候诊"), registrar=registrar, doctor=doctor)
    hall = open_desk("registrar")
    asked: list[str] = []
    page = hall.page
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    page.goto(f"{hall.address}/registration/displays/departments/{ours['departments']['general']}")
    page.wait_for_selector("[data-tv=idle]")
    page.wait_for_selector(".tv-row")
    # Once when the page begins and once when the line for events is open.
    deadline = time.monotonic() + 8
    while asked.count("state") < 2 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    desk = open_desk("doctor")
    desk.open("/clinic/desk")
    desk.press("F9")
    page.wait_for_selector("[data-tv=number]:has-text('1')", timeout=8000)
    assert "events" in asked
    assert asked.count("state") == 2
    shown = page.inner_text("[data-tv=name]")
    assert "欧阳候诊" not in shown
    assert shown.startswith("欧")
    assert hall.overflow() == 0


def test_an_input_method_at_work_triggers_no_key(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    session_of(ours, doctor)
    patient = make_patient(registrar, name="王秀英", sex="2")
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method + request.url))
    method = desk.context.new_cdp_session(page)
    method.send(
        "Input.imeSetComposition", {"text": "wang xiu ying", "selectionStart": 13, "selectionEnd": 13}
    )
    for key in ("Enter", "F8", "Escape"):
        page.evaluate(
            "key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
            "{key, isComposing: true, bubbles: true, cancelable: true}))",
            key,
        )
    page.wait_for_timeout(400)
    assert asked == []
    assert page.evaluate("document.activeElement.id") == "f-patient_id"
    method.send("Input.insertText", {"text": "王秀英"})
    page.wait_for_selector(".option.on")
    desk.press("Enter")
    page.wait_for_selector(f"#window-patient >> text={patient.name}")


def test_an_answer_to_half_a_name_is_not_taken_for_the_whole(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk
) -> None:
    session_of(ours, doctor)
    make_patient(registrar, name="王秀", sex="2")
    meant = make_patient(registrar, name="王秀英", sex="2")
    desk = open_desk("registrar")
    page = desk.open("/registration/window")
    page.evaluate(
        "const ask = window.fetch; window.asked = 0;"
        "const free = new Promise(go => { window.release = go; });"
        "window.fetch = async (url, ...rest) => {"
        "  const answer = await ask(url, ...rest);"
        "  if (!String(url).includes('lookup') || window.asked++) return answer;"
        "  document.body.dataset.asked = '';"
        "  await free; return answer; }; 0"
    )  # the first answer of the look-up comes when it is released
    page.keyboard.insert_text("王秀")
    page.wait_for_selector("body[data-asked]")
    page.keyboard.insert_text("英")
    desk.press("Enter")
    page.evaluate("window.release()")
    page.wait_for_selector(f"#window-patient >> text={meant.name}")
    assert page.input_value("[name=patient_id]") == str(meant.id)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("registrar", "/registration/window"),
        ("doctor", "/clinic/desk"),
        ("cashier", "/charging/desk"),
        ("pharmacist", "/dispensing/window"),
        ("administrator", "/registration/schedule"),
    ],
)
def test_the_sheet_of_keys_says_what_the_hint_bar_says(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, open_desk: OpenDesk, role: str, path: str
) -> None:
    register(ours, make_patient(registrar), registrar=registrar, doctor=doctor)
    desk = open_desk(role)
    page = desk.open(path)
    hints = page.eval_on_selector_all(
        "[data-hint-bar] .hint", "items => items.map(item => item.innerText.split('\\n'))"
    )
    page.evaluate("document.activeElement.blur()")
    desk.press("?")
    page.wait_for_selector("#key-sheet[open]")
    keys = page.eval_on_selector_all("#key-sheet dt", "items => items.map(item => item.innerText.trim())")
    labels = page.eval_on_selector_all("#key-sheet dd", "items => items.map(item => item.innerText.trim())")
    declared = page.eval_on_selector_all(
        "[data-key]",
        "items => items.filter(i => !i.closest('dialog')).map(i => i.dataset.key.replaceAll('+', ' '))",
    )
    sheet = dict(zip(keys, labels, strict=True))
    assert hints
    assert dict(hints) == {key: sheet[key] for key, _ in hints}
    assert set(declared) <= set(sheet)
