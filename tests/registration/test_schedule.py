"""The week, the sessions made from it, and what happens when one does not take place."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.errors import InvalidInput
from app.records import EventRow
from modules.registration import errors, queries, services
from modules.registration.models import (
    Appointment,
    AppointmentStatus,
    ClinicSession,
    SessionStatus,
    Slot,
    Visit,
)

Make = Callable[..., Any]


@pytest.fixture
def make_line(ours: dict[str, Any], administrator: Actor) -> Make:
    """A line of the week: the doctor on Saturday morning."""

    def make(**given: Any) -> Any:
        values = {
            "weekday": 5,
            "shift": "morning",
            "starts_at": time(8),
            "ends_at": time(12),
            "department_id": ours["departments"]["general"],
            "practitioner_id": ours["people"]["doctor"]["practitioner_id"],
            "capacity": 10,
            "window_minutes": 60,
            **given,
        }
        return services.save_template(**values, by=administrator)

    return make


def rows_of(centre: dict[str, Any], model: Any) -> list[Any]:
    with tenant_unit(centre["tenant_id"]):
        return list(db.session.scalars(select(model).order_by(model.id)))


def test_sessions_are_made_once_however_often_it_is_asked(
    make_line: Make, administrator: Actor, ours: dict[str, Any]
) -> None:
    make_line(quotas={"phone_app": 4})
    for days in (7, 14, 14):
        services.generate_sessions(days=days, by=administrator)
    assert [row.on for row in rows_of(ours, ClinicSession)] == [date(2026, 11, 21), date(2026, 11, 28)]
    assert sum(row.capacity for row in rows_of(ours, Slot)) == 20
    assert sum(row.capacity for row in rows_of(ours, Slot) if row.channel.value == "phone_app") == 8


def test_a_session_opened_by_hand_is_not_made_a_second_time(
    make_line: Make, make_session: Make, administrator: Actor, ours: dict[str, Any]
) -> None:
    make_line()
    make_session(on=date(2026, 11, 21))
    services.generate_sessions(days=7, by=administrator)
    assert len(rows_of(ours, ClinicSession)) == 1


def test_a_doctor_has_one_session_in_a_shift(make_line: Make, make_session: Make) -> None:
    make_line()
    with pytest.raises(errors.PractitionerBusy):
        make_line(room="9")
    make_session()
    with pytest.raises(errors.PractitionerBusy):
        make_session(room="9")


def test_quotas_beyond_the_places_are_refused(make_line: Make, make_session: Make) -> None:
    for make in (make_line, make_session):
        with pytest.raises(InvalidInput) as refusal:
            make(capacity=3, quotas={"kiosk": 4})
        assert set(refusal.value.complaints) == {"quotas"}


def test_a_retired_line_makes_nothing_more(
    make_line: Make, administrator: Actor, ours: dict[str, Any]
) -> None:
    line = make_line()
    services.retire_template(template_id=line.id, by=administrator)
    services.generate_sessions(days=14, by=administrator)
    assert rows_of(ours, ClinicSession) == []
    assert make_line().id != line.id


def test_a_draft_is_not_sold_and_a_sold_session_is_no_draft_again(
    make_session: Make, make_visit: Make, administrator: Actor
) -> None:
    session = make_session(is_published=False)
    with pytest.raises(errors.SessionNotOpen):
        make_visit(session)
    services.publish_session(session_id=session.id, by=administrator)
    make_visit(session)
    with pytest.raises(errors.SessionHasBookings):
        services.publish_session(session_id=session.id, is_published=False, by=administrator)


def test_stopping_tells_who_booked_and_who_waits(
    make_session: Make,
    make_visit: Make,
    make_patient: Make,
    administrator: Actor,
    registrar: Actor,
    doctor: Actor,
    ours: dict[str, Any],
) -> None:
    session = make_session()
    seen, waits = make_visit(session), make_visit(session)
    services.begin_consultation(visit_id=seen.id, by=doctor)
    slot = rows_of(ours, Slot)[3]
    booked = services.book_appointment(patient_id=make_patient().id, slot_id=slot.id, by=registrar)
    services.stop_session(session_id=session.id, reason="医生病假", by=administrator)
    said = next(row for row in rows_of(ours, EventRow) if row.name == "ClinicSessionStopped")
    assert said.payload["appointment_ids"] == [booked.id]
    assert said.payload["visit_ids"] == [waits.id]
    assert rows_of(ours, Appointment)[0].status is AppointmentStatus.STOPPED
    with pytest.raises(errors.SessionNotOpen):
        services.register_visit(patient_id=make_patient().id, slot_id=slot.id, by=registrar)
    with pytest.raises(errors.SessionNotOpen):
        services.stop_session(session_id=session.id, reason="再停一次", by=administrator)


def test_whoever_booked_a_stopped_session_is_moved_or_gives_it_back_at_any_time(
    make_session: Make, make_patient: Make, administrator: Actor, registrar: Actor, ours: dict[str, Any]
) -> None:
    session, other = make_session(), make_session(practitioner_id=None)
    slots = rows_of(ours, Slot)
    own = [row for row in slots if row.session_id == session.id]
    soon, later = (
        services.book_appointment(patient_id=make_patient().id, slot_id=own[index].id, by=registrar)
        for index in (1, 3)
    )
    services.stop_session(session_id=session.id, reason="医生病假", by=administrator)
    services.cancel_appointment(appointment_id=soon.id, reason="停诊", by=registrar)
    target = next(row for row in slots if row.session_id == other.id and row.sequence == 4)
    moved = services.transfer_appointment(appointment_id=later.id, slot_id=target.id, by=registrar)
    assert (moved.status, moved.session_id) == (AppointmentStatus.BOOKED, other.id)


def test_a_stand_in_takes_over_those_who_wait(
    make_session: Make,
    make_visit: Make,
    administrator: Actor,
    colleague: Actor,
    doctor: Actor,
    ours: dict[str, Any],
) -> None:
    session = make_session()
    visit = make_visit(session)
    services.substitute_practitioner(
        session_id=session.id,
        practitioner_id=colleague.practitioner_id,
        reason="换诊",
        room="6",
        by=administrator,
    )
    changed = rows_of(ours, ClinicSession)[0]
    assert changed.regular_practitioner_id == doctor.practitioner_id
    assert (rows_of(ours, Visit)[0].practitioner_id, rows_of(ours, Visit)[0].room) == (
        colleague.practitioner_id,
        "6",
    )
    with pytest.raises(errors.NoSessionToday):
        services.call_next(by=doctor)
    assert services.call_next(by=colleague).id == visit.id


def test_a_stand_in_who_is_busy_is_refused(
    make_session: Make, administrator: Actor, colleague: Actor
) -> None:
    session = make_session()
    make_session(practitioner_id=colleague.practitioner_id)
    with pytest.raises(errors.PractitionerBusy):
        services.substitute_practitioner(
            session_id=session.id,
            practitioner_id=colleague.practitioner_id,
            reason="换诊",
            by=administrator,
        )


def test_closing_a_day_ends_its_sessions_and_notes_who_did_not_come(
    make_session: Make, make_patient: Make, administrator: Actor, registrar: Actor, ours: dict[str, Any]
) -> None:
    make_session()
    services.book_appointment(patient_id=make_patient().id, slot_id=rows_of(ours, Slot)[2].id, by=registrar)
    today = clock.today()
    services.end_sessions(on=today, by=administrator)
    assert rows_of(ours, ClinicSession)[0].status is SessionStatus.PUBLISHED
    clock.stop(clock.now() + timedelta(hours=6))
    services.end_sessions(on=today, by=administrator)
    assert rows_of(ours, ClinicSession)[0].status is SessionStatus.ENDED
    assert rows_of(ours, Appointment)[0].status is AppointmentStatus.NO_SHOW


def test_the_week_is_read_in_order(make_line: Make, reading: None) -> None:
    make_line(weekday=2, shift="afternoon", starts_at=time(13, 30), ends_at=time(17))
    make_line(weekday=2)
    make_line(weekday=0)
    assert [(row.weekday, row.shift.value) for row in queries.list_templates()] == [
        (0, "morning"),
        (2, "morning"),
        (2, "afternoon"),
    ]
