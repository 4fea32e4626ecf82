"""Registering and taking back visits (挂号、退号)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.events import emit
from app.use_cases import use_case
from modules.patients import queries as patients
from modules.patients import services as patient_files
from modules.registration import queries
from modules.registration.errors import (
    AddOnLimitReached,
    AlreadyRegistered,
    AppointmentNotOpen,
    ChannelClosed,
    ChooseSession,
    FreeReturnNotDue,
    NotToday,
    NotYourSession,
    SessionFull,
    SessionNotOpen,
    SlotOver,
    VisitAlreadyCancelled,
    VisitAlreadySeen,
    VisitNotWaiting,
)
from modules.registration.events import VisitCancelled, VisitRegistered
from modules.registration.models import (
    Appointment,
    AppointmentStatus,
    Channel,
    ClinicSession,
    SessionStatus,
    Slot,
    Visit,
    VisitStatus,
)
from modules.registration.rules import queue, slots, visits
from modules.registration.rules.settings import RegistrationSettings
from modules.registration.services.places import give_back_place

Reason = Annotated[str, Field(min_length=2, max_length=200)]


@use_case("registration.visit.register", offline=True)
def register_visit(
    *,
    patient_id: int,
    slot_id: int | None = None,
    session_id: int | None = None,
    department_id: int | None = None,
    appointment_id: int | None = None,
    channel: Channel = Channel.WINDOW,
    is_emergency: bool = False,
    is_military: bool = False,
    is_disabled: bool = False,
    is_free_return: bool = False,
    by: Actor,
) -> Visit:
    """Register a patient (挂号) and give them a queue number.

    Into a time window, into the next free one of a session or of a department, or by taking the number of an
    appointment. The window stays locked until commit, so two desks cannot sell its last place twice. An
    emergency is never turned away: without a free place it gets a number beyond the quota.

    Raises:
        ChooseSession: nothing to register into was given.
        NotFound: no such patient, slot, session or appointment here.
        SlotFull, SessionFull: no place is left.
        SlotOver, NotToday, SessionNotOpen, ChannelClosed: the place is not for sale here and now.
        AlreadyRegistered: the patient holds an open visit in this session.
        AppointmentNotOpen: the appointment was used, cancelled or missed.
        FreeReturnNotDue: no visit in this department within the centre's days.
    """
    settings = queries.settings_of(by.tenant_id)
    appointment = None if appointment_id is None else _lock_booked(appointment_id, patient_id)
    if appointment is None:
        slot, session = _take_place(
            slot_id, session_id, department_id, channel, settings, is_emergency=is_emergency
        )
    else:
        slot, session = _kept_place(appointment)
    claims = _Claims(is_emergency, is_military, is_disabled, is_free_return)
    visit = _enter(patient_id, session, slot, channel, settings, claims, by=by)
    if appointment is not None:
        appointment.status, appointment.visit_id = AppointmentStatus.ARRIVED, visit.id
        visit.appointment_id, visit.channel = appointment.id, appointment.channel
    audit.record("visit.registered", visit, by=by)
    _announce(visit)
    return visit


@use_case("registration.visit.add_on")
def register_add_on(
    *,
    patient_id: int,
    session_id: int,
    is_military: bool = False,
    is_disabled: bool = False,
    by: Actor,
) -> Visit:
    """Give an add-on number (加号): not from the quota, after the last number, up to the session's limit.

    Raises:
        NotFound: no such patient or session here.
        NotYourSession: a doctor adds to an own session only.
        SessionNotOpen, NotToday: the session does not take patients now.
        AddOnLimitReached: the session's add-on numbers are used up.
        AlreadyRegistered: the patient holds an open visit in this session.
    """
    session = _lock_session(session_id)
    if session.practitioner_id not in (None, by.practitioner_id) and not by.may(
        "registration.session.manage"
    ):
        raise NotYourSession(field="session_id")
    _refuse_closed(session)
    if session.addons_taken >= session.addon_limit:
        raise AddOnLimitReached(field="session_id", limit=session.addon_limit)
    session.addons_taken += 1
    claims = _Claims(is_military=is_military, is_disabled=is_disabled)
    settings = queries.settings_of(by.tenant_id)
    visit = _enter(patient_id, session, None, Channel.WINDOW, settings, claims, by=by)
    audit.record("visit.added_on", visit, by=by)
    _announce(visit)
    return visit


@use_case("registration.visit.cancel")
def cancel_visit(*, visit_id: int, reason: Reason, by: Actor) -> Visit:
    """Take a registration back (退号); unpaid fees go with it, paid ones are refunded the way they came.

    The place returns to the pool only before its time window begins. A module that holds further charges for
    the visit refuses inside this transaction.

    Raises:
        NotFound: no such visit here.
        VisitAlreadyCancelled: it was taken back before.
        VisitAlreadySeen: a doctor has begun.
    """
    visit = queries.lock_visit(visit_id)
    refusal = visits.cancel_refusal(visit.stage, has_dependent_charges=False)
    if refusal is visits.CancelRefusal.ALREADY_CANCELLED:
        raise VisitAlreadyCancelled
    if refusal is not None:
        raise VisitAlreadySeen
    visit.status, visit.cancelled_at, visit.cancel_reason = VisitStatus.CANCELLED, clock.now(), reason
    give_back_place(visit)
    db.session.flush()
    audit.record("visit.cancelled", visit, by=by, reason=reason)
    emit(VisitCancelled(visit_id=visit.id, reason=reason))
    return visit


@use_case("registration.visit.transfer")
def transfer_visit(*, visit_id: int, slot_id: int, by: Actor) -> Visit:
    """Move a patient who was not yet seen to another session (改号), with a new queue number.

    Raises:
        NotFound: no such visit or slot here.
        VisitNotWaiting: a doctor has begun, or the visit is over.
        SlotFull, SlotOver, NotToday, SessionNotOpen: the place is not for sale now.
        AlreadyRegistered: the patient holds an open visit in that session.
    """
    visit = queries.lock_visit(visit_id)
    if not visit.is_open or visit.began_at is not None:
        raise VisitNotWaiting(status=visit.status.label)
    slot, session = queries.lock_slot(slot_id)
    _refuse_closed(session)
    _refuse_over(slot)
    give_back_place(visit)
    slot.take_place()
    try:
        with db.session.begin_nested():
            _place(visit, session, slot)
            visit.status = VisitStatus.WAITING if visit.checked_in_at else VisitStatus.REGISTERED
            db.session.flush()
    except IntegrityError:
        raise AlreadyRegistered(field="slot_id") from None
    audit.record("visit.transferred", visit, by=by)
    return visit


@dataclass(frozen=True, slots=True)
class _Claims:
    """What the window says about a patient who registers."""

    is_emergency: bool = False
    is_military: bool = False
    is_disabled: bool = False
    is_free_return: bool = False


def _take_place(
    slot_id: int | None,
    session_id: int | None,
    department_id: int | None,
    channel: Channel,
    settings: RegistrationSettings,
    *,
    is_emergency: bool,
) -> tuple[Slot | None, ClinicSession]:
    if slot_id is not None:
        slot, session = queries.lock_slot(slot_id)
        _refuse_closed(session)
        if is_emergency and slot.left <= 0:
            return None, session
        _refuse_over(slot)
        _refuse_other_channel(slot, channel, settings)
        slot.take_place()
        return slot, session
    if session_id is None and department_id is None:
        raise ChooseSession(field="slot_id")
    found = queries.lock_free_slot(
        session_id=session_id,
        department_id=department_id,
        channel=channel,
        release_minutes=settings.release_minutes_before,
    )
    if found is not None:
        found[0].take_place()
        return found
    return None, _session_without_place(session_id, department_id, is_emergency=is_emergency)


def _session_without_place(
    session_id: int | None, department_id: int | None, *, is_emergency: bool
) -> ClinicSession:
    """The session in which an emergency gets a number beyond the quota; explains why others get none."""
    if session_id is not None:
        session = _lock_session(session_id)
        _refuse_closed(session)
        if is_emergency:
            return session
    elif is_emergency and (running := queries.list_running_sessions(department_id=department_id)):
        return _lock_session(running[0].id)
    raise SessionFull(field="slot_id")


def _lock_booked(appointment_id: int, patient_id: int) -> Appointment:
    appointment = lock_row(Appointment, appointment_id)
    if appointment is None or appointment.patient_id != patient_id:
        raise NotFound(field="appointment_id")
    if appointment.status is not AppointmentStatus.BOOKED:
        raise AppointmentNotOpen(field="appointment_id", status=appointment.status.label)
    return appointment


def _kept_place(appointment: Appointment) -> tuple[Slot | None, ClinicSession]:
    """The place was taken when it was booked."""
    slot, session = queries.lock_slot(appointment.slot_id)
    _refuse_closed(session)
    return slot, session


def _enter(
    patient_id: int,
    session: ClinicSession,
    slot: Slot | None,
    channel: Channel,
    settings: RegistrationSettings,
    claims: _Claims,
    *,
    by: Actor,
) -> Visit:
    """Write the visit. The database refuses a second open visit of the patient in the session."""
    patient = patient_files.note_visit(patient_id=patient_id, on=session.on, by=by)
    priority, reasons = queue.priority_of(
        age_years=patients.age_years(patient.born_on, session.on),
        is_emergency=claims.is_emergency,
        is_military=claims.is_military,
        is_disabled=claims.is_disabled,
        elderly_from_years=settings.elderly_from_years,
    )
    now = clock.now()
    visit = Visit(
        patient_id=patient_id,
        channel=channel,
        status=VisitStatus.REGISTERED if settings.check_in_needed else VisitStatus.WAITING,
        priority=int(priority),
        priority_reasons=[reason.value for reason in reasons],
        is_emergency=claims.is_emergency,
        is_addon=slot is None,
        fee_codes=list(_fee_codes(session, settings, claims, patient_id)),
        registered_at=now,
        registered_by=by.name[:50],
        checked_in_at=None if settings.check_in_needed else now,
    )
    _place(visit, session, slot)
    visit.number = f"V{session.on:%y%m%d}{session.day_no:03d}{visit.queue_no:03d}"
    try:
        with db.session.begin_nested():
            db.session.add(visit)
            db.session.flush()
    except IntegrityError:
        raise AlreadyRegistered(field="patient_id") from None
    return visit


def _place(visit: Visit, session: ClinicSession, slot: Slot | None) -> None:
    visit.session_id, visit.on = session.id, session.on
    visit.department_id, visit.practitioner_id = session.department_id, session.practitioner_id
    visit.room, visit.number_type = session.room, session.number_type
    visit.slot_id = slot.id if slot else None
    visit.window_starts_at = slot.starts_at if slot else None
    visit.window_ends_at = slot.ends_at if slot else None
    visit.queue_no = session.next_queue_no()


def _fee_codes(
    session: ClinicSession, settings: RegistrationSettings, claims: _Claims, patient_id: int
) -> tuple[str, ...]:
    """Codes of the service items the visit carries: one scheme or the other, never both."""
    if claims.is_free_return:
        days = settings.free_return_days
        since = session.on - timedelta(days=days)
        if not days or not queries.has_visit_since(
            patient_id=patient_id, department_id=session.department_id, since=since
        ):
            raise FreeReturnNotDue(field="is_free_return", days=days)
    return queries.fee_codes_of(
        session, settings, is_emergency=claims.is_emergency, is_free_return=claims.is_free_return
    )


def _announce(visit: Visit) -> None:
    emit(
        VisitRegistered(
            visit_id=visit.id,
            visit_number=visit.number,
            patient_id=visit.patient_id,
            department_id=visit.department_id,
            practitioner_id=visit.practitioner_id,
            on=visit.on,
            fee_codes=tuple(visit.fee_codes),
        )
    )


def _refuse_closed(session: ClinicSession) -> None:
    if session.status is not SessionStatus.PUBLISHED or session.ends_at <= clock.now():
        status = SessionStatus.ENDED if session.status is SessionStatus.PUBLISHED else session.status
        raise SessionNotOpen(field="slot_id", status=status.label)
    if session.on > clock.today():
        raise NotToday(field="slot_id", day=str(session.on))


def _refuse_over(slot: Slot) -> None:
    if slot.ends_at <= clock.now():
        raise SlotOver(field="slot_id")


def _refuse_other_channel(slot: Slot, channel: Channel, settings: RegistrationSettings) -> None:
    is_open = slots.is_open_to(
        slots.Channel(slot.channel.value),
        slots.Channel(channel.value),
        starts_at=slot.starts_at,
        now=clock.now(),
        release_minutes=settings.release_minutes_before,
    )
    if not is_open:
        raise ChannelClosed(field="slot_id", channel=slot.channel.label)


def _lock_session(session_id: int) -> ClinicSession:
    session = lock_row(ClinicSession, session_id)
    if session is None:
        raise NotFound(field="session_id")
    return session
