"""Templates and phrases: one's own, and those of the whole centre."""

import pytest
from support.outpatients import COLD, FULL_RECORD

from app.actor import Actor
from app.errors import InvalidInput, NotFound, PermissionDenied
from app.use_cases import perform
from modules.clinic import queries, services
from modules.clinic.rules.record import RecordText


def test_a_personal_template_is_seen_by_its_doctor_only(
    doctor: Actor, other_doctor: Actor, reading: None
) -> None:
    template = services.save_template(name="感冒", record=FULL_RECORD, diagnoses=[COLD], by=doctor)
    assert [row.id for row in queries.list_templates(doctor.practitioner_id)] == [template.id]
    assert queries.list_templates(other_doctor.practitioner_id) == []
    with pytest.raises(NotFound):
        queries.get_template(template.id, other_doctor.practitioner_id)


def test_a_shared_template_is_seen_by_everybody(
    doctor: Actor, other_doctor: Actor, administrator: Actor, reading: None
) -> None:
    template = services.save_template(name="感冒", record=FULL_RECORD, diagnoses=[COLD], by=doctor)
    with pytest.raises(PermissionDenied):
        services.share_template(template_id=template.id, by=doctor)
    services.share_template(template_id=template.id, by=administrator)
    assert queries.get_template(template.id, other_doctor.practitioner_id).diagnoses[0]["code"] == "J00.x00"
    with pytest.raises(NotFound):
        services.retire_template(template_id=template.id, by=doctor)


def test_a_template_of_the_centre_is_ended_by_who_may_share(
    doctor: Actor, administrator: Actor, reading: None
) -> None:
    template = services.save_template(name="感冒", record=FULL_RECORD, by=doctor)
    with pytest.raises(NotFound):
        services.retire_shared_template(template_id=template.id, by=administrator)  # still the doctor's own
    services.share_template(template_id=template.id, by=administrator)
    with pytest.raises(PermissionDenied):
        services.retire_shared_template(template_id=template.id, by=doctor)
    services.retire_shared_template(template_id=template.id, by=administrator)
    assert queries.list_templates(doctor.practitioner_id) == []


def test_what_belongs_to_one_patient_stays_out_of_a_template(doctor: Actor) -> None:
    template = services.save_template(name="孕期", record=RecordText(is_pregnant=True), by=doctor)
    assert template.record["is_pregnant"] is None


def test_a_phrase_belongs_to_its_doctor_and_to_a_part(
    doctor: Actor, other_doctor: Actor, reading: None
) -> None:
    phrase = services.save_phrase(part="physical_exam", text="双肺呼吸音清，未闻及干湿啰音。", by=doctor)
    assert [row.id for row in queries.list_phrases(doctor.practitioner_id, part="physical_exam")] == [
        phrase.id
    ]
    with pytest.raises(NotFound):
        services.retire_phrase(phrase_id=phrase.id, by=other_doctor)
    services.retire_phrase(phrase_id=phrase.id, by=doctor)
    assert queries.list_phrases(doctor.practitioner_id) == []


def test_a_phrase_needs_a_part_of_the_record(doctor: Actor) -> None:
    with pytest.raises(InvalidInput):
        perform("clinic.save_phrase", {"part": "weather", "text": "晴"}, by=doctor)


def test_a_phrase_is_changed_by_its_doctor_only(doctor: Actor, other_doctor: Actor, reading: None) -> None:
    phrase = services.save_phrase(part="physical_exam", text="咽部充血", by=doctor)
    with pytest.raises(NotFound):
        services.save_phrase(phrase_id=phrase.id, part="physical_exam", text="咽红", by=other_doctor)
    services.save_phrase(phrase_id=phrase.id, part="treatment_advice", text="多饮水", by=doctor)
    assert [(row.part, row.text) for row in queries.list_phrases(doctor.practitioner_id)] == [
        ("treatment_advice", "多饮水")
    ]
