"""SQL Server's listener, played by a double: intent, routes, refusals, cuts (sql_portability, section 3)."""

import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymssql
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from support.databases import SqlServerDatabases
from support.tds import CUT, Listener, Refusal

from app.config import ConfigurationError
from app.db import engines, failures, mssql

pytestmark = pytest.mark.one_engine
QUICK = {"login_timeout": 1, "timeout": 3}


class Watch:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.moment, self.pauses = 0.0, []  # type: ignore[var-annotated]

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.moment += seconds

    def patience(self) -> mssql.Patience:
        return mssql.Patience(now=lambda: self.moment, sleep=self.sleep, chance=lambda: 1.0)


@pytest.fixture
def listeners() -> Iterator[Any]:
    """``listeners()`` opens one more double."""
    made: list[Listener] = []

    def open_one(**options: Any) -> Listener:
        made.append(Listener(**options))
        return made[-1]

    yield open_one
    for listener in made:
        listener.close()


@pytest.fixture
def connect() -> Iterator[Any]:
    """``connect(listener)`` makes an engine as the product does, with short timeouts."""
    made: list[Engine] = []

    def make(listener: Listener, *, read_only: bool = False, watch: Watch | None = None) -> Engine:
        patience = (watch or Watch()).patience()
        made.append(mssql.make_engine(listener.url, read_only=read_only, patience=patience, line=QUICK))
        return engines._with_ping(made[-1])

    yield make
    for engine in made:
        engine.dispose()


def _ask(engine: Engine, statement: str = "SELECT 5 AS x") -> Any:
    with engine.connect() as line:
        return line.execute(text(statement)).scalar()


def _change(engine: Engine, before_commit: Callable[[], None]) -> None:
    with engine.begin() as line:
        line.execute(text("SELECT 5 AS x"))
        line.execute(text("UPDATE t SET a = 1"))
        before_commit()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


# Who asks for what


def test_the_writer_asks_for_no_replica_and_the_reader_does(listeners: Any, connect: Any) -> None:
    listener = listeners()
    _ask(connect(listener))
    _ask(connect(listener, read_only=True))
    writer, reader = listener.logins
    assert (writer.has_read_intent, writer.appname, writer.database) == (False, "his-rw", "his")
    assert (reader.has_read_intent, reader.appname, reader.database) == (True, "his-ro", "his")


def test_the_reader_works_where_the_listener_sends_it(listeners: Any, connect: Any) -> None:
    replica = listeners(answer=lambda said: "replica" if "AS x" in said else None)
    listener = listeners(redirect=("127.0.0.1", replica.port))
    assert _ask(connect(listener, read_only=True)) == "replica"
    assert replica.logins[0].has_read_intent
    assert not any("AS x" in said for said in listener.said)
    assert _ask(connect(listener)) == "1"
    assert len(replica.logins) == 1


@pytest.mark.parametrize("option", ["read_only=False", "timeout=5", "tds_version=7.0", "charset=utf8"])
def test_options_in_the_address_are_refused(option: str) -> None:
    with pytest.raises(ConfigurationError, match=option.split("=")[0]):
        engines.make_engine(f"mssql+pymssql://his@listener/his?{option}", read_only=False)


def test_an_address_without_a_database_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names no database"):
        mssql.make_engine("mssql+pymssql://his@listener", read_only=True)


def test_every_setting_reaches_the_driver_with_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}

    def refuse(*arguments: Any, **options: Any) -> Any:
        told.update(options)
        raise pymssql.OperationalError((18456, b"no"))

    monkeypatch.setattr(pymssql, "connect", refuse)
    engine = mssql.make_engine("mssql+pymssql://his@h/d", read_only=True, patience=Watch().patience())
    with pytest.raises(OperationalError), mssql.heavy_reading():
        engine.connect()
    assert told["read_only"] is True
    assert told["use_datetime2"] is True
    assert (told["tds_version"], told["login_timeout"], told["timeout"]) == ("7.4", 5, 30)


# A login that fails


def test_a_login_refused_three_times_is_tried_until_it_is_let_in(listeners: Any, connect: Any) -> None:
    listener, watch = listeners(), Watch()
    listener.refusals.extend([983, 983, 18456])
    assert _ask(connect(listener, watch=watch)) == "1"
    assert len(listener.logins) == 4
    assert watch.pauses == [0.1, 0.2, 0.4]


