"""Several relays at once: each delivery has one effect, every centre its turn."""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world
from support.racing import at_once

from app import clock, relay
from app.actor import Actor
from app.db import db
from app.db.units import kernel_unit
from app.events import subscriptions
from app.records import Delivery, DeliveryStatus
from modules.patients import services
from modules.patients.events import PatientCreated

SEEN: list[int] = []
CENTRES: list[int] = []
GUARD = threading.Lock()


def remember(event: PatientCreated) -> None:
    with GUARD:
        SEEN.append(event.patient_id)
        CENTRES.append(event.tenant_id)


@pytest.fixture(autouse=True)
def subscriber(app: Any) -> Iterator[None]:
    relay.run_until_empty()
    SEEN.clear()
    CENTRES.clear()
    others = subscriptions.later.pop(PatientCreated, [])
    subscriptions.add_later(PatientCreated, remember)
    yield
    for name in subscriptions.later.pop(PatientCreated):
        del subscriptions.by_name[name]
    subscriptions.later[PatientCreated] = others


def _create(by: Actor, count: int) -> list[int]:
    return [
        services.create_patient(
            name=f"王测试{number}", sex="1", born_on=date(1980, 1, 1), is_another_person=True, by=by
        ).id
        for number in range(count)
    ]


def test_relays_at_once_deliver_everything_once(app: Flask, registrar: Actor) -> None:
    made = _create(registrar, 30)
    outcomes = at_once(app, *[lambda: sum(relay.run_once("p1", limit=5) for _ in range(10))] * 4)
    assert sum(outcomes) == 30
    relay.run_until_empty()
    assert Counter(SEEN) == Counter(made)
    assert relay.unfinished("p1") == {}


def test_relays_at_once_claim_different_rows(app: Flask, registrar: Actor) -> None:
    _create(registrar, 12)
    batches = at_once(app, *[lambda: [row.id for row, _ in relay._claim(Delivery, "p1", 3)]] * 3)
    claimed = [delivery_id for batch in batches for delivery_id in batch]
    assert len(claimed) == len(set(claimed)) == 9


def test_a_batch_holds_the_next_of_every_centre(registrar: Actor, theirs: dict[str, Any]) -> None:
    _create(registrar, 20)
    _create(world.actor(theirs, "registrar"), 3)
    assert relay.run_once("p1", limit=6) == 6
    assert Counter(CENTRES) == {registrar.tenant_id: 3, theirs["tenant_id"]: 3}
    assert relay.run_once("p1", limit=6) == 6
    assert CENTRES[6:] == [registrar.tenant_id] * 6


def test_the_events_of_a_centre_keep_their_order(registrar: Actor) -> None:
    made = _create(registrar, 9)
    while relay.run_once("p1", limit=2):
        continue
    assert made == SEEN


def test_the_work_of_a_relay_that_went_away_is_taken_over(registrar: Actor) -> None:
    made = _create(registrar, 2)
    assert len(relay._claim(Delivery, "p1", 10)) == 2  # and it is never seen again
    assert relay.run_once("p1") == 0
    clock.stop(clock.now() + timedelta(minutes=relay.CLAIM_MINUTES, seconds=1))
    assert relay.run_once("p1") == 2
    assert made == SEEN


def test_a_relay_that_was_overtaken_changes_nothing_any_more(
    registrar: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow one neither delivers the rest of its batch nor writes over what the other one settled."""
    _create(registrar, 1)
    [(slow, event)] = relay._claim(Delivery, "p1", 10)
    clock.stop(clock.now() + timedelta(minutes=relay.CLAIM_MINUTES, seconds=1))
    assert relay.run_once("p1") == 1
    relay._settle(Delivery, "p1", slow, "too late")
    with kernel_unit("p1"):
        row = db.session.scalars(select(Delivery).where(Delivery.id == slow.id)).one()
    assert (row.status, row.last_error) == (DeliveryStatus.DONE.value, "")
    monkeypatch.setattr(relay, "RENEW_SECONDS", -1.0)
    monkeypatch.setattr(relay, "_claim", lambda *_: [(slow, event)])
    assert relay.run_once("p1") == 1
    assert len(SEEN) == 1
