"""AUD-01: whoever looks at a record leaves a row that says at whose."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from support import twins, world
from support.rights import grant_everything, path_of, rules_of

from app import printing
from app.db import db, tenant_unit
from app.records import AuditRow
from modules.patients import services as patients

pytestmark = pytest.mark.slow
MARK = "蜃楼"
LISTS = {  # many residents, one line each: what is opened from them counts
    "registration.show_session": "the visits and appointments of a session",
    "registration.show_appointments": "the appointments of a day, and the name of who is picked",
    "clinic.show_queue": "the queue",
    "patients.show_import": "rows of a list, most of whom have no file",
    "dispensing.show_document": "a paper of the storeroom",
    "charging.show_shift_sheet": "the sums of a shift",
    "charging.show_any_sheet": "the sums of a shift",
    "storeroom.show_recall": "who has taken a batch home",
}
PAPERS = {  # of storeroom, accounting and the price list, which know no residents
    "charging.show_package",
    "distribution.show_delivery",
    "invoices.show_book",
    "reconciliation.show_day",
    "storeroom.new_delivery",
    "storeroom.new_invoice",
    "storeroom.show_adjustment",
    "storeroom.show_balance",
    "storeroom.show_count_sheet",
    "storeroom.show_order",
    "storeroom.show_plan",
    "storeroom.show_requisition",
    "storeroom.show_stocktake",
    "storeroom.show_supplier",
}


@pytest.fixture
def centre(app: Flask, ours: dict[str, Any]) -> dict[str, Any]:
    twins.furnish(ours, MARK, 1)
    grant_everything(app, ours)
    return ours


def _rows_about_somebody(centre: dict[str, Any]) -> int:
    with tenant_unit(centre["tenant_id"]):
        mine = select(func.count(AuditRow.id)).where(AuditRow.tenant_id == centre["tenant_id"])
        return db.session.scalar(mine.where(AuditRow.patient_id.is_not(None))) or 0


def test_aud_01_every_page_that_shows_a_record_leaves_a_row(
    app: Flask, sign_in: Any, centre: dict[str, Any], record_property: Any
) -> None:
    client, keys = sign_in("doctor"), twins.keys_of(centre)
    keys["insurance_exchange"].reverse()  # the first words to the insurer were about nobody yet
    silent, opened = [], 0
    for rule in rules_of(app, "GET"):
        endpoint = rule.endpoint
        if endpoint in LISTS.keys() | PAPERS or endpoint.rpartition(".")[2].startswith("stream_"):
            continue
        before = _rows_about_somebody(centre)
        answer = client.get(path_of(rule, keys, centre))
        asked = {"patient_id": keys["patients_patient"][0]}
        if "<int:" not in rule.rule:  # a list; perhaps somebody stands at its window
            shown = client.get(rule.rule, query_string=asked)
            is_record = shown.status_code == 200 and shown.data.count(MARK.encode()) > answer.data.count(
                MARK.encode()
            )
        else:
            is_paper = answer.mimetype == "application/pdf"
            is_record = answer.status_code == 200 and (is_paper or MARK.encode() in answer.data)
        if is_record:
            opened += 1
            if _rows_about_somebody(centre) != before + 1:
                silent.append(f"{rule.rule}: {_rows_about_somebody(centre) - before} rows")
    assert not silent, "\n".join(silent)
    assert opened >= 14
    record_property("walked", f"{opened} pages that show a record, each leaves a row")


def test_aud_01_every_answer_for_programs_that_shows_a_record_leaves_a_row(
    app: Flask, centre: dict[str, Any]
) -> None:
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {world.program_token(centre, 'doctor')}"}
    keys = twins.keys_of(centre)
    paths = (
        f"patients/{keys['patients_patient'][0]}",
        f"visits/{keys['registration_visit'][0]}",
        f"bills/of-visit/{keys['registration_visit'][0]}",
    )
    for path in paths:
        before = _rows_about_somebody(centre)
        assert client.get(f"/api/v1/{path}", headers=bearer).status_code == 200
        assert _rows_about_somebody(centre) == before + 1, path


def test_aud_01_nothing_is_shown_when_the_row_cannot_be_written(
    app: Flask, sign_in: Any, centre: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import audit

    app.config["PROPAGATE_DEFECTS"] = False
    client, keys = sign_in("doctor"), twins.keys_of(centre)

    def broken(*args: Any, **given: Any) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(audit, "_add_row", broken)
    for path in (f"/patients/{keys['patients_patient'][0]}", f"/charging/desk/{keys['charging_bill'][0]}"):
        answer = client.get(path)
        assert (answer.status_code, MARK in answer.text) == (500, False)


def test_aud_01_a_row_says_of_whom_it_speaks_and_the_seal_covers_it(
    app: Flask, sign_in: Any, centre: dict[str, Any], as_owner: Any
) -> None:
    from app import audit

    patient_id = twins.keys_of(centre)["patients_patient"][0]
    sign_in("doctor").get(f"/patients/{patient_id}")
    audit.seal("p1")
    assert audit.verify("p1")[1] is None
    found = as_owner(
        "p1", "SELECT id FROM kernel_audit WHERE patient_id = :patient ORDER BY id DESC", patient=patient_id
    )
    as_owner("p1", "UPDATE kernel_audit SET patient_id = 5 WHERE id = :id", id=found[0][0])
    assert audit.verify("p1")[1] == found[0][0]


def test_aud_06_the_auditor_sees_who_saw_a_resident_on_the_screen_and_on_paper(
    app: Flask, sign_in: Any, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    papers: list[str] = []
    monkeypatch.setattr(printing._maker, "make", lambda html, **_: papers.append(html) or b"%PDF-1.7")
    twins.furnish(ours, MARK, 1)
    patient_id, other_id = twins.keys_of(ours)["patients_patient"][:2]
    visit_id = twins.keys_of(ours)["registration_visit"][0]
    sign_in("other_doctor").get(f"/patients/{patient_id}")
    sign_in("cashier").get(f"/clinic/visits/{visit_id}")  # refused: no look
    client = sign_in("auditor")
    client.set_cookie("his_language", "en")
    assert f"/patients/{patient_id}/readers" in client.get(f"/patients/{patient_id}").text
    page = client.get(f"/patients/{patient_id}/readers").text
    assert ("陈光" in page, "File read" in page, "Record signed" in page) == (True, True, True)
    assert "陈光" not in client.get(f"/patients/{other_id}/readers").text
    assert client.get(f"/patients/{patient_id}/readers.pdf").mimetype == "application/pdf"
    assert "陈光" in papers[-1]
    again = client.get(f"/patients/{patient_id}/readers").text
    assert "List of who saw a resident printed" in again  # the auditor is seen as well
    client.set_cookie("his_language", "zh_Hans")
    assert "谁查看过该居民" in client.get(f"/patients/{patient_id}/readers").text
    assert sign_in("doctor").get(f"/patients/{patient_id}/readers").status_code == 403


def test_aud_06_rows_of_a_merged_file_belong_to_the_person(sign_in: Any, ours: dict[str, Any]) -> None:
    twins.furnish(ours, MARK, 1)
    keys = twins.keys_of(ours)
    stays, goes = keys["patients_patient"][:2]
    sign_in("other_doctor").get(f"/patients/{goes}")
    administrator = world.actor(ours, "administrator")
    merge_id = keys["patients_merge"][0]
    patients.decide_merge(merge_id=merge_id, is_approved=True, reason="同一人", by=administrator)
    client = sign_in("auditor")
    assert "陈光" in client.get(f"/patients/{stays}/readers").text
