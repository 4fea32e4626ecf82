"""What everyone must remember, so that nobody has to: habits of every route, table, use case and file."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from flask import Flask
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    String,
    Table,
    Time,
    Unicode,
    UnicodeText,
)
from sqlalchemy.dialects import mssql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeDecorator

import modules
from app import use_cases
from app.db import db
from app.db.base import CONTROL
from app.factory import create_app
from app.web.access import PUBLIC

ROOT = Path(__file__).parent.parent
ROOMS = ("app", "tenants", "modules", "region_upload", "offline_client")
KERNEL_TABLES = ("kernel_", "control_")
LONGEST_NAME = 60


def _wired() -> Flask:
    return create_app()


APP = _wired()
TABLES = [*db.metadata.sorted_tables, *db.metadatas[CONTROL].sorted_tables]
PARTITION_TABLES = list(db.metadata.sorted_tables)
RULES = [rule for rule in APP.url_map.iter_rules() if rule.endpoint != "static"]


def _id(value: Any) -> str:
    return getattr(value, "name", None) or getattr(value, "rule", None) or str(value)


def _sources(*rooms: str) -> Iterator[Path]:
    for room in rooms or ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


# Routes


@pytest.mark.parametrize("rule", RULES, ids=_id)
@pytest.mark.control("ACC-01")
def test_a_route_names_its_permission(rule: Any) -> None:
    permission = getattr(APP.view_functions[rule.endpoint], "required_permission", None)
    assert permission, f"{rule.endpoint} declares nobody who may use it"


@pytest.mark.control("ACC-01")
def test_only_these_routes_are_open_to_everyone() -> None:
    """A new public route is a decision: add it here, in one visible line."""
    public = {
        rule.endpoint
        for rule in RULES
        if getattr(APP.view_functions[rule.endpoint], "required_permission", None) == PUBLIC
    }
    known = {
        "health.show_health",
        "health.show_metrics",
        "health.show_readiness",
        "home.begin",
        "payments_reports.take_report",
        "sessions.begin_sign_in",
        "sessions.choose_language",
        "sessions.show_session",
        "sessions.sign_in",
        "theme.show_sample",
        "theme.show_theme",
        "welcome.open_account",
        "welcome.show_welcome",
    }
    assert public <= known, sorted(public - known)


@pytest.mark.parametrize("rule", RULES, ids=_id)
def test_a_url_is_kebab_case_and_its_parameters_are_typed(rule: Any) -> None:
    for part in rule.rule.strip("/").split("/"):
        plain = re.sub(r"<\w+(\([^)]*\))?:\w+>", "", part)
        assert "<" not in plain, f"untyped parameter in {rule.rule}"
        assert re.fullmatch(r"[a-z0-9.-]*", plain), rule.rule


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if {"POST", "PUT", "DELETE"} & rule.methods], ids=_id
)
@pytest.mark.control("APP-05")
def test_a_route_that_changes_something_refuses_a_forged_request(rule: Any) -> None:
    before = APP.config.get("WTF_CSRF_ENABLED", True)
    APP.config["WTF_CSRF_ENABLED"] = True
    path = re.sub(r"<int:\w+>", "1", rule.rule)
    path = re.sub(r"<\w+:\w+>", "x", path)
    try:
        assert APP.test_client().post(path, data={}).status_code == 400
    finally:
        APP.config["WTF_CSRF_ENABLED"] = before


# Tables


@pytest.mark.parametrize("table", TABLES, ids=_id)
def test_a_table_is_named_after_its_room(table: Table) -> None:
    rooms = {*KERNEL_TABLES, "accounts_", "tenants_", *(f"{name}_" for name in modules.INSTALLED)}
    assert table.name.startswith(tuple(rooms))
    assert re.fullmatch(r"[a-z][a-z0-9_]*", table.name)


@pytest.mark.parametrize("table", PARTITION_TABLES, ids=_id)
@pytest.mark.control("ACC-08")
def test_rows_of_a_centre_carry_it_and_their_keys_begin_with_it(table: Table) -> None:
    if "tenant_id" not in table.columns:
        assert table.name.startswith("kernel_"), f"{table.name} has no tenant_id"
        return
    if table.name.startswith("kernel_"):
        return  # the relay and the sealer walk them across centres
    for index in table.indexes:
        assert next(iter(index.columns)).name == "tenant_id", index.name
    for constraint in table.constraints:
        if type(constraint).__name__ == "UniqueConstraint":
            assert next(iter(constraint.columns)).name == "tenant_id", constraint.name


@pytest.mark.parametrize("table", TABLES, ids=_id)
def test_names_of_keys_and_constraints_exist_and_are_short(table: Table) -> None:
    named = [*table.constraints, *table.indexes]
    compiled = [str(CreateTable(table).compile(dialect=mssql.dialect()))]
    for thing in named:
        assert thing.name, f"a constraint of {table.name} has no name"
    names = re.findall(r"CONSTRAINT (\S+)", compiled[0]) + [index.name for index in table.indexes]
    assert [name for name in names if len(str(name)) > LONGEST_NAME] == []


@pytest.mark.parametrize("table", TABLES, ids=_id)
def test_columns_have_types_that_mean_the_same_on_every_engine(table: Table) -> None:
    assert [f"{column.name}: {why}" for column in table.columns if (why := _unfit(column))] == []


def _unfit(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, TypeDecorator):
        return ""
    if isinstance(kind, String) and not isinstance(kind, Unicode | UnicodeText):
        return "text must be Unicode: VARCHAR loses Chinese on SQL Server"
    if isinstance(kind, DateTime):
        return "moments are UtcDateTime: DATETIME counts in steps of 3 ms on SQL Server"
    if isinstance(kind, Float):
        return "numbers are exact"
    if isinstance(kind, Boolean) and kind.create_constraint:
        return "a Boolean makes no constraint of its own"
    return "a time of day is text or minutes" if isinstance(kind, Time) and kind.timezone else ""


@pytest.mark.parametrize("table", TABLES, ids=_id)
def test_a_table_can_be_made_on_sql_server(table: Table) -> None:
    statements = [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
    for statement in statements:
        text = str(statement.compile(dialect=mssql.dialect())).strip()
        assert sqlglot.parse_one(text, read="tsql") is not None


@pytest.mark.parametrize("table", TABLES, ids=_id)
def test_a_condition_of_a_table_is_plain_sql(table: Table) -> None:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint):
            text = str(constraint.sqltext).upper()
            assert not re.search(r"\b(TRUE|FALSE|IS TRUE|REGEXP|ILIKE|::)\b", text), text


# Use cases

CASES = [
    case
    for _, case in sorted(use_cases.registry.items())
    if case.function.__module__.split(".")[0] in ROOMS  # tests declare some of their own
]


@pytest.mark.parametrize("case", CASES, ids=_id)
@pytest.mark.control("ACC-01")
def test_a_use_case_says_what_it_does_and_who_may(case: use_cases.UseCase) -> None:
    assert inspect.getdoc(case.function), case.name
    assert case.permission in APP.extensions["his_registry"].permissions, case.permission
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+){2}", case.permission), case.permission


@pytest.mark.parametrize("case", CASES, ids=_id)
@pytest.mark.control("APP-01")
def test_every_text_and_list_of_a_use_case_has_a_longest_length(case: use_cases.UseCase) -> None:
    made = case.schema.model_json_schema()
    assert list(_unbounded(made, made.get("$defs", {}), case.name)) == []


def _unbounded(schema: dict[str, Any], parts: dict[str, Any], where: str) -> Iterator[str]:
    for name, part in parts.items():
        if "properties" in part:
            yield from _unbounded(part, {}, name)
    for name, field in schema.get("properties", {}).items():
        shapes = [field, *field.get("anyOf", [])]
        if any(shape.get("type") == "number" for shape in shapes):
            continue  # a Decimal, which may be sent as a text; its digits are counted elsewhere
        for shape in shapes:
            is_text = shape.get("type") == "string" and not {"enum", "const", "format", "pattern"} & set(
                shape
            )
            if is_text and "maxLength" not in shape:
                yield f"{where}.{name} is a text of any length"
            if shape.get("type") == "array" and "maxItems" not in shape:
                yield f"{where}.{name} is a list of any length"


# Source files


def _calls(path: Path, name: str) -> list[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


def test_only_the_kernel_commits() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in _sources("tenants", "modules", "region_upload", "offline_client")
        if (lines := _calls(path, "commit"))
    }
    assert found == {}


def test_nobody_but_the_clock_looks_at_the_wall() -> None:
    found = {}
    for path in _sources():
        if path == ROOT / "app" / "clock.py":
            continue
        text = path.read_text(encoding="utf-8")
        if hits := re.findall(r"\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(", text):
            found[str(path.relative_to(ROOT))] = hits
    assert found == {}


_PAST_THE_FILTER = {  # an attribute of any object with this name
    "__table__": "select the model",
    "local_table": "select the model",
    "persist_selectable": "select the model",
    "exec_driver_sql": "write a query over models",
    "raw_connection": "write a query over models",
    "dbapi_connection": "write a query over models",
    "bulk_save_objects": "add the rows",
    "bulk_insert_mappings": "add the rows",
    "bulk_update_mappings": "update with a where, or change the rows",
}
_PAST_THE_FILTER_CALLED = {"connection": "use db.session", "text": "write a query over models"}
_PAST_THE_FILTER_IMPORTED = {"text", "literal_column", "TextClause", "DDL", "Table", "table", "column"}


def _ways_past_the_filter(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _PAST_THE_FILTER:
            yield f"{node.lineno}: {node.attr} ({_PAST_THE_FILTER[node.attr]})"
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _PAST_THE_FILTER_CALLED:
            yield f"{node.lineno}: {ast.unparse(node.func)}()"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            names = {alias.name for alias in node.names} & _PAST_THE_FILTER_IMPORTED
            yield from (f"{node.lineno}: import {name}" for name in sorted(names))
        elif isinstance(node, ast.Constant) and node.value in _PAST_THE_FILTER:
            yield f"{node.lineno}: {node.value!r}"  # getattr(model, "__table__")


@pytest.mark.control("ACC-05")
def test_nothing_but_the_database_room_goes_past_the_tenant_filter() -> None:
    """Tables, raw SQL, bare connections and bulk methods carry no tenant; tests and bench may, the product may not."""
    found = {
        str(path.relative_to(ROOT)): ways
        for path in (*_sources(*ROOMS, "hardware", "deploy"), ROOT / "wsgi.py")
        if not path.is_relative_to(ROOT / "app" / "db")
        and (ways := list(_ways_past_the_filter(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "db.session.connection()",
        "select(Bill.__table__)",
        "getattr(Bill, '__table__')",
        "from sqlalchemy import select, text",
        "sqlalchemy.text('SELECT 1')",
        "engine.raw_connection()",
        "connection.exec_driver_sql('SELECT 1')",
        "db.session.bulk_update_mappings(Bill, rows)",
    ],
)
@pytest.mark.control("ACC-05")
def test_each_way_past_the_tenant_filter_is_noticed(line: str) -> None:
    assert list(_ways_past_the_filter(ast.parse(line)))


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"\.is_\((?:True|False)\)", "renders IS 1 on SQL Server: write `.where(Model.flag)`"),
        (r"\.filter\(.*\)\.over\(|\.filter_where\(", "FILTER is unknown on SQL Server: sum(case(...))"),
        (r"\btuple_\(", "tuple IN is unknown on SQL Server: or_/and_"),
        (r"\.nulls_(?:first|last)\(", "unknown on SQL Server: order by case() first"),
        (r"\.offset\(", "lists page by key: page_by_key"),
        (r"\.i?like\(|\.contains\(.*autoescape", "contains_text or starts_with"),
        (r"\bon_conflict_do|\bon_duplicate_key", "one engine only"),
    ],
)
def test_queries_use_what_every_engine_knows(pattern: str, instead: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _sources()
        if not path.is_relative_to(ROOT / "app" / "db")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert found == [], instead


@pytest.mark.control("APP-04")
def test_templates_hold_no_style_script_or_handler_of_their_own() -> None:
    forbidden = re.compile(r'\sstyle="|\son\w+="|hx-on|<script(?![^>]*(?:src=|type="application/json"))|js:')
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("templates/**/*.html"))
        if "/papers/" not in str(path) and not path.name.startswith("paper")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if forbidden.search(line) and not line.lstrip().startswith("{#")
    ]
    assert found == []


def test_a_file_stays_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in _sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 420
    }
    assert long == {}


@pytest.mark.slow
def test_imports_point_down() -> None:
    tool = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([tool, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3000:]


@pytest.mark.parametrize("name", modules.INSTALLED)
def test_a_module_explains_itself_on_one_page(name: str) -> None:
    page = ROOT / "modules" / name / "README.md"
    assert page.exists(), f"modules/{name}/README.md"
    assert (inspect.getdoc(__import__(f"modules.{name}", fromlist=["x"])) or "").strip()
