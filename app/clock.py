"""The one clock. Moments are UTC; a day is the day of the place that asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)
_stopped: datetime | None = None
_zone: ContextVar[str] = ContextVar("zone", default="Asia/Shanghai")


def now() -> datetime:
    """The moment, aware, in UTC."""
    return _frozen.get() or _stopped or datetime.now(UTC)


def server_time() -> datetime:
    """What the server's own clock says, whatever the product's clock was told (leases between processes)."""
    return datetime.now(UTC)


def stop(moment: datetime | None) -> None:
    """Stop the clock of the whole process, all threads, or let it run again with None (tests)."""
    global _stopped
    _stopped = moment.astimezone(UTC) if moment else None


def today() -> date:
    """The calendar day at the tenant's place, whatever zone the server runs in."""
    return local(now()).date()


def zone() -> ZoneInfo:
    """The zone in which days begin and end for the present tenant."""
    return ZoneInfo(_zone.get())


def local(moment: datetime) -> datetime:
    """The moment on the wall clock of the tenant's place."""
    return moment.astimezone(zone())


def moment_of(on: date, at: time) -> datetime:
    """The UTC moment at which the wall clock of the tenant's place shows this day and time."""
    return datetime.combine(on, at, tzinfo=zone()).astimezone(UTC)


def day_bounds(on: date) -> tuple[datetime, datetime]:
    """First moment of the day and of the next: a half-open range for queries."""
    return moment_of(on, time(0)), moment_of(on + timedelta(days=1), time(0))


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Days begin and end by this zone inside the block."""
    token = _zone.set(name)
    try:
        yield
    finally:
        _zone.reset(token)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Stand still at a moment: simulations, offline replay and tests."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
