"""Registering: places are sold once, numbers are never given twice, fees follow the centre's scheme."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.actor import Actor, system_actor
from app.db import Mode, db, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound, PermissionDenied
from app.records import EventRow
from app.use_cases import command
from modules.patients.models import Patient
from modules.registration import errors, queries, services
from modules.registration.models import ClinicSession, Slot, Visit, VisitStatus
from tenants.services import change_settings

Make = Callable[..., Any]


def slots_of(session: ClinicSession) -> list[Slot]:
    with tenant_unit(session.tenant_id):
        return queries.list_slots([session.id])


def test_a_patient_gets_a_number_in_the_next_free_window(
    make_session: Make, make_visit: Make, ours: dict[str, Any]
) -> None:
    session = make_session()
    first, second = make_visit(session), make_visit(session)
    assert (first.queue_no, second.queue_no) == (1, 2)
    assert clock.local(first.window_starts_at).time() == time(9)  # 08:00 to 09:00 is over
    assert first.number == "V261120001001"
    assert first.status is VisitStatus.WAITING
    assert first.practitioner_id == ours["people"]["doctor"]["practitioner_id"]


def test_the_place_the_patient_and_the_fee_follow_in_the_same_transaction(
    make_session: Make, make_visit: Make
) -> None:
    visit = make_visit(make_session())
    with tenant_unit(visit.tenant_id):
        assert db.session.get_one(Slot, visit.slot_id).taken == 1
        assert db.session.get_one(Patient, visit.patient_id).last_visit_on == date(2026, 11, 20)
        said = db.session.scalars(select(EventRow).where(EventRow.name == "VisitRegistered")).one()
    assert said.payload["fee_codes"] == ["X0001"]


def test_registering_takes_few_statements_whatever_is_in_the_tables(
    make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    session, patient = make_session(), make_patient()
    slot = slots_of(session)[2]
    with count_statements() as counted:
        services.register_visit(patient_id=patient.id, slot_id=slot.id, by=registrar)
    assert counted.count <= 12, counted.statements  # the bill and its fee included


def test_a_full_window_and_a_full_session_say_so(
    make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    session = make_session(capacity=4)
    slot = slots_of(session)[1]
    services.register_visit(patient_id=make_patient().id, slot_id=slot.id, by=registrar)
    with pytest.raises(errors.SlotFull):
        services.register_visit(patient_id=make_patient().id, slot_id=slot.id, by=registrar)
    for _ in range(2):
        services.register_visit(patient_id=make_patient().id, session_id=session.id, by=registrar)
    with pytest.raises(errors.SessionFull):
        services.register_visit(patient_id=make_patient().id, session_id=session.id, by=registrar)
    with pytest.raises(errors.SessionFull):
        services.register_visit(
            patient_id=make_patient().id, department_id=session.department_id, by=registrar
        )


@pytest.mark.parametrize("into", ["slot_id", "session_id", "department_id"])
def test_many_windows_never_oversell(
    app: Flask, make_session: Make, make_patient: Make, registrar: Actor, into: str
) -> None:
    session = make_session(starts_at=time(11), capacity=3)
    target = {
        "slot_id": slots_of(session)[0].id,
        "session_id": session.id,
        "department_id": session.department_id,
    }
    people = [make_patient().id for _ in range(8)]
    outcomes: list[str] = []
    ready = threading.Barrier(len(people))

    def sell(patient_id: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                services.register_visit(patient_id=patient_id, **{into: target[into]}, by=registrar)
                outcomes.append("sold")
            except (errors.SlotFull, errors.SessionFull):
                outcomes.append("full")

    desks = [threading.Thread(target=sell, args=(patient_id,)) for patient_id in people]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert sorted(outcomes) == ["full"] * 5 + ["sold"] * 3
    with tenant_unit(session.tenant_id):
        numbers = list(db.session.scalars(select(Visit.queue_no).order_by(Visit.queue_no)))
        assert numbers == [1, 2, 3]
        assert db.session.scalar(select(func.sum(Slot.taken))) == 3


def test_a_second_open_visit_in_the_session_is_refused(make_session: Make, make_visit: Make) -> None:
    session = make_session()
    visit = make_visit(session)
    with pytest.raises(errors.AlreadyRegistered):
        make_visit(session, patient_id=visit.patient_id)


def test_a_double_click_sells_one_place(make_session: Make, make_patient: Make, registrar: Actor) -> None:
    session, patient = make_session(), make_patient()
    visits = []
    for _ in range(2):
        with command("click"):
            visits.append(services.register_visit(patient_id=patient.id, session_id=session.id, by=registrar))
    assert visits[0].id == visits[1].id
    assert sum(slot.taken for slot in slots_of(session)) == 1


def test_an_early_morning_visit_carries_the_centres_day(make_session: Make, make_visit: Make) -> None:
    clock.stop(datetime(2026, 11, 20, 16, 20, tzinfo=UTC))  # 00:20 on the 21st in Shanghai
    session = make_session(shift="night", starts_at=time(0), ends_at=time(6))
    visit = make_visit(session)
    assert visit.on == date(2026, 11, 21)
    assert visit.number.startswith("V261121")


def test_a_night_that_runs_past_midnight_stays_one_session(make_session: Make, make_visit: Make) -> None:
    session = make_session(shift="night", starts_at=time(20), ends_at=time(2))
    clock.stop(datetime(2026, 11, 20, 17, 5, tzinfo=UTC))  # 01:05 on the 21st
    assert make_visit(session).on == date(2026, 11, 20)


def test_a_session_of_another_day_is_booked_not_registered(
    make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    session = make_session(on=clock.today() + timedelta(days=1))
    with pytest.raises(errors.NotToday):
        services.register_visit(patient_id=make_patient().id, slot_id=slots_of(session)[0].id, by=registrar)


def test_a_window_that_is_over_is_not_sold(make_session: Make, make_patient: Make, registrar: Actor) -> None:
    slot = slots_of(make_session())[0]
    with pytest.raises(errors.SlotOver):
        services.register_visit(patient_id=make_patient().id, slot_id=slot.id, by=registrar)


def test_places_of_another_channel_open_to_the_window_shortly_before(
    make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    session = make_session(starts_at=time(10, 30), ends_at=time(12, 30), capacity=2, quotas={"phone_app": 2})
    with pytest.raises(errors.SessionFull):
        services.register_visit(patient_id=make_patient().id, session_id=session.id, by=registrar)
    with pytest.raises(errors.ChannelClosed):
        services.register_visit(patient_id=make_patient().id, slot_id=slots_of(session)[1].id, by=registrar)
    clock.stop(datetime(2026, 11, 20, 2, 5, tzinfo=UTC))
    assert (
        services.register_visit(patient_id=make_patient().id, session_id=session.id, by=registrar).queue_no
        == 1
    )


def test_add_on_numbers_follow_the_last_one_up_to_the_limit(
    make_session: Make,
    make_patient: Make,
    make_visit: Make,
    doctor: Actor,
    colleague: Actor,
    registrar: Actor,
) -> None:
    session = make_session(capacity=1, starts_at=time(9), window_minutes=180)
    make_visit(session)
    with pytest.raises(PermissionDenied):
        services.register_add_on(patient_id=make_patient().id, session_id=session.id, by=registrar)
    with pytest.raises(errors.NotYourSession):
        services.register_add_on(patient_id=make_patient().id, session_id=session.id, by=colleague)
    added = services.register_add_on(patient_id=make_patient().id, session_id=session.id, by=doctor)
    assert (added.queue_no, added.is_addon, added.slot_id) == (2, True, None)
    with pytest.raises(errors.AddOnLimitReached):
        services.register_add_on(patient_id=make_patient().id, session_id=session.id, by=doctor)


def test_an_emergency_is_never_turned_away(make_session: Make, make_visit: Make) -> None:
    session = make_session(capacity=1, starts_at=time(9), window_minutes=180)
    make_visit(session)
    visit = make_visit(session, is_emergency=True)
    assert (visit.priority, visit.priority_reasons, visit.queue_no) == (0, ["emergency"], 2)


@pytest.mark.parametrize(
    ("given", "priority", "reasons"),
    [({}, 2, []), ({"is_military": True}, 1, ["military"]), ({"is_disabled": True}, 1, ["disabled"])],
)
def test_who_goes_first_is_noted_with_its_reason(
    make_session: Make, make_visit: Make, given: dict[str, Any], priority: int, reasons: list[str]
) -> None:
    visit = make_visit(make_session(), **given)
    assert (visit.priority, visit.priority_reasons) == (priority, reasons)


def test_the_old_go_first(make_session: Make, make_visit: Make, make_patient: Make) -> None:
    old = make_patient(born_on="1950-03-01")
    assert make_visit(make_session(), patient_id=old.id).priority_reasons == ["elderly"]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, ["X0001"]),
        ({"registration.fee_scheme": "registration_and_consultation"}, ["X0002"]),
        (
            {
                "registration.fee_scheme": "registration_and_consultation",
                "registration.registration_fee_code": "X0003",
            },
            ["X0003", "X0002"],
        ),
    ],
)
def test_a_visit_carries_one_fee_scheme_never_both(
    make_session: Make, make_visit: Make, ours: dict[str, Any], settings: dict[str, Any], codes: list[str]
) -> None:
    if settings:
        change_settings(settings=settings, by=system_actor(ours["tenant_id"]))
    assert make_visit(make_session()).fee_codes == codes


def test_a_free_return_needs_an_earlier_visit(make_session: Make, make_visit: Make) -> None:
    with pytest.raises(errors.FreeReturnNotDue):
        make_visit(make_session(), is_free_return=True)


def test_another_centres_slot_does_not_exist_here(
    make_session: Make, make_patient: Make, theirs: dict[str, Any]
) -> None:
    from support import world

    session, patient = make_session(), make_patient()
    stranger = world.actor(theirs, "registrar")
    with pytest.raises(NotFound):
        services.register_visit(patient_id=patient.id, slot_id=slots_of(session)[2].id, by=stranger)


def test_cancelling_returns_the_place_only_before_its_window(
    make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    session = make_session()
    running, coming = slots_of(session)[1], slots_of(session)[2]
    visits = [
        services.register_visit(patient_id=make_patient().id, slot_id=slot.id, by=registrar)
        for slot in (running, coming)
    ]
    for visit in visits:
        services.cancel_visit(visit_id=visit.id, reason="病人要求", by=registrar)
    assert [slot.taken for slot in slots_of(session)[1:3]] == [1, 0]
    with pytest.raises(errors.VisitAlreadyCancelled):
        services.cancel_visit(visit_id=visits[0].id, reason="病人要求", by=registrar)


def test_a_seen_visit_is_not_cancelled(
    make_session: Make, make_visit: Make, doctor: Actor, registrar: Actor
) -> None:
    visit = make_visit(make_session())
    services.begin_consultation(visit_id=visit.id, by=doctor)
    with pytest.raises(errors.VisitAlreadySeen):
        services.cancel_visit(visit_id=visit.id, reason="病人要求", by=registrar)


def test_a_number_of_the_queue_is_never_given_twice(
    make_session: Make, make_visit: Make, registrar: Actor
) -> None:
    session = make_session()
    services.cancel_visit(visit_id=make_visit(session).id, reason="病人要求", by=registrar)
    assert make_visit(session).queue_no == 2


def test_reading_needs_no_write(make_session: Make, make_visit: Make) -> None:
    visit = make_visit(make_session())
    with tenant_unit(visit.tenant_id, Mode.READ):
        assert queries.get_visit(visit.id).number == visit.number
