"""Appointments: one for each shift, given back in time, kept or missed."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.actor import Actor, system_actor
from app.db import db, tenant_unit
from modules.registration import errors, queries, services
from modules.registration.models import Appointment, ClinicSession, Slot
from tenants.services import change_settings

Make = Callable[..., Any]


@pytest.fixture
def tomorrow(make_session: Make) -> ClinicSession:
    """Tomorrow morning: four windows of two places, two of them kept for the phone."""
    session: ClinicSession = make_session(on=clock.today() + timedelta(days=1), quotas={"phone_app": 2})
    return session


def slots_of(session: ClinicSession, channel: str = "window") -> list[Slot]:
    with tenant_unit(session.tenant_id):
        return [slot for slot in queries.list_slots([session.id]) if slot.channel.value == channel]


def test_the_number_is_taken_on_arrival(
    tomorrow: ClinicSession, make_patient: Make, registrar: Actor
) -> None:
    patient = make_patient()
    slot = slots_of(tomorrow)[1]
    appointment = services.book_appointment(patient_id=patient.id, slot_id=slot.id, by=registrar)
    clock.stop(clock.now() + timedelta(days=1))
    visit = services.register_visit(patient_id=patient.id, appointment_id=appointment.id, by=registrar)
    assert (visit.appointment_id, visit.slot_id, visit.queue_no) == (appointment.id, slot.id, 1)
    assert [row.taken for row in slots_of(tomorrow) if row.id == slot.id] == [1]
    with pytest.raises(errors.AppointmentNotOpen):
        services.register_visit(patient_id=patient.id, appointment_id=appointment.id, by=registrar)


def test_one_appointment_for_a_department_and_shift(
    tomorrow: ClinicSession, make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    patient = make_patient()
    first, second = slots_of(tomorrow)[:2]
    services.book_appointment(patient_id=patient.id, slot_id=first.id, by=registrar)
    with pytest.raises(errors.AppointmentExists):
        services.book_appointment(patient_id=patient.id, slot_id=second.id, by=registrar)
    assert slots_of(tomorrow)[1].taken == 0
    afternoon = make_session(on=tomorrow.on, shift="afternoon")
    services.book_appointment(patient_id=patient.id, slot_id=slots_of(afternoon)[0].id, by=registrar)


def test_two_desks_book_one_shift_for_one_patient_once(
    app: Flask, tomorrow: ClinicSession, make_patient: Make, registrar: Actor
) -> None:
    patient_id, outcomes = make_patient().id, []
    ready = threading.Barrier(4)

    def book(slot_id: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                services.book_appointment(patient_id=patient_id, slot_id=slot_id, by=registrar)
                outcomes.append("booked")
            except (errors.AppointmentExists, errors.SlotFull):
                outcomes.append("refused")

    desks = [threading.Thread(target=book, args=(slot.id,)) for slot in slots_of(tomorrow)[:4]]
    for desk in desks:
        desk.start()
    for desk in desks:
        desk.join()
    assert sorted(outcomes) == ["booked", "refused", "refused", "refused"]
    with tenant_unit(tomorrow.tenant_id):
        assert db.session.scalar(select(func.sum(Slot.taken))) == 1


def test_places_of_another_channel_are_not_booked_at_the_window(
    tomorrow: ClinicSession, make_patient: Make, registrar: Actor
) -> None:
    kept = slots_of(tomorrow, "phone_app")[0]
    with pytest.raises(errors.ChannelClosed):
        services.book_appointment(patient_id=make_patient().id, slot_id=kept.id, by=registrar)
    assert services.book_appointment(
        patient_id=make_patient().id, slot_id=kept.id, channel="phone_app", by=registrar
    ).id


def test_an_appointment_is_given_back_in_time_only(
    tomorrow: ClinicSession, make_patient: Make, registrar: Actor
) -> None:
    slot = slots_of(tomorrow)[0]
    booked = [
        services.book_appointment(patient_id=make_patient().id, slot_id=row.id, by=registrar)
        for row in slots_of(tomorrow)[:2]
    ]
    services.cancel_appointment(appointment_id=booked[0].id, reason="病人有事", by=registrar)
    assert slots_of(tomorrow)[0].taken == 0
    with pytest.raises(errors.AppointmentNotOpen):
        services.cancel_appointment(appointment_id=booked[0].id, reason="病人有事", by=registrar)
    clock.stop(slot.starts_at - timedelta(minutes=30))
    with pytest.raises(errors.TooLateToCancel):
        services.cancel_appointment(appointment_id=booked[1].id, reason="病人有事", by=registrar)


def test_nothing_past_or_too_far_ahead_is_booked(
    make_session: Make, make_patient: Make, registrar: Actor
) -> None:
    today, far = make_session(), make_session(on=clock.today() + timedelta(days=15))
    for slot in (slots_of(today)[0], slots_of(far)[0]):
        with pytest.raises(errors.TooFarAhead):
            services.book_appointment(patient_id=make_patient().id, slot_id=slot.id, by=registrar)


def test_three_missed_appointments_suspend_booking_but_not_the_window(
    make_session: Make, make_patient: Make, registrar: Actor, ours: dict[str, Any]
) -> None:
    patient = make_patient()
    for _ in range(3):
        session = make_session(on=clock.today() + timedelta(days=1))
        services.book_appointment(patient_id=patient.id, slot_id=slots_of(session)[0].id, by=registrar)
        clock.stop(clock.now() + timedelta(days=2))
    session = make_session()
    slot = slots_of(session)[2]
    with pytest.raises(errors.SuspendedForNoShows):
        services.book_appointment(patient_id=patient.id, slot_id=slot.id, by=registrar)
    assert services.register_visit(patient_id=patient.id, slot_id=slot.id, by=registrar).id
    change_settings(settings={"registration.no_show_limit": 4}, by=system_actor(ours["tenant_id"]))
    assert services.book_appointment(patient_id=patient.id, slot_id=slots_of(session)[3].id, by=registrar).id


def test_moving_gives_the_old_place_back(
    tomorrow: ClinicSession, make_patient: Make, registrar: Actor
) -> None:
    first, second = slots_of(tomorrow)[:2]
    booked = services.book_appointment(patient_id=make_patient().id, slot_id=first.id, by=registrar)
    services.transfer_appointment(appointment_id=booked.id, slot_id=second.id, by=registrar)
    assert [row.taken for row in slots_of(tomorrow)[:2]] == [0, 1]
    with tenant_unit(tomorrow.tenant_id):
        assert db.session.get_one(Appointment, booked.id).slot_id == second.id
