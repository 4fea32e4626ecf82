"""What programs may read of residents' files. Numbers and phones stay inside."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from app import audit
from app.actor import Actor
from app.api.reads import Id, read
from modules.patients import queries
from modules.patients.models import Patient


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A resident as a list shows one."""

    id: Id
    record_no: str
    name: str
    sex: str
    born_on: date
    last_visit_on: date | None


@dataclass(frozen=True, slots=True)
class PatientAnswer:
    """A resident's file with the allergies in force."""

    patient: PatientRow
    cost_type: str
    allergy_status: str
    allergies: list[str]


def _row(patient: Patient) -> PatientRow:
    return PatientRow(
        patient.id,
        patient.record_no,
        patient.name,
        patient.sex.value,
        patient.born_on,
        patient.last_visit_on,
    )


@read("patients/search", "patients.patient.view")
def search_patients(
    *, text: Annotated[str, Field(min_length=1, max_length=60)], by: Actor
) -> list[PatientRow]:
    """Residents found by name, pinyin, initials, identity number, phone (tail), card or record number."""
    return [_row(patient) for patient in queries.search_patients(text, marks_only=True)]


@read("patients/<patient_id>", "patients.patient.view")
@audit.reading("patient.read")
def show_patient(*, patient_id: int, by: Actor) -> PatientAnswer:
    """One resident's file; the reading leaves a row in the trail.

    Raises:
        NotFound: no such file here.
    """
    patient = queries.get_patient(patient_id)
    allergies = [allergy.substance for allergy in queries.list_allergies(patient_id)]
    audit.seen(patient)
    return PatientAnswer(_row(patient), patient.cost_type.value, patient.allergy_status.value, allergies)
