"""The relay: takes what use cases left in the outbox to those who react later.

Rows are claimed by status, so any number of relays may run. A delivery that fails is tried again with
back-off and given up after ``ATTEMPTS``; dead rows stay, are shown on a page, and can be sent again.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_, func, or_, select, update

from app import audit, audit_copy, clock, daily, ids, pursuit, tasks
from app.crypto import heads
from app.db import db, update_rows
from app.db.locks import passing_locked
from app.db.places import TenantPlace
from app.db.units import Mode, Unit, kernel_unit, open_unit
from app.events import restore, subscriptions
from app.faults import fault_of
from app.jobs import runner
from app.records import UNSETTLED, ControlDelivery, ControlEventRow, Delivery, DeliveryStatus, EventRow
from app.registry import installed
from app.tenancy import directory, tenant_of
from app.use_cases import DELIVERY, command
from app.watch.passing import Watch

ATTEMPTS = 8
CLAIM_MINUTES = 5
RENEW_SECONDS = 60.0
SWEEP_SECONDS = 15.0
_BATCH = 50
log = structlog.get_logger()


def run_once(partition: str, *, limit: int = _BATCH) -> int:
    """Deliver what is due in one partition ("" is control); returns how many deliveries were tried."""
    delivery_type = Delivery if partition else ControlDelivery
    claimed, claimed_at = _claim(delivery_type, partition, limit), time.monotonic()
    for delivery, event in claimed:
        if time.monotonic() - claimed_at < RENEW_SECONDS or _renew(delivery_type, partition, delivery):
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


def _claim(delivery_type: Any, partition: str, limit: int) -> list[tuple[Any, Any]]:
    """Mark a batch as ours: the next of each centre, then the one after it of each. What others hold is passed by."""
    event_type = EventRow if partition else ControlEventRow
    closed = directory().all_closed() if partition else []
    moment, token = clock.now(), f"{socket.gethostname()[:24]}.{os.getpid()}.{ids.new_id()}"
    with kernel_unit(partition):
        due = _due(delivery_type, moment)
        if closed:  # what a suspended centre has to say waits until it works again
            due = and_(due, delivery_type.tenant_id.not_in(closed))
        wanted = _in_turn(delivery_type, due, 4 * limit)
        held: list[int] = []
        for start in range(0, len(wanted), limit):
            some = select(delivery_type.id).where(delivery_type.id.in_(wanted[start : start + limit]), due)
            held += db.session.scalars(passing_locked(some, delivery_type))
            if len(held) >= limit:
                break
        if not held:
            return []
        values = {"status": DeliveryStatus.CLAIMED.value, "claimed_by": token, "due_at": moment}
        update_rows(update(delivery_type).where(delivery_type.id.in_(held[:limit]), due).values(**values))
        rows = db.session.execute(
            select(delivery_type, event_type)
            .join(event_type, event_type.id == delivery_type.event_id)
            .where(delivery_type.id.in_(held[:limit]), delivery_type.claimed_by == token)
            .order_by(delivery_type.id)
            .execution_options(populate_existing=True)
        ).all()
        db.session.commit()
        return [(row[0], row[1]) for row in rows]


def _due(delivery_type: Any, moment: datetime) -> ColumnElement[bool]:
    """Waiting rows whose time has come, and rows of a relay that has gone."""
    stuck = moment - timedelta(minutes=CLAIM_MINUTES)
    due = or_(
        and_(delivery_type.status == DeliveryStatus.WAITING.value, delivery_type.due_at <= moment),
        and_(delivery_type.status == DeliveryStatus.CLAIMED.value, delivery_type.due_at <= stuck),
    )
    if delivery_type is ControlDelivery:
        return due
    frozen = select(TenantPlace.tenant_id).where(TenantPlace.is_frozen)  # sent from where the centre goes
    return and_(due, delivery_type.tenant_id.not_in(frozen))


def _in_turn(delivery_type: Any, due: ColumnElement[bool], count: int) -> list[int]:
    place = func.row_number().over(partition_by=delivery_type.tenant_id, order_by=delivery_type.id)
    queued = select(delivery_type.id, place.label("place")).where(due).subquery()
    return list(db.session.scalars(select(queued.c.id).order_by(queued.c.place, queued.c.id).limit(count)))


def _ours(delivery_type: Any, delivery: Any) -> ColumnElement[bool]:
    return and_(
        delivery_type.id == delivery.id,
        delivery_type.status == DeliveryStatus.CLAIMED.value,
        delivery_type.claimed_by == delivery.claimed_by,
    )


def _renew(delivery_type: Any, partition: str, delivery: Any) -> bool:
    """A batch took long: is this row of it still ours, and for another while?"""
    with kernel_unit(partition):
        renewed = update(delivery_type).where(_ours(delivery_type, delivery)).values(due_at=clock.now())
        is_ours = update_rows(renewed) == 1
        db.session.commit()
        return is_ours


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
        error = _in_words(failure)
        log.warning(
            "delivery.failed",
            delivery=delivery.id,
            subscriber=delivery.subscriber,
            error=type(failure).__name__,
        )
    _settle(delivery_type, partition, delivery, error)


def _in_words(failure: Exception) -> str:
    """What went wrong, without what was said: a wrong value may be a private one."""
    if isinstance(failure, ValidationError):
        found = failure.errors(include_url=False, include_input=False, include_context=False)
        wrong = ("-".join(str(part) for part in one["loc"]) + ": " + one["type"] for one in found)
        return f"{type(failure).__name__}: {', '.join(wrong)}"[:1000]
    return fault_of(failure)[:1000]


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
        settled = update_rows(update(delivery_type).where(_ours(delivery_type, delivery)).values(**values))
        db.session.commit()
    if not settled:  # it took so long that another relay has it now; effects carry the delivery's id
        log.warning("delivery.overtaken", delivery=delivery.id)


def unfinished(partition: str) -> dict[str, int]:
    """Status → number of deliveries that nobody has settled: neither the relay nor a person."""
    delivery_type = Delivery if partition else ControlDelivery
    with open_unit(Unit(Mode.READ, None, partition, all_tenants=True)):
        rows = db.session.execute(
            select(delivery_type.status, func.count())
            .where(delivery_type.status.in_([status.value for status in UNSETTLED]))
            .group_by(delivery_type.status)
        )
        return {row[0]: row[1] for row in rows}


class Worker(threading.Thread):
    """The embedded relay: delivers and seals a few times a second, and does the daily work, until stopped."""

    def __init__(self, app: Flask, seconds: float = 0.5) -> None:
        super().__init__(name="his-relay", daemon=True)
        self._app, self._seconds = app, seconds
        self._rounds, self._hours = daily.Rounds(), heads.Hours()
        self._copies, self._watch = audit_copy.Copies(), Watch()
        self._swept = 0.0
        self._tasks = tasks.Doer(app)
        self._pursuer = pursuit.Pursuer(app)
        self.stopping = threading.Event()

    def run(self) -> None:
        self._app.extensions["his_reporter"].begin("relay")
        work = (
            self._deliver_and_seal,
            self._copies.look,
            self._watch.look,
            self._tasks.look,
            self._pursuer.look,
            self._hours.look,
            self._rounds.look,
            self._sweep_jobs,
        )
        while not self.stopping.wait(self._seconds):
            failed = [step for step in work if not self._try(step)]
            if failed:
                self.stopping.wait(5)

    def _try(self, step: Callable[[], Any]) -> bool:
        try:
            with self._app.app_context():
                step()
        except Exception as failure:  # the database may be away for a while; desks show that themselves
            log.warning("relay.failed", step=step.__qualname__, error=type(failure).__name__)
            return False
        return True

    def _deliver_and_seal(self) -> None:
        for partition in audit.partitions():
            run_once(partition)
            audit.seal(partition)

    def _sweep_jobs(self) -> None:
        """Long work that waits although somebody could do it (a Redis that was away); what is to be cleared away."""
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._swept = time.monotonic()
            for partition in self._app.extensions["his_settings"].partition_urls:
                runner.sweep(partition)
            for module in installed().modules.values():
                for tidy in module.tidies:
                    tidy()
