"""Requests of a centre and how long they took: counted in each process, added into control once a minute.

A histogram of ten buckets for each centre and day; the 95th percentile is read from it. What a process counted in its
last minute is lost when it ends: the figures are for planning, not for proof.
"""

import threading
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask, Response, current_app, g
from sqlalchemy import Date, Integer, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import Control, db, locking
from app.db.types import BigInt
from app.db.units import kernel_unit

BOUNDS = (25, 50, 100, 200, 400, 800, 1600, 3200, 6400)  # milliseconds; the last bucket has no bound
FLUSH_SECONDS = 60.0


class RequestCount(Control):
    """Requests of one centre on one of its days."""

    __tablename__ = "control_usage"

    tenant_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    on: Mapped[date] = mapped_column(Date, primary_key=True)
    requests: Mapped[int] = mapped_column(Integer, default=0)
    buckets: Mapped[list[Any]] = mapped_column(default=list)


class Counter:
    """What this process has counted since it last told control."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[tuple[int, date], list[int]] = {}
        self._told = time.monotonic()

    def add(self, tenant_id: int, on: date, milliseconds: float) -> None:
        """One request."""
        place = sum(milliseconds > bound for bound in BOUNDS)
        with self._lock:
            self._counted.setdefault((tenant_id, on), [0] * (len(BOUNDS) + 1))[place] += 1

    def tell(self, *, now: bool = False) -> int:
        """Add what was counted to control, once a minute; returns for how many centres and days."""
        if not now and time.monotonic() - self._told < FLUSH_SECONDS:
            return 0
        self._told = time.monotonic()
        with self._lock:
            counted, self._counted = self._counted, {}
        for (tenant_id, on), buckets in sorted(counted.items()):
            _add(tenant_id, on, buckets)
        return len(counted)


def install(app: Flask) -> None:
    """Count every answered request of a centre's people and programs."""
    app.extensions["his_usage"] = counter = Counter()

    @app.after_request
    def count(answer: Response) -> Response:
        actor = g.get("actor")
        if actor is not None and actor.tenant_id and "began" in g:
            counter.add(actor.tenant_id, clock.today(), 1000 * (time.perf_counter() - g.began))
        return answer


def tell() -> int:
    """The counter of this process tells control, when it is time."""
    counter: Counter = current_app.extensions["his_usage"]
    return counter.tell()


def percentile(buckets: Sequence[int], share: int = 95) -> int | None:
    """The bound in milliseconds under which so many of a hundred requests stay; None without requests."""
    total, seen = sum(buckets), 0
    for bound, count in zip((*BOUNDS, BOUNDS[-1]), buckets, strict=True):
        seen += count
        if total and 100 * seen >= share * total:
            return bound
    return None


def _add(tenant_id: int, on: date, buckets: list[int]) -> None:
    wanted = RequestCount.tenant_id == tenant_id, RequestCount.on == on
    for _ in range(2):
        with kernel_unit(""):
            row = db.session.scalar(locking(select(RequestCount).where(*wanted), RequestCount))
            if row is None:
                row = RequestCount(tenant_id=tenant_id, on=on, requests=0, buckets=[0] * len(buckets))
                db.session.add(row)
            row.buckets = [had + more for had, more in zip(row.buckets, buckets, strict=True)]
            row.requests += sum(buckets)
            try:
                db.session.commit()
            except IntegrityError:
                continue  # another process was the first of the day
            return
