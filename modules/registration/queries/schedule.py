"""Reading the schedule: templates, sessions, slots and appointments."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Mapped

from app import clock
from app.db import Model, Page, db, locking, page_by_key
from app.errors import NotFound
from app.tenancy import tenant_of
from modules.registration.models import (
    Appointment,
    AppointmentStatus,
    Channel,
    ClinicSession,
    NumberType,
    ScheduleTemplate,
    SessionStatus,
    Slot,
)
from modules.registration.models import FeeScheme as SchemeChoice
from modules.registration.rules.settings import RegistrationSettings, fee_codes
from modules.registration.rules.visits import FeeScheme

RowT = TypeVar("RowT", bound=Model)


def settings_of(tenant_id: int | None) -> RegistrationSettings:
    """How this centre registers."""
    return RegistrationSettings.of(tenant_of(tenant_id).settings)


def taken_by_session(session_ids: Iterable[int]) -> dict[int, int]:
    """Session → places that are taken."""
    statement = (
        select(Slot.session_id, func.sum(Slot.taken))
        .where(Slot.session_id.in_(sorted(set(session_ids))))
        .group_by(Slot.session_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def scheme_of(session: ClinicSession, settings: RegistrationSettings) -> SchemeChoice:
    """Which way of charging this session has: its own, or the centre's."""
    return session.fee_scheme or SchemeChoice(settings.fee_scheme)


def fee_codes_of(
    session: ClinicSession,
    settings: RegistrationSettings,
    *,
    is_emergency: bool = False,
    is_free_return: bool = False,
) -> tuple[str, ...]:
    """Codes of the service items that a visit of this session carries."""
    scheme = FeeScheme(scheme_of(session, settings).value)
    return fee_codes(
        settings,
        scheme,
        is_emergency=is_emergency or session.number_type is NumberType.EMERGENCY,
        is_free_return=is_free_return,
    )


def list_templates() -> list[ScheduleTemplate]:
    """The weekly schedule in force, Monday first."""
    statement = (
        select(ScheduleTemplate)
        .where(ScheduleTemplate.retired_at.is_(None))
        .order_by(ScheduleTemplate.weekday, ScheduleTemplate.starts_at, ScheduleTemplate.id)
    )
    return list(db.session.scalars(statement))


def get_template(template_id: int) -> ScheduleTemplate:
    """The template, or NotFound."""
    return _get(ScheduleTemplate, template_id, "template_id")


def get_session(session_id: int) -> ClinicSession:
    """The clinic session, or NotFound."""
    return _get(ClinicSession, session_id, "session_id")


def list_sessions(
    since: date,
    until: date | None = None,
    *,
    department_id: int | None = None,
    practitioner_id: int | None = None,
    statuses: tuple[SessionStatus, ...] = (),
) -> list[ClinicSession]:
    """Sessions of a day, or of days up to and including ``until``, in the order in which they begin."""
    day: Mapped[date] = ClinicSession.on
    statement = select(ClinicSession).where(day >= since, day <= (until or since))
    if department_id is not None:
        statement = statement.where(ClinicSession.department_id == department_id)
    if practitioner_id is not None:
        statement = statement.where(ClinicSession.practitioner_id == practitioner_id)
    if statuses:
        statement = statement.where(ClinicSession.status.in_(statuses))
    return list(db.session.scalars(statement.order_by(ClinicSession.starts_at, ClinicSession.id)))


def list_running_sessions(*, department_id: int | None = None) -> list[ClinicSession]:
    """Published sessions of today that are not over, and of a night that began yesterday."""
    today = clock.today()
    statement = select(ClinicSession).where(
        ClinicSession.on.in_((today - timedelta(days=1), today)),
        ClinicSession.ends_at > clock.now(),
        ClinicSession.status == SessionStatus.PUBLISHED,
    )
    if department_id is not None:
        statement = statement.where(ClinicSession.department_id == department_id)
    return list(db.session.scalars(statement.order_by(ClinicSession.starts_at, ClinicSession.id)))


def list_slots(session_ids: Iterable[int]) -> list[Slot]:
    """Slots of several sessions in one statement, ordered by session and time."""
    statement = (
        select(Slot)
        .where(Slot.session_id.in_(sorted(set(session_ids))))
        .order_by(Slot.session_id, Slot.starts_at, Slot.channel, Slot.id)
    )
    return list(db.session.scalars(statement))


def get_slot(slot_id: int) -> Slot:
    """The slot, or NotFound."""
    return _get(Slot, slot_id, "slot_id")


def lock_slot(slot_id: int) -> tuple[Slot, ClinicSession]:
    """A slot and its session in one statement, held against other windows until the transaction ends."""
    found = _first_locked(_slots_with_session().where(Slot.id == slot_id))
    if found is None:
        raise NotFound(field="slot_id")
    return found