def test_the_pauses_double_up_to_two_seconds_until_the_deadline(listeners: Any, connect: Any) -> None:
    listener, watch = listeners(refuses_all=983), Watch()
    with pytest.raises(OperationalError) as refused:
        _ask(connect(listener, watch=watch))
    assert watch.pauses[:6] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0]
    assert max(watch.pauses) == 2.0
    assert watch.moment < mssql.PATIENCE_SECONDS <= watch.moment + 2.0
    assert failures.is_away(refused.value)
    assert not failures.is_retryable(refused.value)


def test_a_job_waits_longer_than_a_page(listeners: Any, connect: Any) -> None:
    listener, watch = listeners(refuses_all=983), Watch()
    with pytest.raises(OperationalError), mssql.patient_for(mssql.JOB_SECONDS):
        _ask(connect(listener, watch=watch))
    assert watch.moment > mssql.JOB_SECONDS - 3


@pytest.mark.slow
def test_the_deadline_holds_when_the_port_is_open_and_silent(listeners: Any) -> None:
    listener = listeners(is_silent=True)
    engine = mssql.make_engine(listener.url, read_only=False, line=QUICK)
    began = time.monotonic()
    with pytest.raises(DBAPIError), mssql.patient_for(2.0):
        engine.connect()
    assert 0.9 < time.monotonic() - began < 5


def test_the_number_of_an_old_login_decides_nothing(listeners: Any, connect: Any) -> None:
    """The driver gives the number of the first failed login of the process to every later one."""
    refusing = listeners(refusals=deque([976]))
    assert _ask(connect(refusing)) == "1"
    watches = []
    for number in (18456, 4060, 976):
        listener, watch = listeners(refuses_all=number), Watch()
        with pytest.raises(OperationalError) as refused:
            _ask(connect(listener, watch=watch))
        watches.append((watch.pauses, failures.is_retryable(refused.value), failures.is_away(refused.value)))
    assert watches[0] == watches[1] == watches[2]


# Readers without a replica


def test_a_page_reads_on_the_primary_when_no_replica_answers(listeners: Any, connect: Any) -> None:
    listener, watch = listeners(redirect=("127.0.0.1", _free_port())), Watch()
    before = mssql.FALLBACKS._value.get()
    assert _ask(connect(listener, read_only=True, watch=watch)) == "1"
    assert not listener.logins[-1].has_read_intent
    assert listener.logins[-1].appname == "his-ro"
    assert all(login.has_read_intent for login in listener.logins[:-1])
    assert watch.moment < mssql.READER_SECONDS
    assert mssql.FALLBACKS._value.get() == before + 1


def test_a_heavy_report_is_refused_when_no_replica_answers(listeners: Any, connect: Any) -> None:
    listener = listeners(redirect=("127.0.0.1", _free_port()))
    with pytest.raises(DBAPIError), mssql.heavy_reading():
        _ask(connect(listener, read_only=True))
    assert all(login.has_read_intent for login in listener.logins)


# A connection that dies


