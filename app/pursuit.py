"""Results that outside systems owe us, asked for until they are known (a payment whose answer was lost).

The relay's process looks every two seconds whether something is due in any centre; only then a thread begins, so that
a slow system holds up neither the outbox nor the other centres. Any number of processes may: who asks first notes it.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from flask import Flask, current_app

from app import clock
from app.db import across_tenants, db
from app.faults import fault_of
from app.registry import installed
from app.tenancy import directory

LOOK_SECONDS = 2.0
AT_ONCE = 4  # centres
log = structlog.get_logger()
Work = tuple[int, Callable[[int], int]]


def due(partitions: list[str]) -> list[Work]:
    """Centres in which something is due, each with what asks for it; suspended ones wait."""
    active = {tenant.id: tenant for tenant in directory().all_active()}
    found: list[Work] = []
    for name, module in installed().modules.items():
        for pursuit in module.pursues:
            centres: set[int] = set()
            for partition in partitions:
                with across_tenants(partition):
                    for statement in pursuit.due(clock.now()):
                        centres |= set(db.session.scalars(statement))
            on = (centre for centre in sorted(centres) if centre in active and name in active[centre].modules)
            found += [(centre, pursuit.pursue) for centre in on]
    return found


def pursue_all() -> int:
    """Ask about everything that is due, one after the other (simulation, tests); returns what they say was done."""
    partitions = list(current_app.extensions["his_settings"].partition_urls)
    return sum(pursue(centre) for centre, pursue in due(partitions))


class Pursuer:
    """The thread of the relay's process that asks, there only while something is due."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._looked = 0.0
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """Begin when something is due."""
        if self._thread is not None and self._thread.is_alive():
            return
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        if work := due(list(self._app.extensions["his_settings"].partition_urls)):
            self._thread = threading.Thread(target=self._run, args=(work,), name="his-pursuit", daemon=True)
            self._thread.start()

    def _run(self, work: list[Work]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._pursue, work))

    def _pursue(self, work: Work) -> None:
        centre, pursue = work
        try:
            with self._app.app_context():
                pursue(centre)
        except Exception as failure:  # the database may be away; the next look begins again
            log.warning("pursuit.failed", centre=centre, error=fault_of(failure))
