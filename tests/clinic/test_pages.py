"""The pages of the consulting room, in both languages, within their statements."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from support.outpatients import COLD, FULL_RECORD, make_patient, register

from app.actor import Actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.records import AuditRow
from modules.clinic import queries, services
from modules.clinic.models import Encounter
from tenants import services as tenants

MakeEncounter = Callable[..., Encounter]
SignIn = Callable[..., FlaskClient]
RECORD = {
    "record-chief_complaint": "咳嗽3天",
    "record-present_illness": "受凉后咳嗽",
    "record-past_history": "体健",
    "record-physical_exam": "咽部充血",
    "record-treatment_advice": "多饮水",
    "record-kind": "first",
    "diagnoses-0-code": "J00.x00",
    "diagnoses-0-code-text": "急性鼻咽炎",
}


@pytest.mark.parametrize(("language", "word"), [("zh_Hans", "候诊"), ("en", "Queue")])
def test_the_desk_opens_in_both_languages(language: str, word: str, sign_in: SignIn) -> None:
    client = sign_in("doctor")
    client.set_cookie("his_language", language)
    assert word in client.get("/clinic/desk").text
    assert client.get("/clinic/desk/queue").status_code == 200


@pytest.mark.parametrize(("language", "word"), [("zh_Hans", "主诉"), ("en", "Chief complaint")])
def test_a_patient_is_open_within_twelve_statements(
    language: str, word: str, sign_in: SignIn, make_encounter: MakeEncounter
) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    client.set_cookie("his_language", language)
    path = f"/clinic/visits/{encounter.visit_id}"
    client.get(path)
    with count_statements() as counted:
        page = client.get(path)
    assert page.status_code == 200
    assert word in page.text
    assert counted.count <= 12, counted.statements
    assert client.get(f"{path}/context").status_code == 200


def test_call_next_shows_the_patient_who_is_called(
    sign_in: SignIn, ours: dict[str, Any], registrar: Actor, doctor: Actor, triage_nurse: Actor
) -> None:
    patient = make_patient(registrar)
    visit = register(ours, patient, registrar=registrar, doctor=doctor)
    from modules.registration.services import check_in

    check_in(visit_id=visit.id, by=triage_nurse)
    client = sign_in("doctor")
    called = client.post("/clinic/call-next")
    assert called.location == f"/clinic/visits/{visit.id}"
    assert patient.name in client.get(called.location).text
    assert client.post(f"/clinic/visits/{visit.id}/call-again").status_code == 303
    assert client.post(f"/clinic/visits/{visit.id}/begin").status_code == 303
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_encounter(visit.id).practitioner_id == doctor.practitioner_id


def test_nobody_to_call_is_said(sign_in: SignIn) -> None:
    client = sign_in("doctor")
    assert client.post("/clinic/call-next").location == "/clinic/desk"


def test_the_draft_is_saved_while_writing(sign_in: SignIn, make_encounter: MakeEncounter) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    path = f"/clinic/visits/{encounter.visit_id}/record"
    saved = client.post(
        path,
        data={**RECORD, "diagnoses-0-code": "J02.900", "revision": encounter.revision, "vitals-pulse": "80"},
    )
    assert f'value="{encounter.revision + 1}"' in saved.text
    page = client.get(f"/clinic/visits/{encounter.visit_id}").text
    assert "J02.900 急性咽炎" in page
    assert 'value="80"' in page
    stale = client.post(path, data={**RECORD, "revision": encounter.revision})
    assert stale.status_code == 422


def test_a_refused_signature_keeps_what_was_typed(sign_in: SignIn, make_encounter: MakeEncounter) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    typed = {**RECORD, "revision": encounter.revision, "record-physical_exam": ""}
    answer = client.post(f"/clinic/visits/{encounter.visit_id}/complete", data=typed)
    assert answer.status_code == 422
    assert "受凉后咳嗽" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_sign_and_finish_print_and_read_again(
    sign_in: SignIn, make_encounter: MakeEncounter, ours: dict[str, Any]
) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    path = f"/clinic/visits/{encounter.visit_id}"
    done = client.post(f"{path}/complete", data={**RECORD, "revision": encounter.revision})
    assert done.location == "/clinic/desk", done.text
    assert "咳嗽3天" in client.get(f"{path}/versions/0").text
    paper = client.get(f"{path}/record.pdf")
    assert paper.data.startswith(b"%PDF")
    with tenant_unit(ours["tenant_id"]):
        actions = list(db.session.scalars(select(AuditRow.action).order_by(AuditRow.id.desc()).limit(2)))
    assert actions == ["record.printed", "record.read"]


def test_a_template_fills_an_empty_record(
    sign_in: SignIn, make_encounter: MakeEncounter, doctor: Actor
) -> None:
    template = services.save_template(name="感冒", record=FULL_RECORD, diagnoses=[COLD], by=doctor)
    encounter = make_encounter(diagnoses=())
    client = sign_in("doctor")
    page = client.get(f"/clinic/visits/{encounter.visit_id}?template={template.id}")
    assert FULL_RECORD.present_illness in page.text
    saved = client.post(f"/clinic/visits/{encounter.visit_id}/template", data={**RECORD, "name": "上感"})
    assert "上感" in saved.text


def test_allergies_are_recorded_from_the_desk(sign_in: SignIn, make_encounter: MakeEncounter) -> None:
    encounter = make_encounter(has_no_known_allergies=False)
    client = sign_in("doctor")
    path = f"/clinic/visits/{encounter.visit_id}"
    typed = {"substance": "青霉素", "keys": ["amoxicillin", "penicillin"], "certainty": "confirmed"}
    assert client.post(f"{path}/allergies", data=typed).status_code == 303
    assert "青霉素" in client.get(path).text


def test_the_nurse_records_vital_signs(sign_in: SignIn, make_encounter: MakeEncounter) -> None:
    encounter = make_encounter()
    client = sign_in("triage_nurse")
    assert client.get("/clinic/vital-signs").status_code == 200
    path = f"/clinic/visits/{encounter.visit_id}/vital-signs"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"vitals-temperature": "58"}).status_code == 422
    assert client.post(path, data={"vitals-temperature": "36.6"}).status_code == 303


def test_diagnoses_are_found_by_code_name_and_initials(sign_in: SignIn) -> None:
    client = sign_in("doctor")
    for typed in ("J00", "急性鼻咽炎", "jxby"):
        rows = client.get("/lookup/diagnoses", query_string={"q": typed}).json["rows"]
        assert "J00.x00" in [row["id"] for row in rows]


def test_the_other_centre_sees_nothing(sign_in: SignIn, make_encounter: MakeEncounter) -> None:
    encounter = make_encounter()
    client = sign_in("doctor", "c2")
    for path in ("", "/context", "/versions/1", "/record.pdf"):
        assert client.get(f"/clinic/visits/{encounter.visit_id}{path}").status_code == 404


@pytest.mark.parametrize(("language", "word"), [("zh_Hans", "我的常用语"), ("en", "My phrases")])
def test_a_doctor_keeps_phrases(
    language: str, word: str, sign_in: SignIn, make_encounter: MakeEncounter, doctor: Actor
) -> None:
    client = sign_in("doctor")
    client.set_cookie("his_language", language)
    assert word in client.get("/clinic/desk").text
    refused = client.post("/clinic/phrases", data={"part": "physical_exam", "text": "红"})
    assert (refused.status_code, ">红</textarea>" in refused.text) == (422, True)
    assert (
        client.post("/clinic/phrases", data={"part": "physical_exam", "text": "咽部充血"}).status_code == 303
    )
    page = client.get("/clinic/phrases").text
    with tenant_unit(doctor.tenant_id or 0):
        phrase = queries.list_phrases(doctor.practitioner_id)[0]
    assert f"/clinic/phrases?phrase={phrase.id}" in page
    assert ">咽部充血</textarea>" in client.get(f"/clinic/phrases?phrase={phrase.id}").text
    client.post(f"/clinic/phrases?phrase={phrase.id}", data={"part": "physical_exam", "text": "咽无充血"})
    desk = client.get(f"/clinic/visits/{make_encounter().visit_id}").text
    assert "/clinic/phrases/choice" in desk
    assert 'id="f-record-physical_exam"' in desk
    choice = client.get("/clinic/phrases/choice").text
    assert 'data-insert-into="f-record-physical_exam" data-insert-text="咽无充血"' in choice
    assert client.post(f"/clinic/phrases/{phrase.id}/end").status_code == 303
    assert "咽无充血" not in client.get("/clinic/phrases").text
    assert sign_in("other_doctor").get(f"/clinic/phrases?phrase={phrase.id}").status_code == 404


def test_the_administrator_gives_a_template_to_the_centre(
    sign_in: SignIn, doctor: Actor, other_doctor: Actor, reading: None
) -> None:
    template = services.save_template(name="感冒", record=FULL_RECORD, diagnoses=[COLD], by=doctor)
    client = sign_in("administrator")
    page = client.get("/clinic/templates").text
    assert doctor.name in page
    assert f"/clinic/templates/{template.id}/share" in page
    assert client.post(f"/clinic/templates/{template.id}/share").status_code == 303
    assert f"/clinic/templates/{template.id}/share" not in client.get("/clinic/templates").text
    assert [row.id for row in queries.list_templates(other_doctor.practitioner_id)] == [template.id]
    assert sign_in("doctor").get("/clinic/templates").status_code == 403
    assert sign_in("administrator", "c2").post(f"/clinic/templates/{template.id}/share").location
    assert "感冒" not in sign_in("administrator", "c2").get("/clinic/templates").text


def test_the_administrator_ends_a_template_of_the_centre(
    sign_in: SignIn, doctor: Actor, administrator: Actor
) -> None:
    template = services.save_template(name="感冒", record=FULL_RECORD, diagnoses=[COLD], by=doctor)
    client, path = sign_in("administrator"), f"/clinic/templates/{template.id}/end"
    assert path not in client.get("/clinic/templates").text  # still the doctor's own
    services.share_template(template_id=template.id, by=administrator)
    assert path in client.get("/clinic/templates").text
    assert sign_in("doctor").post(path).status_code == 403
    sign_in("administrator", "c2").post(path)
    assert path in client.get("/clinic/templates").text
    assert client.post(path).status_code == 303
    assert "感冒" not in client.get("/clinic/templates").text


def test_the_four_examinations_stand_open_in_a_clinic_of_chinese_medicine(
    sign_in: SignIn,
    make_encounter: MakeEncounter,
    ours: dict[str, Any],
    administrator: Actor,
) -> None:
    client = sign_in("doctor")
    path = f"/clinic/visits/{make_encounter(diagnoses=()).visit_id}"
    folded = '<details class="c12"><summary'
    assert folded in client.get(path).text
    tenants.change_department(
        department_id=ours["departments"]["general"],
        name="中医全科",
        kind="clinic",
        by=administrator,
    )
    page = client.get(path).text
    assert folded not in page
    assert '<details class="c12" open><summary' in page
