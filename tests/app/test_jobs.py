"""Long work: the row is the truth, whichever runner does it."""

import threading
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fakeredis import FakeStrictRedis
from flask import Flask
from pydantic import Field

from app import clock
from app.accounts import services as accounts
from app.actor import Actor, system_actor
from app.db import Mode, db, tenant_unit
from app.errors import InvalidInput, NotFound, PermissionDenied
from app.jobs import Handle, Paper, job, registry, runner, services, turns
from app.jobs.models import Job, JobStatus
from tenants import queries as tenant_queries
from tenants import services as tenants


@pytest.fixture
def known_jobs() -> Iterator[None]:
    """Whatever jobs a test declares are gone after it."""
    before = dict(registry.kinds)
    yield
    registry.kinds.clear()
    registry.kinds.update(before)


@pytest.fixture(params=["thread", "rq"])
def finish(request: pytest.FixtureRequest, app: Flask, known_jobs: None) -> Any:
    """Both runners; ``finish()`` waits until the work is done."""
    before = app.extensions["his_jobs"]
    if request.param == "rq":
        app.extensions["his_jobs"] = runner.RedisRunner("", connection=FakeStrictRedis(), is_async=False)
        yield lambda: None
    else:
        made = app.extensions["his_jobs"] = runner.ThreadRunner(app)
        yield made.finish
    app.extensions["his_jobs"] = before


def _row(job_id: int, tenant_id: int | None) -> Job:
    with tenant_unit(tenant_id or 0, Mode.WRITE):
        return db.session.get_one(Job, job_id)


def _declare_counting() -> None:
    @job("tests.staff.count", "tenants.practitioner.manage", "Count staff")
    def count(*, handle: Handle, by: Actor, rounds: Annotated[int, Field(ge=1, le=100)] = 3) -> Paper:
        for number in range(1, rounds + 1):
            handle.step(number, rounds, f"round {number}")
        names = [person.name for person in tenant_queries.list_practitioners()]
        return Paper("staff.txt", "\n".join(names).encode(), "text/plain")


def test_a_job_does_its_work_and_leaves_a_file(
    finish: Any, administrator: Actor, ours: dict[str, Any], sign_in: Any
) -> None:
    _declare_counting()
    row = services.start_job(kind="tests.staff.count", arguments={"rounds": "4"}, by=administrator)
    finish()
    done = _row(row.id, administrator.tenant_id)
    assert (done.status, done.done, done.total, done.percent) == (JobStatus.DONE, 4, 4, 100)
    answer = sign_in("administrator").get(f"/jobs/{row.id}/result")
    assert "李静" in answer.text
    assert "filename=staff.txt" in answer.headers["Content-Disposition"]


def test_a_job_runs_use_cases_with_the_rights_of_who_asked(finish: Any, administrator: Actor) -> None:
    @job("tests.station.add", "accounts.job.start", "Add a station")
    def add(*, handle: Handle, by: Actor) -> None:
        assert by.origin == "job"
        tenants.add_station(code="S9", name="桥北站", by=by)

    row = services.start_job(kind="tests.station.add", by=administrator)
    finish()
    assert _row(row.id, administrator.tenant_id).status is JobStatus.DONE
    with tenant_unit(administrator.tenant_id or 0):
        assert "S9" in {station.code for station in tenant_queries.list_stations()}


def test_a_job_that_may_not_fails_and_says_why(finish: Any, doctor: Actor) -> None:
    @job("tests.station.add", "accounts.job.start", "Add a station")
    def add(*, handle: Handle, by: Actor) -> None:
        tenants.add_station(code="S9", name="桥北站", by=by)

    row = services.start_job(kind="tests.station.add", by=doctor)
    finish()
    failed = _row(row.id, doctor.tenant_id)
    assert failed.status is JobStatus.FAILED
    assert "管理站点和科室" in failed.message


@pytest.mark.control("APP-08")
def test_a_fault_in_a_job_is_told_with_a_trace_number_and_nothing_else(finish: Any, doctor: Actor) -> None:
    @job("tests.fault", "accounts.job.start", "Break")
    def fail(*, handle: Handle, by: Actor) -> None:
        raise ZeroDivisionError("secret name 李静")

    row = services.start_job(kind="tests.fault", by=doctor)
    finish()
    failed = _row(row.id, doctor.tenant_id)
    assert failed.status is JobStatus.FAILED
    assert "李静" not in failed.message


def test_who_may_not_ask_is_refused_at_once(known_jobs: None, doctor: Actor) -> None:
    _declare_counting()
    with pytest.raises(PermissionDenied):
        services.start_job(kind="tests.staff.count", by=doctor)


@pytest.mark.control("ACC-13")
def test_rights_taken_away_meanwhile_stop_a_waiting_job(
    app: Flask, known_jobs: None, administrator: Actor, ours: dict[str, Any]
) -> None:
    _declare_counting()
    app.extensions["his_jobs"] = _Nobody()
    row = services.start_job(kind="tests.staff.count", by=administrator)
    operator = system_actor(ours["tenant_id"])
    accounts.change_roles(account_id=administrator.account_id, roles=["doctor"], by=operator)
    runner.run(ours["tenant_id"], row.id)
    assert _row(row.id, administrator.tenant_id).status is JobStatus.FAILED


