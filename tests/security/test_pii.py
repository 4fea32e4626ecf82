"""PII-01, PII-03: what is kept about people is written down; what tells who somebody is stands masked everywhere."""

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, Date, String, TypeDecorator, select
from support import twins, world
from support.rights import grant_everything, path_of, rules_of

from app import printing
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.base import CONTROL
from app.db.types import ChoiceType
from app.records import AuditRow
from modules.patients.models import Patient
from modules.patients.rules.masking import FIELDS, mask_address, mask_phone

MARK = "蜃楼"


@pytest.fixture
def secrets(app: Flask, ours: dict[str, Any]) -> dict[str, Any]:
    """The full values of the resident whom all of the centre's work is about, and the keys of that work."""
    typed = twins.furnish(ours, MARK, 1)
    grant_everything(app, ours)
    return {field: typed[field] for field in FIELDS}


@pytest.mark.slow
def test_pii_03_no_page_paper_lookup_or_answer_shows_what_is_masked(
    app: Flask,
    sign_in: Any,
    ours: dict[str, Any],
    secrets: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Any,
) -> None:
    papers: list[str] = []
    monkeypatch.setattr(printing._maker, "make", lambda html, **_: papers.append(html) or b"%PDF-1.7")
    client, keys = sign_in("doctor"), twins.keys_of(ours)
    shown: dict[str, str] = {}
    for rule in rules_of(app, "GET"):
        if not rule.endpoint.rpartition(".")[2].startswith("stream_"):
            shown[rule.rule] = client.get(path_of(rule, keys, ours)).text
            asked = {"patient_id": keys["patients_patient"][0], "q": "slj"}
            shown[f"{rule.rule}?"] = client.get(path_of(rule, keys, ours), query_string=asked).text
    for kind in app.extensions["his_registry"].lookups:
        for text in ("slj", secrets["phone"], secrets["document_number"]):
            found = client.get(f"/lookup/{kind}", query_string={"q": text})
            shown[f"lookup {kind}"] = str(found.json)
    shown |= _answers_for_programs(app, ours, keys, secrets) | dict(enumerate(papers))  # type: ignore[arg-type]
    open_values = [
        f"{where}: {field}"
        for where, text in shown.items()
        for field, value in secrets.items()
        if value in text
    ]
    assert open_values == []
    assert len(papers) >= 3
    assert any("139****5678" in text for text in shown.values())
    record_property(
        "walked", f"{len(shown)} pages, papers, lookups and answers, {len(secrets)} masked fields"
    )


def _answers_for_programs(
    app: Flask, centre: dict[str, Any], keys: dict[str, list[int]], secrets: dict[str, Any]
) -> dict[str, str]:
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {world.program_token(centre, 'doctor')}"}
    found = {}
    for operation in app.extensions["his_operations"]:
        if operation.read is not None:
            path = re.sub(r"<(\w+)_id>", lambda part: str(_first(keys, part[1])), f"/api/v1/{operation.path}")
            asked = {} if operation.read.path_parameters else {"text": secrets["phone"]}
            answer = client.get(path, query_string=asked, headers=bearer)
            assert answer.status_code == 200, path
            found[path] = str(answer.json)
    return found


def _first(keys: dict[str, list[int]], noun: str) -> int:
    """A key of a table of this name; our own table of it before the insurer's."""
    tables = sorted(keys, key=lambda table: table.startswith("insurance_"))
    return next(keys[table][0] for table in tables if table.endswith(f"_{noun}") and keys[table])


def test_pii_03_the_full_view_is_an_act_with_a_row_and_a_right_of_its_own(
    app: Flask, sign_in: Any, ours: dict[str, Any]
) -> None:
    secrets = twins.furnish(ours, MARK, 1)
    patient_id = twins.keys_of(ours)["patients_patient"][0]
    url = f"/patients/{patient_id}/identity"
    assert "Show in full" in _english(sign_in("doctor")).get(f"/patients/{patient_id}").text
    page = sign_in("doctor").post(url, data={"reason": "电话随访"}).text
    assert [field for field in FIELDS if secrets[field] not in page] == []
    with tenant_unit(ours["tenant_id"]):
        row = db.session.scalars(select(AuditRow).where(AuditRow.action == "identity.revealed")).one()
    assert (row.patient_id, row.detail, row.actor_name) == (patient_id, {"reason": "电话随访"}, "李静")
    assert sign_in("cashier").post(url).status_code == 403
    assert "Show in full" not in _english(sign_in("cashier")).get(f"/patients/{patient_id}").text
    assert sign_in("doctor", "c2").post(url).status_code == 404


def _english(client: Any) -> Any:
    client.set_cookie("his_language", "en")
    return client


