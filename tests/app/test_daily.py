"""Work of every day is done once a day in every centre, by the centre's own clock, whatever happened between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from support import world
from support.racing import at_once

from app import clock, daily
from app.actor import Actor
from app.db import db, tenant_unit
from app.errors import DomainError
from app.records import AuditRow, CommandLog
from app.registry import Daily, Module, installed
from app.relay import Worker
from app.tenancy import directory, tenant_of
from app.use_cases import KERNELS_OWN, LONGEST_COMMAND_ID, registry
from modules.registration import services as registration
from modules.registration.models import ClinicSession, SessionStatus

MIDNIGHT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # of the Saturday after world.TODAY, in Shanghai


@pytest.fixture
def every_day_line(ours: dict[str, Any], administrator: Actor) -> None:
    """The doctor has a clinic on each morning of the week."""
    for weekday in range(7):
        registration.save_template(
            weekday=weekday,
            shift="morning",
            starts_at=time(8),
            ends_at=time(12),
            department_id=ours["departments"]["general"],
            practitioner_id=ours["people"]["doctor"]["practitioner_id"],
            capacity=8,
            window_minutes=60,
            by=administrator,
        )


def _sessions(ours: dict[str, Any], **wanted: Any) -> int:
    with tenant_unit(ours["tenant_id"]):
        return len(list(db.session.scalars(select(ClinicSession).filter_by(**wanted))))


def _trail(ours: dict[str, Any], action: str) -> list[AuditRow]:
    with tenant_unit(ours["tenant_id"]):
        statement = select(AuditRow).where(AuditRow.tenant_id == ours["tenant_id"], AuditRow.action == action)
        return list(db.session.scalars(statement.order_by(AuditRow.id)))


def _states(outcomes: list[daily.Outcome]) -> set[tuple[date, str]]:
    return {(outcome.on, outcome.state) for outcome in outcomes}


def row_by_row() -> int:
    """How many pieces of the daily work go row by row, and say when they are through."""
    return sum(bool(work.each) for module in installed().modules.values() for work in module.daily)


def test_every_declared_piece_is_a_use_case_that_can_be_called(app: Flask) -> None:
    found = [work for module in installed().modules.values() for work in module.daily]
    assert {"registration.generate_sessions", "registration.end_sessions"} <= {w.use_case for w in found}
    for work in found:
        needed = [f for f in registry[work.use_case].schema.model_fields.values() if f.is_required()]
        assert bool(needed) == bool(work.each), work.use_case
        assert len(f"{KERNELS_OWN[1]}{work.use_case}:2026-11-20") <= LONGEST_COMMAND_ID


def test_the_day_turns_at_the_centres_midnight(ours: dict[str, Any], every_day_line: None) -> None:
    rounds = daily.Rounds()
    clock.stop(MIDNIGHT - timedelta(minutes=1))
    assert _states(rounds.do_due()) == {(world.TODAY, "done")}
    made = _sessions(ours)
    clock.stop(MIDNIGHT + timedelta(minutes=4))
    assert rounds.do_due() == []
    clock.stop(MIDNIGHT + timedelta(minutes=30))
    assert _states(rounds.do_due()) == {(world.TODAY + timedelta(days=1), "done")}
    assert _sessions(ours) == made + 1  # one more morning at the far end
    assert _sessions(ours, on=world.TODAY, status=SessionStatus.ENDED) == 1
    assert rounds.do_due() == []
    row = _trail(ours, "sessions.generated")[-1]
    assert (row.account_id, row.origin, row.actor_name) == (0, "job", "system")


def test_a_restart_does_not_do_the_day_again(ours: dict[str, Any], every_day_line: None) -> None:
    first = daily.Rounds().do_due()
    assert {outcome.state for outcome in first} == {"done"}
    assert {outcome.state for outcome in daily.Rounds().do_due()} == {"known"}
    assert len(_trail(ours, "sessions.generated")) == 1


def test_days_without_power_are_made_up_for(ours: dict[str, Any], every_day_line: None) -> None:
    daily.Rounds().do_due()
    clock.stop(MIDNIGHT + timedelta(days=3, minutes=-30))  # Monday 23:30: nothing ran at the weekend
    assert _states(daily.Rounds().do_due()) == {(world.TODAY + timedelta(days=3), "done")}
    for days in range(3):
        day = world.TODAY + timedelta(days=days)
        assert _sessions(ours, on=day, status=SessionStatus.ENDED) == _sessions(ours, on=day) == 1
    assert _sessions(ours, on=world.TODAY + timedelta(days=3), status=SessionStatus.PUBLISHED) == 1


def test_who_starts_between_midnight_and_the_hour_does_yesterdays(ours: dict[str, Any]) -> None:
    clock.stop(MIDNIGHT + timedelta(minutes=1))
    assert _states(daily.Rounds().do_due()) == {(world.TODAY, "done")}


def test_two_processes_at_the_same_moment_do_it_once(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any], every_day_line: None
) -> None:
    outcomes = at_once(app, daily.Rounds().do_due, daily.Rounds().do_due, daily.Rounds().do_due)
    assert {outcome.state for found in outcomes for outcome in found} <= {"done", "known"}
    for centre in (ours, theirs):
        with tenant_unit(centre["tenant_id"]):
            commands = select(func.count()).where(
                CommandLog.tenant_id == centre["tenant_id"], CommandLog.command_id.startswith("daily:")
            )
            assert db.session.scalar(commands) == len(daily.declared(tenant_of(centre["tenant_id"])))
        for action, count in (
            ("sessions.generated", 1),
            ("sessions.ended", 1),
            ("daily.finished", row_by_row()),
        ):
            assert len(_trail(centre, action)) == count
    days = int(tenant_of(ours["tenant_id"]).settings.get("registration.generate_days", 14))
    assert _sessions(ours) == days


@pytest.fixture
def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Making sessions fails while the list says so."""
    is_broken = [True]
    case = registry["registration.generate_sessions"]

    def fail_or_not(**given: Any) -> None:
        if is_broken[0]:
            raise RuntimeError("no light")
        case.function(**given)

    monkeypatch.setitem(registry, case.name, replace(case, function=fail_or_not))
    return is_broken


