"""Failures that pass by themselves: how long and how often a whole transaction is tried again."""

import random
import time
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import structlog
from flask import current_app
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.db import figures
from app.db.base import db
from app.db.epochs import CentreHasMoved, CentreIsMoving
from app.db.failures import is_full, is_lost, is_retryable, is_unknown_outcome
from app.db.routes import Routes
from app.db.units import Unit, current_unit
from app.errors import StorageFull, Unavailable

PASSING = (
    DBAPIError,
    InvalidRequestError,
    PoolTimeout,
    CentreHasMoved,
    CentreIsMoving,
)  # may be: ask ``passing_reason``
COMMAND_SECONDS, READ_TRIES = 20.0, 3
FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
log = structlog.get_logger()
P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def routes() -> Routes:
    """Where this process reads."""
    found: Routes = current_app.extensions["his_routes"]
    return found


class Retrying:
    """The patience of one command: waits that double, for 20 seconds in all.

    A command may be tried as often as that because its id is stored in its own transaction: one that went through
    without an answer is found there, by the first refusal of its second try, and not done twice.
    """

    def __init__(self) -> None:
        self._until = time.monotonic() + COMMAND_SECONDS
        self._wait, self._attempt = FIRST_WAIT, 0

    def may_go_on(self, failure: Exception) -> bool:
        """Wait a moment and say True, or say False: this failure is a defect.

        Raises:
            Unavailable: it passes by itself, but not in time.
            StorageFull: the disk is full.
        """
        if isinstance(failure, DBAPIError) and is_full(failure):
            raise StorageFull from failure
        reason = passing_reason(failure, self._attempt)
        self._attempt += 1
        if not reason:
            return False
        figures.RETRIES.labels("command", reason).inc()
        if time.monotonic() + self._wait > self._until:
            raise Unavailable from failure
        time.sleep(self._wait * (0.5 + random.random()))  # noqa: S311  jitter, no secret
        self._wait = min(LONGEST_WAIT, self._wait * 2)
        return True


def persistently(act: Callable[[], ResultT]) -> ResultT:
    """Do kernel work that is right when it is done twice, until it is done.

    Raises:
        Unavailable: not within 20 seconds.
    """
    tries = Retrying()
    while True:
        try:
            return act()
        except PASSING as failure:
            if not tries.may_go_on(failure):
                raise


def passing_reason(failure: Exception, attempt: int = 0) -> str:
    """Why a failure may be gone at the next try; "" when it will not."""
    if isinstance(failure, CentreHasMoved | CentreIsMoving):
        return "centre_moves"
    if isinstance(failure, PoolTimeout):
        return "pool_exhausted"
    if isinstance(failure, InvalidRequestError) and "connection is closed" in str(failure):
        return "stale_primary"  # the pool's words when every connection it made was refused at check-out
    if isinstance(failure, DBAPIError) and is_retryable(failure, attempt):
        return "lost" if is_lost(failure) else "conflict"
    return ""


def commit(unit: Unit) -> None:
    """Commit; a connection that is lost meanwhile leaves nobody knowing, and is counted."""
    figures.UNITS.labels(unit.partition or "control", "writes").inc()
    try:
        db.session.commit()
    except DBAPIError as failure:
        if is_lost(failure) or is_unknown_outcome(failure):
            figures.UNKNOWN.labels(unit.partition or "control").inc()
            log.warning("commit.unknown", database=unit.partition or "control")
        raise


def reading(query: Callable[P, ResultT]) -> Callable[P, ResultT]:
    """A query of control that opens its own unit is tried again, elsewhere, when its server is lost."""

    def tried(*arguments: P.args, **named: P.kwargs) -> ResultT:
        for left in range(READ_TRIES, -1, -1):
            try:
                return query(*arguments, **named)
            except PASSING as failure:
                if not left or not passing_reason(failure):
                    raise
                routes().note_control_lost()
                time.sleep(FIRST_WAIT * (READ_TRIES + 1 - left))
        raise Unavailable

    return tried


def look_elsewhere(failure: Exception) -> bool:
    """After a reading unit failed: leave its server, so that the same unit may read on another one."""
    unit = current_unit()
    if unit is None or not passing_reason(failure):
        return False
    found: Any = unit.reader
    db.session.remove()
    routes().note_lost(found)
    unit.reader = None
    return True
