"""Taking a patient into the consulting room and letting them go (接诊, 结束就诊)."""

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import use_case
from modules.clinic import queries
from modules.clinic.errors import (
    AlreadyFinished,
    NotADoctor,
    NotTreatingDoctor,
    RecordNotSigned,
    TakenByOther,
)
from modules.clinic.events import EncounterBegun
from modules.clinic.models import Encounter, EncounterStatus
from modules.registration import queries as registration_queries
from modules.registration import services as registration
from tenants.queries import get_practitioner


@use_case("clinic.encounter.begin", offline=True)
def begin_encounter(*, visit_id: int, by: Actor) -> Encounter:
    """Take a patient (接诊). Taken again by the same doctor, the encounter that runs is returned.

    Who comes back with a report after the visit was finished (回诊) is taken again, by any doctor.

    Raises:
        NotADoctor: the account belongs to no practitioner.
        TakenByOther: another doctor has the patient.
        DomainError: whatever registration refuses (cancelled, finished, with another doctor …).
    """
    if by.practitioner_id is None:
        raise NotADoctor(permission="clinic.encounter.begin")
    known = queries.find_encounter(visit_id)
    if known and known.status is EncounterStatus.OPEN:
        if known.practitioner_id != by.practitioner_id:
            raise TakenByOther(field="visit_id", doctor=known.practitioner_name)
        if registration_queries.get_visit(visit_id).status.value == "in_consultation":
            return known
    doctor = get_practitioner(by.practitioner_id)
    visit = registration.begin_consultation(visit_id=visit_id, by=by)
    encounter = known or Encounter(
        visit_id=visit.id,
        visit_number=visit.number,
        patient_id=visit.patient_id,
        department_id=visit.department_id,
        on=clock.today(),
        begun_at=clock.now(),
        record={},
        diagnoses=[],
        revision=1,
        signed_number=0,
    )
    encounter.practitioner_id, encounter.practitioner_name = doctor.id, doctor.name
    encounter.status, encounter.finished_at = EncounterStatus.OPEN, None
    db.session.add(encounter)
    db.session.flush()
    audit.record("encounter.resumed" if known else "encounter.begun", encounter, by=by)
    emit(
        EncounterBegun(
            encounter_id=encounter.id,
            visit_id=visit.id,
            patient_id=visit.patient_id,
            practitioner_id=doctor.id,
        )
    )
    return encounter


@use_case("clinic.encounter.finish", offline=True)
def finish_encounter(*, visit_id: int, by: Actor) -> Encounter:
    """Let the patient go (结束就诊).

    Raises:
        NoEncounter: no doctor has taken this visit.
        NotTreatingDoctor: somebody else's patient.
        RecordNotSigned: the record (and with it the main diagnosis) is not signed.
        AlreadyFinished: the visit is over.
    """
    encounter = own_encounter(visit_id, by)
    if encounter.status is EncounterStatus.FINISHED:
        raise AlreadyFinished(field="visit_id")
    if not encounter.is_signed:
        raise RecordNotSigned(field="visit_id")
    registration.finish_visit(visit_id=visit_id, by=by)
    encounter.status, encounter.finished_at = EncounterStatus.FINISHED, clock.now()
    audit.record("encounter.finished", encounter, by=by)
    return encounter


def own_encounter(visit_id: int, by: Actor) -> Encounter:
    """The encounter, locked, for its own doctor only.

    Raises:
        NoEncounter: no doctor has taken this visit.
        NotTreatingDoctor: somebody else's patient.
    """
    encounter = queries.lock_treating(visit_id).encounter
    if by.practitioner_id is None or encounter.practitioner_id != by.practitioner_id:
        raise NotTreatingDoctor(permission="clinic.record.sign", doctor=encounter.practitioner_name)
    return encounter
