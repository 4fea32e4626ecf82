"""Reading from copies: which unit goes where, and that nobody misses what he has just written."""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from support import world
from support.pair import Pair, look

from app.actor import Actor, system_actor
from app.db import Mode, db, figures, marks, tenant_unit
from app.db.marks import Mark, reading_as
from app.db.replicas import GOOD_PROBES, Replica, State
from app.db.retrying import routes
from app.db.routes import Routes
from app.db.units import WriteInReadSession, current_unit
from app.jobs import registry, runner
from app.jobs.models import Job
from app.jobs.registry import Handle
from app.jobs.services import start_job
from app.web.read_after import HEADER
from tenants import services as tenants
from tenants.models import Station

ROUNDS = 10_000 if os.environ.get("HIS_SOAK") else 2_000
pytestmark = pytest.mark.slow


@pytest.fixture
def desk(app: Flask, ours: dict[str, Any]) -> FlaskClient:
    """A browser at the administrator's desk."""
    return _desk(app)


def _desk(app: Flask) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/sign-in", data={"name": "administrator@c1", "password": world.PASSWORD})
    assert answer.status_code == 303
    return client


@contextmanager
def _lagging(pair: Pair) -> Iterator[None]:
    """Inside the block replay stands still for a moment, again and again; the copies are probed as usual."""
    over = threading.Event()

    def play() -> None:
        dice = random.Random(7)
        while not over.wait(dice.uniform(0.005, 0.05)):
            pair.pause()
            over.wait(dice.uniform(0.005, 0.25))
            pair.resume()

    def probe() -> None:
        while not over.wait(1):
            with app.app_context():
                look()

    app = _application()
    threads = [threading.Thread(target=one) for one in (play, probe)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        pair.resume()
        pair.wait_until_level()


def _application() -> Flask:
    from flask import current_app

    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]


def _stale_reads(client: FlaskClient, station_id: int, rounds: int) -> int:
    stale = 0
    for number in range(rounds):
        name = f"河东站{number}"
        form = {"name": name, "is_active": "true"}
        assert client.post(f"/places/stations/{station_id}", data=form).status_code == 303
        stale += name not in client.get("/places/").text
    return stale


def _units(route: str) -> float:
    return figures.UNITS.labels("p1", route)._value.get()  # type: ignore[no-any-return]


def _copy() -> Replica:
    return next(replica for replica in routes().replicas["p1"] if replica.state is State.IN)


def test_pages_read_the_copy_and_commands_the_primary(app: Flask, desk: FlaskClient) -> None:
    copy, primary = _units(_copy().key), _units("primary")
    assert desk.get("/places/").status_code == 200
    assert (_units(_copy().key), _units("primary")) == (copy + 1, primary)
    assert desk.post("/places/stations/new", data={"code": "", "name": ""}).status_code == 422
    assert _units("primary") > primary


def test_whoever_writes_sees_it_at_once_though_the_copy_stands_still(
    app: Flask, pair: Pair, ours: dict[str, Any], desk: FlaskClient
) -> None:
    behind = figures.FALLBACKS.labels("p1", "behind")
    with _lagging(pair):
        before = behind._value.get()
        assert _stale_reads(desk, ours["station_id"], ROUNDS) == 0
        assert behind._value.get() > before


def test_pages_where_a_moment_matters_read_the_primary(app: Flask, ours: dict[str, Any]) -> None:
    """The slot picker, the cashier's bills and the pharmacy's window show what another desk wrote a moment ago."""
    marked = {rule for rule, view in app.view_functions.items() if getattr(view, "reads_fresh", False)}
    assert {"registration.show_window", "charging.show_bill", "dispensing.show_window"} <= marked
    client = app.test_client()
    client.post("/sign-in", data={"name": "cashier@c1", "password": world.PASSWORD})
    copy, primary = _units(_copy().key), _units("primary")
    assert client.get("/charging/desk").status_code == 200
    assert (_units(_copy().key), _units("primary") > primary) == (copy, True)


