"""Steps of an outpatient's way that tests of several modules begin with, through the real use cases."""

from datetime import date
from itertools import count
from typing import Any

from app.actor import Actor
from modules.clinic.models import Encounter
from modules.clinic.rules.record import DiagnosisLine, RecordText
from modules.clinic.services import begin_encounter, save_record
from modules.patients.models import Patient
from modules.patients.services import create_patient
from modules.registration.services import register_visit

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
    visit = register_visit(
        patient_id=patient.id,
        department_id=centre["departments"]["general"],
        practitioner_id=doctor.practitioner_id,
        by=registrar,
    )
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
