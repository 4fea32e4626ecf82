"""When something runs out: connections, room on the disk. Desks are told, nothing is half written."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.pool import QueuePool

from app.actor import Actor
from app.db import db, figures, tenant_unit
from app.errors import StorageFull
from app.records import AuditRow, CommandLog
from tenants import services
from tenants.models import Station


@pytest.fixture
def full_disk(app: Flask) -> Iterator[None]:
    """From now on the partition's file may not grow by a page."""
    engine = app.extensions["his_engines"]["p1"]
    if engine.dialect.name != "sqlite":
        pytest.skip("the server of PostgreSQL says so itself: 53100, see test_what_a_full_server_says")
    engine.dispose()

    def shrink(line: Any, record: Any) -> None:
        line.execute("PRAGMA max_page_count = 1")  # as small as it is

    event.listen(engine, "connect", shrink)
    yield
    event.remove(engine, "connect", shrink)
    engine.dispose()


def _rows() -> tuple[int, ...]:
    return tuple(
        db.session.scalar(select(func.count()).select_from(model)) or 0
        for model in (Station, AuditRow, CommandLog)
    )


def _fill(ours: dict[str, Any], administrator: Actor) -> None:
    for number in range(3000):
        services.add_station(code=f"F{number}", name="满" * 50, by=administrator)


def test_a_full_disk_is_said_and_nothing_is_half_written(
    ours: dict[str, Any], administrator: Actor, full_disk: None
) -> None:
    with pytest.raises(StorageFull) as refusal:
        _fill(ours, administrator)
    assert refusal.value.status == 503
    with tenant_unit(ours["tenant_id"]):
        before = _rows()
    with pytest.raises(StorageFull):
        services.add_station(code="LAST", name="满" * 50, by=administrator)
    with tenant_unit(ours["tenant_id"]):
        assert _rows() == before


def test_a_page_says_that_the_disk_is_full(
    ours: dict[str, Any], administrator: Actor, sign_in: Any, request: pytest.FixtureRequest
) -> None:
    desk = sign_in("administrator")  # while there is room: it leaves a row
    request.getfixturevalue("full_disk")
    with pytest.raises(StorageFull):
        _fill(ours, administrator)
    answer = desk.post("/places/stations/new", data={"code": "NEW", "name": "满" * 50, "kind": "station"})
    assert answer.status_code in {422, 503}
    assert "没有空间" in answer.text
    assert desk.get("/places/").status_code == 200


def test_reports_that_hold_every_reading_connection_do_not_stop_a_desk(
    app: Flask, ours: dict[str, Any], administrator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing has a pool of its own; a page that finds no connection is answered, not broken."""
    engine = app.extensions["his_engines"]["p1.ro"]
    if not isinstance(engine.pool, QueuePool):
        pytest.skip("files have no pool worth exhausting")
    monkeypatch.setattr(engine.pool, "_timeout", 0.2)
    held = [engine.connect() for _ in range(engine.pool.size() + engine.pool._max_overflow)]
    try:
        station = services.add_station(code="BUSY", name="照常", by=administrator)
        client = app.test_client()
        app.config["WTF_CSRF_ENABLED"] = False
        from support import world

        client.post("/sign-in", data={"name": "administrator@c1", "password": world.PASSWORD})
        answer = client.get("/places/")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        for line in held:
            line.close()
    with tenant_unit(ours["tenant_id"]):
        assert db.session.get(Station, station.id) is not None
    assert figures.snapshot()["units_total[p1,writes]"] > 0


def test_many_desks_share_few_connections(app: Flask, ours: dict[str, Any], administrator: Actor) -> None:
    """Forty threads on twenty connections: everybody is served in turn."""
    done: list[int] = []

    def work(number: int) -> None:
        with app.app_context():
            done.append(services.add_station(code=f"T{number}", name="轮流", by=administrator).id)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(done)) == 40
