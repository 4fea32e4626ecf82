"""Registration's pages: the window, appointments, the schedule, the queue, its screen and the ticket."""

import json
import subprocess
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.db import db, tenant_unit
from app.db.statements import count_statements
from modules.registration import queries, services
from modules.registration.models import Appointment, ClinicSession, ScheduleTemplate, Slot, Visit

Make = Callable[..., Any]
PAGES = [
    ("registrar", "/registration/window", "挂号", "Registration"),
    ("registrar", "/registration/window/residents", "新建档案", "New resident"),
    ("registrar", "/registration/appointments", "预约", "Appointments"),
    ("triage_nurse", "/registration/queue", "分诊候诊", "Waiting queue"),
    ("registrar", "/registration/visits", "就诊", "Visits"),
    ("administrator", "/registration/schedule", "每周排班", "Weekly schedule"),
    ("administrator", "/registration/sessions", "出诊", "Clinic sessions"),
    ("triage_nurse", "/registration/displays", "候诊大屏", "Screens in the waiting hall"),
]


def rows_of(centre: dict[str, Any], model: Any) -> list[Any]:
    with tenant_unit(centre["tenant_id"]):
        return list(db.session.scalars(select(model).order_by(model.id)))


@pytest.mark.parametrize(("role", "url", "chinese", "english"), PAGES)
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_every_page_speaks_both_languages_in_few_statements(
    sign_in: Make,
    make_session: Make,
    make_visit: Make,
    role: str,
    url: str,
    chinese: str,
    english: str,
    language: str,
) -> None:
    session = make_session(capacity=40)
    for _ in range(5):
        make_visit(session)
    desk = sign_in(role)
    desk.set_cookie("his_language", language)
    desk.get(url)
    with count_statements() as counted:
        answer = desk.get(url)
    assert answer.status_code == 200
    assert (chinese if language == "zh_Hans" else english) in answer.text
    assert counted.count <= 12, counted.statements


