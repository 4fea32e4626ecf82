"""All roles × all permissions: on one page, in few statements, and on paper."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from app.actor import Actor
from app.db import db
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.records import AuditRow
from app.registry import EVERYONE, EVERYWHERE, installed
from tenants import services
from tenants.matrix import Cell, cell_of, matrix_of

pytestmark = pytest.mark.control("ACC-02")


def _change(by: Actor) -> None:
    for role, permission, is_granted in (
        ("doctor", "tenants.practitioner.manage", True),
        ("cashier", "charging.price.view", False),
    ):
        services.change_grant(role=role, permission=permission, is_granted=is_granted, by=by)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("is_given", "is_proposed", "may_hold", "cell"),
    [
        (True, True, True, Cell.GIVEN),
        (True, False, True, Cell.ADDED),
        (False, True, True, Cell.TAKEN),
        (False, False, True, Cell.OPEN),
        (False, False, False, Cell.NEVER),
    ],
)
def test_a_cell_says_how_it_stands_to_the_proposal(
    is_given: bool, is_proposed: bool, may_hold: bool, cell: Cell
) -> None:
    assert cell_of(is_given=is_given, is_proposed=is_proposed, may_hold=may_hold) is cell


@pytest.mark.one_engine
def test_the_district_sees_every_right_of_every_role(app: Flask) -> None:
    with app.test_request_context():
        matrix = matrix_of(None)
    assert [column.role for column in matrix.columns] == list(EVERYWHERE)
    assert {row.code for group in matrix.groups for row in group.rows} == set(installed().permissions)
    assert matrix.differing == 0
    given = {
        (row.code, column.role)
        for group in matrix.groups
        for row in group.rows
        for column, cell in zip(matrix.columns, row.cells, strict=True)
        if cell is Cell.GIVEN
    }
    assert given == {(code, role) for code, one in installed().permissions.items() for role in one.roles}


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_one_page_shows_all_rights_and_marks_what_differs(
    sign_in: Any, security_administrator: Actor, language: str
) -> None:
    _change(security_administrator)
    client = sign_in("auditor")
    client.set_cookie("his_language", language)
    client.get("/")
    with count_statements() as counted:
        page = client.get("/rights/").text
    assert counted.count == 0
    rows = re.findall(r'<tr class="tr" data-filter-text="[^"]* ([a-z_.]+)">(.*?)</tr>', page, re.DOTALL)
    assert {code for code, _ in rows} == set(installed().permissions)
    assert all(cells.count("<td") == len(EVERYONE) for _, cells in rows)
    marked = {code for code, cells in rows if "differs" in cells}
    assert marked == {"tenants.practitioner.manage", "charging.price.view"}
    assert page.count("td mid differs") == 2


@pytest.mark.parametrize(
    ("role", "centre", "may"),
    [
        ("security_administrator", "c1", True),
        ("auditor", "c1", True),
        ("district_security", "district", True),
        ("district_auditor", "district", True),
        ("administrator", "c1", False),
        ("doctor", "c1", False),
        ("district_operator", "district", False),
    ],
)
def test_who_reads_the_table(sign_in: Any, role: str, centre: str, may: bool) -> None:
    client = sign_in(role, centre)
    assert client.get("/rights/").status_code == (200 if may else 403)
    assert (client.get("/rights/paper").status_code == 200) is may


def test_the_paper_holds_every_right_with_pages_person_and_centre(
    sign_in: Any, security_administrator: Actor
) -> None:
    _change(security_administrator)
    client = sign_in("security_administrator")
    client.set_cookie("his_language", "en")
    answer = client.get("/rights/paper")
    pages = PdfReader(io.BytesIO(answer.data)).pages
    texts = ["".join(page.extract_text().split()) for page in pages]
    whole = "".join(texts)
    for number, (page, text) in enumerate(zip(pages, texts, strict=True), start=1):
        assert float(page.mediabox.width) > float(page.mediabox.height)
        assert f"{number}/{len(pages)}" in text
        assert "城东社区卫生服务中心·严安·2026-11-20" in text
        assert "Permission" in text  # the head stands on every page
    assert len(pages) > 1
    for permission in installed().permissions.values():
        assert "".join(permission.label.split()) in whole, permission.code
    assert "Reg.=Registrar" in whole
    assert whole.count("●＋") == 2  # the legend and the one cell
    with kernel_unit("p1"):
        said = db.session.scalars(select(AuditRow).where(AuditRow.action == "role.matrix_printed"))
        assert [row.actor_name for row in said] == ["严安"]
