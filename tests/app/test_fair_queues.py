"""Long work of many centres: everybody gets a turn, and an absent Redis only makes it wait."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from support import world
from support.racing import at_once

from app import clock
from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.jobs import Handle, job, registry, runner, services, turns
from app.jobs.models import Job, JobStatus
from app.jobs.registry import DESK, LONG

DONE: list[tuple[int, str]] = []  # centre and kind, in the order of the work
GATE = threading.Event()


class Nobody:
    """A runner that never comes."""

    def put(self, partition: str, queue: str) -> None:
        """Leave the job waiting."""


@pytest.fixture(autouse=True)
def kinds(app: Flask) -> Iterator[None]:
    """Two kinds of work that only say whose they were, and one that waits at a gate."""
    before, runner_before = dict(registry.kinds), app.extensions["his_jobs"]
    DONE.clear()
    GATE.clear()

    @job("tests.export", "accounts.job.start", "Export")
    def export(*, handle: Handle, by: Actor) -> None:
        DONE.append((by.tenant_id or 0, LONG))

    @job("tests.paper", "accounts.job.start", "Paper", queue=DESK)
    def paper(*, handle: Handle, by: Actor) -> None:
        DONE.append((by.tenant_id or 0, DESK))

    @job("tests.slow", "accounts.job.start", "Slow")
    def slow(*, handle: Handle, by: Actor) -> None:
        GATE.wait(20)
        DONE.append((by.tenant_id or 0, "slow"))

    app.extensions["his_jobs"] = Nobody()
    yield
    GATE.set()
    app.extensions["his_jobs"] = runner_before
    registry.kinds.clear()
    registry.kinds.update(before)


@pytest.fixture
def busy(ours: dict[str, Any]) -> Actor:
    return world.actor(ours, "administrator")


@pytest.fixture
def quiet(theirs: dict[str, Any]) -> Actor:
    return world.actor(theirs, "administrator")


def _ask(by: Actor, kind: str = "tests.export", times: int = 1) -> list[int]:
    return [services.start_job(kind=kind, by=by).id for _ in range(times)]


def _status(job_id: int, by: Actor) -> JobStatus:
    with tenant_unit(by.tenant_id or 0, Mode.WRITE):
        return db.session.get_one(Job, job_id).status


def _work_all(queue: str = LONG) -> None:
    while runner.use_ticket("p1", queue):
        clock.stop(clock.now() + timedelta(seconds=1))


@pytest.mark.control("APP-09")
def test_a_hundred_exports_of_one_centre_do_not_starve_the_next(busy: Actor, quiet: Actor) -> None:
    _ask(busy, times=100)
    _ask(quiet, times=2)
    for _ in range(5):
        assert runner.use_ticket("p1", LONG)
        clock.stop(clock.now() + timedelta(seconds=1))
    first = [centre for centre, _ in DONE]
    assert first == [busy.tenant_id, quiet.tenant_id, busy.tenant_id, quiet.tenant_id, busy.tenant_id]


def test_who_waited_longest_of_a_centre_comes_first(busy: Actor) -> None:
    asked = _ask(busy, times=3)
    taken = []
    while (row := turns.take_next("p1", LONG)) is not None:
        taken.append(row.id)
        runner.change(busy.tenant_id or 0, row.id, status=JobStatus.DONE)
    assert taken == asked


@pytest.mark.control("APP-09")
def test_a_centre_takes_no_more_than_its_share_of_the_workers(busy: Actor, quiet: Actor) -> None:
    _ask(busy, times=5)
    taken = [turns.take_next("p1", LONG) for _ in range(4)]
    assert [row is not None for row in taken] == [True, True, False, False]
    _ask(quiet)
    found = turns.take_next("p1", LONG)
    assert found is not None
    assert found.tenant_id == quiet.tenant_id
    assert taken[0] is not None
    runner.change(busy.tenant_id or 0, taken[0].id, status=JobStatus.DONE)
    again = turns.take_next("p1", LONG)
    assert again is not None
    assert again.tenant_id == busy.tenant_id


def test_work_of_a_vanished_runner_takes_nobodys_place(busy: Actor) -> None:
    _ask(busy, times=3)
    assert turns.take_next("p1", LONG)
    assert turns.take_next("p1", LONG)
    assert turns.take_next("p1", LONG) is None
    clock.stop(clock.now() + 2 * turns.SILENT)
    assert turns.take_next("p1", LONG)


def test_papers_for_a_desk_do_not_wait_behind_exports(busy: Actor) -> None:
    _ask(busy, times=3)
    _ask(busy, "tests.paper")
    assert runner.use_ticket("p1", DESK)
    assert [kind for _, kind in DONE] == [DESK]
    assert not runner.use_ticket("p1", DESK)


def test_two_workers_never_take_the_same_job(app: Flask, busy: Actor, quiet: Actor) -> None:
    asked = _ask(busy, times=2) + _ask(quiet, times=2)
    rows = at_once(app, *[lambda: turns.take_next("p1", LONG)] * 4)
    taken = [row.id for row in rows if isinstance(row, Job)]
    assert len(taken) == len(set(taken)) >= 2
    while (row := turns.take_next("p1", LONG)) is not None:
        taken.append(row.id)
    assert sorted(taken) == sorted(asked)


def test_the_threads_of_a_process_obey_the_same_order(app: Flask, busy: Actor, quiet: Actor) -> None:
    made = app.extensions["his_jobs"] = runner.ThreadRunner(app)
    slow = _ask(busy, "tests.slow")
    deadline = time.monotonic() + 10
    while _status(slow[0], busy) is JobStatus.WAITING:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    _ask(busy, times=4)
    _ask(quiet)
    _ask(busy, "tests.paper")
    clock.stop(clock.now() + timedelta(seconds=1))
    while (busy.tenant_id, DESK) not in DONE:  # its own thread: nothing holds it up
        assert time.monotonic() < deadline
        time.sleep(0.02)
    GATE.set()
    made.finish()
    assert [entry for entry in DONE if entry[1] != DESK][:2] == [
        (busy.tenant_id, "slow"),
        (quiet.tenant_id, LONG),
    ]
    assert len(DONE) == 7


def test_a_ticket_is_handed_on_until_nothing_waits(app: Flask, busy: Actor) -> None:
    made = runner.ThreadRunner(app)
    _ask(busy, times=5)
    app.extensions["his_jobs"] = made
    made.put("p1", LONG)
    made.finish()
    assert len(DONE) == 5


def test_a_forgotten_job_gets_one_ticket_and_not_more(app: Flask, busy: Actor) -> None:
    class Counting(Nobody):
        tickets: list[tuple[str, str]] = []

        def put(self, partition: str, queue: str) -> None:
            self.tickets.append((partition, queue))

        def wants_ticket(self, queue: str) -> bool:
            return not self.tickets

    _ask(busy, times=3)
    found = app.extensions["his_jobs"] = Counting()
    assert runner.sweep("p1") == 0  # just asked for: it has its ticket
    clock.stop(clock.now() + 2 * runner.FORGOTTEN)
    assert (runner.sweep("p1"), runner.sweep("p1")) == (1, 0)
    assert found.tickets == [("p1", LONG)]


# With a real Redis


class Server:
    """Debian's redis-server, without a disk."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: run `make test`, which installs it"
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = int(found.getsockname()[1])
        self._program, self._folder = program, folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = [
            self._program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            self._folder,
        ]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        line, deadline = Redis.from_url(self.url), time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                line.ping()
                break
            except RedisError:
                time.sleep(0.05)
        line.close()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.start()
    yield made
    made.stop()


