"""PII-04: residents get a copy of what is held and have it corrected, children through the guardian."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import twins, world
from support.outpatients import make_patient

from app import clock, printing
from app.actor import Actor
from app.db import db, tenant_unit
from app.errors import InvalidInput
from app.records import AuditRow
from modules.patients import services
from modules.patients.errors import AlreadyAnswered, OnlyThroughGuardian, SecondPersonNeeded
from modules.patients.models import Patient, RequestStatus, ResidentRequest
from modules.patients.rules.deadlines import working_days_after

NUMBER = "990000198506152462"
GUARDIANS = "990000198001011239"


@pytest.fixture
def resident(registrar: Actor) -> Patient:
    return make_patient(
        registrar,
        name="王测试",
        sex="2",
        born_on=date(1985, 6, 15),
        document_kind="01",
        document_number=NUMBER,
        phone="19900000001",
        address="和平路12号",
    )


def _copy(patient: Patient, by: Actor, **given: Any) -> ResidentRequest:
    values = {"requested_by": "self", "requester_document": NUMBER, "purpose": "本人留存", **given}
    return services.ask_copy(patient_id=patient.id, **values, by=by)


def _correction(patient: Patient, by: Actor, **given: Any) -> ResidentRequest:
    values = {
        "requested_by": "self",
        "requester_document": NUMBER,
        "purpose": "登记有误",
        "field": "phone",
        "wish": "19900000777",
        "evidence": "出示本人手机",
        **given,
    }
    return services.ask_correction(patient_id=patient.id, **values, by=by)


def _again(ours: dict[str, Any], model: Any, key: int) -> Any:
    with tenant_unit(ours["tenant_id"]):
        found = db.session.get(model, key)
        db.session.expunge_all()
    return found


def test_pii_04_a_copy_holds_what_is_held_and_the_list_of_records(
    app: Flask, sign_in: Any, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    papers: list[str] = []
    monkeypatch.setattr(printing._maker, "make", lambda html, **_: papers.append(html) or b"%PDF-1.7")
    twins.furnish(ours, "林间", 1)
    with tenant_unit(ours["tenant_id"]):
        patient = db.session.get_one(Patient, twins.keys_of(ours)["patients_patient"][0])
        document, phone, address, name = (
            patient.document_number,
            patient.phone,
            patient.address,
            patient.name,
        )
    client = sign_in("registrar")
    sent = {
        "kind": "copy",
        "requested_by": "self",
        "requester_document": document,
        "purpose": "转诊使用",
    }
    answer = client.post(f"/patients/{patient.id}/requests/new", data=sent)
    assert answer.status_code == 303, answer.text
    here = answer.headers["Location"]
    assert client.get(f"{here}/copy.pdf").status_code == 404  # not before it was handed out
    assert client.post(f"{here}/copy").status_code == 303
    page = client.get(here).text
    assert (document in page, f"{here}/copy.pdf" in page) == (False, True)
    assert client.get(f"{here}/copy.pdf").mimetype == "application/pdf"
    for text in (document, phone, address, name, "转诊使用", "林间果", "周敏"):
        assert text in papers[-1]
    assert "急性鼻咽炎" in papers[-1]  # the diagnosis of the visit
    with tenant_unit(ours["tenant_id"]):
        acts = db.session.scalars(select(AuditRow.action).where(AuditRow.patient_id == patient.id)).all()
    assert {"request.taken", "request.copy_handed_out", "request.copy_printed"} <= set(acts)
    assert sign_in("administrator").get(f"{here}/copy.pdf").status_code == 403


def test_pii_04_nobody_calls_himself_guardian_of_somebody_grown_up(
    resident: Patient, registrar: Actor
) -> None:
    stranger = {
        "requested_by": "guardian",
        "requester_name": "陌生人",
        "requester_document": GUARDIANS,
    }
    with pytest.raises(InvalidInput) as refused:
        _copy(resident, registrar, **stranger)
    assert set(refused.value.complaints) == {"requester_name"}
    with pytest.raises(InvalidInput):
        _correction(resident, registrar, field="guardian_name", wish="陌生人", **stranger)
    ward = make_patient(registrar, name="李老测", born_on=date(1940, 1, 2), guardian_name="李女儿")
    with pytest.raises(InvalidInput):
        _copy(ward, registrar, **stranger)
    assert _copy(ward, registrar, **{**stranger, "requester_name": "李女儿"}).id


def test_pii_04_a_child_asks_through_the_guardian_whose_document_is_kept(
    ours: dict[str, Any], registrar: Actor, as_owner: Any
) -> None:
    child = make_patient(
        registrar, name="王小测", born_on=date(2016, 3, 2), guardian_name="王父", guardian_phone="19900000002"
    )
    with pytest.raises(OnlyThroughGuardian):
        _copy(child, registrar)
    with pytest.raises(OnlyThroughGuardian):
        _correction(child, registrar)
    with pytest.raises(InvalidInput):
        _copy(child, registrar, requested_by="guardian", requester_document=GUARDIANS)
    asked = _copy(
        child, registrar, requested_by="guardian", requester_name="王父", requester_document=GUARDIANS
    )
    assert (asked.requester_name, asked.requester_document) == ("王父", GUARDIANS)
    stored = as_owner("p1", "SELECT requester_document FROM patients_request")
    trail = as_owner("p1", "SELECT detail FROM kernel_audit WHERE action = 'request.taken'")
    assert GUARDIANS not in f"{stored}{trail}"
    fourteen = make_patient(registrar, name="王大测", born_on=date(2012, 11, 20))  # today
    assert _copy(fourteen, registrar).is_open


def test_pii_04_somebody_elses_document_gets_no_copy(resident: Patient, registrar: Actor) -> None:
    with pytest.raises(InvalidInput):
        _copy(resident, registrar, requester_document=GUARDIANS)


def test_pii_04_a_correction_is_made_by_another_person_through_the_file(
    ours: dict[str, Any], resident: Patient, registrar: Actor, doctor: Actor
) -> None:
    asked = _correction(resident, registrar)
    with pytest.raises(SecondPersonNeeded):
        services.decide_request(request_id=asked.id, is_approved=True, reason="属实", by=registrar)
    services.decide_request(request_id=asked.id, is_approved=True, reason="已核对", by=doctor)
    after = _again(ours, Patient, resident.id)
    with tenant_unit(ours["tenant_id"]):
        patient = db.session.get_one(Patient, resident.id)
        assert (patient.phone, patient.document_number, patient.address) == (
            "19900000777",
            NUMBER,
            "和平路12号",
        )
        actions = db.session.scalars(select(AuditRow).where(AuditRow.action == "patient.changed")).all()
    assert after.version == resident.version + 1
    assert len(actions) == 1
    with pytest.raises(AlreadyAnswered):
        services.decide_request(request_id=asked.id, is_approved=False, reason="再来一次", by=doctor)


def test_pii_04_the_administrator_decides_too_and_a_refusal_has_its_reason(
    ours: dict[str, Any], resident: Patient, registrar: Actor, administrator: Actor
) -> None:
    asked = _correction(resident, registrar, field="address", wish="不存在的路1号")
    with pytest.raises(InvalidInput):
        services.decide_request(request_id=asked.id, is_approved=False, reason="", by=administrator)
    services.decide_request(request_id=asked.id, is_approved=False, reason="证明不足", by=administrator)
    answered = _again(ours, ResidentRequest, asked.id)
    assert (answered.status, answered.answer, answered.answered_name) == (
        RequestStatus.REFUSED,
        "证明不足",
        "郑管",
    )
    with tenant_unit(ours["tenant_id"]):
        assert db.session.get_one(Patient, resident.id).address == "和平路12号"


@pytest.mark.parametrize(
    ("field", "wish"), [("born_on", "1985-13-40"), ("sex", "7"), ("phone", "12"), ("born_on", "1986-06-15")]
)
def test_pii_04_a_wish_that_cannot_stand_in_the_file_changes_nothing(
    ours: dict[str, Any], resident: Patient, registrar: Actor, doctor: Actor, field: str, wish: str
) -> None:
    asked = _correction(resident, registrar, field=field, wish=wish)
    with pytest.raises(InvalidInput):
        services.decide_request(request_id=asked.id, is_approved=True, reason="已核对", by=doctor)
    assert _again(ours, ResidentRequest, asked.id).status is RequestStatus.OPEN
    assert _again(ours, Patient, resident.id).version == resident.version


def test_pii_04_the_log_shows_deadlines_and_what_is_late(
    app: Flask, sign_in: Any, ours: dict[str, Any], resident: Patient, registrar: Actor
) -> None:
    asked = _correction(resident, registrar)
    assert asked.due_on == date(2026, 12, 11)  # fifteen working days after Friday 20 November
    client = sign_in("doctor")
    client.set_cookie("his_language", "en")
    page = client.get("/patients/requests").text
    assert ("2026-12-11" in page, "王测试" in page) == (True, False)  # masked
    assert "2026-12-11" not in client.get("/patients/requests?state=late").text
    clock.stop(world.NOW + timedelta(days=30))
    client = sign_in("doctor")
    client.set_cookie("his_language", "en")
    late = client.get("/patients/requests?state=late").text
    assert "2026-12-11" in late
    assert "Residents&#39; requests to answer" in client.get("/home").text
    assert sign_in("cashier").get("/patients/requests").status_code == 403
    assert client.get("/patients/requests?state=nonsense").status_code == 404


def test_pii_04_the_pages_take_decide_and_say_what_is_wrong(
    app: Flask, sign_in: Any, ours: dict[str, Any], resident: Patient
) -> None:
    desk, other = sign_in("registrar"), sign_in("doctor")
    new = f"/patients/{resident.id}/requests/new"
    assert new in desk.get(f"/patients/{resident.id}").text
    body = {
        "kind": "correction",
        "requested_by": "self",
        "requester_document": NUMBER,
        "purpose": "登记有误",
        "field": "occupation",
        "wish": "教师",
        "evidence": "工作证",
    }
    refused = desk.post(new, data=body | {"requester_document": GUARDIANS})
    assert (refused.status_code, "与档案不符" in refused.text, GUARDIANS in refused.text) == (
        422,
        True,
        False,
    )
    here = desk.post(new, data=body).headers["Location"]
    assert "另一人" in desk.get(here).text
    again = desk.post(f"{here}/decision", data={"is_approved": "1", "reason": "自己同意"})
    assert again.status_code == 422
    assert other.post(f"{here}/decision", data={"is_approved": "1", "reason": "已核对"}).status_code == 303
    assert "教师" in other.get(f"/patients/{resident.id}").text
    assert "已核对" in other.get(here).text


@pytest.mark.one_engine
def test_pii_04_working_days_pass_over_weekends() -> None:
    friday = date(2026, 11, 20)
    assert working_days_after(friday, 1) == date(2026, 11, 23)
    assert working_days_after(friday, 5) == date(2026, 11, 27)
    assert working_days_after(date(2026, 11, 21), 1) == date(2026, 11, 23)
    assert working_days_after(friday, 0) == friday
