"""Two engines, two centres, one person for every role; the clock stands still."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from support import tsql, world
from support.databases import KINDS, Databases
from support.postgres import APPLICATION

from app import clock
from app.actor import Actor
from app.config import Settings
from app.db import Mode, db, isolation, migrate, tenant_unit
from app.db.base import CONTROL
from app.factory import create_app

tsql.watch()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engines", default="sqlite,postgresql", help="engines to run on, by comma")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "databases" in metafunc.fixturenames:
        engines = metafunc.config.getoption("--engines").split(",")
        if metafunc.definition.get_closest_marker("one_engine"):
            engines = engines[:1]
        metafunc.parametrize("databases", engines, indirect=True, scope="session")


@pytest.fixture(autouse=True)
def said_to_sql_server_too() -> Iterator[None]:
    """What a test is the first to ask for could be asked of SQL Server as well."""
    yield
    assert tsql.faults_of_new_statements() == []


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """The databases of one engine, for the whole run."""
    made: Databases = KINDS[request.param]()
    yield made
    made.close()


@pytest.fixture(scope="session")
def built(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, dict[str, Any]]]:
    """The application and the test world, built once for each engine and kept as a template."""
    app = create_app(
        Settings(
            environment="test",
            data_folder=tmp_path_factory.mktemp("data"),
            control_url=databases.url("control"),
            partition_urls={"p1": databases.url("p1")},
            owner_urls={name: databases.owner_url(name) for name in ("control", "p1")},
            embedded_workers=False,
            account_requests=0,  # tests type faster than people
        )
    )
    engines = app.extensions["his_engines"]
    with app.app_context():
        with migrate.owned() as owners:
            for name, metadata in (("control", db.metadatas[CONTROL]), ("p1", db.metadata)):
                with owners[name].begin() as connection:
                    isolation.build_tables(connection, metadata)
                    isolation.keep_trail(connection, APPLICATION)
        ids = world.build()
    for engine in engines.values():
        engine.dispose()
    databases.keep_as_template()
    yield app, ids
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def app(built: tuple[Flask, dict[str, Any]], databases: Databases) -> Iterator[Flask]:
    """The application on fresh copies of the databases, at 09:30 on 2026-11-20 in Shanghai."""
    application = built[0]
    _renew(application, databases)
    with application.app_context():
        yield application
    clock.stop(None)


def _renew(application: Flask, databases: Databases) -> None:
    databases.renew(application.extensions["his_engines"])
    application.extensions["his_directory"].forget()
    application.extensions["his_keyring"].forget()
    shutil.rmtree(application.extensions["his_settings"].heads_folder, ignore_errors=True)
    application.extensions["his_limiter"].reset()
    clock.stop(world.NOW)


@pytest.fixture
def renew(app: Flask, databases: Databases) -> Callable[[], None]:
    """Begin anew in the middle of a test, as the next test would."""
    return lambda: _renew(app, databases)


@pytest.fixture
def ours(app: Flask, built: tuple[Flask, dict[str, Any]]) -> dict[str, Any]:
    """Ids of the centre under test."""
    return built[1]["ours"]


@pytest.fixture
def theirs(app: Flask, built: tuple[Flask, dict[str, Any]]) -> dict[str, Any]:
    """Ids of the other centre."""
    return built[1]["theirs"]


@pytest.fixture(autouse=True)
def _same_runner(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whoever puts another runner of jobs in its place leaves the next test the one that was there."""
    if "app" not in request.fixturenames:
        yield
        return
    extensions = request.getfixturevalue("app").extensions
    before = extensions["his_jobs"]
    yield
    extensions["his_jobs"] = before


def _role(name: str) -> Any:
    @pytest.fixture(name=name)
    def role(ours: dict[str, Any]) -> Actor:
        return world.actor(ours, name)

    return role


registrar = _role("registrar")
triage_nurse = _role("triage_nurse")
doctor = _role("doctor")
other_doctor = _role("other_doctor")
cashier = _role("cashier")
accountant = _role("accountant")
pharmacist = _role("pharmacist")
other_pharmacist = _role("other_pharmacist")
storekeeper = _role("storekeeper")
administrator = _role("administrator")
auditor = _role("auditor")
security_administrator = _role("security_administrator")


@pytest.fixture
def reading(ours: dict[str, Any]) -> Iterator[None]:
    """A reading unit on our centre, for queries in the test itself."""
    with tenant_unit(ours["tenant_id"], Mode.READ):
        yield


@pytest.fixture
def as_owner(app: Flask) -> Iterator[Callable[..., list[Any]]]:
    """``as_owner("p1", "UPDATE …")``: a statement of the database's owner, past the application."""
    with migrate.owned() as engines:

        def say(name: str, statement: str, **values: Any) -> list[Any]:
            with engines[name].begin() as connection:
                isolation.see_everybody(connection)
                result = connection.execute(text(statement), values)
                return list(result) if result.returns_rows else []

        yield say


@pytest.fixture
def sign_in(app: Flask, ours: dict[str, Any]) -> Any:
    """``sign_in("doctor")`` gives a browser-like client that is signed in; CSRF is off in it."""
    app.config["WTF_CSRF_ENABLED"] = False

    def open_desk(role: str, centre: str = "c1") -> FlaskClient:
        client = app.test_client()
        answer = client.post("/sign-in", data={"name": f"{role}@{centre}", "password": world.PASSWORD})
        assert answer.status_code == 303, answer.text
        return client

    return open_desk


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the walks over everything have walked, in one line each."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, said in report.user_properties:
            if name == "walked":
                terminalreporter.write_line(f"walked {report.nodeid.rpartition('::')[2]}: {said}")
