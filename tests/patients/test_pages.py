"""Residents' pages: searching, opening, reading and correcting files in both languages."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_babel import refresh
from sqlalchemy import select

from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.records import AuditRow
from modules.patients import queries
from modules.patients.models import AllergyStatus, ImportRow, Patient

Make = Callable[..., Any]


def patients_of(centre: dict[str, Any]) -> list[Patient]:
    with tenant_unit(centre["tenant_id"]):
        return list(db.session.scalars(select(Patient).order_by(Patient.id)))


@pytest.mark.parametrize(("language", "title"), [("zh_Hans", "居民档案"), ("en", "Residents")])
def test_the_list_speaks_both_languages(sign_in: Make, make_patient: Make, language: str, title: str) -> None:
    make_patient()
    refresh()  # the test's own context has spoken Chinese already
    desk = sign_in("registrar")
    desk.set_cookie("his_language", language)
    answer = desk.get("/patients/")
    assert answer.status_code == 200
    assert title in answer.text
    assert "王测试" in answer.text


@pytest.mark.parametrize("typed", ["王测试", "wcs", "19900000001", "990000198506152462"])
def test_the_list_finds_what_people_type(sign_in: Make, make_patient: Make, typed: str) -> None:
    make_patient()
    make_patient(name="李测试", document_number="990000195801011239", phone="19900000002")
    text = sign_in("doctor").get("/patients/", query_string={"q": typed}).text
    assert "王测试" in text
    assert "李测试" not in text


@pytest.mark.control("AUD-01")
def test_reading_a_file_leaves_a_row_in_the_trail_and_takes_few_statements(
    sign_in: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    patient = make_patient()
    desk = sign_in("doctor")
    with count_statements() as counted:
        answer = desk.get(f"/patients/{patient.id}")
    assert answer.status_code == 200
    assert "9900" not in answer.text.split("</header>", 1)[1].split(patient.record_no)[0]
    assert counted.count <= 12, counted.statements
    with tenant_unit(ours["tenant_id"]):
        read = db.session.scalars(select(AuditRow).where(AuditRow.action == "patient.read")).one()
    assert read.subject_id == patient.id


@pytest.mark.control("PII-03")
def test_a_document_number_is_shown_masked(sign_in: Make, make_patient: Make) -> None:
    text = sign_in("doctor").get(f"/patients/{make_patient().id}").text
    assert "990000198506152462" not in text
    assert "990***********2462" in text


def test_another_centres_file_is_not_found(sign_in: Make, make_patient: Make) -> None:
    assert sign_in("doctor", "c2").get(f"/patients/{make_patient().id}").status_code == 404


def test_a_file_is_opened_and_shown(sign_in: Make, ours: dict[str, Any]) -> None:
    desk = sign_in("registrar")
    answer = desk.post("/patients/new", data={"name": "王测试", "document_number": "990000198506152462"})
    assert answer.status_code == 303
    assert answer.location.endswith(f"/patients/{patients_of(ours)[0].id}")


def test_wrong_input_keeps_what_was_typed_and_explains_it(sign_in: Make, ours: dict[str, Any]) -> None:
    typed = {"name": "王测试", "document_number": "990000198506152463", "phone": "19900000001"}
    answer = sign_in("registrar").post("/patients/new", data=typed)
    assert answer.status_code == 422
    assert 'value="990000198506152463"' in answer.text
    assert "f-document_number-error" in answer.text
    assert patients_of(ours) == []


def test_a_twin_is_shown_while_typing(sign_in: Make, make_patient: Make) -> None:
    patient = make_patient()
    desk = sign_in("registrar")
    typed = {"name": "王测试", "sex": "2", "born_on": "1985-06-15"}
    assert patient.record_no in desk.post("/patients/resembling", data=typed).text
    assert (
        patient.record_no
        not in desk.post("/patients/resembling", data={"name": "王测试", "born_on": "19"}).text
    )


def test_a_correction_of_an_old_page_is_refused(sign_in: Make, make_patient: Make) -> None:
    patient = make_patient()
    desk = sign_in("registrar")
    page = f"/patients/{patient.id}/edit"
    typed = {
        "version": str(patient.version),
        "name": "王试测",
        "sex": "2",
        "born_on": "1985-06-15",
        "document_number": "990000198506152462",
        "phone": "19900000009",
    }
    assert desk.get(page).status_code == 200
    assert desk.post(page, data=typed).status_code == 303
    assert desk.post(page, data=typed).status_code == 422


def test_allergies_are_recorded_and_withdrawn(
    sign_in: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    patient = make_patient()
    desk = sign_in("doctor")
    url = f"/patients/{patient.id}"
    assert desk.post(f"{url}/allergies", data={"substance": "青霉素"}).status_code == 303
    assert "青霉素" in desk.get(url).text
    assert desk.post(f"{url}/no-known-allergies").status_code == 422
    with tenant_unit(ours["tenant_id"]):
        allergy = queries.list_allergies(patient.id)[0]
    withdrawn = desk.post(f"{url}/allergies/{allergy.id}/withdraw", data={"reason": "问诊有误"})
    assert withdrawn.status_code == 303
    assert patients_of(ours)[0].allergy_status is AllergyStatus.NOT_ASKED


def test_who_may_not_is_refused(sign_in: Make, make_patient: Make) -> None:
    url = f"/patients/{make_patient().id}"
    assert sign_in("pharmacist").post(f"{url}/allergies", data={"substance": "x"}).status_code == 403
    assert "Record the allergy" not in sign_in("auditor").get(url).text


def test_cards_find_their_resident(sign_in: Make, make_patient: Make) -> None:
    patient = make_patient()
    desk = sign_in("registrar")
    url = f"/patients/{patient.id}"
    assert desk.post(f"{url}/cards", data={"kind": "clinic", "number": "C20260001"}).status_code == 303
    assert desk.post(f"{url}/cards", data={"kind": "clinic", "number": "C20260001"}).status_code == 422
    rows = desk.get("/lookup/patients", query_string={"q": "c20260001"}).get_json()["rows"]
    assert [row["id"] for row in rows] == [str(patient.id)]


def test_the_lookup_tells_people_apart(sign_in: Make, make_patient: Make) -> None:
    make_patient()
    row = sign_in("registrar").get("/lookup/patients", query_string={"q": "王测试"}).get_json()["rows"][0]
    assert row["text"] == "王测试"
    assert row["columns"][:2] == ["女", "41 岁"]


@pytest.mark.control("ACC-12")
def test_a_merge_is_proposed_by_one_and_decided_by_another(
    sign_in: Make, make_patient: Make, ours: dict[str, Any]
) -> None:
    stays = make_patient()
    goes = make_patient(name="李测试", document_number="990000195801011239", phone="19900000002")
    proposed = sign_in("registrar").post(
        f"/patients/{stays.id}/merges", data={"merged_id": str(goes.id), "reason": "同一人"}
    )
    assert proposed.status_code == 303
    administrator = sign_in("administrator")
    assert "李测试" in administrator.get("/patients/merges").text
    with tenant_unit(ours["tenant_id"]):
        merge = queries.merges_of(stays.id)[0]
    decided = administrator.post(
        f"/patients/merges/{merge.id}/decide", data={"is_approved": "1", "reason": "核对无误"}
    )
    assert decided.status_code == 303
    assert f"/patients/{stays.id}" in administrator.get(f"/patients/{goes.id}").text
    undone = administrator.post(f"/patients/merges/{merge.id}/undo", data={"reason": "不是同一人"})
    assert undone.status_code == 303


LIST = """姓名,身份证号,性别,出生日期,电话
王测试,990000198506152462,,,19900000001
李测试,990000195801011230,,,
张测试,,男,1990/3/5,19900000003
王测试,990000198506152462,女,,
"""


def test_a_list_is_imported_row_by_row_and_says_what_is_wrong(
    app: Flask, sign_in: Make, ours: dict[str, Any]
) -> None:
    desk = sign_in("administrator")
    upload = {"file": (io.BytesIO(LIST.encode("gb18030")), "居民.csv")}
    answer = desk.post("/patients/imports", data=upload, content_type="multipart/form-data")
    assert answer.status_code == 303
    app.extensions["his_jobs"].finish()
    assert [patient.name for patient in patients_of(ours)] == ["王测试", "张测试"]
    page = desk.get(answer.location).text
    assert "最后一位与前面的数字不符" in page
    assert "已有档案" in page
    with tenant_unit(ours["tenant_id"]):
        rows = list(db.session.scalars(select(ImportRow).order_by(ImportRow.row_no)))
    assert [row.status.value for row in rows] == ["imported", "refused", "imported", "refused"]
    assert rows[0].text == ""


@pytest.mark.parametrize(
    "content",
    ["", "一,二\n1,2\n", "姓名\n", b"\xff\xfe\xff\x00\x81\x30"],
    ids=["empty", "head", "no rows", "binary"],
)
@pytest.mark.control("APP-06")
def test_a_wrong_list_is_refused_whole(sign_in: Make, content: Any) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    upload = {"file": (io.BytesIO(raw), "x.csv")}
    desk = sign_in("administrator")
    assert desk.post("/patients/imports", data=upload, content_type="multipart/form-data").status_code == 422


ATTACK = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("path", ["/patients/{id}", "/patients/{id}/edit", "/patients/?q=桥下"])
@pytest.mark.control("APP-04")
def test_what_was_typed_is_shown_and_never_carried_out(sign_in: Any, make_patient: Any, path: str) -> None:
    patient = make_patient(name="桥下", address=f'1号"><b>{ATTACK}', guardian_name="<b>桥")
    answer = sign_in("registrar").get(path.format(id=patient.id))
    assert answer.status_code == 200
    assert ATTACK not in answer.text
    assert "<b>桥" not in answer.text


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+86", "-2"])
@pytest.mark.control("DAT-09")
def test_a_spreadsheet_computes_nothing_of_a_list_of_errors(cell: str) -> None:
    from app.sheets import harmless

    assert harmless(cell) == f"'{cell}"
    assert harmless("姓名: 缺失") == "姓名: 缺失"
