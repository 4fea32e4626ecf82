"""A centre arranges its main forms: the page, the server's reading, programs, and what is left alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from support.outpatients import COLD, FULL_RECORD, make_patient, open_encounter

from app.actor import Actor
from app.db import tenant_unit
from app.errors import InvalidInput, NotFound
from app.tenancy import tenant_of
from modules.clinic import queries as clinic
from modules.clinic.rules.vitals import VitalSigns
from modules.clinic.services import save_record, sign_record
from modules.patients import queries as patients
from modules.patients.services import change_patient, create_patient
from tenants.style import arrange_form, arrangements_of, restore_form

RESIDENT = "patients.resident"
TYPED = {"name": "李四海", "sex": "1", "born_on": "1980-05-17", "cost_type": "self"}


def fields_of(page: str) -> list[str]:
    """Names of the fields of a page in the order of the keyboard."""
    return re.findall(r'data-field="([\w-]+)"', page)


def saved(centre: dict[str, Any], answer: Any) -> Any:
    """The file that an answer leads to."""
    assert answer.status_code == 303, answer.text
    with tenant_unit(centre["tenant_id"]):
        return patients.get_patient(int(answer.headers["Location"].rsplit("/", 1)[1]))


def test_the_page_arranges_a_form_and_everybody_sees_it(
    sign_in: Callable[..., Any], administrator: Actor, theirs: dict[str, Any]
) -> None:
    client, desk = sign_in("administrator"), sign_in("registrar")
    page = client.get(f"/centre/forms/{RESIDENT}").text
    order = re.findall(r'name="order" value="([\w-]+)"', page)
    assert order[0] == "name"
    assert 'name="state-name"' not in page  # a rule requires it
    order.remove("phone")
    typed = {"order": ["phone", *order], "state-address": "hidden", "state-occupation": "required"}
    assert client.post(f"/centre/forms/{RESIDENT}", data=typed).status_code == 303
    for path in ("/patients/new", "/registration/window/residents"):
        fields = fields_of(desk.get(path).text)
        assert fields[:2] == ["phone", "name"]
        assert "address" not in fields
        assert "occupation" in fields  # the window's short form has it too, as it is required
    other = fields_of(sign_in("registrar", "c2").get("/patients/new").text)
    assert other[0] == "name"
    assert "address" in other
    assert "本机构已调整" in client.get("/centre/forms/").text
    assert client.post(f"/centre/forms/{RESIDENT}/default").status_code == 303
    assert fields_of(desk.get("/patients/new").text)[0] == "name"
    assert tenant_of(administrator.tenant_id).settings["forms"] == {}


def test_the_preview_shows_the_form_before_it_is_kept(
    sign_in: Callable[..., Any], administrator: Actor
) -> None:
    client = sign_in("administrator")
    typed = {"order": ["is_military", "is_emergency"], "state-is_military": "shown"}
    text = client.post("/centre/forms/registration.visit/preview", data=typed).text
    assert text.index("军人") < text.index("急诊")
    assert "forms" not in tenant_of(administrator.tenant_id).settings


def test_what_cannot_be_hidden_is_refused_on_its_field(sign_in: Callable[..., Any]) -> None:
    typed = {"order": ["name"], "state-name": "hidden"}
    answer = sign_in("administrator").post(f"/centre/forms/{RESIDENT}", data=typed)
    assert answer.status_code == 422
    assert "该字段不能这样设置" in answer.text


def test_only_who_changes_settings_arranges_forms(sign_in: Callable[..., Any], administrator: Actor) -> None:
    assert sign_in("doctor").get("/centre/forms/").status_code == 403
    assert sign_in("administrator").get("/centre/forms/no.such").status_code == 404
    with pytest.raises(NotFound):
        restore_form(form="no.such", by=administrator)


def test_a_required_field_is_refused_on_pages_and_to_programs_but_not_to_imports(
    app: Any, sign_in: Callable[..., Any], administrator: Actor, registrar: Actor, ours: dict[str, Any]
) -> None:
    arrange_form(form=RESIDENT, order=[], required=["phone"], by=administrator)
    desk = sign_in("registrar")
    page = desk.get("/patients/new").text
    assert re.search(r'id="f-phone"[^>]*aria-required="true"', page)
    refused = desk.post("/patients/new", data=TYPED)
    assert refused.status_code == 422
    assert 'id="f-phone-error"' in refused.text
    program = desk.post("/api/v1/patients/create-patient", json=TYPED)
    assert program.status_code == 422
    assert "phone" in program.text
    phone = {"phone": "13812345678"}
    assert desk.post("/api/v1/patients/create-patient", json=TYPED | phone).status_code == 200
    assert create_patient(name="王五洲", sex="1", born_on="1970-01-01", by=registrar).phone is None
    patient = make_patient(registrar)
    typed = TYPED | {"version": str(patient.version)}
    assert desk.post(f"/patients/{patient.id}/edit", data=typed).status_code == 422


def test_a_hidden_field_is_not_read_and_keeps_what_is_stored(
    sign_in: Callable[..., Any], administrator: Actor, registrar: Actor, ours: dict[str, Any]
) -> None:
    patient = make_patient(registrar)
    patient = change_patient(
        patient_id=patient.id,
        version=patient.version,
        name=patient.name,
        sex="1",
        born_on=patient.born_on,
        occupation="教师",
        address="望江路 8 号",
        phone="13812345678",
        by=registrar,
    )
    arrange_form(form=RESIDENT, order=[], hidden=["occupation", "address", "phone"], by=administrator)
    desk = sign_in("registrar")
    with tenant_unit(ours["tenant_id"]):
        version = patients.get_patient(patient.id).version
    typed = TYPED | {"version": str(version), "occupation": "农民", "phone": "13900000000"}
    kept = saved(ours, desk.post(f"/patients/{patient.id}/edit", data=typed))
    assert (kept.name, kept.occupation, kept.address) == ("李四海", "教师", "望江路 8 号")
    assert kept.phone == "13812345678"
    fresh = saved(ours, desk.post("/patients/new", data=TYPED | {"name": "赵六合", "occupation": "农民"}))
    assert fresh.occupation == ""


def test_the_window_leaves_out_what_is_hidden(
    sign_in: Callable[..., Any], administrator: Actor, registrar: Actor
) -> None:
    order = ["is_free_return", "is_disabled", "is_military", "is_emergency"]
    arrange_form(form="registration.visit", order=order, hidden=["is_military"], by=administrator)
    fields = fields_of(sign_in("registrar").get("/registration/window").text)
    assert [name for name in fields if name in order] == ["is_free_return", "is_disabled", "is_emergency"]


def test_the_nurse_measures_what_the_centre_wants(
    sign_in: Callable[..., Any], administrator: Actor, registrar: Actor, doctor: Actor, ours: dict[str, Any]
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor)
    arrange_form(
        form="clinic.vital_signs",
        order=["vitals-pulse", "vitals-temperature"],
        hidden=["vitals-waist"],
        required=["vitals-temperature"],
        by=administrator,
    )
    nurse, path = sign_in("triage_nurse"), f"/clinic/visits/{encounter.visit_id}/vital-signs"
    fields = fields_of(nurse.get(path).text)
    assert fields[:2] == ["vitals-pulse", "vitals-respiration"]
    assert "vitals-waist" not in fields
    refused = nurse.post(path, data={"vitals-pulse": "70"})
    assert refused.status_code == 422
    assert 'id="f-vitals-temperature-error"' in refused.text
    assert "70" in refused.text
    typed = {"vitals-pulse": "70", "vitals-temperature": "36.6", "vitals-waist": "80"}
    assert nurse.post(path, data=typed).status_code == 303
    with tenant_unit(ours["tenant_id"]):
        measured = clinic.latest_measurement(encounter.visit_id)
        assert measured is not None
        assert (measured.pulse, measured.waist) == (70, None)


def record_typed(revision: int) -> dict[str, str]:
    """What the doctor's page sends."""
    parts = ("chief_complaint", "present_illness", "past_history", "physical_exam", "treatment_advice")
    typed = {f"record-{part}": getattr(FULL_RECORD, part) for part in parts}
    return typed | {"record-kind": "first", "revision": str(revision), "diagnoses-0-code": COLD.code}


