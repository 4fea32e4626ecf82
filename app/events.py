"""Events: what has happened, told to those who must agree now and stored for those who react later."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from app import clock, ids
from app.actor import Actor
from app.db import current_unit, db
from app.db.units import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in the past tense. ``emit`` fills who, when and the event's own key.

    ``words`` is what the outbox calls it, a msgid; without them its type's name.
    """

    words: ClassVar[str] = ""
    event_id: int = 0
    tenant_id: int = 0
    at: datetime | None = None
    by: Actor | None = None

    @property
    def actor(self) -> Actor:
        """Who acted; every emitted event has one."""
        if self.by is None:
            raise RuntimeError(f"{type(self).__name__} was never emitted")
        return self.by


class Private:
    """Marks a value of an event, in its annotation, that speaks of somebody's health: the outbox shows it masked."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the outbox calls a value of an event, in its annotation: a msgid."""

    text: str


EventT = TypeVar("EventT", bound=Event)
Subscriber = Callable[[Any], None]
KERNEL_FIELDS = {"event_id", "tenant_id", "at", "by"}


class Subscriptions:
    """Who reacts to what; filled by the factory from the manifests."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything (the factory fills it anew)."""
        self.types: dict[str, type[Event]] = {}
        self.now: dict[type[Event], list[Subscriber]] = {}
        self.later: dict[type[Event], list[str]] = {}
        self.by_name: dict[str, Subscriber] = {}

    def add_now(self, kind: type[Event], subscriber: Subscriber) -> None:
        """React in the same transaction; a failure undoes everything."""
        self.types[kind.__name__] = kind
        self.now.setdefault(kind, []).append(subscriber)

    def add_later(self, kind: type[Event], subscriber: Subscriber) -> None:
        """React from the outbox after commit, once in effect."""
        name = f"{subscriber.__module__.removeprefix('modules.')}.{subscriber.__qualname__}"
        self.types[kind.__name__] = kind
        self.later.setdefault(kind, []).append(name)
        self.by_name[name] = subscriber


subscriptions = Subscriptions()


def emit(event: EventT) -> EventT:
    """Say that something has happened, inside a use case.

    *Now* subscribers run at once in this transaction. The event and a delivery for each *later* subscriber
    are stored with the rows it speaks of.
    """
    from app.records import ControlDelivery, ControlEventRow, Delivery, EventRow

    unit = current_unit()
    if unit is None or unit.mode is not Mode.WRITE:
        raise RuntimeError("events are said inside a use case")
    told = replace(
        event, event_id=ids.new_id(), tenant_id=unit.tenant_id or 0, at=clock.now(), by=unit.notes["actor"]
    )
    row_type, delivery_type = (
        (ControlEventRow, ControlDelivery) if unit.writes_control else (EventRow, Delivery)
    )
    kind = type(event)
    subscriptions.types.setdefault(kind.__name__, kind)
    db.session.add(
        row_type(
            id=told.event_id,
            tenant_id=told.tenant_id,
            name=kind.__name__,
            at=told.at,
            on=clock.today(),
            payload=_payload(told),
        )
    )
    for name in subscriptions.later.get(kind, ()):
        db.session.add(
            delivery_type(
                tenant_id=told.tenant_id,
                event_id=told.event_id,
                event_name=kind.__name__,
                subscriber=name,
                due_at=told.at,
            )
        )
    for subscriber in subscriptions.now.get(kind, ()):
        subscriber(told)
    return told


def _payload(event: Event) -> dict[str, Any]:
    own = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in KERNEL_FIELDS}
    actor = event.actor
    who = {"account_id": actor.account_id, "name": actor.name, "practitioner_id": actor.practitioner_id}
    payload: dict[str, Any] = json.loads(json.dumps(to_jsonable_python({**own, "by": who})))
    return payload


def restore(name: str, event_id: int, tenant_id: int, at: datetime, payload: dict[str, Any]) -> Event:
    """The event as it was said, for a later subscriber. Its actor is the system, in the name of who acted."""
    kind = subscriptions.types[name]
    who = payload["by"]
    actor = Actor(
        account_id=who["account_id"],
        name=who["name"],
        practitioner_id=who["practitioner_id"],
        tenant_id=tenant_id or None,
        origin="system",
        is_system=True,
    )
    own = {key: value for key, value in payload.items() if key != "by"}
    event: Event = TypeAdapter(kind).validate_python(own)
    return replace(event, event_id=event_id, tenant_id=tenant_id, at=at, by=actor)
