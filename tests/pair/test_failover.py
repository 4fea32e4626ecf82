"""The primary dies under load again and again: what was acknowledged is there, once, and the sums agree."""

import os
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from support import outpatient, outpatients, world
from support.pair import Pair, look

from app import promotion
from app.actor import system_actor
from app.checks import findings_of
from app.db import Mode, db, figures, tenant_unit
from app.db.epochs import CHECK_EVERY_SECONDS
from app.db.failures import is_lost
from app.db.marks import reading_as
from app.db.replicas import State
from app.db.retrying import routes
from app.errors import Unavailable
from app.records import CommandLog
from app.use_cases import command
from modules.charging import services as charging
from modules.charging.models import Settlement
from modules.charging.services import TenderInput
from tenants import services as tenants
from tenants.models import Station

ROUNDS = 20 if os.environ.get("HIS_SOAK") else 5
WRITERS, READERS = 8, 4
LONGEST_SILENCE = 5.0
pytestmark = pytest.mark.slow


@dataclass
class Load:
    """Eight cashiers and four browsers, until told to stop; what they were told and when."""

    app: Flask
    centre: dict[str, Any]
    over: threading.Event = field(default_factory=threading.Event)
    acknowledged: dict[str, tuple[int, Decimal]] = field(default_factory=dict)  # command → settlement, amount
    moments: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    pages: Counter[int] = field(default_factory=Counter)
    defects: list[BaseException] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=(self._settle,)) for _ in range(WRITERS)]
        self._threads += [threading.Thread(target=self._run, args=(self._look,)) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)
        assert self.defects == []

    def _run(self, work: Any) -> None:
        with self.app.app_context():
            try:
                work()
            except BaseException as defect:
                self.defects.append(defect)
                raise

    def _settle(self) -> None:
        registrar, cashier = world.actor(self.centre, "registrar"), world.actor(self.centre, "cashier")
        patient = outpatients.make_patient(registrar).id
        while not self.over.is_set():
            try:
                bill = outpatient.make_bill(self.centre, registrar, patient_id=patient)
            except (Unavailable, SQLAlchemyError) as refusal:
                self.refused[type(refusal).__name__] += 1
                continue
            key = uuid.uuid4().hex
            due = Decimal("10.00")
            try:
                with command(key):
                    settled = charging.settle_bill(
                        bill_id=bill.id,
                        expected_amount=due,
                        tenders=[TenderInput(method="cash", amount=due)],
                        by=cashier,
                    )
            except Unavailable:
                self.refused["Unavailable"] += 1
                continue
            self.acknowledged[key] = (settled.id, due)
            self.moments.append(time.monotonic())

    def _look(self) -> None:
        desk = self.app.test_client()
        while (
            answer := desk.post("/sign-in", data={"name": "administrator@c1", "password": world.PASSWORD})
        ).status_code != 303:
            assert answer.status_code in {429, 503}
        while not self.over.is_set():
            self.pages[desk.get("/places/").status_code] += 1


def _watch(app: Flask, over: threading.Event) -> None:
    with app.app_context():
        while not over.wait(0.3):
            look()


@pytest.mark.control("OPS-01")
def test_what_was_acknowledged_outlives_every_primary(app: Flask, pair: Pair, ours: dict[str, Any]) -> None:
    load = Load(app, ours)
    pair.insist(on_standby=True)
    watcher = threading.Thread(target=_watch, args=(app, load.over))
    watcher.start()
    load.start()
    silences = []
    try:
        for number in range(ROUNDS):
            time.sleep(1.5)
            if (
                number % 2
            ):  # the line is cut before the blow: nobody is told of what the other side has not got
                pair.cut()
                time.sleep(0.3)
            pair.kill_primary()
            pair.promote()
            promoted = time.monotonic()
            for name in ("control", "p1"):
                promotion.note_promotion(name)
            silences.append(_until_written(load, promoted))
            pair.rejoin()
            pair.insist(on_standby=True)
    finally:
        load.stop()
        watcher.join()
        pair.insist(on_standby=False)
    pair.wait_until_level()
    assert max(silences) <= LONGEST_SILENCE, silences
    assert set(load.pages) == {200}, load.pages
    assert len(load.acknowledged) > 20 * ROUNDS
    _compare(load, ours)


def _until_written(load: Load, since: float) -> float:
    while time.monotonic() - since < 30:
        if load.moments and load.moments[-1] > since:
            return next(moment for moment in load.moments if moment > since) - since
        time.sleep(0.01)
    raise AssertionError(f"nobody wrote for 30 seconds: {load.refused}")


def _compare(load: Load, centre: dict[str, Any]) -> None:
    with tenant_unit(centre["tenant_id"]):
        settled = {row.id: row for row in db.session.scalars(select(Settlement))}
        known = {
            row.command_id: row.result_id
            for row in db.session.scalars(
                select(CommandLog).where(CommandLog.use_case == "charging.settle_bill")
            )
        }
    for key, (settlement_id, amount) in load.acknowledged.items():
        assert known[key] == settlement_id
        assert settled[settlement_id].amount == amount
    assert Counter(row.bill_id for row in settled.values()).most_common(1)[0][1] == 1
    assert sorted(known.values()) == sorted(settled)
    assert [finding for finding in findings_of(centre["tenant_id"]) if not finding.holds] == []