def test_a_job_sees_what_its_asker_wrote_and_reports_wait_for_a_copy(
    app: Flask, pair: Pair, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, Any]] = []

    def count(*, handle: Handle, by: Actor) -> None:
        found = db.session.scalar(select(func.count()).select_from(Station))
        unit = current_unit()
        seen.append((found or 0, unit.reader if unit else None))

    registry.job("tests.stations.count", "accounts.job.start", "count")(count)
    by = world.actor(ours, "administrator")
    monkeypatch.setattr(runner, "dispatch", lambda *_: None)
    try:
        pair.pause()
        tenants.add_station(code="FORJOB", name="任务前站", by=system_actor(ours["tenant_id"]))
        asked = start_job(kind="tests.stations.count", arguments={}, by=by)
        runner.run(ours["tenant_id"], asked.id)
        pair.resume()
        pair.wait_until_level()
        look()
        again = start_job(kind="tests.stations.count", arguments={}, by=by)
        pair.wait_until_level()
        runner.run(ours["tenant_id"], again.id)
        assert [count for count, _ in seen] == [seen[0][0]] * 2
        assert [reader is routes().engines[_copy().key] for _, reader in seen] == [False, True]
        _lose_every_copy()
        third = start_job(kind="tests.stations.count", arguments={}, by=by)
        runner.run(ours["tenant_id"], third.id)
        assert _state(ours, third.id) == "waiting"
        assert len(seen) == 2
    finally:
        pair.resume()
        registry.kinds.pop("tests.stations.count")


def _lose_every_copy() -> None:
    for replica in routes().replicas["p1"]:
        replica.note_failure()


def _state(ours: dict[str, Any], job_id: int) -> str:
    with tenant_unit(ours["tenant_id"]):
        return str(db.session.get_one(Job, job_id).status.value)


def test_a_guard_that_always_nods_is_found_out(
    app: Flask, pair: Pair, ours: dict[str, Any], desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Routes, "_has_seen", lambda *_: True)
    with _lagging(pair):
        assert _stale_reads(desk, ours["station_id"], 100) > 0


def test_a_program_hands_its_mark_on_in_a_header(
    app: Flask, pair: Pair, ours: dict[str, Any], desk: FlaskClient
) -> None:
    pair.pause()
    try:
        answer = desk.post(
            f"/places/stations/{ours['station_id']}", data={"name": "桥头站", "is_active": "true"}
        )
        other = _desk(app)
        assert "桥头站" not in other.get("/places/").text
        assert "桥头站" in other.get("/places/", headers={HEADER: answer.headers[HEADER]}).text
        assert "桥头站" in other.get(f"/places/?read_after={answer.headers[HEADER]}").text
        assert "桥头站" not in other.get("/places/", headers={HEADER: answer.headers[HEADER] + "x"}).text
    finally:
        pair.resume()
        pair.wait_until_level()


def test_the_mark_agrees_with_the_servers_own_log_position(
    app: Flask, pair: Pair, ours: dict[str, Any]
) -> None:
    by = system_actor(ours["tenant_id"])
    pair.pause()
    try:
        with reading_as("agree", []) as reading:
            tenants.add_station(code="LSN", name="日志站", by=by)
        (mark,) = reading.marks.values()
        written = pair.say("SELECT pg_current_wal_insert_lsn()::text")[0][0]
        assert not _copy_has(pair, written)
        assert not routes()._has_seen(_copy(), [mark])
    finally:
        pair.resume()
    pair.wait_until_level()
    assert _copy_has(pair, written)
    assert routes()._has_seen(_copy(), [mark])