def test_a_draft_may_be_incomplete_and_a_signature_may_not(
    sign_in: Callable[..., Any], administrator: Actor, registrar: Actor, doctor: Actor, ours: dict[str, Any]
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor)
    arrange_form(form="clinic.record", order=[], required=["record-auxiliary_results"], by=administrator)
    desk, path = sign_in("doctor"), f"/clinic/visits/{encounter.visit_id}"
    assert desk.post(f"{path}/record", data=record_typed(encounter.revision)).status_code == 200
    typed = record_typed(encounter.revision + 1)
    refused = desk.post(f"{path}/complete", data=typed)
    assert refused.status_code == 422
    assert 'id="f-record-auxiliary_results-error"' in refused.text
    arguments = {
        "visit_id": encounter.visit_id,
        "revision": encounter.revision + 1,
        "record": {name.removeprefix("record-"): text for name, text in typed.items() if "record-" in name},
        "diagnoses": [{"code": COLD.code}],
    }
    assert desk.post("/api/v1/clinic/sign-record", json=arguments).status_code == 422
    done = desk.post(f"{path}/complete", data=typed | {"record-auxiliary_results": "血常规正常"})
    assert done.status_code == 303


def test_a_hidden_part_of_the_record_keeps_what_is_written_in_it(
    sign_in: Callable[..., Any], administrator: Actor, registrar: Actor, doctor: Actor, ours: dict[str, Any]
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor)
    written = {name: getattr(FULL_RECORD, name) for name in FULL_RECORD.__slots__}
    record = type(FULL_RECORD)(**{**written, "auxiliary_results": "胸片正常"})
    save_record(
        visit_id=encounter.visit_id,
        revision=encounter.revision,
        record=record,
        vitals=VitalSigns(pulse=70, waist=80),
        by=doctor,
    )
    hidden = ["record-auxiliary_results", "vitals-waist", "record-tcm_pattern"]
    arrange_form(form="clinic.record", order=[], hidden=hidden, by=administrator)
    desk, path = sign_in("doctor"), f"/clinic/visits/{encounter.visit_id}"
    fields = fields_of(desk.get(path).text)
    assert not set(hidden) & set(fields)
    typed = record_typed(encounter.revision + 1) | {"vitals-pulse": "70", "record-auxiliary_results": "x"}
    assert desk.post(f"{path}/record", data=typed).status_code == 200
    with tenant_unit(ours["tenant_id"]):
        assert clinic.get_encounter(encounter.visit_id).record["auxiliary_results"] == "胸片正常"
        measured = clinic.latest_measurement(encounter.visit_id)
        assert measured is not None
        assert (measured.pulse, measured.waist) == (70, 80)


