"""A centre moves to another partition while its desks work: nothing is lost, nothing is on both sides."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from support import outpatient, outpatients, partitions, world

from app import relay
from app.actor import system_actor
from app.checks import findings_of
from app.db import across_tenants, db
from app.db.moving import Move, MoveFailed, _writing
from app.records import CommandLog, Delivery
from app.tenancy import directory
from app.use_cases import command
from modules.charging import services as charging
from modules.charging.models import Settlement
from modules.charging.services import TenderInput
from tenants import services as tenants
from tenants.models import Station
from tenants.moves import LivesThere, PartitionUnknown, finish_broken_moves, move_centre

WRITERS = 4
pytestmark = pytest.mark.slow


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "two_partitions" in metafunc.fixturenames:
        engines = metafunc.config.getoption("--engines").split(",")
        metafunc.parametrize("two_partitions", engines, indirect=True, scope="module")


@pytest.fixture(scope="module")
def two_partitions(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, Any]]]:
    """The test world in p1, and an empty p2 beside it."""
    with partitions.installation(request.param) as built:
        yield built


@pytest.fixture
def app(two_partitions: tuple[Flask, dict[str, Any]]) -> Iterator[Flask]:
    """The application with both partitions."""
    with two_partitions[0].app_context():
        yield two_partitions[0]


@pytest.fixture
def ours(two_partitions: tuple[Flask, dict[str, Any]]) -> dict[str, Any]:
    """Ids of the centre that moves."""
    return two_partitions[1]["ours"]  # type: ignore[no-any-return]


@pytest.fixture
def theirs(two_partitions: tuple[Flask, dict[str, Any]]) -> dict[str, Any]:
    """Ids of the centre that stays in p1."""
    return two_partitions[1]["theirs"]  # type: ignore[no-any-return]


class Desks:
    """Cashiers who settle until told to stop; each notes what was acknowledged and how long he waited."""

    def __init__(self, app: Flask, centre: dict[str, Any]) -> None:
        self.app, self.centre, self.over = app, centre, threading.Event()
        self.acknowledged: dict[str, int] = {}
        self.waits: list[float] = []
        self.defects: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(WRITERS)]

    def __enter__(self) -> "Desks":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        with self.app.app_context():
            try:
                self._settle()
            except BaseException as defect:
                self.defects.append(defect)
                raise

    def _settle(self) -> None:
        registrar, cashier = world.actor(self.centre, "registrar"), world.actor(self.centre, "cashier")
        patient, due = outpatients.make_patient(registrar).id, Decimal("10.00")
        while not self.over.is_set():
            began, key = time.monotonic(), uuid.uuid4().hex
            bill = outpatient.make_bill(self.centre, registrar, patient_id=patient)
            with command(key):
                settled = charging.settle_bill(
                    bill_id=bill.id,
                    expected_amount=due,
                    tenders=[TenderInput(method="cash", amount=due)],
                    by=cashier,
                )
            self.acknowledged[key] = settled.id
            self.waits.append(time.monotonic() - began)


def _rows(partition: str, model: Any, tenant_id: int) -> int:
    with across_tenants(partition):
        return (
            db.session.scalar(select(func.count()).select_from(model).where(model.tenant_id == tenant_id))
            or 0
        )


def test_a_centre_moves_while_its_cashiers_settle(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    tenant_id, by = ours["tenant_id"], system_actor(None)
    there, back = ("p2", "p1") if directory().get(tenant_id).partition == "p1" else ("p1", "p2")
    neighbours = _rows("p1", Station, theirs["tenant_id"])
    with Desks(app, ours) as desks:
        time.sleep(0.7)
        moved = move_centre(tenant_id, there, by=by)
        left_behind = _rows(back, Settlement, tenant_id)
        time.sleep(0.7)
    assert desks.defects == []
    assert moved.pause <= 5
    assert moved.changes > 0
    assert directory().get(tenant_id).partition == there
    assert _rows(back, Settlement, tenant_id) == left_behind  # nobody writes there any more
    with across_tenants(there):
        settled = list(db.session.scalars(select(Settlement).where(Settlement.tenant_id == tenant_id)))
        known = {
            row.command_id: row.result_id
            for row in db.session.scalars(select(CommandLog).where(CommandLog.tenant_id == tenant_id))
        }
    assert len(settled) > left_behind  # the desks went on
    assert {key: known.get(key) for key in desks.acknowledged} == desks.acknowledged
    assert Counter(row.bill_id for row in settled).most_common(1)[0][1] == 1
    relay.run_until_empty()
    assert [finding for finding in findings_of(tenant_id) if not finding.holds] == []
    assert _rows("p1", Station, theirs["tenant_id"]) == neighbours


def test_messages_of_a_centre_that_left_are_sent_from_its_new_place_only(
    app: Flask, ours: dict[str, Any]
) -> None:
    tenant_id = ours["tenant_id"]
    there, back = ("p2", "p1") if directory().get(tenant_id).partition == "p1" else ("p1", "p2")
    outpatients.make_patient(world.actor(ours, "registrar"))
    waiting = _waiting(back, tenant_id)
    assert waiting
    move_centre(tenant_id, there, by=system_actor(None))
    assert _waiting(there, tenant_id) == waiting
    relay.run_once(back)
    assert _waiting(back, tenant_id) == waiting
    relay.run_until_empty()
    assert _waiting(there, tenant_id) == set()


def _waiting(partition: str, tenant_id: int) -> set[int]:
    with across_tenants(partition):
        return set(
            db.session.scalars(
                select(Delivery.id).where(Delivery.tenant_id == tenant_id, Delivery.status == "waiting")
            )
        )


def test_a_copy_that_differs_switches_nothing(
    app: Flask, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant_id = ours["tenant_id"]
    home = directory().get(tenant_id).partition
    there = "p2" if home == "p1" else "p1"
    copy = Move._copy_table

    def copy_wrong(self: Move, source: Any, table: Any) -> Iterator[int]:
        yield from copy(self, source, table)
        if table.name == "charging_price":
            with _writing(self.target) as line:
                line.execute(
                    update(table).where(table.c.tenant_id == tenant_id).values(amount=Decimal("0.01"))
                )

    monkeypatch.setattr(Move, "_copy_table", copy_wrong)
    monkeypatch.setattr(Move, "_bring_rows", lambda *_: None)
    with pytest.raises(MoveFailed):
        move_centre(tenant_id, there, by=system_actor(None))
    assert directory().get(tenant_id).partition == home
    tenants.change_station(station_id=ours["station_id"], name="还在原处", by=system_actor(tenant_id))


def test_a_move_that_broke_off_is_freed_and_can_be_made_again(app: Flask, ours: dict[str, Any]) -> None:
    tenant = directory().get(ours["tenant_id"])
    there = "p2" if tenant.partition == "p1" else "p1"
    move = Move(tenant.id, tenant.partition, there, tenant.epoch)
    move.claim()
    list(move.copy())
    move._mark(is_moving=True, is_frozen=True)  # and here the power failed
    with pytest.raises(MoveFailed):
        move_centre(tenant.id, there, by=system_actor(None))
    assert finish_broken_moves() == [tenant.code]
    tenants.change_station(station_id=ours["station_id"], name="又开门", by=system_actor(tenant.id))
    move_centre(tenant.id, there, by=system_actor(None))
    assert directory().get(tenant.id).partition == there


def test_there_must_be_a_place_to_move_to(app: Flask, ours: dict[str, Any]) -> None:
    home = directory().get(ours["tenant_id"]).partition
    with pytest.raises(LivesThere):
        move_centre(ours["tenant_id"], home, by=system_actor(None))
    with pytest.raises(PartitionUnknown):
        move_centre(ours["tenant_id"], "p9", by=system_actor(None))
