"""Bringing databases to the present schema: one history for control, one for every partition."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import Engine, MetaData, make_url

from app.config import ROOT, Settings
from app.db import isolation
from app.db.base import CONTROL, db
from app.db.engines import make_owner_engines

VERSION_TABLE = "schema_version"


def kind_of(name: str) -> str:
    """Which history a database follows: ``control`` or ``partition``."""
    return "control" if name == CONTROL else "partition"


def metadata_of(kind: str) -> MetaData:
    """The tables that a history builds."""
    return db.metadatas[CONTROL] if kind == "control" else db.metadata


def config_of(kind: str, dialect: str, **attributes: Any) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations" / kind))
    config.attributes.update(metadata=metadata_of(kind), dialect=dialect, **attributes)
    return config


@contextmanager
def owned() -> Iterator[dict[str, Engine]]:
    """Name → engine of control and of each partition as the owner of the tables; closed at the end."""
    engines = make_owner_engines(_settings())
    try:
        yield engines
    finally:
        for engine in engines.values():
            engine.dispose()


def upgrade_all(target: str = "head") -> list[str]:
    """Upgrade every database as its owner; returns the names that changed."""
    changed = []
    with owned() as engines:
        for name, engine in engines.items():
            before = present(engine)
            move(name, engine, target)
            _let_in(name, engine)
            if present(engine) != before:
                changed.append(name)
    return changed


def _let_in(name: str, engine: Engine) -> None:
    """The application's role may use what the owner has made."""
    role = make_url(_settings().urls()[name]).username
    if role and role != engine.url.username:
        with engine.begin() as connection:
            isolation.grant_plain_role(connection, role)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["his_settings"]
    return settings


def move(name: str, engine: Engine, target: str) -> None:
    """Upgrade (``head``, a revision) or downgrade (``base``, ``-1``) one database, in one transaction."""
    with engine.begin() as connection:
        isolation.see_everybody(connection)
        config = config_of(kind_of(name), engine.dialect.name, connection=connection)
        step = command.downgrade if target == "base" or target.startswith("-") else command.upgrade
        step(config, target)


def present(engine: Engine) -> str | None:
    """The revision a database stands at."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision()


def newest(kind: str) -> str | None:
    """The newest revision of a history."""
    return ScriptDirectory.from_config(config_of(kind, "")).get_current_head()


def script(kind: str, dialect: str) -> str:
    """The whole history as SQL, for a database administrator to read."""
    text = io.StringIO()
    config = config_of(kind, dialect)
    config.output_buffer = text
    command.upgrade(config, "head", sql=True)
    return text.getvalue()
