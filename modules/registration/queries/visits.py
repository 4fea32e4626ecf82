"""Reading visits."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped

from app import clock
from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from modules.registration.models import OPEN_STATUSES, Visit, VisitStatus


def get_visit(visit_id: int) -> Visit:
    """The visit, or NotFound."""
    found = db.session.get(Visit, visit_id)
    if found is None:
        raise NotFound(field="visit_id")
    return found


def lock_visit(visit_id: int) -> Visit:
    """The visit, held against other desks until the transaction ends; or NotFound."""
    found = lock_row(Visit, visit_id)
    if found is None:
        raise NotFound(field="visit_id")
    return found


def list_visits(
    on: date,
    *,
    department_id: int | None = None,
    status: VisitStatus | None = None,
    before: int | None = None,
    size: int = 50,
) -> Page[Visit]:
    """Visits of a day, newest first."""
    statement = select(Visit).where(Visit.on == on)
    if department_id is not None:
        statement = statement.where(Visit.department_id == department_id)
    if status is not None:
        statement = statement.where(Visit.status == status)
    return page_by_key(statement, Visit.id, before=before, size=size)


def visits_of_session(session_id: int) -> list[Visit]:
    """Visits of a session that still go on, by queue number."""
    statement = (
        select(Visit)
        .where(Visit.session_id == session_id, Visit.status.in_(OPEN_STATUSES))
        .order_by(Visit.queue_no)
    )
    return list(db.session.scalars(statement))


def desks_of_visits(visit_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Visit → its department and its practitioner (0: none). One statement for each 500."""
    wanted, found = sorted(set(visit_ids)), {}
    for start in range(0, len(wanted), 500):
        statement = select(Visit.id, Visit.department_id, Visit.practitioner_id).where(
            Visit.id.in_(wanted[start : start + 500])
        )
        found.update({row[0]: (row[1], row[2] or 0) for row in db.session.execute(statement)})
    return found


def has_visit_since(*, patient_id: int, department_id: int, since: date) -> bool:
    """Whether the patient was seen in a department on or after a day, before today."""
    statement = select(Visit.id).where(
        Visit.patient_id == patient_id,
        Visit.department_id == department_id,
        Visit.status == VisitStatus.FINISHED,
        Visit.on >= since,
        Visit.on < clock.today(),
    )
    return db.session.scalar(statement.limit(1)) is not None


def visits_by_day(since: date, until: date, *, practitioner_id: int | None = None) -> dict[date, int]:
    """Day → visits that were not taken back, of a doctor or of all; days without a visit are absent."""
    day: Mapped[date] = Visit.on
    statement = select(day, func.count(Visit.id)).where(
        day >= since, day <= until, Visit.status != VisitStatus.CANCELLED
    )
    if practitioner_id is not None:
        statement = statement.where(Visit.practitioner_id == practitioner_id)
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(day))}


def registered_on(on: date, *, at_most: int = 2000) -> list[datetime]:
    """When the visits of a day were registered, for a chart of its hours."""
    statement = select(Visit.registered_at).where(Visit.on == on, Visit.status != VisitStatus.CANCELLED)
    return list(db.session.scalars(statement.order_by(Visit.id).limit(at_most)))


def count_visits(on: date) -> dict[VisitStatus, int]:
    """State → number of visits of a day."""
    statement = select(Visit.status, func.count()).where(Visit.on == on).group_by(Visit.status)
    return {row[0]: row[1] for row in db.session.execute(statement)}
