"""The weekly schedule, and the clinic sessions made from it (排班、出诊)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import audit, clock, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import InvalidInput, NotFound
from app.events import emit
from app.i18n import gettext
from app.use_cases import use_case
from modules.registration import queries
from modules.registration.errors import PractitionerBusy, SessionHasBookings, SessionNotOpen
from modules.registration.events import ClinicSessionStopped
from modules.registration.models import (
    OPEN_STATUSES,
    Appointment,
    AppointmentStatus,
    Channel,
    ClinicSession,
    FeeScheme,
    NumberType,
    ScheduleTemplate,
    SessionStatus,
    Shift,
    Slot,
    Visit,
)
from modules.registration.rules import slots
from tenants import queries as tenants

Capacity = Annotated[int, Field(ge=1, le=500)]
WindowMinutes = Annotated[int, Field(ge=5, le=240)]
AddOnLimit = Annotated[int, Field(ge=0, le=100)]
Room = Annotated[str, Field(max_length=40)]
Reason = Annotated[str, Field(min_length=2, max_length=200)]
_UNSEEN_BY_SESSION = {"synchronize_session": False}  # no row of these is loaded here
Quota = Annotated[int, Field(ge=0, le=500)]
_UNFINISHED = (SessionStatus.DRAFT, SessionStatus.PUBLISHED)


@use_case("registration.schedule.manage")
def save_template(
    *,
    weekday: Annotated[int, Field(ge=0, le=6)],
    shift: Shift,
    starts_at: time,
    ends_at: time,
    department_id: int,
    practitioner_id: int | None = None,
    room: Room = "",
    number_type: NumberType = NumberType.ORDINARY,
    capacity: Capacity = 30,
    window_minutes: WindowMinutes = 30,
    quotas: dict[str, Quota] | None = None,
    addon_limit: AddOnLimit = 5,
    fee_scheme: FeeScheme | None = None,
    template_id: int | None = None,
    by: Actor,
) -> ScheduleTemplate:
    """Add a line to the weekly schedule, or change one; sessions that were already made stay as they are.

    Raises:
        NotFound: no such department, practitioner or line here.
        InvalidInput: the quotas name an unknown channel or more places than there are.
        PractitionerBusy: the practitioner already has a line in this shift of this weekday.
    """
    tenants.get_department(department_id)
    if practitioner_id is not None:
        tenants.get_practitioner(practitioner_id)
    template = ScheduleTemplate() if template_id is None else queries.get_template(template_id)
    template.weekday, template.shift = weekday, shift
    template.starts_at, template.ends_at = starts_at, ends_at
    template.department_id, template.practitioner_id = department_id, practitioner_id
    template.room, template.number_type = room, number_type
    template.capacity, template.window_minutes = capacity, window_minutes
    template.quotas = _checked_quotas(quotas or {}, capacity)
    template.addon_limit, template.fee_scheme = addon_limit, fee_scheme
    try:
        with db.session.begin_nested():
            db.session.add(template)
            db.session.flush()
    except IntegrityError:
        raise PractitionerBusy(field="practitioner_id") from None
    audit.record("template.saved", template, by=by)
    return template


@use_case("registration.schedule.manage")
def retire_template(*, template_id: int, by: Actor) -> ScheduleTemplate:
    """Take a line out of the weekly schedule; sessions that were already made stay.

    Raises:
        NotFound: no such line here.
    """
    template = queries.get_template(template_id)
    template.retired_at = template.retired_at or clock.now()
    audit.record("template.retired", template, by=by)
    return template


@use_case("registration.schedule.manage")
def generate_sessions(
    *,
    since: date | None = None,
    days: Annotated[int, Field(ge=1, le=60)] | None = None,
    is_published: bool = True,
    by: Actor,
) -> None:
    """Make the clinic sessions of the days ahead from the weekly schedule; again, it adds what is missing.

    A weekday's line makes no second session on its day, and none for a doctor who already has one then.
    """
    first = since or clock.today()
    count = days or queries.settings_of(by.tenant_id).generate_days
    templates = queries.list_templates()
    last = first + timedelta(days=count - 1)
    made, busy = _already_made(first, last)
    fresh = 0
    for day in (first + timedelta(days=n) for n in range(count)):
        for template in templates:
            key = (template.practitioner_id, day, template.shift)
            if template.weekday != day.weekday() or (template.id, day) in made:
                continue
            if template.practitioner_id is not None and key in busy:
                continue
            busy.add(key)
            _open_session(template, day, is_published)
            fresh += 1
    db.session.flush()
    audit.record("sessions.generated", None, by=by, since=first, days=count, sessions=fresh)


@use_case("registration.session.manage")
def add_session(
    *,
    on: date,
    shift: Shift,
    starts_at: time,
    ends_at: time,
    department_id: int,
    practitioner_id: int | None = None,
    room: Room = "",
    number_type: NumberType = NumberType.ORDINARY,
    capacity: Capacity = 30,
    window_minutes: WindowMinutes = 30,
    quotas: dict[str, Quota] | None = None,
    addon_limit: AddOnLimit = 5,
    fee_scheme: FeeScheme | None = None,
    is_published: bool = True,
    by: Actor,
) -> ClinicSession:
    """Open one session outside the weekly schedule.

    Raises:
        NotFound: no such department or practitioner here.
        InvalidInput: the day is past, or the quotas do not fit.
        PractitionerBusy: the practitioner already has a session in this shift.
    """
    if on < clock.today():
        raise InvalidInput({"on": [gettext("This day is over.")]})
    tenants.get_department(department_id)
    if practitioner_id is not None:
        tenants.get_practitioner(practitioner_id)
    line = ScheduleTemplate(
        weekday=on.weekday(),
        shift=shift,
        starts_at=starts_at,
        ends_at=ends_at,
        department_id=department_id,
        practitioner_id=practitioner_id,
        room=room,
        number_type=number_type,
        capacity=capacity,
        window_minutes=window_minutes,
        quotas=_checked_quotas(quotas or {}, capacity),
        addon_limit=addon_limit,
        fee_scheme=fee_scheme,
    )
    try:
        with db.session.begin_nested():
            session = _open_session(line, on, is_published)
            db.session.flush()
    except IntegrityError:
        raise PractitionerBusy(field="practitioner_id") from None
    audit.record("session.added", session, by=by)
    return session


@use_case("registration.session.manage")
def publish_session(*, session_id: int, is_published: bool = True, by: Actor) -> ClinicSession:
    """Open a drafted session for booking and registration, or take it back while nothing is booked.

    Raises:
        NotFound: no such session here.
        SessionNotOpen: it was stopped or is over.
        SessionHasBookings: places are taken already.
    """
    session = _lock_unfinished(session_id)
    if not is_published and (
        session.last_queue_no or any(slot.taken for slot in queries.list_slots([session_id]))
    ):
        raise SessionHasBookings
    session.status = SessionStatus.PUBLISHED if is_published else SessionStatus.DRAFT
    audit.record("session.published" if is_published else "session.withdrawn", session, by=by)
    return session


@use_case("registration.session.manage")
def stop_session(*, session_id: int, reason: Reason, by: Actor) -> ClinicSession:
    """Stop a clinic session (停诊): nothing more is sold, those who booked are told and offered another.

    Appointments and visits stay on the list until each is transferred or cancelled.

    Raises:
        NotFound: no such session here.
        SessionNotOpen: it was stopped before or is over.
    """
    session = _lock_unfinished(session_id)
    session.status, session.stop_reason = SessionStatus.STOPPED, reason
    booked = queries.appointments_of_session(session_id, AppointmentStatus.BOOKED)
    for appointment in booked:
        appointment.status = AppointmentStatus.STOPPED
    unseen = [visit.id for visit in queries.visits_of_session(session_id) if visit.began_at is None]
    audit.record("session.stopped", session, by=by, reason=reason)
    emit(
        ClinicSessionStopped(
            session_id=session_id,
            reason=reason,
            appointment_ids=tuple(row.id for row in booked),
            visit_ids=tuple(unseen),
        )
    )
    return session


@use_case("registration.session.manage")
def substitute_practitioner(
    *, session_id: int, practitioner_id: int, reason: Reason, room: Room = "", by: Actor
) -> ClinicSession:
    """Let another doctor hold a session (换诊); those who booked or wait go with it.

    Raises:
        NotFound: no such session or practitioner here.
        SessionNotOpen: it was stopped or is over.
        PractitionerBusy: the other doctor already has a session in this shift.
    """
    tenants.get_practitioner(practitioner_id)
    session = _lock_unfinished(session_id)
    if session.regular_practitioner_id is None:
        session.regular_practitioner_id = session.practitioner_id
    try:
        with db.session.begin_nested():
            session.practitioner_id = practitioner_id
            session.room = room or session.room
            db.session.flush()
    except IntegrityError:
        raise PractitionerBusy(field="practitioner_id") from None
    unseen = update(Visit).where(
        Visit.session_id == session_id, Visit.status.in_(OPEN_STATUSES), Visit.began_at.is_(None)
    )
    db.session.execute(
        unseen.values(practitioner_id=practitioner_id, room=session.room),
        execution_options=_UNSEEN_BY_SESSION,
    )
    kept = update(Appointment).where(
        Appointment.session_id == session_id, Appointment.status == AppointmentStatus.BOOKED
    )
    db.session.execute(kept.values(practitioner_id=practitioner_id), execution_options=_UNSEEN_BY_SESSION)
    audit.record("session.substituted", session, by=by, reason=reason)
    return session


@use_case("registration.session.manage")
def end_sessions(*, on: date | None = None, by: Actor) -> None:
    """Close a day, or else all before today: sessions end, who booked and did not come is noted (爽约).

    Sessions that still run, and patients who are still with a doctor, stay as they are.
    """
    last = on or clock.today() - timedelta(days=1)
    unended = queries.list_sessions(on or date.min, last, statuses=_UNFINISHED)
    over = [session for session in unended if session.ends_at <= clock.now()]
    ids = [session.id for session in over]
    for session in over:
        session.status = SessionStatus.ENDED
    db.session.flush()
    missed = update(Appointment).where(
        Appointment.session_id.in_(ids), Appointment.status == AppointmentStatus.BOOKED
    )
    db.session.execute(missed.values(status=AppointmentStatus.NO_SHOW), execution_options=_UNSEEN_BY_SESSION)
    audit.record("sessions.ended", None, by=by, on=last, sessions=len(ids))


def _lock_unfinished(session_id: int) -> ClinicSession:
    session = lock_row(ClinicSession, session_id)
    if session is None:
        raise NotFound(field="session_id")
    if session.status not in _UNFINISHED:
        raise SessionNotOpen(status=session.status.label)
    return session


def _checked_quotas(quotas: dict[str, int], capacity: int) -> dict[str, int]:
    unknown = [name for name in quotas if name not in set(Channel)]
    if unknown or sum(quotas.values()) > capacity:
        raise InvalidInput(
            {"quotas": [gettext("The channels' places together exceed the session's places.")]}
        )
    return {name: places for name, places in quotas.items() if places}


def _already_made(
    first: date, last: date
) -> tuple[set[tuple[int | None, date]], set[tuple[int | None, date, Shift]]]:
    rows = db.session.execute(
        select(
            ClinicSession.template_id,
            ClinicSession.on,
            ClinicSession.practitioner_id,
            ClinicSession.shift,
            ClinicSession.status,
        ).where(ClinicSession.on >= first, ClinicSession.on <= last)
    ).all()
    made = {(row.template_id, row.on) for row in rows}
    busy = {
        (row.practitioner_id, row.on, row.shift)
        for row in rows
        if row.practitioner_id is not None and row.status is not SessionStatus.STOPPED
    }
    return made, busy


def _open_session(line: ScheduleTemplate, on: date, is_published: bool) -> ClinicSession:
    """The session of a line on a day with its slots; rows are added, not flushed."""
    plans = slots.split_session(
        start=line.starts_at,
        end=line.ends_at,
        window_minutes=line.window_minutes,
        capacity=line.capacity,
        quotas={slots.Channel(name): places for name, places in line.quotas.items()},
    )
    session = ClinicSession(
        template_id=line.id,
        on=on,
        day_no=numbering.next_value("clinic_session", on=on),
        shift=line.shift,
        starts_at=_moment(on, plans[0].start_minute),
        ends_at=_moment(on, plans[-1].end_minute),
        department_id=line.department_id,
        practitioner_id=line.practitioner_id,
        room=line.room,
        number_type=line.number_type,
        fee_scheme=line.fee_scheme,
        status=SessionStatus.PUBLISHED if is_published else SessionStatus.DRAFT,
        capacity=line.capacity,
        addon_limit=line.addon_limit,
    )
    db.session.add(session)
    db.session.flush()
    db.session.add_all(_slots_of(session, plans))
    return session


def _slots_of(session: ClinicSession, plans: Iterable[slots.SlotPlan]) -> list[Slot]:
    return [
        Slot(
            session_id=session.id,
            sequence=sequence,
            channel=Channel(channel.value),
            starts_at=_moment(session.on, plan.start_minute),
            ends_at=_moment(session.on, plan.end_minute),
            capacity=places,
            taken=0,
        )
        for sequence, plan in enumerate(plans, start=1)
        for channel, places in plan.quotas.items()
    ]


def _moment(on: date, minute: int) -> datetime:
    return clock.moment_of(on + timedelta(days=minute // 1440), time(minute // 60 % 24, minute % 60))