def test_inside_a_use_case_the_forms_rule_is_not_asked(
    administrator: Actor, registrar: Actor, doctor: Actor, ours: dict[str, Any]
) -> None:
    encounter = open_encounter(ours, registrar=registrar, doctor=doctor)
    arrange_form(form="clinic.record", order=[], required=["record-auxiliary_results"], by=administrator)
    signed = sign_record(
        visit_id=encounter.visit_id,
        revision=encounter.revision,
        record=FULL_RECORD,
        diagnoses=[COLD],
        by=doctor,
    )
    assert signed.number == 1


def test_a_template_carries_arrangements_that_still_fit(administrator: Actor) -> None:
    arrange_form(form=RESIDENT, order=[], hidden=["phone"], by=administrator)
    settings = dict(tenant_of(administrator.tenant_id).settings)
    assert arrangements_of(settings) == {"forms": {RESIDENT: {"hidden": ["phone"]}}}
    settings["forms"] = {"gone.form": {"hidden": ["x"]}, RESIDENT: {"hidden": ["name"]}}
    assert arrangements_of(settings) == {}


def test_an_unknown_field_is_refused(administrator: Actor) -> None:
    with pytest.raises(InvalidInput) as refusal:
        arrange_form(form=RESIDENT, order=["shoe_size"], by=administrator)
    assert set(refusal.value.complaints) == {"shoe_size"}
