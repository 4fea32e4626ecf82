"""Appointments (预约)."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.use_cases import use_case
from modules.patients import queries as patients
from modules.registration import queries
from modules.registration.errors import (
    AppointmentExists,
    AppointmentNotOpen,
    ChannelClosed,
    SessionNotOpen,
    SuspendedForNoShows,
    TooFarAhead,
    TooLateToCancel,
)
from modules.registration.models import (
    Appointment,
    AppointmentStatus,
    Channel,
    ClinicSession,
    SessionStatus,
    Slot,
)
from modules.registration.rules import visits
from modules.registration.rules.settings import RegistrationSettings
from modules.registration.services.places import give_back_place

Reason = Annotated[str, Field(min_length=2, max_length=200)]
_OPEN = (AppointmentStatus.BOOKED, AppointmentStatus.STOPPED)


@use_case("registration.appointment.book")
def book_appointment(
    *, patient_id: int, slot_id: int, channel: Channel = Channel.WINDOW, by: Actor
) -> Appointment:
    """Keep a place for a patient; the number is taken on arrival.

    Raises:
        NotFound: no such patient or slot here.
        SuspendedForNoShows: the patient stayed away too often.
        SessionNotOpen, TooFarAhead: the session does not take bookings.
        ChannelClosed, SlotFull: no place for this channel.
        AppointmentExists: the patient has one in this department and shift.
    """
    patient = patients.get_patient(patient_id)
    settings = queries.settings_of(by.tenant_id)
    if patient.merged_into_id is not None:
        raise NotFound(field="patient_id")
    _refuse_suspended(patient_id, settings)
    slot, session = queries.lock_slot(slot_id)
    _refuse_unbookable(slot, session, channel, settings)
    slot.take_place()
    appointment = Appointment(
        number=numbering.next_number("appointment", on=clock.today(), prefix="A"),
        patient_id=patient_id,
        channel=channel,
        status=AppointmentStatus.BOOKED,
        booked_at=clock.now(),
    )
    _place(appointment, slot, session)
    _store(appointment)
    audit.record("appointment.booked", appointment, by=by)
    return appointment


@use_case("registration.appointment.book")
def cancel_appointment(*, appointment_id: int, reason: Reason, by: Actor) -> Appointment:
    """Give an appointment back. One that the clinic itself stopped can always be given back.

    Raises:
        NotFound: no such appointment here.
        AppointmentNotOpen: it was used, cancelled or missed.
        TooLateToCancel: it begins in less than the centre's hours.
    """
    appointment = _lock_open(appointment_id)
    hours = queries.settings_of(by.tenant_id).cancel_hours_before
    was_stopped = appointment.status is AppointmentStatus.STOPPED
    in_time = visits.may_cancel_appointment(
        now=clock.now(), window_start=appointment.window_starts_at, hours_before=hours
    )
    if not was_stopped and not in_time:
        raise TooLateToCancel(hours=hours)
    give_back_place(appointment)
    appointment.status, appointment.cancelled_at = AppointmentStatus.CANCELLED, clock.now()
    appointment.cancel_reason = reason
    audit.record("appointment.cancelled", appointment, by=by, reason=reason)
    return appointment


@use_case("registration.appointment.book")
def transfer_appointment(*, appointment_id: int, slot_id: int, by: Actor) -> Appointment:
    """Move an appointment to another window: the patient asks, or the clinic stopped the session.

    Raises:
        NotFound: no such appointment or slot here.
        AppointmentNotOpen: it was used, cancelled or missed.
        SessionNotOpen, TooFarAhead, ChannelClosed, SlotFull: no such place to book.
        AppointmentExists: the patient has another one in that department and shift.
    """
    appointment = _lock_open(appointment_id)
    slot, session = queries.lock_slot(slot_id)
    _refuse_unbookable(slot, session, Channel.WINDOW, queries.settings_of(by.tenant_id), is_transfer=True)
    slot.take_place()
    give_back_place(appointment)
    _place(appointment, slot, session)
    appointment.status = AppointmentStatus.BOOKED
    _store(appointment)
    audit.record("appointment.transferred", appointment, by=by)
    return appointment


def _lock_open(appointment_id: int) -> Appointment:
    appointment = lock_row(Appointment, appointment_id)
    if appointment is None:
        raise NotFound(field="appointment_id")
    if appointment.status not in _OPEN:
        raise AppointmentNotOpen(status=appointment.status.label)
    return appointment


def _refuse_suspended(patient_id: int, settings: RegistrationSettings) -> None:
    today, days = clock.today(), settings.no_show_days
    missed = queries.no_show_days(patient_id, since=today - timedelta(days=days))
    if visits.is_suspended_for_no_shows(missed, today=today, limit=settings.no_show_limit, within_days=days):
        raise SuspendedForNoShows(field="patient_id", count=len(missed), days=days)


def _refuse_unbookable(
    slot: Slot,
    session: ClinicSession,
    channel: Channel,
    settings: RegistrationSettings,
    *,
    is_transfer: bool = False,
) -> None:
    if session.status is not SessionStatus.PUBLISHED:
        raise SessionNotOpen(field="slot_id", status=session.status.label)
    last = clock.today() + timedelta(days=settings.book_days_ahead)
    if slot.ends_at <= clock.now() or session.on > last:
        raise TooFarAhead(field="slot_id")
    if slot.channel is not channel and not is_transfer:
        raise ChannelClosed(field="slot_id", channel=slot.channel.label)


def _place(appointment: Appointment, slot: Slot, session: ClinicSession) -> None:
    appointment.session_id, appointment.slot_id = session.id, slot.id
    appointment.department_id, appointment.practitioner_id = session.department_id, session.practitioner_id
    appointment.on, appointment.shift = session.on, session.shift
    appointment.window_starts_at = slot.starts_at


def _store(appointment: Appointment) -> None:
    """The database has the last word: two windows at once cannot both book the shift for one patient."""
    try:
        with db.session.begin_nested():
            db.session.add(appointment)
            db.session.flush()
    except IntegrityError:
        raise AppointmentExists(field="patient_id") from None
