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
    """The call of the moment, and each room with who is inside and who gets ready. Four statements."""
    sessions = list(
        db.session.scalars(
            select(ClinicSession)
            .where(
                ClinicSession.department_id.in_(department_ids),
                ClinicSession.on == clock.today(),
                ClinicSession.status == SessionStatus.PUBLISHED,
                ClinicSession.ends_at > clock.now(),
            )
            .order_by(ClinicSession.starts_at, ClinicSession.room, ClinicSession.id)
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
    names = names_for([])
    by_place: dict[str, list[ClinicSession]] = {}
    for session in sessions:
        by_place.setdefault(_place(session, names), []).append(session)
    rows = [_row(place, held, visits, people) for place, held in by_place.items()]
    called = [visit for visit in visits if visit.called_at and visit.status is VisitStatus.CALLED]
    latest = max(called, key=lambda visit: visit.called_at or clock.now(), default=None)
    if latest is None:
        return {"now": None, "rows": rows}
    place = next(_place(session, names) for session in sessions if session.id == latest.session_id)
    return {"now": _call(latest, place, people), "rows": rows}


def _row(
    place: str, sessions: list[ClinicSession], visits: list[Visit], people: dict[int, str]
) -> dict[str, str]:
    """One room; a session of the afternoon follows the one that runs."""
    held = {session.id for session in sessions}
    own = [visit for visit in visits if visit.session_id in held]
    rules = settings_of(sessions[0].tenant_id).queue_rules
    line = [
        visit
        for session in sessions
        for visit in in_calling_order([v for v in own if v.session_id == session.id], [session], rules)
    ]
    inside = [visit for visit in own if visit.status is VisitStatus.CALLED] or [
        visit for visit in own if visit.status is VisitStatus.IN_CONSULTATION
    ]
    return {
        "place": place,
        "now": "".join(_who(visit, people) for visit in inside[-1:]),
        "next": "  ".join(_who(visit, people) for visit in line[:_NEXT]),
    }


def _call(visit: Visit, place: str, people: dict[int, str]) -> dict[str, str]:
    return {
        "call_id": f"{visit.id}-{visit.call_count}",
        "number": f"{visit.queue_no:03d}",
        "name": people.get(visit.patient_id, ""),
        "place": place,
        "speech": gettext("Number %(number)s, please come to %(place)s", number=visit.queue_no, place=place),
        "audio_url": "",
    }


def _who(visit: Visit, people: dict[int, str]) -> str:
    return f"{visit.queue_no:03d} {people.get(visit.patient_id, '')}"


def _place(session: ClinicSession, names: Names) -> str:
    department, _ = names.of(session.department_id, None)
    room = gettext("room %(room)s", room=session.room) if session.room.isdigit() else session.room
    return f"{department} {room}".strip()
