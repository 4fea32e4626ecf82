"""What a use case leaves behind is delivered once in effect; the trail shows who touched it."""

from collections.abc import Iterator
from typing import Any

import pytest

from app import audit, clock, relay
from app.actor import Actor
from app.db import db
from app.db.units import kernel_unit
from app.events import subscriptions
from app.outbox import services as outbox
from app.records import AuditRow, Delivery
from modules.patients import services
from modules.patients.events import PatientCreated

SEEN: list[int] = []
FAILING: list[bool] = [False]


def remember(event: PatientCreated) -> None:
    if FAILING[0]:
        raise RuntimeError("the other side is down")
    SEEN.append(event.patient_id)


@pytest.fixture(autouse=True)
def subscriber(app: Any) -> Iterator[None]:
    SEEN.clear()
    FAILING[0] = False
    subscriptions.add_later(PatientCreated, remember)
    yield
    name = subscriptions.later[PatientCreated].pop()
    del subscriptions.by_name[name]


def _create(by: Actor) -> int:
    return services.create_patient(name="王测试", document_number="990000198506152462", by=by).id


def test_an_event_reaches_its_later_subscriber_once(registrar: Actor) -> None:
    patient_id = _create(registrar)
    relay.run_until_empty()
    relay.run_until_empty()
    assert [patient_id] == SEEN
    assert relay.unfinished("p1") == {}


@pytest.mark.control("AUD-04")
def test_a_delivery_that_fails_is_kept_shown_and_sent_again(registrar: Actor, administrator: Actor) -> None:
    _create(registrar)
    FAILING[0] = True
    for _ in range(relay.ATTEMPTS):
        relay.run_once("p1")
        clock.stop(clock.now().replace(hour=min(23, clock.now().hour + 1)))
    assert relay.unfinished("p1") == {"dead": 1}
    FAILING[0] = False
    with kernel_unit("p1"):
        dead = db.session.query(Delivery).filter_by(status="dead").one()
        assert dead.last_error.startswith("RuntimeError at tests/app/test_outbox_and_trail.py")
    outbox.send_messages(delivery_ids=[dead.id], by=administrator)
    relay.run_until_empty()
    assert len(SEEN) == 1


def test_nothing_is_delivered_of_a_use_case_that_failed(registrar: Actor, monkeypatch: Any) -> None:
    monkeypatch.setattr(audit, "write", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
    with pytest.raises(RuntimeError):
        _create(registrar)
    relay.run_until_empty()
    assert not SEEN


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_changed_or_removed_row_of_the_trail_is_named(registrar: Actor, as_owner: Any, damage: str) -> None:
    _create(registrar)
    relay.run_until_empty()
    assert audit.seal("p1") > 1
    assert audit.verify("p1")[1] is None
    with kernel_unit("p1"):
        rows = db.session.query(AuditRow).order_by(AuditRow.sealed_no).limit(3).all()
        victim, after = rows[1].id, rows[2].id
    statement = {
        "change": "UPDATE kernel_audit SET actor_name = 'nobody' WHERE id = :id",
        "remove": "DELETE FROM kernel_audit WHERE id = :id",
    }[damage]
    as_owner("p1", statement, id=victim)
    assert audit.verify("p1")[1] == (victim if damage == "change" else after)


@pytest.mark.control("AUD-01")
def test_before_and_after_stand_in_the_trail_but_no_identity_number(registrar: Actor) -> None:
    patient = services.create_patient(name="王测试", document_number="990000198506152462", by=registrar)
    services.change_patient(
        patient_id=patient.id,
        version=patient.version,
        name="王测士",
        sex="2",
        born_on=patient.born_on,
        document_number="990000198506152462",
        phone="19900000002",
        by=registrar,
    )
    with kernel_unit("p1"):
        row = db.session.query(AuditRow).order_by(AuditRow.id.desc()).first()
        assert row is not None
        changes = row.detail["changes"][f"patients_patient:{patient.id}"]
        assert changes["name"] == ["王测试", "王测士"]
        assert "19900000002" not in str(row.detail)