def test_pii_03_a_masked_field_that_nobody_touched_stays_as_it_is_stored(
    sign_in: Any, ours: dict[str, Any]
) -> None:
    secrets = twins.furnish(ours, MARK, 1)
    patient_id = twins.keys_of(ours)["patients_patient"][0]
    desk = sign_in("cashier")
    url = f"/patients/{patient_id}/edit"
    page = desk.get(url).text
    assert [field for field in FIELDS if secrets[field] in page] == []
    typed = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page))
    typed |= {"version": typed["version"], "sex": "1", "cost_type": "self", "occupation": "教师"}
    typed.pop("csrf_token", None)
    assert typed["phone"] == "139****5678"
    assert desk.post(url, data=typed).status_code == 303
    assert _stored(ours, patient_id) == {field: secrets[field] for field in FIELDS} | {"occupation": "教师"}
    typed = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', desk.get(url).text))
    typed |= {"sex": "1", "cost_type": "self", "phone": "13912345678"}
    assert desk.post(url, data=typed).status_code == 303
    assert _stored(ours, patient_id)["phone"] == "13912345678"
    refused = desk.post(url, data=typed | {"version": "3", "phone": "139****0000"})
    assert refused.status_code == 422  # stars of somebody else's number are no number


def _stored(centre: dict[str, Any], patient_id: int) -> dict[str, Any]:
    with tenant_unit(centre["tenant_id"]):
        patient = db.session.get_one(Patient, patient_id)
        return {field: getattr(patient, field) for field in [*FIELDS, "occupation"]}


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("13912345678", "139****5678"),
        ("010-62345678", "010-****5678"),
        ("62345678", "****5678"),
        ("1234", "****"),
    ],
)
def test_pii_03_a_phone_keeps_its_ends(full: str, shown: str) -> None:
    assert mask_phone(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("示范区城东街道桥北路3号楼5单元", "示范区城东街道***"),
        ("桥北路3号", "桥北路***"),
        ("某某小区5单元", "某某***"),
        ("桥", "***"),
        ("桥北路", "桥北***"),
    ],
)
def test_pii_03_an_address_keeps_its_street(full: str, shown: str) -> None:
    assert mask_address(full) == shown


def test_pii_03_the_trail_keeps_no_value_that_is_masked(ours: dict[str, Any], registrar: Actor) -> None:
    secrets = twins.furnish(ours, MARK, 1)
    with tenant_unit(ours["tenant_id"]):
        told = " ".join(str(row.detail) for row in db.session.scalars(select(AuditRow)))
    assert [field for field in FIELDS if secrets[field] in told] == []


# PII-01 The inventory


def _inventory() -> Any:
    sys.path.insert(0, str(Path(__file__).parents[2] / "deploy"))
    try:
        return importlib.import_module("personal_data")
    finally:
        sys.path.pop(0)


def _columns() -> dict[str, bool]:
    """Every column of every table, and whether it holds words, a day or a document."""
    found = {}
    for metadata in (db.metadata, db.metadatas[CONTROL]):
        for table in metadata.sorted_tables:
            for column in table.columns:
                kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
                is_told = isinstance(kind, String | Date | JSON) and not isinstance(column.type, ChoiceType)
                found[f"{table.name}.{column.name}"] = is_told
    return found


OF_EVERY_TABLE = {
    "row_digest",
    "trace",
    "command_id",
    "row_hash",
    "previous_hash",
}  # of the row, not of a person


def test_pii_01_every_field_of_every_table_stands_in_the_inventory(app: Flask) -> None:
    inventory, columns = _inventory().read(), _columns()
    missing = []
    for name, is_told in columns.items():
        table, column = name.split(".")
        if name in inventory.kind_of_column or table in inventory.plain or column in OF_EVERY_TABLE:
            continue
        if is_told or table not in inventory.kind_of_table:
            missing.append(name)
    assert missing == []
    tables = {name.split(".")[0] for name in columns}
    assert set(inventory.kind_of_column) <= set(columns)
    assert set(inventory.kind_of_table) | inventory.plain == tables
    assert set(inventory.kind_of_table) & inventory.plain == set()


def test_pii_01_a_new_field_without_an_entry_is_noticed(app: Flask) -> None:
    inventory = _inventory().read()
    told = [name for name, is_told in _columns().items() if is_told]
    assert len(told) > 200
    assert "patients_patient.document_number" in told
    assert "patients_patient.nickname" not in inventory.kind_of_column
    assert "patients_patient" not in inventory.plain  # so a nickname would be missing


def test_pii_01_each_kind_says_why_on_what_ground_how_long_and_who_sees_it() -> None:
    found = _inventory()
    for name, kind in found.read().kinds.items():
        assert [fact for fact in found.FACTS if not kind.get(fact)] == [], name
        assert kind["level"] in {"personal", "sensitive", "secret"}


def test_pii_01_what_is_masked_is_what_the_inventory_calls_identity() -> None:
    columns = _inventory().read().kinds["identity"]["columns"]
    assert {name.split(".")[1] for name in columns if name.startswith("patients_patient.")} == set(FIELDS)


def test_pii_01_the_page_is_the_newest() -> None:
    found = _inventory()
    assert found.PAGE.read_text(encoding="utf-8") == found.page(found.read())
