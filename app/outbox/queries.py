"""Reading the outbox: a centre its own messages, in its partition and in control; the district those of nobody else."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.actor import Actor
from app.db import Page, contains_text, db, page_by_key
from app.errors import NotFound
from app.records import (
    UNSETTLED,
    ControlDelivery,
    ControlEventRow,
    Delivery,
    DeliveryStatus,
    EventRow,
)
from app.tenancy import DISTRICT

MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages; what is empty does not narrow, but without a state those that nobody has settled."""

    in_control: bool = False
    status: str = ""
    event: str = ""
    error: str = ""
    first: date | None = None
    last: date | None = None


def tables(in_control: bool) -> tuple[Any, Any]:
    """Deliveries and events of a database."""
    return (ControlDelivery, ControlEventRow) if in_control else (Delivery, EventRow)


def owner_of(by: Actor) -> int:
    """Whose messages a person sees."""
    return by.tenant_id or DISTRICT


def page_of_outbox(wanted: Wanted, *, by: Actor, before: int | None = None) -> Page[Any]:
    """Deliveries that fit, newest first."""
    delivery, _event = tables(wanted.in_control)
    return page_by_key(_fitting(select(delivery), wanted, by), delivery.id, before=before, size=50)


def dead_that_fit(wanted: Wanted, *, by: Actor) -> list[int]:
    """Given-up deliveries that fit, oldest first, as many as go at once."""
    delivery, _event = tables(wanted.in_control)
    statement = _fitting(select(delivery.id), wanted, by).where(delivery.status == DeliveryStatus.DEAD.value)
    return list(db.session.scalars(statement.order_by(delivery.id).limit(MOST_AT_ONCE)))


def count_underway(delivery_ids: list[int], *, in_control: bool, by: Actor) -> int:
    """How many of these wait, are being delivered or were."""
    delivery, _event = tables(in_control)
    settled = (DeliveryStatus.WAITING.value, DeliveryStatus.CLAIMED.value, DeliveryStatus.DONE.value)
    statement = select(func.count()).where(
        delivery.tenant_id == owner_of(by), delivery.id.in_(delivery_ids), delivery.status.in_(settled)
    )
    return db.session.scalar(statement) or 0


def events_of(deliveries: list[Any], *, in_control: bool) -> dict[int, Any]:
    """Event id → event, in one statement."""
    _delivery, event = tables(in_control)
    ids = sorted({delivery.event_id for delivery in deliveries})
    return {row.id: row for row in db.session.scalars(select(event).where(event.id.in_(ids)))}


def get_message(delivery_id: int, *, in_control: bool, by: Actor) -> tuple[Any, Any]:
    """A delivery of the person's own place and its event, or NotFound."""
    delivery, event = tables(in_control)
    row = db.session.execute(
        select(delivery, event)
        .join(event, event.id == delivery.event_id)
        .where(delivery.id == delivery_id, delivery.tenant_id == owner_of(by))
    ).first()
    if row is None:
        raise NotFound(field="delivery_id")
    return row[0], row[1]


def corrected_as(delivery_id: int, *, in_control: bool, by: Actor) -> int | None:
    """The delivery that went in the place of this one."""
    delivery, _event = tables(in_control)
    found: int | None = db.session.scalar(
        select(delivery.id).where(delivery.tenant_id == owner_of(by), delivery.corrected_from == delivery_id)
    )
    return found


def dead_deliveries(by: Actor, *, size: int) -> tuple[int, list[Any]]:
    """How many deliveries the relay has given up, and the latest of them. One statement."""
    delivery, _event = tables(by.tenant_id is None)
    statement = (
        select(delivery, func.count().over())
        .where(delivery.tenant_id == owner_of(by), delivery.status == DeliveryStatus.DEAD.value)
        .order_by(delivery.id.desc())
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def _fitting(statement: Any, wanted: Wanted, by: Actor) -> Any:
    delivery, event = tables(wanted.in_control)
    states = [wanted.status] if wanted.status else [status.value for status in UNSETTLED]
    statement = statement.where(delivery.tenant_id == owner_of(by), delivery.status.in_(states))
    if wanted.event:
        statement = statement.where(delivery.event_name == wanted.event)
    if wanted.error:
        statement = statement.where(contains_text(delivery.last_error, wanted.error))
    if wanted.first or wanted.last:
        said = select(event.id).where(event.tenant_id == owner_of(by))
        said = said.where(event.on >= wanted.first) if wanted.first else said
        said = said.where(event.on <= wanted.last) if wanted.last else said
        statement = statement.where(delivery.event_id.in_(said))
    return statement
