"""Signing the outpatient record: whole, by the treating doctor, and never written over."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from support.outpatients import COLD, FULL_RECORD, PHARYNGITIS, make_patient

from app import clock
from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.errors import InvalidInput, PermissionDenied
from app.records import EventRow
from app.use_cases import command, perform
from modules.clinic import errors, queries
from modules.clinic.manifest import check_records
from modules.clinic.models import (
    Diagnosis,
    Encounter,
    EncounterStatus,
    Measurement,
    SignedRecord,
    SignedRowMayNotChange,
)
from modules.clinic.rules.record import DiagnosisLine, RecordKind, RecordText
from modules.clinic.rules.vitals import VitalSigns
from modules.clinic.services import (
    begin_encounter,
    complete_visit,
    finish_encounter,
    record_vital_signs,
    save_record,
    sign_record,
)
from modules.registration.services import return_to_queue

MakeEncounter = Callable[..., Encounter]


def _sign(encounter: Encounter, by: Actor, **given: Any) -> SignedRecord:
    values: dict[str, Any] = {"record": FULL_RECORD, "diagnoses": [COLD], "revision": encounter.revision}
    return sign_record(visit_id=encounter.visit_id, **{**values, **given}, by=by)


def test_a_signed_record_holds_what_was_written_and_its_digest(
    make_encounter: MakeEncounter, doctor: Actor
) -> None:
    encounter = make_encounter()
    signed = _sign(encounter, doctor, diagnoses=[COLD, PHARYNGITIS], vitals=VitalSigns(pulse=78))
    assert (signed.number, signed.practitioner_id) == (1, doctor.practitioner_id)
    assert signed.signed_at == clock.now()
    assert signed.content["record"]["chief_complaint"] == FULL_RECORD.chief_complaint
    assert signed.content["vital_signs"]["pulse"] == 78
    assert [line["name"] for line in signed.content["diagnoses"]] == ["急性鼻咽炎［感冒］", "急性咽炎"]
    assert signed.is_intact


def test_each_diagnosis_of_a_signed_record_is_a_row_with_code_name_and_edition(
    make_encounter: MakeEncounter, doctor: Actor, reading: None
) -> None:
    main = replace(PHARYNGITIS, is_main=True, is_suspected=True)
    _sign(make_encounter(), doctor, diagnoses=[COLD, main])
    rows = list(db.session.scalars(select(Diagnosis).order_by(Diagnosis.position)))
    assert [(row.position, row.code, row.is_suspected) for row in rows] == [
        (1, "J02.900", True),
        (2, "J00.x00", False),
    ]
    assert {row.edition for row in rows} == {"insurance-2.0"}


@pytest.mark.parametrize(
    "part", ["chief_complaint", "present_illness", "past_history", "physical_exam", "treatment_advice"]
)
def test_a_first_visit_is_not_signed_with_an_empty_part(
    part: str, make_encounter: MakeEncounter, doctor: Actor
) -> None:
    with pytest.raises(errors.PartsMissing) as refusal:
        _sign(make_encounter(), doctor, record=replace(FULL_RECORD, **{part: "  "}))
    assert refusal.value.field == f"record-{part}"


def test_a_return_visit_needs_no_past_history(make_encounter: MakeEncounter, doctor: Actor) -> None:
    record = replace(FULL_RECORD, kind=RecordKind.RETURN, past_history="")
    assert _sign(make_encounter(), doctor, record=record).number == 1


def test_a_draft_may_be_incomplete(make_encounter: MakeEncounter) -> None:
    assert make_encounter(record=RecordText(chief_complaint="咳嗽"), diagnoses=()).record["kind"] == "first"


def test_no_signature_without_a_diagnosis(make_encounter: MakeEncounter, doctor: Actor) -> None:
    with pytest.raises(errors.DiagnosisMissing):
        _sign(make_encounter(), doctor, diagnoses=[])


def test_one_diagnosis_only_is_the_main_one(make_encounter: MakeEncounter, doctor: Actor) -> None:
    both = [replace(COLD, is_main=True), replace(PHARYNGITIS, is_main=True)]
    with pytest.raises(errors.MainDiagnosisUnclear):
        _sign(make_encounter(), doctor, diagnoses=both)


def test_a_diagnosis_does_not_stand_twice(make_encounter: MakeEncounter, doctor: Actor) -> None:
    with pytest.raises(errors.DiagnosisRepeated):
        _sign(make_encounter(), doctor, diagnoses=[COLD, COLD])


def test_a_diagnosis_comes_from_the_dictionary(make_encounter: MakeEncounter, doctor: Actor) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _sign(make_encounter(), doctor, diagnoses=[DiagnosisLine(code="Z99.999")])
    assert "diagnoses" in refusal.value.complaints


def test_allergies_must_have_been_asked(make_encounter: MakeEncounter, doctor: Actor) -> None:
    with pytest.raises(errors.AllergiesNotAsked):
        _sign(make_encounter(has_no_known_allergies=False), doctor)


def test_only_the_treating_doctor_signs(
    make_encounter: MakeEncounter, doctor: Actor, other_doctor: Actor, cashier: Actor
) -> None:
    encounter = make_encounter()
    with pytest.raises(errors.NotTreatingDoctor):
        _sign(encounter, other_doctor)
    with pytest.raises(PermissionDenied):
        _sign(encounter, cashier)
    with pytest.raises(errors.TakenByOther):
        begin_encounter(visit_id=encounter.visit_id, by=other_doctor)
    assert begin_encounter(visit_id=encounter.visit_id, by=doctor).id == encounter.id


def test_a_signed_record_is_not_saved_over_not_by_name_either(
    make_encounter: MakeEncounter, doctor: Actor
) -> None:
    encounter = make_encounter()
    signed = _sign(encounter, doctor)
    arguments = {
        "visit_id": encounter.visit_id,
        "revision": encounter.revision + 1,
        "record": {"chief_complaint": "另一主诉"},
        "diagnoses": [{"code": "J02.900"}],
    }
    with pytest.raises(errors.RecordSigned):
        perform("clinic.save_record", arguments, by=doctor)
    with pytest.raises(errors.RecordSigned):
        _sign(encounter, doctor, revision=encounter.revision + 1)
    with tenant_unit(doctor.tenant_id or 0):
        kept = queries.get_version(encounter.visit_id, 1)
        assert (kept.digest, kept.is_intact) == (signed.digest, True)


def test_a_correction_is_a_new_version_with_a_reason(
    make_encounter: MakeEncounter, doctor: Actor, reading: None
) -> None:
    encounter = make_encounter()
    first = _sign(encounter, doctor)
    better = replace(FULL_RECORD, chief_complaint="咳嗽5天")
    second = _sign(encounter, doctor, record=better, revision=encounter.revision + 1, reason="主诉天数记错")
    versions = queries.list_versions(encounter.visit_id)
    assert [(row.number, row.reason) for row in versions] == [(2, "主诉天数记错"), (1, "")]
    assert versions[1].content["record"]["chief_complaint"] == "咳嗽3天"
    assert versions[1].digest == first.digest != second.digest


def test_the_row_of_a_signed_version_cannot_be_changed_by_any_code(
    make_encounter: MakeEncounter, doctor: Actor, ours: dict[str, Any]
) -> None:
    signed = _sign(make_encounter(), doctor, vitals=VitalSigns(pulse=78))
    for model, column in ((SignedRecord, "reason"), (Diagnosis, "name"), (Measurement, "measured_by")):
        with tenant_unit(ours["tenant_id"], Mode.WRITE):
            row = db.session.scalars(select(model)).first()
            setattr(row, column, "改")
            with pytest.raises(SignedRowMayNotChange):
                db.session.flush()
        with tenant_unit(ours["tenant_id"], Mode.WRITE), pytest.raises(SignedRowMayNotChange):
            db.session.execute(update(model).values({column: "改"}))
    with tenant_unit(ours["tenant_id"]):
        assert db.session.get(SignedRecord, signed.id).is_intact


def test_the_check_names_a_signed_version_that_somebody_forged(
    app: Flask,
    make_encounter: MakeEncounter,
    doctor: Actor,
    ours: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queries, "_PORTION", 2)  # more versions than one portion
    signed = [_sign(make_encounter(), doctor) for _ in range(3)]
    with tenant_unit(ours["tenant_id"]):
        assert queries.damaged_records() == []
    with kernel_unit("p1"), app.extensions["his_engines"]["p1"].begin() as connection:
        table = SignedRecord.__table__
        forged = signed[0].content | {"number": 9}
        connection.execute(table.update().where(table.c.id == signed[0].id).values(content=forged))
    with tenant_unit(ours["tenant_id"]):
        assert queries.damaged_records() == [signed[0].id]
    (finding,) = check_records(ours["tenant_id"])
    assert (finding.left, finding.right, finding.holds) == ("1", "0", False)


def test_a_second_window_does_not_save_over_the_first(make_encounter: MakeEncounter, doctor: Actor) -> None:
    encounter = make_encounter()
    opened_with = encounter.revision
    save_record(visit_id=encounter.visit_id, revision=opened_with, record=FULL_RECORD, by=doctor)
    with pytest.raises(errors.RecordChanged):
        _sign(encounter, doctor, revision=opened_with)


def test_a_double_click_signs_once(make_encounter: MakeEncounter, doctor: Actor, reading: None) -> None:
    encounter = make_encounter()
    with command("sign-1"):
        first = _sign(encounter, doctor)
    with command("sign-1"):
        second = _sign(encounter, doctor)
    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(SignedRecord)) == 1


def test_a_visit_ends_only_with_a_signed_record(make_encounter: MakeEncounter, doctor: Actor) -> None:
    encounter = make_encounter()
    with pytest.raises(errors.RecordNotSigned):
        finish_encounter(visit_id=encounter.visit_id, by=doctor)
    _sign(encounter, doctor)
    assert finish_encounter(visit_id=encounter.visit_id, by=doctor).status is EncounterStatus.FINISHED
    with pytest.raises(errors.AlreadyFinished):
        finish_encounter(visit_id=encounter.visit_id, by=doctor)


def test_sign_and_finish_is_one_act_or_none(
    make_encounter: MakeEncounter, doctor: Actor, reading: None
) -> None:
    encounter = make_encounter()
    given: dict[str, Any] = {"visit_id": encounter.visit_id, "revision": encounter.revision}
    with pytest.raises(errors.PartsMissing):
        complete_visit(**given, record=RecordText(), diagnoses=[COLD], by=doctor)
    assert not queries.get_encounter(encounter.visit_id).is_signed
    done = complete_visit(**given, record=FULL_RECORD, diagnoses=[COLD], by=doctor)
    assert (done.status, done.signed_number) == (EncounterStatus.FINISHED, 1)


def test_a_signature_tells_the_diagnoses(make_encounter: MakeEncounter, doctor: Actor, reading: None) -> None:
    _sign(make_encounter(), doctor)
    told = db.session.scalars(select(EventRow).where(EventRow.name == "RecordSigned")).one()
    assert [line["code"] for line in told.payload["diagnoses"]] == ["J00.x00"]


def test_the_other_centre_finds_nothing(make_encounter: MakeEncounter, theirs: dict[str, Any]) -> None:
    encounter = make_encounter()
    with tenant_unit(theirs["tenant_id"]), pytest.raises(errors.NoEncounter):
        queries.get_encounter(encounter.visit_id)


def test_signing_takes_a_fixed_number_of_statements(make_encounter: MakeEncounter, doctor: Actor) -> None:
    encounter = make_encounter()
    with count_statements() as counted:
        _sign(encounter, doctor)
    assert counted.count <= 11, counted.statements


def test_the_nurse_measures_and_the_record_takes_it_over(
    make_encounter: MakeEncounter, doctor: Actor, triage_nurse: Actor
) -> None:
    encounter = make_encounter()
    record_vital_signs(
        visit_id=encounter.visit_id,
        vitals=VitalSigns(systolic=162, diastolic=94, height=160, weight=64),
        by=triage_nurse,
    )
    signed = _sign(encounter, doctor)
    assert (signed.content["vital_signs"]["systolic"], signed.content["vital_signs"]["bmi"]) == (162, "25.0")


@pytest.mark.parametrize(
    ("vitals", "refusal"),
    [
        (VitalSigns(), errors.NothingMeasured),
        (VitalSigns(systolic=120), errors.PressureImplausible),
        (VitalSigns(systolic=80, diastolic=90), errors.PressureImplausible),
    ],
)
def test_impossible_measurements_are_refused(
    vitals: VitalSigns, refusal: type[Exception], make_encounter: MakeEncounter, triage_nurse: Actor
) -> None:
    with pytest.raises(refusal):
        record_vital_signs(visit_id=make_encounter().visit_id, vitals=vitals, by=triage_nurse)


@pytest.mark.parametrize("vitals", [{"temperature": "48"}, {"pulse": 5}, {"spo2": 101}, {"weight": "0.1"}])
def test_a_value_outside_its_range_is_refused_on_its_field(
    vitals: dict[str, Any], make_encounter: MakeEncounter, triage_nurse: Actor
) -> None:
    visit_id = make_encounter().visit_id
    with pytest.raises(InvalidInput) as refusal:
        perform("clinic.record_vital_signs", {"visit_id": visit_id, "vitals": vitals}, by=triage_nurse)
    assert any(name.startswith("vitals-") for name in refusal.value.complaints)


def test_blood_pressure_is_asked_for_once_a_year_from_35(
    make_encounter: MakeEncounter, registrar: Actor, triage_nurse: Actor, reading: None
) -> None:
    patient = make_patient(registrar)
    encounter = make_encounter(patient=patient)
    assert queries.pressure_is_due(patient.id, patient.born_on)
    record_vital_signs(
        visit_id=encounter.visit_id, vitals=VitalSigns(systolic=130, diastolic=80), by=triage_nurse
    )
    assert not queries.pressure_is_due(patient.id, patient.born_on)
    assert not queries.pressure_is_due(patient.id, patient.born_on.replace(year=2000))


def test_who_comes_back_with_a_report_is_taken_again(
    make_encounter: MakeEncounter, doctor: Actor, triage_nurse: Actor
) -> None:
    encounter = make_encounter()
    _sign(encounter, doctor)
    finish_encounter(visit_id=encounter.visit_id, by=doctor)
    return_to_queue(visit_id=encounter.visit_id, by=triage_nurse)
    again = begin_encounter(visit_id=encounter.visit_id, by=doctor)
    assert (again.id, again.status, again.signed_number) == (encounter.id, EncounterStatus.OPEN, 1)
    assert finish_encounter(visit_id=encounter.visit_id, by=doctor).status is EncounterStatus.FINISHED