def test_a_failing_piece_is_shown_and_the_others_go_on(
    ours: dict[str, Any], theirs: dict[str, Any], broken: list[bool]
) -> None:
    rounds = daily.Rounds()
    states = [(outcome.work, outcome.state) for outcome in rounds.do_due()]
    assert states.count(("registration.generate_sessions", "failed")) == 2
    assert states.count(("registration.end_sessions", "done")) == 2
    assert states.count(("prescriptions.expire_prescription", "done")) == 2
    row = _trail(ours, "daily.failed")[0]
    assert (row.outcome, row.detail["work"]) == ("failed", "registration.generate_sessions")
    assert row.detail["error"] == "RuntimeError"


def test_a_failing_piece_is_tried_again_after_a_while(ours: dict[str, Any], broken: list[bool]) -> None:
    rounds = daily.Rounds()
    rounds.do_due()
    broken[0] = False
    assert rounds.do_due() == []
    clock.stop(clock.now() + daily.FIRST_WAIT)
    assert {(o.work, o.state) for o in rounds.do_due()} == {("registration.generate_sessions", "done")}
    assert len(_trail(ours, "daily.failed")) == 1


def test_waits_between_tries_grow(ours: dict[str, Any], broken: list[bool]) -> None:
    rounds = daily.Rounds()
    for minutes in (0, 10, 20, 40):
        clock.stop(clock.now() + timedelta(minutes=minutes))
        assert "failed" in {outcome.state for outcome in rounds.do_due()}
    clock.stop(clock.now() + timedelta(minutes=79))
    assert rounds.do_due() == []


def test_one_row_that_fails_stops_no_other_and_keeps_the_day_open(
    ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def expire(*, prescription_id: int, by: Actor) -> None:
        if prescription_id == 1:
            raise DomainError
        seen.append(prescription_id)

    case = registry["prescriptions.expire_prescription"]
    monkeypatch.setitem(registry, case.name, replace(case, function=expire))
    rows = [{"prescription_id": number} for number in (1, 2)]
    work = Daily(case.name, time(0), each=lambda: rows)
    module = Module(name="probe", label="", is_optional=False, daily=(work,))
    monkeypatch.setattr(installed(), "modules", {"probe": module})
    tenant = tenant_of(ours["tenant_id"])
    assert daily.do_now(tenant)[0].state == "failed"
    rows.pop(0)
    assert daily.do_now(tenant)[0].state == "done"
    assert seen == [2, 2]
    assert _trail(ours, "daily.finished")[0].detail["rows"] == 1


def test_the_operator_does_it_now(app: Flask, ours: dict[str, Any], broken: list[bool]) -> None:
    clock.stop(MIDNIGHT + timedelta(seconds=5))  # before any hour of the day
    answer = app.test_cli_runner().invoke(args=["daily"])
    assert answer.exit_code != 0
    assert "C1: registration.generate_sessions 2026-11-21: FAILED: RuntimeError" in answer.output
    broken[0] = False
    answer = app.test_cli_runner().invoke(args=["daily"])
    assert answer.exit_code == 0, answer.output
    assert "C2: registration.generate_sessions 2026-11-21: done" in answer.output
    assert "C2: registration.end_sessions 2026-11-21: already done" in answer.output


def test_a_switched_off_module_has_no_daily_work(ours: dict[str, Any]) -> None:
    tenant = tenant_of(ours["tenant_id"])
    assert "registration.end_sessions" in {work.use_case for work in daily.declared(tenant)}
    without = replace(tenant, modules=tenant.modules - {"registration"})
    left = {work.use_case for work in daily.declared(without)}
    assert left == {
        "prescriptions.expire_prescription",
        "storeroom.begin_adjustment",
        "reconciliation.begin_days",
        "proving.begin_night",
        "reports.begin_day",
        "crypto.prove_rows",
        "tenants.note_usage",
    }


def test_the_relays_process_does_the_daily_work(app: Flask, ours: dict[str, Any]) -> None:
    worker = Worker(app, seconds=0.01)
    worker.start()
    try:
        for _ in range(500):
            if len(_trail(ours, "daily.finished")) == row_by_row():
                break
            worker.join(0.02)
    finally:
        worker.stopping.set()
        worker.join(10)
    assert len(_trail(ours, "daily.finished")) == row_by_row()


def test_a_centre_with_a_wrong_row_keeps_no_other_from_its_day(
    ours: dict[str, Any], theirs: dict[str, Any], as_owner: Callable[..., list[Any]]
) -> None:
    as_owner(
        "control", "UPDATE tenants_centre SET zone = 'No/Where' WHERE id = :centre", centre=ours["tenant_id"]
    )
    directory().forget()
    assert {outcome.state for outcome in daily.Rounds().do_due()} == {"done"}
    assert _trail(theirs, "daily.finished")
    assert not _trail(ours, "daily.finished")


def test_what_fails_in_the_relays_process_keeps_nothing_else_from_its_turn(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(app, seconds=0.01)

    def fail() -> None:
        raise RuntimeError

    for part in (worker._copies, worker._watch, worker._tasks, worker._rounds):
        monkeypatch.setattr(part, "look", fail)
    monkeypatch.setattr(worker, "_sweep_jobs", worker.stopping.set)
    worker.start()
    worker.join(10)
    assert not worker.is_alive()
