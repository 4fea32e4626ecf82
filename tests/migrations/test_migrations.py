"""The histories build what the models say, on both engines, up and down; SQL Server's script is well-formed."""

from pathlib import Path
from typing import Any

import pytest
import sqlglot
from flask import Flask
from sqlalchemy import Engine, MetaData, create_engine, inspect
from support.databases import Databases

from app.config import ROOT, Settings
from app.db import migrate
from app.db.engines import make_engine
from app.factory import create_app

KINDS = ("control", "partition")


def _shape(engine: Engine) -> dict[str, Any]:
    """Tables with their columns, keys, indexes and checks, in a form that can be compared."""
    looker = inspect(engine)
    return {
        table: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in looker.get_columns(table)},
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


@pytest.fixture
def empty(databases: Databases, built: Any, tmp_path: Path) -> Any:
    """``empty("a")`` gives an engine on a database with nothing in it."""
    made: list[Engine] = []

    def make(name: str) -> Engine:
        if databases.kind == "sqlite":
            made.append(make_engine(f"sqlite:///{tmp_path}/{name}.db", read_only=False))
        else:
            databases._say(f"DROP DATABASE IF EXISTS empty_{name} WITH (FORCE)")  # type: ignore[attr-defined]
            databases._say(f"CREATE DATABASE empty_{name}")  # type: ignore[attr-defined]
            made.append(make_engine(databases.url(f"empty_{name}"), read_only=False))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_the_history_builds_what_the_models_say(app: Flask, empty: Any, kind: str) -> None:
    by_history, by_models = empty("history"), empty("models")
    migrate.move("control" if kind == "control" else "p1", by_history, "head")
    metadata: MetaData = migrate.metadata_of(kind)
    metadata.create_all(
        by_models, tables=[t for t in metadata.tables.values() if not t.name.startswith("tests_")]
    )
    assert _shape(by_history) == _shape(by_models)


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_goes_up_down_and_up_again(app: Flask, empty: Any, kind: str) -> None:
    name, engine = ("control" if kind == "control" else "p1"), empty("steps")
    migrate.move(name, engine, "head")
    shape = _shape(engine)
    migrate.move(name, engine, "base")
    assert _shape(engine) == {}
    migrate.move(name, engine, "head")
    assert _shape(engine) == shape


@pytest.mark.one_engine
@pytest.mark.parametrize("kind", KINDS)
def test_the_script_for_sql_server_is_well_formed(app: Flask, kind: str) -> None:
    script = migrate.script(kind, "mssql")
    batches = [batch for batch in script.split("\nGO") if batch.strip()]
    assert len(batches) > 10
    for batch in batches:
        sqlglot.parse(batch, read="tsql")


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
