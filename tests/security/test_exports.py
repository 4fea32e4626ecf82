"""All data of a centre leave in an open form; what was written is read again and compared."""

import io
import json
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world

from app import clock, tasks
from app.accounts import services as accounts
from app.actor import Actor, system_actor
from app.crypto.fields import BEGIN
from app.db import control_unit, db, tenant_unit
from app.jobs.models import JobStatus
from app.records import ControlAuditRow
from modules.charging.models import Price
from modules.patients import services as patients
from tenants import exports


@pytest.fixture
def asker(app: Flask) -> Actor:
    return world.district_actor("district_operator")


@pytest.fixture
def releaser(app: Flask) -> Actor:
    """A second operator of the district."""
    accounts.create_account(
        sign_in_name="second@district",
        display_name="区运维二",
        password=world.PASSWORD,
        roles=["district_operator"],
        must_change_password=False,
        by=system_actor(None),
    )
    return accounts.find_actor("second@district", origin="desk")


def _make(ours: dict[str, Any], asker: Actor, releaser: Actor, **options: Any) -> Any:
    row = exports.ask_export(tenant_id=ours["tenant_id"], reason="机构撤出", by=asker, **options)
    released = exports.release_export(export_id=row.id, by=releaser)
    assert tasks.do_next()
    task = tasks.get_task(released.task_id)
    assert task.status is JobStatus.DONE, task.text
    return row


