"""What the screen in the waiting hall shows; names are masked."""

from typing import Any

from sqlalchemy import select

from app import clock
from app.db import db
from app.errors import NotFound
from app.i18n import gettext
from modules.patients import queries as patients
from modules.registration.models import ClinicSession, SessionStatus, Visit, VisitStatus
from modules.registration.queries.board import Names, names_for
from modules.registration.queries.queue import in_calling_order
from modules.registration.queries.schedule import settings_of
from tenants import queries as tenants
from tenants.models import Station

_SHOWN = (VisitStatus.WAITING, VisitStatus.PASSED_OVER, VisitStatus.CALLED, VisitStatus.IN_CONSULTATION)
_NEXT = 2


def get_station(station_id: int) -> Station:
    """The house, or NotFound."""
    found = next((row for row in tenants.list_stations() if row.id == station_id), None)
    if found is None:
        raise NotFound(field="station_id")
    return found


def departments_of_station(station_id: int) -> list[int]:
    """Departments in a house."""
    get_station(station_id)
    return [row.id for row in tenants.list_departments() if row.station_id == station_id]


def display_state(department_ids: list[int]) -> dict[str, Any]:
    """The call of the moment, and each room with who is inside and who gets ready. Five statements."""
    sessions = list(
        db.session.scalars(
            select(ClinicSession)
            .where(
                ClinicSession.department_id.in_(department_ids),
                ClinicSession.on == clock.today(),
                ClinicSession.status == SessionStatus.PUBLISHED,
                ClinicSession.ends_at > clock.now(),
            )
            .order_by(ClinicSession.room, ClinicSession.starts_at, ClinicSession.id)
        )
    )
    if not sessions:
        return {"now": None, "rows": []}
    visits = list(
        db.session.scalars(
            select(Visit)
            .where(Visit.session_id.in_([session.id for session in sessions]), Visit.status.in_(_SHOWN))
            .order_by(Visit.id)
        )
    )
    people = patients.masked_names(visit.patient_id for visit in visits)
    names = names_for(session.practitioner_id for session in sessions)
    rows = [_row(session, visits, people, names) for session in sessions]
    called = [visit for visit in visits if visit.called_at and visit.status is VisitStatus.CALLED]
    latest = max(called, key=lambda visit: visit.called_at or clock.now(), default=None)
    return {"now": _call(latest, sessions, people, names) if latest else None, "rows": rows}


def _row(session: ClinicSession, visits: list[Visit], people: dict[int, str], names: Names) -> dict[str, str]:
    own = [visit for visit in visits if visit.session_id == session.id]
    rules = settings_of(session.tenant_id).queue_rules
    line = in_calling_order(own, [session], rules)[:_NEXT]
    inside = [visit for visit in own if visit.status is VisitStatus.IN_CONSULTATION]
    if called := [visit for visit in own if visit.status is VisitStatus.CALLED]:
        inside = called
    return {
        "place": _place(session, names),
        "now": "  ".join(_who(visit, people) for visit in inside[-1:]),
        "next": "  ".join(_who(visit, people) for visit in line),
    }


def _call(
    visit: Visit, sessions: list[ClinicSession], people: dict[int, str], names: Names
) -> dict[str, str]:
    session = next(row for row in sessions if row.id == visit.session_id)
    place = _place(session, names)
    name = people.get(visit.patient_id, "")
    number = f"{visit.queue_no:03d}"
    return {
        "call_id": f"{visit.id}-{visit.call_count}",
        "number": number,
        "name": name,
        "place": place,
        "speech": gettext("Number %(number)s, please come to %(place)s", number=visit.queue_no, place=place),
        "audio_url": "",
    }


def _who(visit: Visit, people: dict[int, str]) -> str:
    return f"{visit.queue_no:03d} {people.get(visit.patient_id, '')}"


def _place(session: ClinicSession, names: Names) -> str:
    department, practitioner = names.of(session.department_id, session.practitioner_id)
    room = gettext("room %(room)s", room=session.room) if session.room.isdigit() else session.room
    return " ".join(part for part in (department, room, practitioner) if part)