@pytest.mark.control("OPS-01")
def test_an_old_primary_that_comes_back_is_refused(app: Flask, pair: Pair, ours: dict[str, Any]) -> None:
    by = system_actor(ours["tenant_id"])
    tenants.add_station(code="OLD1", name="旧主站", by=by)
    pair.wait_until_level()
    pair.kill_primary()
    pair.promote()
    for name in ("control", "p1"):
        promotion.note_promotion(name)
    pair.start(pair.standby)  # unfenced: it believes to be the primary still
    try:
        old = routes().engines._makers[
            "p1"
        ]()  # a pool of its own, as a process has that knew the old one only
        address = old.url.set(query={"host": str(pair.folder / pair.standby)})
        lonely = _alone(app, address)
        time.sleep(CHECK_EVERY_SECONDS)
        with pytest.raises(InvalidRequestError), lonely.connect() as line:  # the pool's word for StalePrimary
            line.execute(update(Station).values(name="分裂"))
        for _ in range(5):
            tenants.change_station(station_id=ours["station_id"], name="新主站", by=by)
        assert (
            pair.say("SELECT count(*) FROM tenants_station WHERE name = '新主站'", "p1", on=pair.standby)[0][
                0
            ]
            == 0
        )
    finally:
        pair.stop(pair.standby)
        pair.rejoin()


def _alone(app: Flask, address: Any) -> Any:
    from app.db import epochs
    from app.db.engines import make_engine

    engine = make_engine(address.render_as_string(hide_password=False), read_only=False)
    engines = routes().engines
    epochs.watch_primary(engine, "p1", engines.floors, lambda: engines["control.ro"])
    return engine


@pytest.mark.control("OPS-01")
def test_a_commit_whose_answer_is_lost_is_answered_from_the_log(
    app: Flask, pair: Pair, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    by, unknown = system_actor(ours["tenant_id"]), figures.UNKNOWN.labels("p1")._value.get()
    engine, lost = routes().engines["p1"], []
    commit = engine.dialect.do_commit

    def swallow(line: Any) -> None:
        commit(line)
        if not lost:
            lost.append(True)
            pid = line.dbapi_connection.info.backend_pid
            pair.say(f"SELECT pg_terminate_backend({pid})")
            line.execute("SELECT 1")  # the answer that never comes

    monkeypatch.setattr(engine.dialect, "do_commit", swallow)
    with command(uuid.uuid4().hex):
        station = tenants.add_station(code="LOST", name="答复丢失站", by=by)
    assert lost
    assert figures.UNKNOWN.labels("p1")._value.get() == unknown + 1
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        assert list(db.session.scalars(select(Station.id).where(Station.code == "LOST"))) == [station.id]


@pytest.mark.control("OPS-01")
def test_while_nobody_can_write_pages_go_on_and_commands_ask_for_patience(
    app: Flask, pair: Pair, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.retrying.COMMAND_SECONDS", 1.0)
    desk = app.test_client()
    assert (
        desk.post("/sign-in", data={"name": "administrator@c1", "password": world.PASSWORD}).status_code
        == 303
    )
    pair.kill_primary()
    try:
        for _ in range(3):
            look()
            assert desk.get("/places/").status_code == 200
        answer = desk.post(
            f"/places/stations/{ours['station_id']}", data={"name": "等一等", "is_active": "true"}
        )
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        pair.promote()
        for name in ("control", "p1"):
            promotion.note_promotion(name)
        pair.rejoin()
    look(3)
    assert sorted(replica.state is State.IN for replica in routes().replicas["p1"]) == [False, True]


@pytest.mark.control("OPS-01")
def test_what_an_asynchronous_failover_lost_is_said(app: Flask, pair: Pair, ours: dict[str, Any]) -> None:
    """Without a standby that confirms, an acknowledged write may be lost; its session's mark finds it out."""
    by, lost = system_actor(ours["tenant_id"]), figures.LOST.labels("p1")._value.get()
    with reading_as("loses", []):
        tenants.add_station(code="KEPT", name="已复制站", by=by)
        pair.wait_until_level()
        pair.cut()
        tenants.add_station(code="GONE", name="未复制站", by=by)
        pair.kill_primary()
        pair.promote()
        for name in ("control", "p1"):
            promotion.note_promotion(name)
        pair.rejoin()
        tenants.add_station(code="NEXT", name="之后站", by=by)
        assert figures.LOST.labels("p1")._value.get() == lost + 1
        tenants.add_station(code="NEXT2", name="再后站", by=by)
    assert figures.LOST.labels("p1")._value.get() == lost + 1
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        codes = set(db.session.scalars(select(Station.code)))
    assert codes >= {"KEPT", "NEXT", "NEXT2"}
    assert "GONE" not in codes


@pytest.mark.control("OPS-01")
def test_a_lost_line_is_told_from_a_broken_rule(app: Flask, ours: dict[str, Any]) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE), pytest.raises(SQLAlchemyError) as found:
        db.session.scalar(select(Station.id / 0))
    assert not is_lost(found.value)  # type: ignore[arg-type]
