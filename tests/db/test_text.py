"""Comparing text: the same rows are found on every engine, whatever signs people type (rules 16 to 18)."""

import pytest
from flask import Flask
from sqlalchemy import Unicode, bindparam, literal, select
from sqlalchemy.dialects import mssql, sqlite
from support.tsql import in_tsql

from app.db import across_tenants, contains_text, db, starts_with
from app.db.text import is_search_key
from app.db.types import search_key_type
from modules.catalogue.models import Drug
from modules.charging.models import Price
from modules.patients.models import Patient

SIGNS = ["[", "]", "[x]", "%", "_", "'", "''", "\\", "^", "-", "x[y", "100%_", "王", "𠮷"]


@pytest.mark.parametrize("sign", SIGNS)
def test_rule_17_every_sign_means_itself(app: Flask, sign: str) -> None:
    with across_tenants("p1"):
        for text, is_found in ((f"a{sign}b", True), ("axb", sign in "axb"), ("", False)):
            held = literal(text, Unicode(50))
            assert (db.session.scalar(select(literal(1)).where(contains_text(held, sign))) == 1) is is_found
            for column in (held, bindparam(None, text, type_=search_key_type(50))):
                begins = starts_with(column, f"a{sign}")
                begins_so = text.startswith(f"a{sign}")
                assert (db.session.scalar(select(literal(1)).where(begins)) == 1) is begins_so


@pytest.mark.one_engine
@pytest.mark.parametrize("sign", SIGNS)
def test_rule_17_sql_server_gets_no_pattern(sign: str) -> None:
    said = in_tsql(
        select(Price.id).where(contains_text(Price.item_name, sign), starts_with(Price.initials, sign))
    )
    assert "LIKE" not in said
    assert said.count("CHARINDEX(@") == 2


@pytest.mark.one_engine
def test_rule_17_a_prefix_is_a_range_only_where_text_is_compared_byte_by_byte() -> None:
    for column in (Patient.name, Patient.pinyin, Patient.initials, Drug.initials, Drug.pinyin):
        assert is_search_key(column)
    assert not is_search_key(Price.initials)
    assert "CHARINDEX" not in in_tsql(select(Patient.id).where(starts_with(Patient.name, "王")))


@pytest.mark.one_engine
def test_the_end_of_a_range_is_the_greatest_text_of_the_engine() -> None:
    """SQL Server's binary order counts UTF-16 units: the greatest sign of Unicode stands before full-width letters."""
    end = starts_with(bindparam("name", type_=search_key_type(20)), "王").clauses[1].right  # type: ignore[attr-defined]
    on_sql_server = end.type.process_bind_param(end.value, mssql.dialect())  # type: ignore[no-untyped-call]
    elsewhere = end.type.process_bind_param(end.value, sqlite.dialect())  # type: ignore[no-untyped-call]
    for follows in ("", "Ａ", "小明", "𠮷", "\ue000"):
        name = f"王{follows}"
        assert name.encode("utf-16-be") < on_sql_server.encode("utf-16-be")
        assert name < elsewhere