def test_wrong_arguments_are_refused_before_anything_waits(known_jobs: None, administrator: Actor) -> None:
    _declare_counting()
    with pytest.raises(InvalidInput) as refusal:
        services.start_job(kind="tests.staff.count", arguments={"rounds": 1000}, by=administrator)
    assert set(refusal.value.complaints) == {"rounds"}


def test_a_job_stops_when_it_is_asked_to(app: Flask, known_jobs: None, administrator: Actor) -> None:
    started, told = threading.Event(), threading.Event()

    @job("tests.endless", "accounts.job.start", "Endless")
    def work(*, handle: Handle, by: Actor) -> None:
        started.set()
        told.wait(10)
        for number in range(1000):
            if handle.is_cancelled:
                return
            handle.step(number, 1000)

    made = app.extensions["his_jobs"] = runner.ThreadRunner(app)
    row = services.start_job(kind="tests.endless", by=administrator)
    assert started.wait(10)
    services.cancel_job(job_id=row.id, by=administrator)
    told.set()
    made.finish()
    assert _row(row.id, administrator.tenant_id).status is JobStatus.CANCELLED


def test_nobody_sees_or_stops_the_work_of_another(
    app: Flask, known_jobs: None, administrator: Actor, doctor: Actor, sign_in: Any
) -> None:
    _declare_counting()
    app.extensions["his_jobs"] = _Nobody()
    row = services.start_job(kind="tests.staff.count", by=administrator)
    with pytest.raises(NotFound):
        services.cancel_job(job_id=row.id, by=doctor)
    for path in ("", "/progress", "/result"):
        assert sign_in("doctor").get(f"/jobs/{row.id}{path}").status_code == 404
    assert sign_in("administrator", "c2").get(f"/jobs/{row.id}").status_code == 404


def test_the_page_asks_every_second_until_the_end(
    app: Flask, known_jobs: None, administrator: Actor, ours: dict[str, Any], sign_in: Any
) -> None:
    _declare_counting()
    app.extensions["his_jobs"] = _Nobody()
    row = services.start_job(kind="tests.staff.count", by=administrator)
    client = sign_in("administrator")
    assert 'hx-trigger="every 1s"' in client.get(f"/jobs/{row.id}/progress").text
    runner.run(ours["tenant_id"], row.id)
    ended = client.get(f"/jobs/{row.id}/progress").text
    assert "hx-trigger" not in ended
    assert f"/jobs/{row.id}/result" in ended
    assert f"/jobs/{row.id}" in client.get("/jobs/").text


def test_after_a_restart_waiting_work_goes_on_and_lost_work_says_so(
    app: Flask, known_jobs: None, administrator: Actor, ours: dict[str, Any]
) -> None:
    _declare_counting()
    app.extensions["his_jobs"] = _Nobody()
    waits = services.start_job(kind="tests.staff.count", by=administrator)
    lost = services.start_job(kind="tests.staff.count", by=administrator)
    long_ago = clock.now() - 2 * turns.SILENT
    runner.change(ours["tenant_id"], lost.id, status=JobStatus.RUNNING, seen_at=long_ago)
    made = app.extensions["his_jobs"] = runner.ThreadRunner(app)
    assert runner.recover("p1") == 2
    made.finish()
    assert _row(waits.id, administrator.tenant_id).status is JobStatus.DONE
    assert _row(lost.id, administrator.tenant_id).status is JobStatus.FAILED


class _Nobody:
    """A runner that never comes."""

    def put(self, tenant_id: int, job_id: int) -> None:
        """Leave the job waiting."""


def test_work_that_failed_is_asked_for_again_once(
    finish: Any, administrator: Actor, ours: dict[str, Any], sign_in: Any
) -> None:
    is_down = [True]

    @job("tests.staff.flaky", "tenants.practitioner.manage", "Count staff")
    def flaky(*, handle: Handle, by: Actor, rounds: Annotated[int, Field(ge=1, le=100)] = 3) -> Paper:
        if is_down[0]:
            raise RuntimeError("away")
        return Paper("rounds.txt", str(rounds).encode(), "text/plain")

    first = services.start_job(kind="tests.staff.flaky", arguments={"rounds": 7}, by=administrator)
    finish()
    client = sign_in("administrator")
    assert f"/jobs/{first.id}/repetition" in client.get(f"/jobs/{first.id}").text
    is_down[0] = False
    data = {"command_id": "again" * 4}
    answers = [client.post(f"/jobs/{first.id}/repetition", data=data) for _ in range(2)]
    finish()
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    again = _row(int(answers[0].location.rpartition("/")[2]), ours["tenant_id"])
    assert (again.status, again.arguments, again.repeats) == (JobStatus.DONE, {"rounds": 7}, first.id)
    assert client.post(f"/jobs/{first.id}/repetition").status_code == 422
    assert client.post(f"/jobs/{again.id}/repetition").status_code == 422
    page = client.get(f"/jobs/{first.id}").text
    assert answers[0].location in page
    assert "repetition" not in page
    assert sign_in("auditor").post(f"/jobs/{first.id}/repetition").status_code == 404
