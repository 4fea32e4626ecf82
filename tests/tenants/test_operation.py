"""The operator's pages: partitions with the figures of all processes, moves with their progress."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from support import world

from app import clock, processes, tasks
from app.actor import system_actor
from app.db import control_unit, db, figures, update_rows
from app.db.replicas import Replica, State
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.jobs.models import JobStatus
from app.processes import ProcessFigures
from app.tasks import DistrictTask
from tenants import moves, partitions, provisioning

BY = system_actor(None)


def test_figures_of_all_processes_are_added_up(app: Flask, monkeypatch: Any) -> None:
    replica = Replica("p1", "p1.copy1", State.OUT, lag=31.0, reason="lag")
    monkeypatch.setattr(app.extensions["his_routes"], "replicas", {"p1": [replica]})
    monkeypatch.setattr(
        figures,
        "snapshot",
        lambda: {
            "units_total[p1,primary]": 5.0,
            "units_total[p1,p1.copy1]": 7.0,
            "read_fallbacks_total[p1,behind]": 2.0,
            "mark_waits_total[p1]": 3.0,
            "retries_total[p1,deadlock]": 1.0,
            "unknown_outcomes_total[p1]": 1.0,
        },
    )
    processes.report("web", holder="a:1")
    processes.report("relay", holder="a:2")
    processes.report("relay", holder="a:2")  # again: not counted twice
    rows, seen = partitions.overview()
    row = next(row for row in rows if row.name == "p1")
    assert (seen, row.centres, row.mark_waits, row.unknown) == (2, 2, 6, 2)
    assert dict(row.units) == {"primary": 10, "p1.copy1": 14}
    assert dict(row.fallbacks) == {"behind": 4}
    assert dict(row.retries) == {"deadlock": 2}
    copy = row.replicas["p1.copy1"]
    assert (copy.state, copy.lag, copy.reason) == ("out", 31.0, "lag")


def test_a_process_that_is_gone_is_not_counted_and_is_forgotten(app: Flask) -> None:
    processes.report("web", holder="a:1")
    with kernel_unit(""):
        old = update(ProcessFigures).values(seen_at=clock.server_time() - processes.SEEN_WITHIN * 2)
        update_rows(old)
        db.session.commit()
    assert processes.present() == []
    with kernel_unit(""):
        update_rows(update(ProcessFigures).values(seen_at=clock.server_time() - processes.KEPT * 2))
        db.session.commit()
    processes.report("web", holder="a:2")
    with control_unit():
        assert db.session.scalars(select(ProcessFigures.holder)).all() == ["a:2"]


def test_the_reporter_writes_from_a_thread_of_its_own(app: Flask, monkeypatch: Any) -> None:
    import time

    monkeypatch.setattr(processes, "EVERY_SECONDS", 0.05)
    reporter = processes.Reporter(app)
    assert not reporter.is_on  # in tests nobody writes unasked
    reporter.is_on = True
    reporter.begin("relay")
    reporter.begin("relay")
    for _ in range(100):
        time.sleep(0.05)
        if found := processes.present():
            break
    reporter.is_on = False
    time.sleep(0.2)
    assert [row.kind for row in found] == ["relay"]


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_page_of_partitions_costs_few_statements(app: Flask, sign_in: Any, language: str) -> None:
    processes.report("web", holder="a:1")
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", language)
    client.get("/district/partitions")
    with count_statements() as counted:
        page = client.get("/district/partitions")
    assert page.status_code == 200
    assert counted.count <= 3, counted.statements
    assert ("1 processes" if language == "en" else "1 个进程") in page.text


def test_a_closed_partition_takes_no_centre(app: Flask, sign_in: Any) -> None:
    client = sign_in("district_operator", "district")
    assert client.post("/district/partitions/p1/closing", data={"is_closed": "1"}).status_code == 303
    with pytest.raises(provisioning.PartitionClosed):
        provisioning.least_loaded()
    assert client.post("/district/partitions/p9/closing", data={"is_closed": "1"}).status_code != 303
    assert client.post("/district/partitions/p1/closing", data={"is_closed": "0"}).status_code == 303
    assert provisioning.least_loaded() == "p1"


def test_only_the_operator_sees_partitions_and_moves(sign_in: Any, ours: dict[str, Any]) -> None:
    for role in ("district_security", "district_auditor", "supervisor"):
        client = sign_in(role, "district")
        assert client.get("/district/partitions").status_code == 403
        assert client.get("/district/tasks").status_code == 403
        assert client.post(f"/district/centres/{ours['tenant_id']}/move", data={}).status_code == 403
        assert client.post(f"/district/centres/{ours['tenant_id']}/release", data={}).status_code == 403


# Tasks


@pytest.fixture
def two_places(app: Flask, monkeypatch: Any) -> None:
    """A second partition stands in the settings; nothing is moved there in these tests."""
    from dataclasses import replace

    settings = app.extensions["his_settings"]
    monkeypatch.setitem(
        app.extensions,
        "his_settings",
        replace(settings, partition_urls={**settings.partition_urls, "p2": "sqlite://"}),
    )


def test_a_move_is_asked_for_on_the_page_and_its_progress_seen(
    app: Flask, sign_in: Any, ours: dict[str, Any], two_places: None, monkeypatch: Any
) -> None:
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", "en")
    address = f"/district/centres/{ours['tenant_id']}"
    assert 'value="p2"' in client.get(address).text
    answer = client.post(f"{address}/move", data={"target": "p2"})
    page = answer.headers["Location"]
    assert re.fullmatch(r"/district/tasks/\d+", page)
    assert "hx-get" in client.get(f"{page}/progress").text  # asks again
    client.post(f"{address}/move", data={"target": "p2"})
    assert len(tasks.latest_tasks()) == 1  # one at a time
    client.post(f"{address}/release", data={})
    seen: list[str] = []

    def move(tenant_id: int, target: str, *, by: Any, say: Any) -> Any:
        assert (tenant_id, target, by.name) == (ours["tenant_id"], "p2", world.DISTRICT["district_operator"])
        say("tenants_station", 1)
        say("patients_patient", 7)
        seen.append(client.get(f"{page}/progress").text)
        say("tenants_station", 1)
        return moves.Moved(rows={"tenants_station": 1, "patients_patient": 7}, changes=2, pause=0.256)

    monkeypatch.setattr(tasks, "SAY_EVERY", 0)
    monkeypatch.setattr(moves, "move_centre", move)
    assert tasks.do_next()
    assert not tasks.do_next()
    assert "patients_patient" in seen[0]
    done = client.get(f"{page}/progress").text
    assert "hx-get" not in done
    assert "0.26 seconds" in done
    assert "8 rows moved" in done
    with count_statements() as counted:
        assert client.get("/district/tasks").status_code == 200
    assert counted.count <= 2, counted.statements


def test_a_refused_move_is_shown_as_failed_with_its_reason(
    app: Flask, ours: dict[str, Any], two_places: None
) -> None:
    task = moves.ask_to_move(tenant_id=ours["tenant_id"], target="p2", by=BY)
    with kernel_unit(""):
        update_rows(update(DistrictTask).values(arguments={"target": "p1"}))
        db.session.commit()
    assert tasks.do_next()
    found = tasks.get_task(task.id)
    assert found.status is JobStatus.FAILED
    assert found.message
    assert found.is_finished


def test_a_task_whose_process_has_gone_is_shown_as_failed(
    app: Flask, ours: dict[str, Any], two_places: None
) -> None:
    task = moves.ask_to_move(tenant_id=ours["tenant_id"], target="p2", by=BY)
    assert tasks.is_busy(ours["tenant_id"])
    with pytest.raises(moves.CentreBusy):
        moves.free_centre(ours["tenant_id"], by=BY)
    with kernel_unit(""):
        gone = {"status": "running", "seen_at": clock.server_time() - 2 * tasks.SILENT}
        update_rows(update(DistrictTask).values(**gone))
        db.session.commit()
    assert not tasks.do_next()
    assert tasks.get_task(task.id).status is JobStatus.FAILED
    assert moves.free_centre(ours["tenant_id"], by=BY) is False  # it was never held


def test_the_relays_process_does_the_tasks(
    app: Flask, ours: dict[str, Any], two_places: None, monkeypatch: Any
) -> None:
    monkeypatch.setattr(moves, "move_centre", lambda *_, **__: moves.Moved(pause=0.1))
    doer = tasks.Doer(app)
    doer.look()
    assert doer._thread is None
    task = moves.ask_to_move(tenant_id=ours["tenant_id"], target="p2", by=BY)
    doer.look()
    assert doer._thread is not None
    doer._thread.join(20)
    assert tasks.get_task(task.id).status is JobStatus.DONE


# Plans


def test_the_pages_of_plans_make_and_change_one(app: Flask, sign_in: Any, ours: dict[str, Any]) -> None:
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", "en")
    typed = {"code": "small", "name": "小型", "modules": ["dispensing"]}
    assert client.post("/district/plans/new", data=typed).status_code == 422
    typed["modules"] = ["payments", "charging", "dispensing"]
    assert client.post("/district/plans/new", data=typed).status_code == 303
    assert client.post("/district/plans/full", data={"name": "x"}).status_code == 404
    assert (
        client.post(f"/district/centres/{ours['tenant_id']}/plan", data={"plan": "small"}).status_code == 303
    )
    changed = client.post(
        "/district/plans/small", data={"name": "小型二", "modules": ["payments", "charging"]}
    )
    assert changed.status_code == 303
    page = client.get("/district/plans").text
    assert "小型二" in page
    assert "dispensing" not in client.get("/district/plans/small").text.split("checked")[0][-200:]
    assert client.get(f"/district/centres/{ours['tenant_id']}").status_code == 200
