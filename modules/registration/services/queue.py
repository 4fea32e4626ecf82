"""The waiting queue: report in, call, pass over, leave and come back (分诊叫号)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.actor import Actor
from app.db import db, update_rows
from app.db.locks import lock_rows
from app.events import emit
from app.use_cases import use_case
from modules.registration import queries
from modules.registration.errors import (
    AlreadyRegistered,
    NobodyWaiting,
    NoSessionToday,
    SeenByAnother,
    VisitNotWaiting,
)
from modules.registration.events import VisitFinished
from modules.registration.models import OPEN_STATUSES, ClinicSession, Visit, VisitStatus
from modules.registration.rules.queue import Priority, PriorityReason

_CALLABLE = (VisitStatus.WAITING, VisitStatus.PASSED_OVER)


@use_case("registration.queue.manage", offline=True)
def check_in(*, visit_id: int, by: Actor) -> Visit:
    """Report in (报到): from now on the patient may be called. A second report changes nothing.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the visit is over.
    """
    visit = queries.lock_visit(visit_id)
    if not visit.is_open:
        raise VisitNotWaiting(status=visit.status.label)
    if visit.status is VisitStatus.REGISTERED:
        visit.status, visit.checked_in_at = VisitStatus.WAITING, clock.now()
    audit.record("visit.checked_in", visit, by=by)
    return visit


@use_case("registration.queue.call", offline=True)
def call_next(*, session_id: int | None = None, by: Actor) -> Visit:
    """Call who is next (叫号): own sessions and those the department shares, or one session by name.

    Who was called before and did not begin is passed over. The queues stay locked until commit, and the row
    is taken only if it still waits: two doctors never call the same patient.

    Raises:
        NotFound: no such session here.
        NoSessionToday: the doctor has no session to call from.
        NobodyWaiting: the queue is empty.
    """
    sessions = _locked_sessions(session_id, by)
    settings = queries.settings_of(by.tenant_id)
    found = queries.queue_of(sessions)
    absent = [visit for visit in found.called if visit.called_by_id == by.practitioner_id]
    for visit in absent:
        _pass(visit, sessions)
    db.session.flush()
    for visit in queries.in_calling_order([*found.waiting, *absent], sessions, settings.queue_rules):
        if _claim(visit, by):
            _count(visit, sessions)
            audit.record("visit.called", visit, by=by)
            return visit
    raise NobodyWaiting


@use_case("registration.queue.call", offline=True)
def call_visit(*, visit_id: int, by: Actor) -> Visit:
    """Call one patient out of turn.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the patient is not waiting.
    """
    visit = queries.lock_visit(visit_id)
    if visit.status not in (*_CALLABLE, VisitStatus.REGISTERED, VisitStatus.AWAY):
        raise VisitNotWaiting(status=visit.status.label)
    if visit.checked_in_at is None:
        visit.checked_in_at = clock.now()
    visit.status, visit.called_at, visit.called_by_id = VisitStatus.CALLED, clock.now(), by.practitioner_id
    visit.call_count, visit.passed_at_call = visit.call_count + 1, None
    audit.record("visit.called", visit, by=by)
    return visit


@use_case("registration.queue.call", offline=True)
def recall(*, visit_id: int, by: Actor) -> Visit:
    """Call the same patient once more.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the patient was not called.
    """
    visit = _lock_called(visit_id)
    visit.called_at, visit.call_count = clock.now(), visit.call_count + 1
    audit.record("visit.recalled", visit, by=by)
    return visit


@use_case("registration.queue.call", offline=True)
def pass_over(*, visit_id: int, by: Actor) -> Visit:
    """Note that a called patient did not come (过号); they are called again after some others.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the patient was not called.
    """
    visit = _lock_called(visit_id)
    _pass(visit, [queries.get_session(visit.session_id)])
    audit.record("visit.passed_over", visit, by=by)
    return visit


@use_case("registration.queue.manage", offline=True)
def leave_queue(*, visit_id: int, by: Actor) -> Visit:
    """Let a patient go for a while: out of the room, or to an examination (暂离).

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the visit is over or the patient is away already.
    """
    visit = queries.lock_visit(visit_id)
    if not visit.is_open or visit.status is VisitStatus.AWAY:
        raise VisitNotWaiting(status=visit.status.label)
    visit.status, visit.passed_at_call = VisitStatus.AWAY, None
    audit.record("visit.left", visit, by=by)
    return visit


@use_case("registration.queue.manage", offline=True)
def return_to_queue(*, visit_id: int, by: Actor) -> Visit:
    """Back in the queue: with a report after the doctor began (回诊), in the old place otherwise.

    Somebody whose visit was finished today may come back with a report, too.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the patient is in the queue already, or the visit was cancelled or is of another day.
        AlreadyRegistered: the patient has registered again in this session meanwhile.
    """
    visit = queries.lock_visit(visit_id)
    was_finished = visit.status is VisitStatus.FINISHED and visit.on == clock.today()
    if visit.status is not VisitStatus.AWAY and not was_finished:
        raise VisitNotWaiting(status=visit.status.label)
    try:
        with db.session.begin_nested():
            visit.status, visit.is_returning = VisitStatus.WAITING, visit.began_at is not None
            visit.checked_in_at = visit.checked_in_at or clock.now()
            db.session.flush()
    except IntegrityError:
        raise AlreadyRegistered from None
    audit.record("visit.returned", visit, by=by)
    return visit


@use_case("registration.queue.manage", offline=True)
def change_priority(
    *,
    visit_id: int,
    priority: Annotated[int, Field(ge=0, le=2)],
    reason: PriorityReason | None = None,
    by: Actor,
) -> Visit:
    """Let a waiting patient go before others (0 emergency, 1 priority) or back into the ordinary line (2).

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: a doctor has begun, or the visit is over.
    """
    visit = queries.lock_visit(visit_id)
    if visit.status not in (VisitStatus.REGISTERED, *_CALLABLE, VisitStatus.AWAY):
        raise VisitNotWaiting(status=visit.status.label)
    visit.priority = priority
    visit.is_emergency = priority == Priority.EMERGENCY
    if priority == Priority.ORDINARY:
        visit.priority_reasons = []
    else:
        given = PriorityReason.EMERGENCY if visit.is_emergency else reason or PriorityReason.ELDERLY
        visit.priority_reasons = sorted({*visit.priority_reasons, given.value})
    audit.record("visit.priority_changed", visit, by=by)
    return visit


@use_case("registration.visit.see", offline=True, is_step=True)
def begin_consultation(*, visit_id: int, by: Actor) -> Visit:
    """The doctor begins with a patient (接诊), called or picked from the list. Again changes nothing.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: the visit is cancelled or finished.
        SeenByAnother: another doctor is seeing the patient.
    """
    visit = queries.lock_visit(visit_id)
    if visit.status not in OPEN_STATUSES:
        raise VisitNotWaiting(status=visit.status.label)
    is_others = visit.practitioner_id not in (None, by.practitioner_id) and visit.began_at is not None
    if visit.status is VisitStatus.IN_CONSULTATION and is_others:
        raise SeenByAnother
    if visit.status is VisitStatus.IN_CONSULTATION:
        return visit
    now = clock.now()
    visit.status, visit.passed_at_call, visit.is_returning = VisitStatus.IN_CONSULTATION, None, False
    visit.began_at, visit.checked_in_at = visit.began_at or now, visit.checked_in_at or now
    if by.practitioner_id is not None:
        visit.practitioner_id = by.practitioner_id
    audit.record("visit.begun", visit, by=by)
    return visit


@use_case("registration.visit.see", offline=True, is_step=True)
def finish_visit(*, visit_id: int, by: Actor) -> Visit:
    """The doctor is done with the patient. Doing it again changes nothing.

    Raises:
        NotFound: no such visit here.
        VisitNotWaiting: nobody has begun with the patient.
    """
    visit = queries.lock_visit(visit_id)
    if visit.status is VisitStatus.FINISHED:
        return visit
    if visit.began_at is None or not visit.is_open:
        raise VisitNotWaiting(status=visit.status.label)
    visit.status, visit.finished_at, visit.is_returning = VisitStatus.FINISHED, clock.now(), False
    audit.record("visit.finished", visit, by=by)
    emit(VisitFinished(visit_id=visit.id, patient_id=visit.patient_id, practitioner_id=visit.practitioner_id))
    return visit


def _locked_sessions(session_id: int | None, by: Actor) -> list[ClinicSession]:
    if session_id is not None:
        sessions = [queries.get_session(session_id)]
    else:
        sessions = queries.sessions_called_from(
            practitioner_id=by.practitioner_id, department_id=by.department_id
        )
    if not sessions:
        raise NoSessionToday
    order = [session.id for session in sessions]
    locked = {session.id: session for session in lock_rows(ClinicSession, order)}
    return [locked[key] for key in order]


def _claim(visit: Visit, by: Actor) -> bool:
    """Take the row only if it still waits; tells whether it did."""
    taken = (
        update(Visit)
        .where(Visit.id == visit.id, Visit.status.in_(_CALLABLE))
        .values(
            status=VisitStatus.CALLED,
            called_at=clock.now(),
            called_by_id=by.practitioner_id,
            call_count=Visit.call_count + 1,
            passed_at_call=None,
        )
        .execution_options(synchronize_session=False)
    )
    if update_rows(taken) != 1:
        return False
    db.session.refresh(visit)
    return True


def _lock_called(visit_id: int) -> Visit:
    visit = queries.lock_visit(visit_id)
    if visit.status is not VisitStatus.CALLED:
        raise VisitNotWaiting(status=visit.status.label)
    return visit


def _count(visit: Visit, sessions: list[ClinicSession]) -> None:
    for session in sessions:
        if session.id == visit.session_id:
            session.calls_made += 1
    first = sessions[0]
    first.others_since_return = 0 if visit.is_returning else first.others_since_return + 1


def _pass(visit: Visit, sessions: list[ClinicSession]) -> None:
    made = {session.id: session.calls_made for session in sessions}
    visit.status, visit.passed_at_call = VisitStatus.PASSED_OVER, made[visit.session_id]
