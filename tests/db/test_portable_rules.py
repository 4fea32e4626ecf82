"""One code for three engines: the rules that metadata, migrations and sources can be asked about.

The numbers are those of the rules' list in ``docs/engines.md``. More of them stand in ``tests/test_architecture.py``
(types, constraints, expressions) and ``tests/support/tsql.py`` (every statement the suite runs).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Enum, Index, Numeric, Table, Unicode, UnicodeText, UniqueConstraint
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeDecorator

from app.config import ROOT
from app.db import db, migrate
from app.db.base import CONTROL
from app.factory import create_app

pytestmark = pytest.mark.one_engine
create_app()  # every model of every room is known now
TABLES = [
    table
    for table in (*db.metadata.sorted_tables, *db.metadatas[CONTROL].sorted_tables)
    if not table.name.startswith("tests_")
]
ROOMS = ("app", "tenants", "modules", "region_upload", "offline_client")
DATABASE_ROOM = ROOT / "app" / "db"
LONGEST_TEXT = 4000  # NVARCHAR(n); longer text is UnicodeText, NVARCHAR(max)
LONGEST_NAME = 60


def _name(table: Table) -> str:
    return table.name


def _plain(column: Column[Any]) -> Any:
    kind = column.type
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _unique_keys(table: Table) -> Iterator[tuple[Any, list[Column[Any]]]]:
    for thing in (*table.constraints, *table.indexes):
        if isinstance(thing, UniqueConstraint) or (isinstance(thing, Index) and thing.unique):
            yield thing, list(thing.columns)


# Metadata


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rules_2_and_4_a_text_has_a_length_sql_server_can_index_and_hold(table: Table) -> None:
    wrong = [
        column.name
        for column in table.columns
        if isinstance(kind := _plain(column), Unicode)
        and not isinstance(kind, UnicodeText)
        and not (kind.length and 0 < kind.length <= LONGEST_TEXT)
    ]
    assert wrong == []


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rule_3_numbers_with_a_fraction_are_exact_decimals(table: Table) -> None:
    assert [column.name for column in table.columns if isinstance(column.type, Numeric)] == []


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rule_6_a_choice_is_text_and_no_type_of_the_engine(table: Table) -> None:
    assert [column.name for column in table.columns if isinstance(column.type, Enum)] == []


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rule_23_a_unique_key_that_may_be_null_is_a_filtered_index(table: Table) -> None:
    """SQL Server's plain unique key takes one NULL only."""
    for thing, columns in _unique_keys(table):
        if not any(column.nullable for column in columns):
            continue
        conditions = {str(thing.dialect_options[name]["where"]) for name in ("sqlite", "postgresql", "mssql")}
        assert isinstance(thing, Index), thing.name
        assert len(conditions) == 1, thing.name
        assert "None" not in conditions, f"{thing.name} lacks a condition: only_where()"


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rule_23_a_filtered_index_is_filtered_on_every_engine_alike(table: Table) -> None:
    for index in table.indexes:
        said = {str(index.dialect_options[name]["where"]) for name in ("sqlite", "postgresql", "mssql")}
        assert len(said) == 1, index.name


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rule_25_no_row_is_deleted_or_changed_by_a_cascade(table: Table) -> None:
    found = [key.name for key in table.foreign_key_constraints if key.ondelete or key.onupdate]
    assert found == []


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_rule_29_every_name_is_lower_case_and_short(table: Table) -> None:
    said = str(CreateTable(table).compile(dialect=mssql.dialect()))  # type: ignore[no-untyped-call]
    said += "".join(str(CreateIndex(index)) for index in table.indexes)
    names = re.findall(r"(?:CONSTRAINT|INDEX) (\S+)", said) + [column.name for column in table.columns]
    assert len(names) > len(table.columns)
    assert [
        n for n in (table.name, *names) if not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}", n)
    ] == []


# Migrations


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == name:
            yield node


def _words(call: ast.Call) -> set[str]:
    return {word.arg for word in call.keywords if word.arg}


def _unfit_for_sql_server(source: str) -> list[str]:
    tree = ast.parse(source)
    found = [
        f"{call.lineno}: rule 31: drop_column(…, mssql_drop_default=True)"
        for call in _calls(tree, "drop_column")
        if "mssql_drop_default" not in _words(call)
    ]
    found += [
        f"{call.lineno}: rule 33: alter_column says existing_type and existing_nullable"
        for call in _calls(tree, "alter_column")
        if not {"existing_type", "existing_nullable"} <= _words(call)
    ]
    for call in _calls(tree, "add_column"):
        for column in _calls(call, "Column"):
            said = {word.arg: ast.unparse(word.value) for word in column.keywords}
            if said.get("nullable") == "False" and "server_default" not in said:
                found.append(f"{column.lineno}: rule 32: a new NOT NULL column has a server_default")
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "CREATE TRIGGER" in node.value.upper()
        ):
            found.append(f"{node.lineno}: rule 26: no triggers")
    return found


