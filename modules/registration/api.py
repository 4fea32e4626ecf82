"""What programs may read of visits and slots."""

from dataclasses import dataclass
from datetime import date, datetime

from app import audit
from app.actor import Actor
from app.api.reads import Id, read
from modules.registration import queries


@dataclass(frozen=True, slots=True)
class VisitAnswer:
    """A visit and its place in the queue."""

    id: Id
    number: str
    patient_id: Id
    on: date
    department_id: Id
    practitioner_id: Id | None
    queue_no: int
    status: str


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One time window with the places that are left."""

    id: Id
    session_id: Id
    channel: str
    starts_at: datetime
    ends_at: datetime
    left: int


@read("visits/<visit_id>", "registration.visit.view")
@audit.reading("visit.read")
def show_visit(*, visit_id: int, by: Actor) -> VisitAnswer:
    """One visit.

    Raises:
        NotFound: no such visit here.
    """
    visit = queries.get_visit(visit_id)
    audit.seen(visit)
    return VisitAnswer(
        visit.id,
        visit.number,
        visit.patient_id,
        visit.on,
        visit.department_id,
        visit.practitioner_id,
        visit.queue_no,
        visit.status.value,
    )


@read("sessions/<session_id>/slots", "registration.visit.view")
def list_slots(*, session_id: int, by: Actor) -> list[SlotRow]:
    """The time windows of a clinic session.

    Raises:
        NotFound: no such session here.
    """
    session = queries.get_session(session_id)
    return [
        SlotRow(slot.id, slot.session_id, slot.channel.value, slot.starts_at, slot.ends_at, slot.left)
        for slot in queries.list_slots([session.id])
    ]
