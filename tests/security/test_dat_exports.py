"""DAT-09: what leaves the house as a file has a purpose, a mark of who and when, a limit, a day, and no formula."""

import ast
import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support import world

from app import clock, sheets
from app.actor import Actor, system_actor
from app.db import control_unit, db, tenant_unit
from app.db.units import Mode
from app.records import AuditRow, ControlAuditRow
from app.sheets import TooManyRows, harmless
from tenants import usage
from tenants.models import Centre

ROOT = Path(__file__).resolve().parents[2]
LIST = "姓名,性别,身份证号\n=cmd|' /C calc'!A0,男,1\n"


def _lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def _imported(app: Flask, sign_in: Any) -> tuple[Any, str]:
    """A list with a wrong row was brought; the desk, and where its file of refused rows is."""
    desk = sign_in("administrator")
    upload = {"file": (io.BytesIO(LIST.encode()), "=居民.csv")}
    assert desk.post("/patients/imports", data=upload, content_type="multipart/form-data").status_code == 303
    app.extensions["his_jobs"].finish()
    page = desk.get("/jobs/").text
    start = page.index("/jobs/", page.index("/result") - 30)
    return desk, page[start : page.index("/result", start)] + "/result"


def test_dat_09_a_sheet_says_who_took_it_when_and_what_for(
    app: Flask, sign_in: Any, ours: dict[str, Any]
) -> None:
    usage.note_usage(by=system_actor(ours["tenant_id"]))
    client = sign_in("district_operator", "district")
    on = world.TODAY - timedelta(days=1)
    for purpose in ("", " ", "x"):
        refused = client.post("/district/usage/sheet", data={"on": str(on), "purpose": purpose})
        assert refused.status_code == 422
    answer = client.post("/district/usage/sheet", data={"on": str(on), "purpose": "=季度汇总"})
    by = world.district_actor("district_operator")
    head = _lines(answer.data)[0]
    assert (by.name in head[0], str(by.account_id) in head[0], "2026-11-20 09:30" in head[0]) == (True,) * 3
    assert "=季度汇总" in head[1]
    assert f"{by.account_id}-202611200930.csv" in answer.headers["Content-Disposition"]
    with control_unit():
        row = db.session.scalars(select(ControlAuditRow).where(ControlAuditRow.action == "sheet.taken")).one()
    assert row.detail["purpose"] == "=季度汇总"
    assert sign_in("district_auditor", "district").post("/district/usage/sheet", data={}).status_code == 403


def test_dat_09_the_file_of_a_job_can_be_fetched_for_a_day_and_each_fetch_stands_in_the_trail(
    app: Flask, sign_in: Any, ours: dict[str, Any], administrator: Actor
) -> None:
    desk, path = _imported(app, sign_in)
    answer = desk.get(path)
    assert answer.status_code == 200
    assert str(administrator.account_id) in answer.headers["Content-Disposition"]
    lines = _lines(answer.data)
    assert administrator.name in lines[0][0]
    assert all(not cell.startswith(("=", "@", "+")) for line in lines for cell in line)
    with tenant_unit(ours["tenant_id"]):
        rows = db.session.scalars(select(AuditRow).where(AuditRow.action == "job.result_fetched")).all()
    assert [row.account_id for row in rows] == [administrator.account_id]
    clock.stop(world.NOW + timedelta(hours=23))
    desk = sign_in("administrator")
    assert desk.get(path).status_code == 200
    clock.stop(world.NOW + timedelta(hours=25))
    desk = sign_in("administrator")
    assert desk.get(path).status_code == 404
    assert path not in desk.get("/jobs/").text
    assert path not in desk.get(path.removesuffix("/result")).text


def test_dat_09_a_sheet_has_a_limit_of_rows_that_a_centre_sets(
    app: Flask, ours: dict[str, Any], administrator: Actor
) -> None:
    with control_unit(Mode.WRITE):
        centre = db.session.get_one(Centre, ours["tenant_id"])
        centre.settings = {**centre.settings, "sheets.most_rows": 3}
        centre.version += 1
        db.session.commit()
    facts = {"name": "n", "purpose": "p", "by": administrator}
    assert len(_lines(sheets.sheet(["a"], [[1], [2], [3]], **facts))) == 5
    with pytest.raises(TooManyRows):
        sheets.sheet(["a"], [[1], [2], [3], [4]], **facts)


@pytest.mark.one_engine
@given(
    st.sampled_from("=+-@\t\r\n＝＋－＠"),
    st.text(max_size=8),
    st.sampled_from(["", " ", "\u3000", "\u00a0 "]),
)
def test_dat_09_no_cell_is_taken_for_a_formula(first: str, rest: str, before: str) -> None:
    assert harmless(before + first + rest).startswith("'")
    assert harmless("姓名" + rest) == "姓名" + rest
    assert harmless("") == ""


@pytest.mark.one_engine
def test_dat_09_only_one_place_writes_sheets() -> None:
    """Another writer would forget head, limit or formulas; the installer's list of codes is no export."""
    found = set()
    for room in ("app", "tenants", "modules"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr in {"writer", "DictWriter"}:
                    found.add(str(path.relative_to(ROOT)))
    assert found == {"app/sheets.py", "tenants/cli.py"}