def _read(path: Path, table: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").splitlines()]


def test_every_kind_of_column_can_be_written(app: Flask) -> None:
    samples = {
        bool: True,
        int: 1,
        str: "x",
        bytes: b"x",
        Decimal: Decimal("1.50"),
        date: date(2026, 11, 22),
        datetime: datetime(2026, 11, 22, 8, tzinfo=UTC),
        time: time(8, 30),
        object: {},  # JSON
    }
    kinds = {
        getattr(column.type, "impl_instance", column.type).python_type
        for table in db.metadata.sorted_tables
        if "tenant_id" in table.columns
        for column in table.columns
    }
    assert time in kinds
    for kind in kinds:
        sample = next(value for base, value in samples.items() if issubclass(kind, base))
        json.dumps(sample, default=exports.plain_value)


def test_an_export_that_failed_is_said_so(
    sign_in: Any, ours: dict[str, Any], asker: Actor, releaser: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = exports.ask_export(tenant_id=ours["tenant_id"], reason="机构撤出", by=asker)
    exports.release_export(export_id=row.id, by=releaser)
    monkeypatch.setattr(exports, "plain_value", str.upper)
    assert tasks.do_next()
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", "zh_Hans")
    page = client.get("/district/exports").text
    assert "失败" in page
    assert "正在写出" not in page


@pytest.mark.parametrize("is_opened", [True, False])
def test_dat_09_an_export_has_every_row_and_says_how_many(
    app: Flask, ours: dict[str, Any], asker: Actor, releaser: Actor, registrar: Actor, is_opened: bool
) -> None:
    patients.create_patient(name="王芳", sex="2", born_on=date(1980, 2, 3), phone="13800138000", by=registrar)
    row = _make(ours, asker, releaser, is_opened=is_opened)
    path = exports.path_of(row.id)
    assert path.stat().st_mode & 0o077 == 0
    rows, wrong = exports.complaints_about(path)
    assert wrong == []
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    counts = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert sum(counts.values()) == rows
    with tenant_unit(ours["tenant_id"]):
        assert counts["charging_price"] == len(db.session.scalars(select(Price)).all()) > 100
    patient = _read(path, "patients_patient")[-1]
    assert {one["tenant_id"] for one in _read(path, "patients_patient")} == {ours["tenant_id"]}
    assert patient["phone"] == "13800138000" if is_opened else patient["phone"].startswith(BEGIN)
    assert "password_hash" not in str(_read(path, "accounts"))
    assert {one["sign_in_name"] for one in _read(path, "accounts")} >= {"doctor@c1"}
    assert not any("@c2" in one["sign_in_name"] for one in _read(path, "accounts"))
    mark = manifest["watermark"]
    assert all(text in mark for text in ("机构撤出", asker.name, releaser.name))


def test_acc_12_who_asks_does_not_release_and_nothing_is_released_twice(
    ours: dict[str, Any], asker: Actor, releaser: Actor
) -> None:
    row = exports.ask_export(tenant_id=ours["tenant_id"], reason="机构撤出", by=asker)
    with pytest.raises(exports.SamePerson):
        exports.release_export(export_id=row.id, by=asker)
    with pytest.raises(exports.NotReady):
        exports.file_for(row.id, by=asker)
    exports.release_export(export_id=row.id, by=releaser)
    with pytest.raises(exports.ReleasedAlready):
        exports.release_export(export_id=row.id, by=releaser)
    with control_unit():
        acts = db.session.scalars(
            select(ControlAuditRow.action).where(ControlAuditRow.subject_id == row.id)
        ).all()
    assert {"export.asked", "export.released"} <= set(acts)


def test_dat_09_a_file_is_fetched_for_a_day_and_then_gone(
    app: Flask, ours: dict[str, Any], asker: Actor, releaser: Actor
) -> None:
    row = _make(ours, asker, releaser)
    path, name = exports.file_for(row.id, by=asker)
    assert name.startswith("C1-")
    assert exports.remove_old() == 0
    clock.stop(world.NOW + timedelta(hours=exports.HOURS, minutes=1))
    with pytest.raises(exports.NotReady):
        exports.file_for(row.id, by=asker)
    assert exports.remove_old() == 1
    assert not path.exists()


def test_an_export_is_asked_for_released_and_fetched_on_pages(
    app: Flask, sign_in: Any, ours: dict[str, Any], releaser: Actor
) -> None:
    client, second = sign_in("district_operator", "district"), sign_in("second", "district")
    client.set_cookie("his_language", "en")
    address = f"/district/centres/{ours['tenant_id']}/export"
    assert client.post(address, data={"reason": ""}).status_code == 422
    assert client.post(address, data={"reason": "机构撤出", "is_opened": "1"}).status_code == 303
    row, _name, _has_failed = exports.list_exports()[0]
    assert "another operator releases it" in client.get("/district/exports").text
    assert client.post(f"/district/exports/{row.id}/release", data={}).status_code == 403
    assert client.get(f"/district/exports/{row.id}/file").status_code == 404
    assert second.post(f"/district/exports/{row.id}/release", data={}).status_code == 303
    tasks.do_next()
    assert f"/district/exports/{row.id}/file" in client.get("/district/exports").text
    answer = client.get(f"/district/exports/{row.id}/file")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None
    answer.close()
    with control_unit():
        acts = db.session.scalars(select(ControlAuditRow.action)).all()
    assert acts.count("export.fetched") == 1
    for role in ("district_security", "district_auditor", "supervisor"):
        other = sign_in(role, "district")
        assert other.get("/district/exports").status_code == 403
        assert other.get(f"/district/exports/{row.id}/file").status_code == 403


def test_a_file_that_was_changed_is_noticed(
    app: Flask, ours: dict[str, Any], asker: Actor, releaser: Actor, tmp_path: Path
) -> None:
    row = _make(ours, asker, releaser)
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(exports.path_of(row.id)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("/charging_price.jsonl"):
                content = content.replace(b'"amount": "1', b'"amount": "2')
            if name.endswith("/tenants_station.jsonl"):
                content = b""
            if not name.endswith("/tenants_department.jsonl"):
                target.writestr(name, content)
        target.writestr("tables/more.jsonl", "{}")
    result = app.test_cli_runner().invoke(args=["centre", "check-export", str(changed)])
    assert result.exit_code == 1
    for text in (
        "charging_price: the SHA-256",
        "tenants_station: 0 rows",
        "tenants_department: the file",
        "more.jsonl",
    ):
        assert text in result.output
    good = app.test_cli_runner().invoke(args=["centre", "check-export", str(exports.path_of(row.id))])
    assert good.exit_code == 0, good.output