def lock_free_slot(
    *, session_id: int | None, department_id: int | None, channel: Channel, release_minutes: int
) -> tuple[Slot, ClinicSession] | None:
    """The earliest window with a free place, locked with its session; None when there is none.

    A lock that was waited for may show the last place gone; then the next window is tried.
    """
    while True:
        free = _free_today(_slots_with_session(), session_id, department_id, channel, release_minutes)
        if found := _first_locked(free):
            return found
        look = _free_today(
            select(Slot.id).join(ClinicSession, ClinicSession.id == Slot.session_id),
            session_id,
            department_id,
            channel,
            release_minutes,
        )
        if db.session.scalar(look.limit(1)) is None:
            return None


def _slots_with_session() -> Select[tuple[Slot, ClinicSession]]:
    both: Any = select(Slot, ClinicSession)  # stubs and library disagree on the type of a two-entity Select
    statement: Select[tuple[Slot, ClinicSession]] = both.join(
        ClinicSession, ClinicSession.id == Slot.session_id
    )
    return statement


def _free_today(
    statement: Select[Any],
    session_id: int | None,
    department_id: int | None,
    channel: Channel,
    release_minutes: int,
) -> Select[Any]:
    now, today = clock.now(), clock.today()
    sellable: ColumnElement[bool] = Slot.channel == channel
    if channel is Channel.WINDOW and release_minutes:
        sellable = or_(sellable, Slot.starts_at <= now + timedelta(minutes=release_minutes))
    statement = statement.where(
        ClinicSession.status == SessionStatus.PUBLISHED,
        ClinicSession.on.in_((today - timedelta(days=1), today)),
        Slot.ends_at > now,
        Slot.taken < Slot.capacity,
        sellable,
    )
    if session_id is not None:
        statement = statement.where(ClinicSession.id == session_id)
    else:
        statement = statement.where(ClinicSession.department_id == department_id)
    return statement.order_by(Slot.starts_at, Slot.taken, Slot.id)


def _first_locked(statement: Select[Any]) -> tuple[Slot, ClinicSession] | None:
    row = db.session.execute(locking(statement.limit(1), Slot, ClinicSession)).first()
    return None if row is None else (row[0], row[1])


def get_appointment(appointment_id: int) -> Appointment:
    """The appointment, or NotFound."""
    return _get(Appointment, appointment_id, "appointment_id")


def list_appointments(
    on: date,
    *,
    patient_id: int | None = None,
    status: AppointmentStatus | None = None,
    before: int | None = None,
) -> Page[Appointment]:
    """Appointments of a day, newest first."""
    statement = select(Appointment).where(Appointment.on == on)
    if patient_id is not None:
        statement = statement.where(Appointment.patient_id == patient_id)
    if status is not None:
        statement = statement.where(Appointment.status == status)
    return page_by_key(statement, Appointment.id, before=before)


def appointments_of_patient(patient_ids: Iterable[int], *, since: date) -> list[Appointment]:
    """A patient's open appointments from a day on, the next one first."""
    statement = (
        select(Appointment)
        .where(
            Appointment.patient_id.in_(sorted(set(patient_ids))),
            Appointment.on >= since,
            Appointment.status.in_((AppointmentStatus.BOOKED, AppointmentStatus.STOPPED)),
        )
        .order_by(Appointment.window_starts_at, Appointment.id)
    )
    return list(db.session.scalars(statement))


def no_show_days(patient_id: int, *, since: date) -> list[date]:
    """Days on which a patient had booked and did not come, closed by hand or simply past."""
    missed = or_(
        Appointment.status == AppointmentStatus.NO_SHOW,
        and_(Appointment.status == AppointmentStatus.BOOKED, Appointment.on < clock.today()),
    )
    statement = select(Appointment.on).where(
        Appointment.patient_id == patient_id, Appointment.on >= since, missed
    )
    return list(db.session.scalars(statement))


def first_booked(on: date, *, size: int) -> tuple[int, list[Appointment]]:
    """How many appointments of a day still wait for their patient, and the next of them. One statement."""
    statement = (
        select(Appointment, func.count().over())
        .where(Appointment.on == on, Appointment.status == AppointmentStatus.BOOKED)
        .order_by(Appointment.window_starts_at, Appointment.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def appointments_of_session(session_id: int, *statuses: AppointmentStatus) -> list[Appointment]:
    """Appointments of a session in some states, in the order of their windows."""
    statement = (
        select(Appointment)
        .where(Appointment.session_id == session_id, Appointment.status.in_(statuses))
        .order_by(Appointment.window_starts_at, Appointment.id)
    )
    return list(db.session.scalars(statement))


def _get(model: type[RowT], row_id: int, field: str) -> RowT:
    found = db.session.get(model, row_id)
    if found is None:
        raise NotFound(field=field)
    return found
