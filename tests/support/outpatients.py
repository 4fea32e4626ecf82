"""Steps of an outpatient's way that tests of several modules begin with, through the real use cases."""

from datetime import date, time
from itertools import count
from typing import Any

from support import world

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.clinic.models import Encounter
from modules.clinic.rules.record import DiagnosisLine, RecordText
from modules.clinic.services import begin_encounter, save_record
from modules.patients.models import Patient
from modules.patients.services import create_patient
from modules.registration.models import ClinicSession, Visit
from modules.registration.queries import sessions_called_from
from modules.registration.services import add_session, register_visit

_numbers = count(1)
FULL_RECORD = RecordText(
    chief_complaint="咳嗽3天",
    present_illness="3天前受凉后咳嗽，无发热。",
    past_history="体健。",
    physical_exam="咽部充血，双肺呼吸音清。",
    treatment_advice="对症治疗，多饮水。",
)
COLD = DiagnosisLine(code="J00.x00")
PHARYNGITIS = DiagnosisLine(code="J02.900")


def make_patient(registrar: Actor, **given: Any) -> Patient:
    """A resident, different each time, with no known allergies unless a test says otherwise."""
    values: dict[str, Any] = {
        "name": f"张试{chr(0x4E00 + next(_numbers) * 7)}",
        "sex": "1",
        "born_on": date(1980, 5, 17),
        "phone": "",
        "has_no_known_allergies": True,
    }
    return create_patient(**{**values, **given}, by=registrar)


def session_of(centre: dict[str, Any], doctor: Actor) -> ClinicSession:
    """The doctor's session of this morning, opened if there is none yet."""
    with tenant_unit(centre["tenant_id"]):
        found = sessions_called_from(practitioner_id=doctor.practitioner_id, department_id=None)
    if found:
        return found[0]
    return add_session(
        on=clock.today(),
        shift="morning",
        starts_at=time(8),
        ends_at=time(12),
        department_id=centre["departments"]["general"],
        practitioner_id=doctor.practitioner_id,
        room="2",
        capacity=48,
        window_minutes=60,
        addon_limit=1,
        by=world.actor(centre, "administrator"),
    )


def register(centre: dict[str, Any], patient: Patient, *, registrar: Actor, doctor: Actor) -> Visit:
    """A place in the doctor's session of this morning."""
    session = session_of(centre, doctor)
    return register_visit(patient_id=patient.id, session_id=session.id, by=registrar)


def open_encounter(
    centre: dict[str, Any],
    *,
    registrar: Actor,
    doctor: Actor,
    patient: Patient | None = None,
    diagnoses: tuple[DiagnosisLine, ...] = (COLD,),
    record: RecordText | None = None,
    **person: Any,
) -> Encounter:
    """A registered patient whom the doctor has taken, with a draft that has a diagnosis."""
    patient = patient or make_patient(registrar, **person)
    visit = register(centre, patient, registrar=registrar, doctor=doctor)
    encounter = begin_encounter(visit_id=visit.id, by=doctor)
    if not diagnoses and record is None:
        return encounter
    return save_record(
        visit_id=visit.id,
        revision=encounter.revision,
        record=record or RecordText(),
        diagnoses=list(diagnoses),
        by=doctor,
    )
