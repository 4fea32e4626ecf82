"""Writing, signing and correcting the outpatient record (门诊病历)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from app import audit, clock, dictionaries
from app.actor import Actor
from app.db import db
from app.events import emit
from app.i18n import gettext
from app.signing import content_digest
from app.use_cases import use_case
from modules.clinic import queries
from modules.clinic.errors import (
    AllergiesNotAsked,
    DiagnosisMissing,
    DiagnosisRepeated,
    MainDiagnosisUnclear,
    PartsMissing,
    RecordChanged,
    RecordSigned,
)
from modules.clinic.events import RecordSigned as RecordSignedEvent
from modules.clinic.events import SignedDiagnosis
from modules.clinic.models import Diagnosis, Encounter, Measurement, SignedRecord
from modules.clinic.rules.record import (
    PART_LABELS,
    DiagnosisFault,
    DiagnosisLine,
    RecordText,
    diagnosis_faults,
    main_first,
    missing_parts,
    plain,
)
from modules.clinic.rules.vitals import VitalSigns
from modules.clinic.services.encounters import finish_encounter, own_encounter
from modules.clinic.services.vital_signs import add_measurement, check_vitals
from modules.patients.queries import get_patient, list_allergies

DICTIONARY = "diagnosis"
Diagnoses = Annotated[list[DiagnosisLine], Field(max_length=12)]
Reason = Annotated[str, Field(max_length=200)]


@use_case("clinic.record.write", offline=True)
def save_record(
    *,
    visit_id: int,
    revision: int,
    record: RecordText,
    diagnoses: Diagnoses | None = None,
    vitals: VitalSigns | None = None,
    by: Actor,
) -> Encounter:
    """Save the draft, complete or not. ``revision`` is the one the page was opened with.

    Raises:
        NoEncounter: no doctor has taken this visit.
        NotTreatingDoctor: somebody else's patient.
        RecordSigned: the record is signed; a correction goes through ``sign_record`` with a reason.
        RecordChanged: another window saved in the meantime.
        InvalidInput: a diagnosis is not in the dictionary.
        MainDiagnosisUnclear, DiagnosisRepeated: the diagnoses contradict themselves.
        PressureImplausible: the blood pressure cannot be.
    """
    encounter = own_encounter(visit_id, by)
    if encounter.is_signed:
        raise RecordSigned
    _take_over(encounter, revision, record, diagnoses or [], vitals, by)
    audit.record("record.saved", encounter, by=by)
    return encounter


@use_case("clinic.record.sign", offline=True)
def sign_record(
    *,
    visit_id: int,
    revision: int,
    record: RecordText,
    diagnoses: Diagnoses,
    vitals: VitalSigns | None = None,
    reason: Reason = "",
    by: Actor,
) -> SignedRecord:
    """Sign the record as it stands: version 1, or with a reason the version that corrects the one before.

    Raises:
        NoEncounter: no doctor has taken this visit.
        NotTreatingDoctor: only the treating doctor signs.
        RecordSigned: it is signed and no reason for a correction was given.
        RecordChanged: another window saved in the meantime.
        PartsMissing: a required part is empty.
        DiagnosisMissing, MainDiagnosisUnclear, DiagnosisRepeated: no single main diagnosis.
        AllergiesNotAsked: the cover does not say anything about allergies.
        InvalidInput: a diagnosis is not in the dictionary.
        PressureImplausible: the blood pressure cannot be.
    """
    encounter = own_encounter(visit_id, by)
    if encounter.is_signed and not reason:
        raise RecordSigned(field="reason")
    _refuse_incomplete(record, diagnoses)
    measured = _take_over(encounter, revision, record, diagnoses, vitals, by)
    encounter.signed_number += 1
    signed = _signed_version(encounter, measured, reason if encounter.signed_number > 1 else "")
    db.session.add(signed)
    db.session.flush()
    rows = _diagnosis_rows(encounter, signed)
    db.session.add_all(rows)
    audit.record("record.signed", signed, by=by, number=signed.number, digest=signed.digest)
    emit(_event(encounter, signed, rows))
    return signed


@use_case("clinic.record.sign", offline=True)
def complete_visit(
    *,
    visit_id: int,
    revision: int,
    record: RecordText,
    diagnoses: Diagnoses,
    vitals: VitalSigns | None = None,
    by: Actor,
) -> Encounter:
    """Sign the record and let the patient go, in one act at the desk.

    Raises:
        DomainError: whatever ``sign_record`` and ``finish_encounter`` refuse.
    """
    sign_record(
        visit_id=visit_id, revision=revision, record=record, diagnoses=diagnoses, vitals=vitals, by=by
    )
    return finish_encounter(visit_id=visit_id, by=by)


def _take_over(
    encounter: Encounter,
    revision: int,
    record: RecordText,
    diagnoses: Sequence[DiagnosisLine],
    vitals: VitalSigns | None,
    by: Actor,
) -> Measurement | None:
    if encounter.revision != revision:
        raise RecordChanged(field="revision")
    encounter.diagnoses = coded_diagnoses(diagnoses)
    encounter.record = to_jsonable_python(plain(record))
    encounter.revision += 1
    measured = queries.latest_measurement(encounter.visit_id)
    if vitals is not None and not vitals.is_empty and vitals != _values_of(measured):
        check_vitals(vitals)
        measured = add_measurement(encounter.visit_id, encounter.patient_id, vitals, by)
    return measured


def _values_of(measured: Measurement | None) -> VitalSigns | None:
    if measured is None:
        return None
    return VitalSigns(**{name: getattr(measured, name) for name in VitalSigns.__dataclass_fields__})


def coded_diagnoses(lines: Sequence[DiagnosisLine]) -> list[dict[str, Any]]:
    """The chosen codes with name, edition and facts as the dictionary has them today, the main one first.

    Raises:
        InvalidInput: a code is not in the dictionary.
        MainDiagnosisUnclear, DiagnosisRepeated: the diagnoses contradict themselves.
    """
    for fault in diagnosis_faults(lines):
        raise (MainDiagnosisUnclear if fault is DiagnosisFault.TWO_MAIN else DiagnosisRepeated)(
            field="diagnoses"
        )
    if not lines:
        return []
    entries = dictionaries.require(DICTIONARY, [line.code for line in lines], field="diagnoses")
    return [
        {
            "code": line.code,
            "name": entries[line.code].name,
            "edition": entries[line.code].edition,
            "is_suspected": line.is_suspected,
            "onset_on": line.onset_on.isoformat() if line.onset_on else None,
            "is_chronic": bool(entries[line.code].facts.get("chronic")),
            "notifiable_class": str(entries[line.code].facts.get("notifiable") or ""),
        }
        for line in main_first(lines)
    ]


def _refuse_incomplete(record: RecordText, diagnoses: Sequence[DiagnosisLine]) -> None:
    if missing := missing_parts(record):
        names = ", ".join(gettext(PART_LABELS[part]) for part in missing)
        raise PartsMissing(field=f"record-{missing[0]}", parts=names)
    if not diagnoses:
        raise DiagnosisMissing(field="diagnoses")


def _signed_version(encounter: Encounter, measured: Measurement | None, reason: str) -> SignedRecord:
    patient = get_patient(encounter.patient_id)
    allergies = list_allergies(encounter.patient_id)
    if not allergies and patient.allergy_status == "not_asked":
        raise AllergiesNotAsked(field="allergies")
    signed_at = clock.now()
    values = _values_of(measured)
    content = to_jsonable_python(
        {
            "visit": encounter.visit_number,
            "patient": {
                "id": str(patient.id),
                "record_no": patient.record_no,
                "name": patient.name,
                "sex": patient.sex.value,
                "born_on": patient.born_on,
                "allergies": [f"{allergy.substance} ({allergy.certainty.value})" for allergy in allergies],
            },
            "department_id": str(encounter.department_id),
            "begun_at": encounter.begun_at,
            "number": encounter.signed_number,
            "reason": reason,
            "record": encounter.record,
            "diagnoses": encounter.diagnoses,
            "vital_signs": {} if values is None else {**asdict(values), "bmi": values.bmi},
            "doctor": {"id": str(encounter.practitioner_id), "name": encounter.practitioner_name},
            "signed_at": signed_at,
        }
    )
    return SignedRecord(
        encounter_id=encounter.id,
        visit_id=encounter.visit_id,
        patient_id=encounter.patient_id,
        number=encounter.signed_number,
        content=content,
        digest=content_digest(content),
        reason=reason,
        practitioner_id=encounter.practitioner_id,
        practitioner_name=encounter.practitioner_name,
        signed_at=signed_at,
    )


def _diagnosis_rows(encounter: Encounter, signed: SignedRecord) -> list[Diagnosis]:
    return [
        Diagnosis(
            signed_record_id=signed.id,
            visit_id=encounter.visit_id,
            patient_id=encounter.patient_id,
            on=encounter.on,
            position=position,
            code=line["code"],
            name=line["name"],
            edition=line["edition"],
            is_suspected=line["is_suspected"],
            onset_on=date.fromisoformat(line["onset_on"]) if line["onset_on"] else None,
            is_chronic=line["is_chronic"],
            notifiable_class=line["notifiable_class"],
        )
        for position, line in enumerate(encounter.diagnoses, start=1)
    ]


def _event(encounter: Encounter, signed: SignedRecord, rows: Sequence[Diagnosis]) -> RecordSignedEvent:
    return RecordSignedEvent(
        encounter_id=encounter.id,
        visit_id=encounter.visit_id,
        patient_id=encounter.patient_id,
        practitioner_id=encounter.practitioner_id,
        number=signed.number,
        signed_at=signed.signed_at,
        diagnoses=tuple(
            SignedDiagnosis(
                position=row.position,
                code=row.code,
                name=row.name,
                is_suspected=row.is_suspected,
                onset_on=row.onset_on,
                is_chronic=row.is_chronic,
                notifiable_class=row.notifiable_class,
            )
            for row in rows
        ),
    )
