"""What registration tells the rest of the hospital."""

from dataclasses import dataclass
from datetime import date

from app.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRegistered(Event):
    """A patient holds a queue number; its fees are now due. ``fee_codes`` are codes of service items."""

    visit_id: int
    visit_number: str
    patient_id: int
    department_id: int
    practitioner_id: int | None
    on: date
    fee_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCancelled(Event):
    """A registration was taken back before the patient was seen; unpaid fees go with it."""

    visit_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFinished(Event):
    """The doctor has finished with the patient."""

    visit_id: int
    patient_id: int
    practitioner_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSessionStopped(Event):
    """A clinic session does not take place (停诊); those who booked are told and offered another."""

    session_id: int
    reason: str
    appointment_ids: tuple[int, ...]
    visit_ids: tuple[int, ...]
