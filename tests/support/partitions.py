"""An installation with two partitions: the test world in p1, an empty p2 beside it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from support import world
from support.databases import PostgresDatabases, SqliteFiles

from app import clock
from app.config import Settings
from app.db import db, isolation, migrate
from app.db.base import CONTROL
from app.db.engines import dispose_engines
from app.factory import create_app

NAMES = ("control", "p1", "p2")


@contextmanager
def installation(kind: str) -> Iterator[tuple[Flask, dict[str, Any]]]:
    """The application and the ids of both centres, on an engine, while the block runs."""
    made: Any = SqliteFiles() if kind == "sqlite" else PostgresDatabases()
    made.add_empty("p2")
    app = create_app(
        Settings(
            environment="test",
            data_folder=Path(tempfile.mkdtemp(prefix="his-moving-")),
            control_url=made.url("control"),
            partition_urls={name: made.url(name) for name in NAMES[1:]},
            owner_urls={name: made.owner_url(name) for name in NAMES},
            embedded_workers=False,
        )
    )
    with app.app_context():
        with migrate.owned() as owners:
            for name in NAMES:
                metadata = db.metadatas[CONTROL] if name == CONTROL else db.metadata
                with owners[name].begin() as connection:
                    isolation.build_tables(connection, metadata)
        ids = world.build()
    clock.stop(None)
    yield app, ids
    dispose_engines(app)
    made.close()