def _burst(found: runner.RedisRunner) -> None:
    """A worker that goes home when the queues are empty."""
    queues = [found.queue(name) for name in (DESK, LONG)]
    SimpleWorker(queues, connection=queues[0].connection).work(burst=True, logging_level="ERROR")


def test_a_worker_serves_the_desk_first_and_the_centres_in_turn(
    app: Flask, server: Server, busy: Actor, quiet: Actor
) -> None:
    found = app.extensions["his_jobs"] = runner.RedisRunner(server.url)
    _ask(busy, times=4)
    _ask(quiet)
    _ask(busy, "tests.paper")
    _burst(found)
    assert DONE[0] == (busy.tenant_id, DESK)
    assert quiet.tenant_id in [centre for centre, _ in DONE[1:3]]
    assert len(DONE) == 6
    found._connection.close()


def test_without_redis_a_job_waits_and_is_done_when_it_is_back(
    app: Flask, server: Server, busy: Actor
) -> None:
    found = app.extensions["his_jobs"] = runner.RedisRunner(server.url)
    before = _ask(busy)
    server.stop()
    meanwhile = _ask(busy)  # the desk is told nothing of it
    assert _status(meanwhile[0], busy) is JobStatus.WAITING
    clock.stop(clock.now() + 2 * runner.FORGOTTEN)
    assert runner.sweep("p1") == 0
    server.start()  # it has forgotten every ticket
    assert runner.sweep("p1") == 1
    _burst(found)
    assert {_status(job_id, busy) for job_id in before + meanwhile} == {JobStatus.DONE}
    found._connection.close()
