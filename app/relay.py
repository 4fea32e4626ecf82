"""The relay: takes what use cases left in the outbox to those who react later.

Rows are claimed by status, so any number of relays may run. A delivery that fails is tried again with
back-off and given up after ``ATTEMPTS``; dead rows stay, are shown on a page, and can be sent again.
"""

import os
import threading
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import func, select, update

from app import audit, clock, daily
from app.crypto import heads
from app.db import db, update_rows
from app.db.units import Mode, Unit, kernel_unit, open_unit
from app.events import restore, subscriptions
from app.records import ControlDelivery, ControlEventRow, Delivery, DeliveryStatus, EventRow
from app.tenancy import tenant_of
from app.use_cases import DELIVERY, command

ATTEMPTS = 8
CLAIM_MINUTES = 5
_BATCH = 50
log = structlog.get_logger()


def run_once(partition: str, *, limit: int = _BATCH) -> int:
    """Deliver what is due in one partition ("" is control); returns how many deliveries were tried."""
    delivery_type = Delivery if partition else ControlDelivery
    worker = f"{os.getpid()}.{threading.get_ident() % 100000}"
    claimed = _claim(delivery_type, partition, worker, limit)
    for delivery, event in claimed:
        _deliver(delivery_type, partition, delivery, event)
    return len(claimed)


def run_until_empty(*, rounds: int = 10_000) -> int:
    """Deliver until nothing is due anywhere (simulation, tests)."""
    total = 0
    for _ in range(rounds):
        tried = sum(run_once(partition) for partition in audit.partitions())
        if not tried:
            return total
        total += tried
    return total


def _claim(delivery_type: Any, partition: str, worker: str, limit: int) -> list[tuple[Any, Any]]:
    event_type = EventRow if partition else ControlEventRow
    moment = clock.now()
    with kernel_unit(partition):
        stuck = moment - timedelta(minutes=CLAIM_MINUTES)
        due = select(delivery_type.id).where(
            (delivery_type.status == DeliveryStatus.WAITING.value) & (delivery_type.due_at <= moment)
            | (delivery_type.status == DeliveryStatus.CLAIMED.value) & (delivery_type.due_at <= stuck)
        )
        ids = list(db.session.scalars(due.order_by(delivery_type.id).limit(limit)))
        won = []
        for delivery_id in ids:
            taken = update_rows(
                update(delivery_type)
                .where(delivery_type.id == delivery_id, delivery_type.status != DeliveryStatus.DONE.value)
                .where(
                    (delivery_type.status == DeliveryStatus.WAITING.value) | (delivery_type.due_at <= stuck)
                )
                .values(status=DeliveryStatus.CLAIMED.value, claimed_by=worker, due_at=moment)
            )
            if taken == 1:
                won.append(delivery_id)
        rows = db.session.execute(
            select(delivery_type, event_type)
            .join(event_type, event_type.id == delivery_type.event_id)
            .where(delivery_type.id.in_(won))
            .order_by(delivery_type.id)
            .execution_options(populate_existing=True)
        ).all()
        db.session.commit()
        return [(row[0], row[1]) for row in rows]


def _deliver(delivery_type: Any, partition: str, delivery: Any, row: Any) -> None:
    error = ""
    try:
        event = restore(row.name, row.id, row.tenant_id, row.at, row.payload)
        subscriber = subscriptions.by_name[delivery.subscriber]
        zone = tenant_of(row.tenant_id).zone if row.tenant_id else ""
        reader = Unit(Mode.READ, row.tenant_id or None, partition, all_tenants=not row.tenant_id)
        with open_unit(reader, zone), command(f"{DELIVERY}{delivery.id}"):
            subscriber(event)
    except Exception as failure:  # whatever went wrong, the row must say so and be tried again
        error = f"{type(failure).__name__}: {failure}"[:1000]
        log.warning(
            "delivery.failed",
            delivery=delivery.id,
            subscriber=delivery.subscriber,
            error=type(failure).__name__,
        )
    _settle(delivery_type, partition, delivery, error)


def _settle(delivery_type: Any, partition: str, delivery: Any, error: str) -> None:
    moment = clock.now()
    values: dict[str, Any] = {"attempts": delivery.attempts + 1, "last_error": error}
    if not error:
        values |= {"status": DeliveryStatus.DONE.value, "done_at": moment}
    elif delivery.attempts + 1 >= ATTEMPTS:
        values |= {"status": DeliveryStatus.DEAD.value}
    else:
        wait = timedelta(seconds=min(3600, 2 ** (delivery.attempts + 1)))
        values |= {"status": DeliveryStatus.WAITING.value, "due_at": moment + wait}
    with kernel_unit(partition):
        db.session.execute(update(delivery_type).where(delivery_type.id == delivery.id).values(**values))
        db.session.commit()


def unfinished(partition: str) -> dict[str, int]:
    """Status → number of deliveries that are not done."""
    delivery_type = Delivery if partition else ControlDelivery
    with open_unit(Unit(Mode.READ, None, partition, all_tenants=True)):
        rows = db.session.execute(
            select(delivery_type.status, func.count())
            .where(delivery_type.status != DeliveryStatus.DONE.value)
            .group_by(delivery_type.status)
        )
        return {row[0]: row[1] for row in rows}


def send_again(partition: str, delivery_id: int, tenant_id: int | None) -> bool:
    """Put a dead delivery back in the queue; False when there is none."""
    delivery_type = Delivery if partition else ControlDelivery
    with kernel_unit(partition):
        statement = (
            update(delivery_type)
            .where(delivery_type.id == delivery_id, delivery_type.status == DeliveryStatus.DEAD.value)
            .values(status=DeliveryStatus.WAITING.value, attempts=0, due_at=clock.now())
        )
        if tenant_id is not None:
            statement = statement.where(delivery_type.tenant_id == tenant_id)
        done = update_rows(statement) == 1
        db.session.commit()
        return done


class Worker(threading.Thread):
    """The embedded relay: delivers and seals a few times a second, and does the daily work, until stopped."""

    def __init__(self, app: Flask, seconds: float = 0.5) -> None:
        super().__init__(name="his-relay", daemon=True)
        self._app, self._seconds = app, seconds
        self._rounds, self._hours = daily.Rounds(), heads.Hours()
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.wait(self._seconds):
            try:
                with self._app.app_context():
                    for partition in audit.partitions():
                        run_once(partition)
                        audit.seal(partition)
                    self._hours.look()
                    self._rounds.look()
            except Exception as failure:  # the database may be away for a while; desks show that themselves
                log.warning("relay.failed", error=type(failure).__name__)
                self.stopping.wait(5)