REVISIONS = sorted((ROOT / "migrations").glob("*/versions/*.py"))


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_rules_26_31_32_33_a_revision_says_what_sql_server_needs(revision: Path) -> None:
    assert _unfit_for_sql_server(revision.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("op.drop_column('t', 'a')", "31"),
        ("batch.drop_column('a')", "31"),
        ("op.alter_column('t', 'a', nullable=True, existing_nullable=False)", "33"),
        ("op.alter_column('t', 'a', nullable=True, existing_type=sa.Unicode(3))", "33"),
        ("op.add_column('t', sa.Column('a', sa.BigInteger(), nullable=False))", "32"),
        ("op.execute('create trigger x')", "26"),
    ],
)
def test_rules_26_31_32_33_each_omission_is_noticed(line: str, rule: str) -> None:
    assert [found for found in _unfit_for_sql_server(line) if f"rule {rule}" in found]


@pytest.mark.parametrize("kind", ["control", "partition"])
def test_rule_26_the_script_makes_no_trigger(kind: str) -> None:
    script = migrate.script(kind, "mssql")
    assert "CREATE TABLE" in script
    assert "CREATE TRIGGER" not in script.upper()


# Sources


_CALLS = (  # what the called thing looks like, why not
    (r"\.with_for_update$", "rule 19: locking(), lock_row() or lock_rows()"),
    (r"\bfunc\.(now|current_\w+|localtime\w*|getdate|sysdate)$", "rule 14: the clock is app.clock"),
    (r"session\.merge$", "rule 21: no merge"),
    (r"^func\..*\)\.filter$", "rule 9: sum(case(…)) instead of FILTER"),
    (r"\.(regexp_match|regexp_replace|nulls_first|nulls_last)$", "rule 10: unknown to SQL Server"),
)
_ARGUMENTS = (  # what is called, what an argument looks like, why not
    (r"^(sa\.)?cast$", r"^(sa\.)?Date$", "rule 13: a range of moments instead of cast(…, Date)"),
    (r"\.is_$", r"^(True|False|true\(\)|false\(\))$", "rule 7: where(column), not is_(True)"),
    (r"^(sa\.)?select$", r"^exists\(", "rule 8: case((condition, 1), else_=0)"),
)


def _unportable(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found += [f"{node.lineno}: {why}" for why in _offences(node)]
    return found


def _offences(call: ast.Call) -> Iterator[str]:
    said, arguments = ast.unparse(call.func), [ast.unparse(argument) for argument in call.args]
    yield from (why for pattern, why in _CALLS if re.search(pattern, said))
    for pattern, wanted, why in _ARGUMENTS:
        if re.search(pattern, said) and any(re.search(wanted, argument) for argument in arguments):
            yield why
    if said == "select" and any(isinstance(argument, ast.Compare) for argument in call.args):
        yield "rule 8: case((condition, 1), else_=0)"


MENDED_ELSEWHERE = {"app/accounts/services.py"}  # the lock of a sign-in; leaves this list with its rewriting


@pytest.mark.parametrize("room", ROOMS)
def test_rules_7_to_21_sources_use_what_every_engine_knows(room: str) -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sorted((ROOT / room).rglob("*.py"))
        if not path.is_relative_to(DATABASE_ROOM) and (lines := _unportable(path.read_text(encoding="utf-8")))
    }
    assert {path: lines for path, lines in found.items() if path not in MENDED_ELSEWHERE} == {}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("select(Bill).with_for_update()", "19"),
        ("select(func.now())", "14"),
        ("select(func.current_timestamp())", "14"),
        ("cast(Bill.at, Date)", "13"),
        ("db.session.merge(row)", "21"),
        ("func.sum(Bill.amount).filter(Bill.is_open)", "9"),
        ("select(Bill).where(Bill.is_open.is_(True))", "7"),
        ("select(Bill.a > Bill.b)", "8"),
        ("select(exists(inner))", "8"),
        ("order_by(Bill.at.nulls_last())", "10"),
    ],
)
def test_rules_7_to_21_each_offence_is_noticed(line: str, rule: str) -> None:
    assert [found for found in _unportable(line) if f"rule {rule}:" in found]
