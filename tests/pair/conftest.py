"""The product on a primary and a hot standby; the clock runs, for servers have no other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from support import world
from support.pair import Pair, look
from support.postgres import OWNER

from app import clock
from app.config import Settings
from app.db import db, isolation, migrate
from app.db.base import CONTROL
from app.db.engines import dispose_engines
from app.db.replicas import GOOD_PROBES
from app.db.retrying import routes
from app.factory import create_app


@pytest.fixture(scope="session")
def pair_built() -> Iterator[tuple[Pair, Flask, dict[str, Any]]]:
    """Both servers with the test world, once for the run."""
    pair = Pair()
    app = create_app(
        Settings(
            environment="test",
            data_folder=Path(tempfile.mkdtemp(prefix="his-pair-data-")),
            control_url=pair.url("control"),
            partition_urls={"p1": pair.url("p1")},
            replica_urls={name: pair.copies(name) for name in ("control", "p1")},
            owner_urls={name: pair.url(name, OWNER) for name in ("control", "p1")},
            embedded_workers=False,
            account_requests=0,
            centre_requests=0,  # tests type faster than people
        )
    )
    with app.app_context():
        with migrate.owned() as owners:
            for name, metadata in (("control", db.metadatas[CONTROL]), ("p1", db.metadata)):
                with owners[name].begin() as connection:
                    isolation.build_tables(connection, metadata)
        ids = world.build()
    clock.stop(None)
    pair.wait_until_level()
    yield pair, app, ids
    dispose_engines(app)
    pair.close()


@pytest.fixture
def pair(pair_built: tuple[Pair, Flask, dict[str, Any]]) -> Pair:
    """The two servers; whichever is the primary at this moment."""
    return pair_built[0]


@pytest.fixture
def app(pair_built: tuple[Pair, Flask, dict[str, Any]]) -> Iterator[Flask]:
    """The application, its copies freshly probed; the guards' threads stand still and tests look themselves."""
    application = pair_built[1]
    application.config["WTF_CSRF_ENABLED"] = False
    with application.app_context():
        routes().is_watching = False
        look(GOOD_PROBES)
        yield application
    clock.stop(None)


@pytest.fixture
def ours(pair_built: tuple[Pair, Flask, dict[str, Any]]) -> dict[str, Any]:
    """Ids of the centre under test."""
    return pair_built[2]["ours"]