def test_the_window_sells_the_proposed_place(
    sign_in: Make, make_session: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    make_session()
    patient = make_patient()
    desk = sign_in("registrar")
    page = desk.get("/registration/window").text
    slot_id = page.split('name="slot_id" value="', 1)[1].split('"', 1)[0]
    answer = desk.post("/registration/window", data={"patient_id": str(patient.id), "slot_id": slot_id})
    assert answer.status_code == 303
    shown = desk.get(answer.location).text
    assert patient.name in shown
    assert rows_of(ours, Visit)[0].number in shown


def test_a_double_click_at_the_window_registers_once(
    sign_in: Make, make_session: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    make_session()
    typed = {
        "patient_id": str(make_patient().id),
        "slot_id": str(rows_of(ours, Slot)[1].id),
        "command_id": "one-click",
    }
    desk = sign_in("registrar")
    answers = [desk.post("/registration/window", data=typed) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert len(rows_of(ours, Visit)) == 1


def test_a_full_window_is_explained_and_the_patient_stays_on_the_page(
    sign_in: Make, make_session: Make, make_patient: Make, make_visit: Make, ours: dict[str, Any]
) -> None:
    session = make_session(capacity=1, window_minutes=240)
    make_visit(session)
    patient = make_patient()
    typed = {"patient_id": str(patient.id), "slot_id": str(rows_of(ours, Slot)[0].id)}
    answer = sign_in("registrar").post("/registration/window", data=typed)
    assert answer.status_code == 422
    assert "已挂满" in answer.text
    assert f'value="{patient.name}"' in answer.text


def test_nothing_chosen_is_explained(sign_in: Make, make_session: Make) -> None:
    make_session()
    answer = sign_in("registrar").post("/registration/window", data={})
    assert answer.status_code == 422
    assert "f-patient_id-error" in answer.text


def test_after_a_session_timed_out_the_window_asks_to_sign_in_and_comes_back(sign_in: Make) -> None:
    desk = sign_in("registrar")
    desk.post("/sign-out")
    answer = desk.get("/registration/window?patient_id=7")
    assert answer.status_code == 303
    assert "next=/registration/window" in answer.location.replace("%2F", "/")
    refused = desk.post("/registration/window", data={"patient_id": "7"}, headers={"HX-Request": "true"})
    assert refused.status_code == 401


def test_a_newcomer_gets_a_file_and_goes_on(sign_in: Make, make_session: Make) -> None:
    make_session()
    desk = sign_in("registrar")
    typed = {"name": "王测试", "document_number": "990000198506152462", "has_no_known_allergies": "1"}
    answer = desk.post("/registration/window/residents", data=typed)
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    assert 'value="王测试"' in page
    assert "无已知过敏" in page
    wrong = desk.post("/registration/window/residents", data={"name": "李", "born_on": "1990-01-01"})
    assert wrong.status_code == 422


def test_the_window_warns_of_a_resembling_file(sign_in: Make, make_patient: Make) -> None:
    patient = make_patient()
    typed = {"name": patient.name, "sex": "1", "born_on": "1990-01-01"}
    text = sign_in("registrar").post("/registration/window/resembling", data=typed).text
    assert f"patient_id={patient.id}" in text


def test_picking_a_patient_shows_allergies_and_todays_appointment(
    sign_in: Make, make_session: Make, make_patient: Make, registrar: Any, ours: dict[str, Any]
) -> None:
    make_session()
    patient = make_patient()
    slot = rows_of(ours, Slot)[2]
    services.book_appointment(patient_id=patient.id, slot_id=slot.id, by=registrar)
    desk = sign_in("registrar")
    shown = desk.get("/registration/window/patient", query_string={"patient_id": patient.id}).text
    assert patient.record_no in shown
    appointment = rows_of(ours, Appointment)[0]
    assert f'name="appointment_id" value="{appointment.id}"' in shown
    taken = desk.post(
        "/registration/window",
        data={"patient_id": str(patient.id), "slot_id": str(slot.id), "appointment_id": str(appointment.id)},
    )
    assert taken.status_code == 303
    assert rows_of(ours, Appointment)[0].status.value == "arrived"
    assert rows_of(ours, Slot)[2].taken == 1


def test_the_fee_follows_the_chosen_place(sign_in: Make, make_session: Make, ours: dict[str, Any]) -> None:
    make_session(fee_scheme="registration_and_consultation")
    slot = rows_of(ours, Slot)[1]
    text = sign_in("registrar").get("/registration/window/fee", query_string={"slot_id": slot.id}).text
    assert "挂号费和诊察费" in text


def test_a_visit_is_cancelled_with_a_reason(
    sign_in: Make, make_session: Make, make_visit: Make, ours: dict[str, Any]
) -> None:
    visit = make_visit(make_session())
    desk = sign_in("registrar")
    url = f"/registration/visits/{visit.id}"
    assert desk.post(f"{url}/cancel", data={"reason": ""}).status_code == 422
    assert desk.post(f"{url}/cancel", data={"reason": "病人要求"}).status_code == 303
    assert "已退号" in desk.get(url).text


def test_a_visit_moves_to_another_session(
    sign_in: Make, make_session: Make, make_visit: Make, ours: dict[str, Any]
) -> None:
    visit = make_visit(make_session())
    other = make_session(practitioner_id=None, room="5")
    slot = next(row for row in rows_of(ours, Slot) if row.session_id == other.id and row.sequence == 3)
    desk = sign_in("registrar")
    assert (
        desk.post(f"/registration/visits/{visit.id}/transfer", data={"slot_id": str(slot.id)}).status_code
        == 303
    )
    moved = rows_of(ours, Visit)[0]
    assert (moved.session_id, moved.room, moved.number) == (other.id, "5", visit.number)
    assert sum(row.taken for row in rows_of(ours, Slot)) == 1 + (clock.now() >= visit.window_starts_at)


@pytest.mark.control("PII-03")
def test_the_ticket_is_a_paper_with_a_masked_name(
    sign_in: Make, make_session: Make, make_visit: Make, make_patient: Make, tmp_path: Any
) -> None:
    patient = make_patient(name="王小测")
    visit = make_visit(make_session(), patient_id=patient.id)
    answer = sign_in("registrar").get(f"/registration/visits/{visit.id}/ticket")
    assert answer.mimetype == "application/pdf"
    paper = tmp_path / "ticket.pdf"
    paper.write_bytes(answer.data)
    text = subprocess.run(
        ["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "001" in text
    assert "王*测" in text
    assert "王小测" not in text
    assert visit.number in text


def test_the_triage_desk_takes_every_step(
    sign_in: Make, make_session: Make, make_visit: Make, ours: dict[str, Any]
) -> None:
    session = make_session()
    visit = make_visit(session)
    desk = sign_in("triage_nurse")

    def state() -> str:
        return str(rows_of(ours, Visit)[0].status.value)

    def step(path: str, **typed: str) -> None:
        assert desk.post(f"/registration/visits/{visit.id}/{path}", data=typed).status_code == 303

    assert desk.post(f"/registration/sessions/{session.id}/call-next").status_code == 303
    assert state() == "called"
    step("recall")
    step("pass-over")
    assert state() == "passed_over"
    step("priority", priority="1", reason="elderly")
    assert rows_of(ours, Visit)[0].priority == 1
    step("leave")
    assert state() == "away"
    step("return")
    assert state() == "waiting"
    step("call", back=f"/registration/queue?session={session.id}")
    assert state() == "called"


def test_a_step_that_does_not_fit_is_explained_on_the_list(
    sign_in: Make, make_session: Make, make_visit: Make
) -> None:
    visit = make_visit(make_session())
    desk = sign_in("triage_nurse")
    answer = desk.post(f"/registration/visits/{visit.id}/recall", follow_redirects=True)
    assert "当前状态不能这样操作" in answer.text
    away = desk.post(f"/registration/visits/{visit.id}/recall", data={"back": "https://example.org/"})
    assert away.location == "/registration/queue"


@pytest.mark.parametrize("kind", ["departments", "stations"])
@pytest.mark.control("PII-03")
def test_the_screen_shows_masked_names_and_the_call(
    sign_in: Make,
    make_session: Make,
    make_visit: Make,
    make_patient: Make,
    doctor: Any,
    ours: dict[str, Any],
    kind: str,
) -> None:
    session = make_session()
    place = ours["departments"]["general"] if kind == "departments" else ours["station_id"]
    for name in ("王一测", "李二测", "张三测", "赵四测"):
        make_visit(session, patient_id=make_patient(name=name).id)
    services.call_next(by=doctor)
    desk = sign_in("triage_nurse")
    assert desk.get(f"/registration/displays/{kind}/{place}").status_code == 200
    with count_statements() as counted:
        state = desk.get(f"/registration/displays/{kind}/{place}/state").get_json()
    assert state["now"]["number"] == "001"
    assert state["now"]["name"] == "王*测"
    assert "2 诊室" in state["now"]["speech"]
    assert state["rows"][0]["next"] == "002 李*测  003 张*测"
    assert "王一测" not in json.dumps(state, ensure_ascii=False)
    assert counted.count <= 8, counted.statements


def test_the_screen_is_pushed_and_holds_nothing_while_it_waits(
    app: Flask, sign_in: Make, make_session: Make, make_visit: Make, doctor: Any, ours: dict[str, Any]
) -> None:
    make_visit(make_session())
    desk = sign_in("triage_nurse")
    url = f"/registration/displays/departments/{ours['departments']['general']}/events"
    answer = desk.get(url, buffered=False)
    assert answer.mimetype == "text/event-stream"
    pushed = iter(answer.response)
    assert next(pushed).startswith(b"retry:")
    first = next(pushed).decode()
    assert first.startswith("event: state\n")
    assert json.loads(first.split("data: ", 1)[1])["now"] is None
    for engine in app.extensions["his_engines"].values():
        assert getattr(engine.pool, "checkedout", lambda: 0)() == 0
    services.call_next(by=doctor)
    second = json.loads(next(pushed).decode().split("data: ", 1)[1])
    assert second["now"]["number"] == "001"
    answer.close()


def test_more_screens_than_threads_poll_instead(
    app: Flask, sign_in: Make, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    desk, other = sign_in("triage_nurse"), sign_in("triage_nurse", "c2")
    url = f"/registration/displays/departments/{ours['departments']['general']}/events"
    open_streams = [desk.get(url, buffered=False) for _ in range(6)]
    assert desk.get(url).status_code == 204
    theirs_url = f"/registration/displays/departments/{theirs['departments']['general']}/events"
    pushed = other.get(theirs_url, buffered=False)  # the neighbour's screens leave it its places
    assert pushed.status_code == 200
    pushed.close()
    for answer in open_streams:
        answer.close()
    again = desk.get(url, buffered=False)
    assert again.status_code == 200
    again.close()


def test_an_appointment_is_booked_moved_and_cancelled_on_its_page(
    sign_in: Make, make_session: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    make_session(on=tomorrow)
    slots = rows_of(ours, Slot)
    desk = sign_in("registrar")
    url = f"/registration/appointments?on={tomorrow}"
    typed = {"patient_id": str(make_patient().id), "slot_id": str(slots[0].id)}
    assert desk.post(url, data=typed).status_code == 303
    assert desk.post(url, data=typed).status_code == 422
    appointment = rows_of(ours, Appointment)[0]
    assert appointment.number in desk.get(url).text
    path = f"/registration/appointments/{appointment.id}"
    assert desk.get(f"{url}&move={appointment.id}").status_code == 200
    assert desk.post(f"{path}/transfer?on={tomorrow}", data={"slot_id": str(slots[2].id)}).status_code == 303
    assert desk.post(f"{path}/cancel?on={tomorrow}", data={"reason": "改期"}).status_code == 303
    assert rows_of(ours, Appointment)[0].status.value == "cancelled"
    assert [row.taken for row in rows_of(ours, Slot)] == [0, 0, 0, 0]


def test_the_week_is_written_and_sessions_are_made_from_it(sign_in: Make, ours: dict[str, Any]) -> None:
    desk = sign_in("administrator")
    line = {
        "weekday": "5",
        "shift": "morning",
        "starts_at": "08:00",
        "ends_at": "12:00",
        "department_id": str(ours["departments"]["general"]),
        "practitioner_id": str(ours["people"]["doctor"]["practitioner_id"]),
        "room": "2",
        "number_type": "ordinary",
        "capacity": "20",
        "window_minutes": "30",
        "addon_limit": "3",
        "quota-phone_app": "5",
    }
    assert desk.post("/registration/schedule", data=line).status_code == 303
    assert desk.post("/registration/schedule", data=line).status_code == 422
    assert (
        desk.post("/registration/schedule", data=line | {"shift": "night", "quota-kiosk": "90"}).status_code
        == 422
    )
    template = rows_of(ours, ScheduleTemplate)[0]
    assert template.quotas == {"phone_app": 5}
    page = desk.get(f"/registration/schedule?template={template.id}").text
    assert 'name="quota-phone_app" value="5"' in page
    for _ in range(2):
        assert desk.post("/registration/schedule/generate", data={"days": "14"}).status_code == 303
    assert [row.on.isoformat() for row in rows_of(ours, ClinicSession)] == ["2026-11-21", "2026-11-28"]
    assert desk.post(f"/registration/schedule/{template.id}/retire").status_code == 303
    assert rows_of(ours, ScheduleTemplate)[0].retired_at is not None


def test_a_stopped_session_lists_whom_to_call(
    sign_in: Make,
    make_session: Make,
    make_visit: Make,
    make_patient: Make,
    registrar: Any,
    ours: dict[str, Any],
) -> None:
    session = make_session()
    visit = make_visit(session)
    booked = make_patient(phone="19900000005")
    services.book_appointment(patient_id=booked.id, slot_id=rows_of(ours, Slot)[3].id, by=registrar)
    desk = sign_in("administrator")
    url = f"/registration/sessions/{session.id}"
    assert desk.post(f"{url}/stop", data={"reason": ""}).status_code == 422
    assert desk.post(f"{url}/stop", data={"reason": "医生病假"}).status_code == 303
    page = desk.get(url).text
    assert ("199****0005" in page, "19900000005" in page) == (True, False)
    assert f"/registration/visits/{visit.id}" in page
    assert "医生病假" in page


def test_the_lookups_find_staff_and_departments(sign_in: Make, ours: dict[str, Any]) -> None:
    desk = sign_in("registrar")

    def found(kind: str, **query: str) -> list[str]:
        return [row["text"] for row in desk.get(f"/lookup/{kind}", query_string=query).get_json()["rows"]]

    assert found("departments", q="qk") == ["全科"]
    assert found("practitioners", q="lj") == ["李静"]
    assert found("practitioners", q="李", department_id=str(ours["departments"]["tcm"])) == []


def test_nobody_sees_another_centres_visit(sign_in: Make, make_session: Make, make_visit: Make) -> None:
    session = make_session()
    visit = make_visit(session)
    stranger = sign_in("administrator", "c2")
    for path in (f"visits/{visit.id}", f"visits/{visit.id}/ticket", f"sessions/{session.id}"):
        assert stranger.get(f"/registration/{path}").status_code == 404


def test_who_may_not_register_is_refused(sign_in: Make) -> None:
    assert sign_in("pharmacist").get("/registration/window").status_code == 403
    assert sign_in("registrar").get("/registration/schedule").status_code == 403


def test_reading_the_visits_of_a_day_in_pages(
    sign_in: Make, make_session: Make, make_visit: Make, ours: dict[str, Any]
) -> None:
    session = make_session(capacity=70)
    for _ in range(52):
        make_visit(session)
    desk = sign_in("auditor")
    first = desk.get("/registration/visits").text
    with tenant_unit(ours["tenant_id"]):
        page = queries.list_visits(clock.today())
    assert page.next_before is not None
    assert f"before={page.next_before}" in first
    rest = desk.get(f"/registration/visits?before={page.next_before}").text
    assert "V261120001001" in rest
    assert "V261120001052" not in rest


def _proposed(page: str) -> int:
    return int(page.split('name="slot_id" value="', 1)[1].split('"', 1)[0])


def _slots_of(ours: dict[str, Any], session: ClinicSession) -> list[int]:
    return [slot.id for slot in rows_of(ours, Slot) if slot.session_id == session.id]


def test_the_window_proposes_the_department_it_shows_or_sold_last(
    sign_in: Make, make_session: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    general = make_session()
    tcm = make_session(
        department_id=ours["departments"]["tcm"],
        practitioner_id=ours["people"]["other_doctor"]["practitioner_id"],
        starts_at=time(10),
        capacity=1,
        window_minutes=120,
    )
    desk, url = sign_in("registrar"), "/registration/window"
    assert _proposed(desk.get(url).text) in _slots_of(ours, general)  # begins earlier
    shown = f"{url}?department={tcm.department_id}"
    assert [_proposed(desk.get(shown).text)] == _slots_of(ours, tcm)
    newcomer = desk.get(f"{url}/residents?department={tcm.department_id}").text
    assert f'action="{url}/residents?department={tcm.department_id}"' in newcomer
    general_slot = _proposed(desk.get(url).text)
    for slot_id in (general_slot, *_slots_of(ours, tcm)):
        page = desk.post(url, data={"patient_id": str(make_patient().id), "slot_id": str(slot_id)})
        assert page.status_code == 303
    assert _proposed(desk.get(url).text) in _slots_of(ours, general)  # the clinic sold last is full


def test_where_the_window_registered_last_comes_first(
    sign_in: Make, make_session: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    general = make_session()
    tcm = make_session(
        department_id=ours["departments"]["tcm"],
        practitioner_id=ours["people"]["other_doctor"]["practitioner_id"],
        starts_at=time(10),
    )
    desk, url = sign_in("registrar"), "/registration/window"
    typed = {"patient_id": str(make_patient().id), "slot_id": str(_slots_of(ours, tcm)[0])}
    assert desk.post(url, data=typed).status_code == 303
    assert _proposed(desk.get(url).text) in _slots_of(ours, tcm)
    assert _proposed(sign_in("registrar").get(url).text) in _slots_of(ours, general)
    assert _proposed(desk.get(f"{url}?department={general.department_id}").text) in _slots_of(ours, general)
