"""Reading the waiting queue (候诊队列)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from app import clock
from app.db import db
from app.tenancy import tenant_of
from modules.registration.models import OPEN_STATUSES, ClinicSession, SessionStatus, Visit, VisitStatus
from modules.registration.rules.queue import Priority, QueueEntry, QueueRules, order_queue
from modules.registration.rules.settings import RegistrationSettings

_CALLABLE = (VisitStatus.WAITING, VisitStatus.PASSED_OVER)


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue as its doctor sees it: who comes next first, and those outside the line."""

    sessions: list[ClinicSession]
    waiting: list[Visit]  # waiting and passed over, in the order in which they will be called
    called: list[Visit]
    in_consultation: list[Visit]
    away: list[Visit]
    to_report: list[Visit]


def sessions_called_from(
    *, practitioner_id: int | None, department_id: int | None, on: date | None = None
) -> list[ClinicSession]:
    """The sessions a doctor calls from: own ones first, then those of the department without a doctor.

    Without a day: today's, and of a night that began yesterday and is not over.
    """
    shared = ClinicSession.practitioner_id.is_(None) & (ClinicSession.department_id == department_id)
    callable_from: list[ColumnElement[bool]] = [shared]
    if practitioner_id is not None:
        callable_from.append(ClinicSession.practitioner_id == practitioner_id)
    statement = select(ClinicSession).where(
        or_(*callable_from), ClinicSession.status == SessionStatus.PUBLISHED
    )
    if on is not None:
        statement = statement.where(ClinicSession.on == on)
    else:
        today = clock.today()
        statement = statement.where(
            or_(
                ClinicSession.on == today,
                (ClinicSession.on == today - timedelta(days=1)) & (ClinicSession.ends_at > clock.now()),
            )
        )
    found = list(db.session.scalars(statement.order_by(ClinicSession.starts_at, ClinicSession.id)))
    return sorted(found, key=lambda session: session.practitioner_id is None)


def list_queue(
    *, practitioner_id: int | None = None, department_id: int | None = None, on: date | None = None
) -> Queue:
    """The queue of a doctor (with the shared sessions of the department), or of a whole department.

    Three statements. Without a day it is the queue of this moment.
    """
    if practitioner_id is not None:
        sessions = sessions_called_from(practitioner_id=practitioner_id, department_id=department_id, on=on)
    else:
        day = on or clock.today()
        statement = select(ClinicSession).where(
            ClinicSession.on == day,
            ClinicSession.status.in_((SessionStatus.PUBLISHED, SessionStatus.STOPPED)),
        )
        if department_id is not None:
            statement = statement.where(ClinicSession.department_id == department_id)
        sessions = list(db.session.scalars(statement.order_by(ClinicSession.starts_at, ClinicSession.id)))
    return queue_of(sessions)


def queue_of(sessions: Sequence[ClinicSession]) -> Queue:
    """The queue of some sessions."""
    if not sessions:
        return Queue([], [], [], [], [], [])
    visits = _open_visits(sessions)
    first = sessions[0]
    rules = RegistrationSettings.of(tenant_of(first.tenant_id).settings).queue_rules
    by_status = {status: [v for v in visits if v.status is status] for status in OPEN_STATUSES}
    return Queue(
        list(sessions),
        in_calling_order(visits, sessions, rules),
        by_status[VisitStatus.CALLED],
        by_status[VisitStatus.IN_CONSULTATION],
        by_status[VisitStatus.AWAY],
        by_status[VisitStatus.REGISTERED],
    )


def in_calling_order(
    visits: Sequence[Visit], sessions: Sequence[ClinicSession], rules: QueueRules
) -> list[Visit]:
    """Those who may be called, the next first. Calls are counted in each session's own queue."""
    made = {session.id: session.calls_made for session in sessions}
    most = max(made.values(), default=0)
    line = sorted((v for v in visits if v.status in _CALLABLE), key=lambda v: (v.registered_at, v.id))
    entries = [
        QueueEntry(
            sequence=position,
            priority=Priority(visit.priority),
            window_start=visit.window_starts_at,
            is_returning=visit.is_returning,
            passed_at_call=None
            if visit.passed_at_call is None
            else most - (made[visit.session_id] - visit.passed_at_call),
        )
        for position, visit in enumerate(line)
    ]
    ordered = order_queue(
        entries, rules=rules, calls_made=most, others_since_return=sessions[0].others_since_return
    )
    return [line[entry.sequence] for entry in ordered]


def _open_visits(sessions: Sequence[ClinicSession]) -> list[Visit]:
    statement = (
        select(Visit)
        .where(Visit.session_id.in_([session.id for session in sessions]), Visit.status.in_(OPEN_STATUSES))
        .order_by(Visit.id)
    )
    return list(db.session.scalars(statement))


def people_ahead(visit: Visit) -> int:
    """How many of the same session registered before and still wait."""
    statement = select(func.count(Visit.id)).where(
        Visit.session_id == visit.session_id,
        Visit.status.in_((VisitStatus.REGISTERED, *_CALLABLE)),
        Visit.queue_no < visit.queue_no,
    )
    return db.session.scalar(statement) or 0


def waiting_by_session(on: date) -> dict[int, int]:
    """Session → how many wait to be called."""
    statement = (
        select(Visit.session_id, func.count(Visit.id))
        .where(Visit.on == on, Visit.status.in_(_CALLABLE))
        .group_by(Visit.session_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def first_waiting(on: date, *, size: int) -> tuple[int, list[Visit]]:
    """How many wait to be called on a day, and who has waited longest. One statement."""
    statement = (
        select(Visit, func.count().over())
        .where(Visit.on == on, Visit.status.in_(_CALLABLE))
        .order_by(Visit.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]