def _copy_has(pair: Pair, written: object) -> bool:
    return bool(pair.say(f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn", on=pair.standby)[0][0])


def test_two_windows_of_one_session_raise_one_mark(app: Flask, ours: dict[str, Any]) -> None:
    numbers: list[int] = []

    def write(place: int) -> None:
        with app.app_context(), reading_as("windows", []) as reading:
            for number in range(20):
                tenants.change_station(
                    station_id=ours["station_id"],
                    name=f"站{place}.{number}",
                    by=system_actor(ours["tenant_id"]),
                )
                numbers.append(max(mark.n for mark in reading.marks.values()))

    threads = [threading.Thread(target=write, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 81))


@pytest.mark.parametrize("kind", ["orm", "core", "raw"])
def test_a_write_on_a_copy_is_refused_at_every_layer(app: Flask, ours: dict[str, Any], kind: str) -> None:
    with tenant_unit(ours["tenant_id"], Mode.READ) as unit:
        unit.is_fresh = False
        if kind == "orm":
            db.session.get_one(Station, ours["station_id"]).name = "不可写"
            with pytest.raises(WriteInReadSession):
                db.session.flush()
        elif kind == "core":
            with pytest.raises(WriteInReadSession):
                db.session.execute(Station.__table__.update().values(name="不可写"))
        else:
            engine = routes().engines[_copy().key]
            with engine.connect() as line, pytest.raises(DBAPIError) as refused:
                line.execute(text("UPDATE kernel_cluster SET epoch = 9"))
            assert refused.value.orig.sqlstate == "25006"  # type: ignore[union-attr]


def test_a_copy_that_lags_leaves_and_comes_back_after_three_good_probes() -> None:
    replica = Replica("p1", "p1.copy1")
    for _ in range(GOOD_PROBES):
        assert not replica.is_usable
        replica.note_lag(0.2)
    assert replica.is_usable
    replica.note_lag(5.1)
    assert (replica.state, replica.is_usable) == (State.SUSPECT, False)
    replica.note_lag(30.1)
    assert replica.state is State.OUT
    replica.note_lag(1)
    replica.note_lag(1)
    assert not replica.is_usable
    replica.note_lag(1)
    assert replica.is_usable
    replica.note_failure()
    assert replica.state is State.SUSPECT
    replica.note_failure()
    replica.note_failure()
    assert replica.state is State.OUT
    replica.note_primary()
    assert (replica.state, replica.reason) == (State.OUT, "primary")


def test_an_idle_pair_does_not_look_late_and_a_dead_primary_makes_no_copy_late(
    app: Flask, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    replica = _copy()
    look()
    assert replica.lag is not None
    assert replica.lag < 5
    monkeypatch.setattr(Routes, "_beat", lambda *_: None)
    look(3)
    assert replica.is_usable


def test_without_any_copy_pages_read_the_primary(app: Flask, desk: FlaskClient) -> None:
    before = figures.FALLBACKS.labels("p1", "no_copy")._value.get()
    for replica in routes().replicas["p1"]:
        replica.note_failure()
    assert desk.get("/places/").status_code == 200
    assert figures.FALLBACKS.labels("p1", "no_copy")._value.get() == before + 1


def test_a_page_whose_copy_dies_under_it_is_answered_by_the_primary(
    app: Flask, pair: Pair, desk: FlaskClient
) -> None:
    assert desk.get("/places/").status_code == 200
    ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'his-ro'"
    assert pair.say(ended, on=pair.standby)[0][0]
    assert desk.get("/places/").status_code == 200


def test_a_mark_of_yesterday_is_dropped() -> None:
    with reading_as("old", [Mark("p1", "old", 5, 0.0)]) as reading:
        assert reading.of("p1") == []
        assert marks.present() is reading
    assert marks.present() is None


def test_the_copy_sees_only_the_centre_it_is_asked_for(
    app: Flask, pair_built: Any, ours: dict[str, Any]
) -> None:
    theirs = pair_built[2]["theirs"]["tenant_id"]
    for tenant_id, number in ((ours["tenant_id"], None), (theirs, 1)):
        with tenant_unit(tenant_id) as unit:
            unit.is_fresh = False
            found = db.session.scalar(select(func.count()).select_from(Station))
            assert unit.reader is routes().engines[_copy().key]
            assert found == number if number else found
