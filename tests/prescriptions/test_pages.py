"""The prescription panel of the desk: lookups, preview, signing, copying, the paper."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from support.outpatients import make_patient

from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from modules.catalogue.models import Drug
from modules.clinic.models import Encounter
from modules.patients.services import record_allergy
from modules.prescriptions import queries, services
from modules.prescriptions.models import Status
from modules.prescriptions.rules.lines import DrugLine

MakeEncounter = Callable[..., Encounter]
SignIn = Callable[..., FlaskClient]


def _line(drug: Drug, n: int = 0, **given: str) -> dict[str, str]:
    values = {
        "drug_id": str(drug.id),
        "dose": "8",
        "route": "po",
        "frequency": "tid",
        "days": "3",
        "drug_id-text": drug.name,
        **given,
    }
    return {f"lines-{n}-{name}": value for name, value in values.items()}


def test_a_drug_the_patient_is_allergic_to_is_shown_and_blocked(
    sign_in: SignIn, registrar: Actor, doctor: Actor
) -> None:
    patient = make_patient(registrar)
    record_allergy(patient_id=patient.id, substance="青霉素", keys=["penicillin"], by=doctor)
    client = sign_in("doctor")
    rows = client.get("/lookup/drugs", query_string={"q": "amxl", "patient_id": patient.id}).json["rows"]
    assert (rows[0]["text"], rows[0]["mark"], bool(rows[0]["blocked"])) == ("阿莫西林胶囊", "禁", True)


def test_what_a_doctor_often_prescribes_comes_first_with_the_last_usage(
    sign_in: SignIn, make_encounter: MakeEncounter, make_line: Callable[..., DrugLine], doctor: Actor
) -> None:
    line = make_line("盐酸溴己新片", "16", days=5)
    services.sign_prescription(visit_id=make_encounter().visit_id, lines=[line], by=doctor)
    rows = sign_in("doctor").get("/lookup/drugs", query_string={"q": ""}).json["rows"]
    assert [row["text"] for row in rows] == ["盐酸溴己新片"]
    assert (rows[0]["extra"]["dose"], rows[0]["extra"]["days"]) == ("16", "5")


def test_the_preview_computes_and_warns_and_stores_nothing(
    sign_in: SignIn, make_encounter: MakeEncounter, drugs: dict[str, Drug], ours: dict[str, Any]
) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    typed = {
        "kind": "western",
        **_line(drugs["盐酸溴己新片"]),
        **_line(drugs["阿莫西林胶囊"], 2, dose="1.5"),
        "lines-3-dose": "1",
    }
    page = client.post(f"/prescriptions/visits/{encounter.visit_id}/preview", data=typed).text
    assert 'id="lines-0-quantity_cell"' in page
    assert "9 片" in page
    assert 'id="lines-2-quantity_cell"' in page
    assert 'value="single_dose:D0001:"' in page
    with tenant_unit(ours["tenant_id"]):
        assert queries.list_of_visit(encounter.visit_id) == []


@pytest.mark.parametrize(("language", "word"), [("zh_Hans", "西药、中成药"), ("en", "Western and patent")])
def test_the_sheet_stands_on_the_desk(
    language: str, word: str, sign_in: SignIn, make_encounter: MakeEncounter
) -> None:
    client = sign_in("doctor")
    client.set_cookie("his_language", language)
    assert word in client.get(f"/clinic/visits/{make_encounter().visit_id}").text


def test_signing_withdrawing_copying_and_voiding_on_the_desk(
    sign_in: SignIn, make_encounter: MakeEncounter, drugs: dict[str, Drug], ours: dict[str, Any]
) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    base = f"/prescriptions/visits/{encounter.visit_id}"
    typed = {"kind": "western", **_line(drugs["盐酸溴己新片"])}
    refused = client.post(f"{base}/sign", data={**typed, "lines-0-days": "9"})
    assert refused.status_code == 422
    assert "盐酸溴己新片" in refused.text
    signed = client.post(f"{base}/sign", data=typed)
    assert signed.status_code == 200, signed.text
    with tenant_unit(ours["tenant_id"]):
        sheet = queries.list_of_visit(encounter.visit_id)[0]
    assert sheet.number in signed.text
    assert "盐酸溴己新片" in client.get(f"{base}/sheet?copy={sheet.id}").text
    assert "盐酸溴己新片" in client.get(f"/prescriptions/{sheet.id}").text
    reopened = client.post(f"/prescriptions/{sheet.id}/withdraw")
    assert f'name="prescription_id" value="{sheet.id}"' in reopened.text
    assert client.get(f"{base}/sheet?draft={sheet.id}").status_code == 200
    client.post(f"/prescriptions/{sheet.id}/void", data={"reason": "开错"})
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_prescription(sheet.id).status is Status.VOIDED


def test_a_herbal_sheet_and_a_draft_from_the_desk(
    sign_in: SignIn, make_encounter: MakeEncounter, drugs: dict[str, Drug], ours: dict[str, Any]
) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    herbs = {
        "kind": "herbal",
        "heading-doses": "7",
        "heading-decoction": "clinic",
        "herbs-0-drug_id": str(drugs["黄芪(饮片)"].id),
        "herbs-0-grams": "15",
    }
    base = f"/prescriptions/visits/{encounter.visit_id}"
    assert "105 g" in client.post(f"{base}/preview", data=herbs).text
    assert client.post(f"{base}/draft", data=herbs).status_code == 200
    assert client.post(f"{base}/sign", data=herbs).status_code == 200
    with tenant_unit(ours["tenant_id"]):
        assert [row.status for row in queries.list_of_visit(encounter.visit_id)] == [
            Status.DRAFT,
            Status.SUBMITTED,
        ]


def test_the_paper_carries_what_the_order_demands(
    sign_in: SignIn, make_encounter: MakeEncounter, make_line: Callable[..., DrugLine], doctor: Actor
) -> None:
    sheet = services.sign_prescription(
        visit_id=make_encounter().visit_id, lines=[make_line("阿莫西林胶囊")], is_emergency=True, by=doctor
    )
    answer = sign_in("doctor").get(f"/prescriptions/{sheet.id}/paper.pdf")
    assert answer.data.startswith(b"%PDF")
    pages = PdfReader(io.BytesIO(answer.data)).pages
    text = pages[0].extract_text()
    assert len(pages) == 1
    for word in ("城东社区卫生服务中心", "急诊", "Rp.", "阿莫西林胶囊", sheet.number, "李静", sheet.digest):
        assert word in text.replace("\n", "")


def test_a_preview_takes_few_statements(
    sign_in: SignIn, make_encounter: MakeEncounter, drugs: dict[str, Drug]
) -> None:
    encounter = make_encounter()
    client = sign_in("doctor")
    path = f"/prescriptions/visits/{encounter.visit_id}/preview"
    client.post(path, data=_line(drugs["盐酸溴己新片"]))
    with count_statements() as counted:
        client.post(path, data=_line(drugs["盐酸溴己新片"]))
    assert counted.count <= 12, counted.statements


def test_the_other_centre_sees_nothing(
    sign_in: SignIn, make_encounter: MakeEncounter, make_line: Callable[..., DrugLine], doctor: Actor
) -> None:
    sheet = services.sign_prescription(
        visit_id=make_encounter().visit_id, lines=[make_line("盐酸溴己新片", "8")], by=doctor
    )
    client = sign_in("doctor", "c2")
    for path in (f"/prescriptions/{sheet.id}", f"/prescriptions/{sheet.id}/paper.pdf"):
        assert client.get(path).status_code == 404