def test_a_connection_cut_while_it_rested_is_replaced_unnoticed(
    listeners: Any, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PING_AFTER_SECONDS", 0.0)
    listener = listeners()
    engine = connect(listener)
    _ask(engine)
    listener.cut()
    assert _ask(engine) == "1"
    assert len(listener.logins) == 2


def test_a_cut_in_the_middle_of_a_transaction_is_a_lost_connection(listeners: Any, connect: Any) -> None:
    listener = listeners(answer=lambda said: CUT if said.startswith("UPDATE") else None)
    engine = connect(listener)
    with pytest.raises(DBAPIError) as cut:
        _change(engine, lambda: None)
    assert cut.value.connection_invalidated
    assert failures.is_retryable(cut.value)
    assert not failures.is_unknown_outcome(cut.value)
    assert _ask(engine) == "1"


def test_a_cut_at_the_commit_leaves_the_outcome_unknown(listeners: Any, connect: Any) -> None:
    listener = listeners(answer=lambda said: CUT if said.startswith("COMMIT") else None)
    engine = connect(listener)
    with pytest.raises(DBAPIError) as cut, engine.begin() as line:
        line.execute(text("UPDATE t SET a = 1"))
    assert failures.is_unknown_outcome(cut.value)
    assert cut.value.connection_invalidated
    assert _ask(engine) == "1"


def test_a_connection_cut_before_the_commit_is_thrown_away(listeners: Any, connect: Any) -> None:
    listener = listeners()
    engine = connect(listener)
    with pytest.raises(DBAPIError) as cut:
        _change(engine, listener.cut)
    assert cut.value.connection_invalidated
    assert len(listener.logins) == 1
    assert _ask(engine) == "1"
    assert len(listener.logins) == 2


@pytest.mark.parametrize(
    ("number", "read_only", "is_lost"),
    [(3906, False, True), (3906, True, False), (976, True, True), (983, False, True), (1205, False, False)],
)
def test_a_database_that_has_moved_ends_the_connection(
    listeners: Any, connect: Any, number: int, read_only: bool, is_lost: bool
) -> None:
    listener = listeners(answer=lambda said: Refusal(number) if said.startswith("UPDATE") else None)
    engine = connect(listener, read_only=read_only)
    with pytest.raises(DBAPIError) as refused, engine.begin() as line:
        line.execute(text("UPDATE t SET a = 1"))
    assert refused.value.connection_invalidated is is_lost
    _ask(engine)
    assert len(listener.logins) == (2 if is_lost else 1)


# What a number means


@pytest.mark.parametrize(
    ("number", "is_retried"),
    [
        *((number, True) for number in (1205, 3960, 976, 983, 4060, 3906, 20047)),
        *((number, False) for number in (102, 207, 208, 515, 547, 2601, 2627, 2628, 8152, 229)),
        *((number, False) for number in (35201, 35206, 35250, 35264, 35265, 35267, 1480)),
    ],
)
def test_a_number_of_a_statement_decides_whether_the_transaction_is_tried_again(
    listeners: Any, connect: Any, number: int, is_retried: bool
) -> None:
    listener = listeners(answer=lambda said: Refusal(number) if said.startswith("UPDATE") else None)
    with pytest.raises(DBAPIError) as refused, connect(listener).begin() as line:
        line.execute(text("UPDATE t SET a = 1"))
    assert failures.error_number(refused.value.orig) == number
    assert failures.is_retryable(refused.value) is is_retried


def test_a_lock_that_took_too_long_is_waited_for_once_more_only() -> None:
    waited = OperationalError("UPDATE", {}, pymssql.OperationalError(1222, b"lock request time out"))
    assert failures.is_retryable(waited, 0)
    assert not failures.is_retryable(waited, 1)


@pytest.mark.parametrize(
    "arguments",
    [((983, b"text"),), (983, b"text"), ("Cannot commit transaction: (983, b'text')",)],
    ids=["connect", "statement", "commit"],
)
def test_the_number_is_found_in_each_shape_of_exception(arguments: tuple[Any, ...]) -> None:
    assert failures.error_number(pymssql.OperationalError(*arguments)) == 983


@pytest.mark.parametrize("arguments", [(), ("Connection is closed.",), (b"text",), ((),)])
def test_an_exception_without_a_number_has_none(arguments: tuple[Any, ...]) -> None:
    assert failures.error_number(pymssql.OperationalError(*arguments)) is None


def test_a_process_of_its_own_learns_the_true_number(listeners: Any) -> None:
    """What makes the rule above necessary: the second number of a process is the first one again."""
    first, second = listeners(refuses_all=976), listeners(refuses_all=18456)
    program = (
        "import pymssql\n"
        f"for port in ({first.port}, {second.port}):\n"
        "    try: pymssql.connect(server='127.0.0.1', port=str(port), user='a', password='b', tds_version='7.4')\n"
        "    except pymssql.Error as error: print(error.args[0][0])\n"
    )
    root = Path(__file__).parent.parent.parent
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=os.environ, capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["976", "976"]


def test_the_suites_own_databases_are_made_and_dropped(
    listeners: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way through TEST_MSSQL_URL, as far as a double can follow it."""
    listener = listeners()
    monkeypatch.setenv("TEST_MSSQL_URL", listener.url)
    databases = SqlServerDatabases()
    assert make_url(databases.url("p1")).database == f"his_test_{os.getpid()}_p1"
    databases.close()
    said = [line for line in listener.said if "DATABASE" in line]
    for name in ("control", "p1"):
        made = said.index(f"CREATE DATABASE his_test_{os.getpid()}_{name}")
        assert any("DROP DATABASE" in line and line.endswith(name) for line in said[made:])
