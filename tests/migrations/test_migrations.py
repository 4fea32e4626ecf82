"""The histories build what the models say, on both engines, up and down; SQL Server's script is well-formed."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from flask import Flask
from sqlalchemy import Engine, MetaData, String, create_engine, inspect, text
from support.databases import Databases

from app.config import ROOT, Settings
from app.db import db, isolation, migrate
from app.db.engines import make_engine
from app.factory import create_app

KINDS = ("control", "partition")


def _shape(engine: Engine) -> dict[str, Any]:
    """Tables with their columns, keys, indexes and checks, in a form that can be compared."""
    looker = inspect(engine)
    return {
        table: {
            "columns": {
                c["name"]: (_type(engine, c["type"]), c["nullable"]) for c in looker.get_columns(table)
            },
            "key": looker.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(tuple(u["column_names"]) for u in looker.get_unique_constraints(table)),
            "indexes": sorted(
                (i["name"], tuple(i["column_names"]), i["unique"]) for i in looker.get_indexes(table)
            ),
            "checks": sorted(c["name"] or "" for c in looker.get_check_constraints(table)),
            "foreign": sorted(
                (tuple(f["constrained_columns"]), f["referred_table"]) for f in looker.get_foreign_keys(table)
            ),
        }
        for table in looker.get_table_names()
        if table != migrate.VERSION_TABLE
    }


def _type(engine: Engine, kind: Any) -> str:
    """As the database says it; SQLite knows no length of a text, so a history changes none there."""
    if engine.dialect.name == "sqlite" and isinstance(kind, String):
        return "text"
    return str(kind)


def _policies(engine: Engine) -> list[Any]:
    """Table, name, commands, roles, condition, check, enabled and forced: every policy of the database."""
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect() as connection:
        query = (
            "SELECT p.tablename, p.policyname, p.permissive, p.cmd, p.roles, p.qual, p.with_check, "
            "c.relrowsecurity, c.relforcerowsecurity "
            "FROM pg_policies AS p JOIN pg_class AS c ON c.relname = p.tablename ORDER BY 1, 2"
        )
        return [tuple(map(str, row)) for row in connection.execute(text(query))]


@pytest.fixture
def empty(databases: Databases, built: Any) -> Any:
    """``empty("a")`` gives an engine on a database with nothing in it."""
    made: list[Engine] = []

    def make(name: str) -> Engine:
        databases.add_empty(f"empty_{name}")
        made.append(make_engine(databases.owner_url(f"empty_{name}"), read_only=False))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_the_history_builds_what_the_models_say(app: Flask, empty: Any, kind: str) -> None:
    by_history, by_models = empty("history"), empty("models")
    migrate.move("control" if kind == "control" else "p1", by_history, "head")
    metadata: MetaData = migrate.metadata_of(kind)
    tables = [table for table in metadata.sorted_tables if not table.name.startswith("tests_")]
    with by_models.begin() as connection:
        isolation.build_tables(connection, metadata, tables)
    assert _shape(by_history) == _shape(by_models)
    assert _policies(by_history) == _policies(by_models)
    if kind == "partition":
        assert isolation.unguarded(by_history) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_goes_up_down_and_up_again(app: Flask, empty: Any, kind: str) -> None:
    name, engine = ("control" if kind == "control" else "p1"), empty("steps")
    migrate.move(name, engine, "head")
    shape = _shape(engine)
    migrate.move(name, engine, "base")
    assert _shape(engine) == {}
    migrate.move(name, engine, "head")
    assert _shape(engine) == shape


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_gone_down_and_up_with_rows_inside(
    app: Flask, empty: Any, databases: Databases, kind: str
) -> None:
    """The rows of two centres stand in the tables; a step takes away nothing but what it had brought."""
    name, engine = ("control" if kind == "control" else "p1"), empty("filled")
    migrate.move(name, engine, "head")
    _copy_rows(databases.owner_url(name), engine, migrate.metadata_of(kind))
    assert sum(_counted(engine).values()) > 100
    while migrate.present(engine) is not None:
        before = _counted(engine)
        newest = migrate.present(engine)
        migrate.move(name, engine, "-1")
        below = _counted(engine)
        assert below.items() <= before.items()
        migrate.move(name, engine, str(newest))
        again = _counted(engine)
        assert again.keys() == before.keys()
        assert below.items() <= again.items()
        migrate.move(name, engine, "-1")
    assert _counted(engine) == {}


def _copy_rows(source: str, target: Engine, metadata: MetaData) -> None:
    """Every row of a database of the suite into one that the history has built."""
    engine = make_engine(source, read_only=False)
    with engine.begin() as reader, target.begin() as writer:
        isolation.see_everybody(reader)
        isolation.see_everybody(writer)
        for table in metadata.sorted_tables:
            if not table.name.startswith("tests_"):
                found = [dict(row) for row in reader.execute(table.select()).mappings()]
                if found:
                    writer.execute(table.insert(), found)
    engine.dispose()


def _counted(engine: Engine) -> dict[str, int]:
    """Table → rows, of every table there is."""
    with engine.begin() as connection:
        isolation.see_everybody(connection)
        names = [name for name in inspect(connection).get_table_names() if name != migrate.VERSION_TABLE]
        return {n: connection.execute(text(f"SELECT count(*) FROM {n}")).scalar_one() for n in names}


def test_centres_from_before_the_keys_keep_finding_by_the_old_one(app: Flask, empty: Any) -> None:
    engine = empty("before")
    migrate.move("control", engine, "0005")
    columns = "id, code, name, district, partition, zone, is_active, version, settings"
    with engine.begin() as connection:
        for number in (7, 8):
            row = f"{number}, 'c{number}', 'n', 'd', 'p1', 'Asia/Shanghai', (1 = 1), 1, '{{}}'"
            connection.execute(text(f"INSERT INTO tenants_centre ({columns}) VALUES ({row})"))
    migrate.move("control", engine, "head")
    with engine.connect() as connection:
        query = "SELECT tenant_id, purpose, suite, state FROM control_data_key ORDER BY tenant_id"
        found = [tuple(row) for row in connection.execute(text(query))]
    assert found == [(tenant, "index", "legacy", "leaving") for tenant in (0, 7, 8)]


@pytest.mark.one_engine
@pytest.mark.parametrize("kind", KINDS)
def test_the_script_for_sql_server_is_well_formed(app: Flask, kind: str) -> None:
    script = migrate.script(kind, "mssql")
    batches = [batch for batch in script.split("\nGO") if batch.strip()]
    assert len(batches) > 10
    for batch in batches:
        sqlglot.parse(batch, read="tsql")


@pytest.mark.one_engine
def test_sql_server_keeps_every_table_of_a_centre_apart(app: Flask) -> None:
    """Reads are filtered and writes blocked by one predicate, which stands before the first policy."""
    script = migrate.script("partition", "mssql")
    tables = [name for name in isolation.guarded(db.metadata) if not name.startswith("tests_")]
    policy = re.compile(
        r"CREATE SECURITY POLICY dbo\.own_tenant_(\w+) "
        r"ADD FILTER PREDICATE dbo\.his_own_tenant\(tenant_id\) ON dbo\.(\w+), "
        r"ADD BLOCK PREDICATE dbo\.his_own_tenant\(tenant_id\) ON dbo\.(\w+) WITH \(STATE = ON\)"
    )
    said = policy.findall(script)
    assert sorted({name for found in said for name in found}) == sorted(tables)
    assert all(len(set(found)) == 1 for found in said)
    assert len(said) == len(tables)
    predicate = next(batch for batch in script.split("\nGO") if "CREATE FUNCTION" in batch)
    assert script.index("CREATE FUNCTION") < policy.search(script).start()  # type: ignore[union-attr]
    question = sqlglot.parse_one(predicate.split(" AS RETURN ")[1].rstrip("; \n"), read="tsql")
    assert isinstance(question, sqlglot.exp.Select)
    assert "SESSION_CONTEXT(N'his_tenant')" in question.sql(dialect="tsql")


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_step_is_named_beside_the_history(kind: str) -> None:
    folder = ROOT / "migrations" / kind
    named = (folder / "HEAD").read_text().strip()
    newest = sorted(file.stem for file in (folder / "versions").glob("[0-9]*.py"))[-1]
    assert named == newest


def test_an_empty_installation_is_brought_to_the_present(tmp_path: Path) -> None:
    app = create_app(
        Settings(
            environment="test",
            data_folder=tmp_path,
            control_url=f"sqlite:///{tmp_path}/control.db",
            partition_urls={"p1": f"sqlite:///{tmp_path}/p1.db", "p2": f"sqlite:///{tmp_path}/p2.db"},
            embedded_workers=False,
        )
    )
    with app.app_context():
        assert migrate.upgrade_all() == ["control", "p1", "p2"]
        assert migrate.upgrade_all() == []
    engine = create_engine(f"sqlite:///{tmp_path}/p2.db")
    assert "registration_visit" in inspect(engine).get_table_names()


@pytest.mark.one_engine
def test_a_release_that_does_not_know_a_new_column_goes_on_writing() -> None:
    """While servers are upgraded one after the other, the old release writes into the new tables."""
    files = sorted((ROOT / "migrations").glob("*/versions/*.py"))
    assert len(files) > 30
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "server_default=None" not in text, file.name
        for column in re.findall(r"add_column\((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*\)", text):
            assert "nullable=False" not in column or "server_default=" in column, (file.name, column)
