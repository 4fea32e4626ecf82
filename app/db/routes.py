"""Where a unit reads: chosen once for each unit, never for a statement.

Use cases read and write on the primary. What reads only goes to a copy that is near enough and has seen what
the reader itself has written; else to the primary.
"""

import os
import random
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from app import clock
from app.db import figures, marks
from app.db.engines import Engines
from app.db.marks import Mark
from app.db.places import ClusterState
from app.db.replicas import PROBE_EVERY_SECONDS, Replica, State, lag_between
from app.db.units import Unit

WAIT_SECONDS, ASK_AGAIN_SECONDS = 0.05, 0.001  # how long a reader waits for its own write
ALARM_SECONDS = 60
CONTROL_AWAY_SECONDS = 1.0
FORGET_EVERY_SECONDS = 3600
log = structlog.get_logger()


class Routes:
    """The engines of this process and what it knows of the copies."""

    def __init__(self, engines: Engines, partitions: list[str]) -> None:
        self.engines = engines
        self.replicas = {
            name: [Replica(name, key) for key in engines.copies(name)]
            for name in partitions
            if engines.copies(name)
        }
        self._guards: set[str] = set()
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._control_away_until = float("-inf")
        self._control_turn = 0
        self.is_watching = True  # tests drive the probes themselves

    def has_copies(self, partition: str) -> bool:
        """Whether marks are needed at all."""
        return partition in self.replicas

    def usable(self, partition: str) -> list[Replica]:
        """The copies that a unit may read now."""
        self.watch(partition)
        return [replica for replica in self.replicas[partition] if replica.is_usable]

    def reader_of(self, unit: Unit) -> Engine:
        """The engine of a reading unit."""
        name = unit.partition
        primary = self.engines[f"{name}.ro"]
        if not self.has_copies(name):
            return self._on_primary(name, primary, "fresh")
        if unit.is_fresh:
            return self._on_primary(name, primary, "fresh")
        usable = self.usable(name)
        if not usable:
            return self._on_primary(name, primary, "no_copy")
        chosen = random.choice(usable)  # noqa: S311  no secret
        reading = marks.present()
        if reading is not None and not self._has_seen(chosen, reading.of(name)):
            return self._on_primary(name, primary, "behind")
        figures.UNITS.labels(name, chosen.key).inc()
        return self.engines[chosen.key]

    def _on_primary(self, name: str, primary: Engine, reason: str) -> Engine:
        figures.UNITS.labels(name, "primary").inc()
        if reason != "fresh":
            figures.FALLBACKS.labels(name, reason).inc()
        return primary

    def _has_seen(self, replica: Replica, wanted: list[Mark]) -> bool:
        """Whether a copy shows what the reader has written; waits a moment for it."""
        left = [mark for mark in wanted if mark.is_young]
        if not left:
            return True
        until = time.monotonic() + WAIT_SECONDS
        try:
            with self.engines[replica.key].connect() as connection:
                while left := [mark for mark in left if not _shows(connection, mark)]:
                    if time.monotonic() > until:
                        return False
                    figures.MARK_WAITS.labels(replica.partition).inc()
                    time.sleep(ASK_AGAIN_SECONDS)
        except (DBAPIError, SQLAlchemyError) as failure:
            replica.note_failure(type(failure).__name__)
            return False
        return True

    def control_reader(self) -> Engine:
        """Control is read on its primary; while that is away, on one of its copies, so that pages go on."""
        copies = self.engines.copies("control")
        if copies and time.monotonic() < self._control_away_until:
            return self.engines[copies[self._control_turn % len(copies)]]
        return self.engines["control.ro"]

    def note_control_lost(self) -> None:
        """Control did not answer: for a second others are asked, another one with each failure."""
        if time.monotonic() < self._control_away_until:
            self._control_turn += 1
        self._control_away_until = time.monotonic() + CONTROL_AWAY_SECONDS
        figures.FALLBACKS.labels("control", "lost").inc()

    def note_lost(self, engine: Engine | None) -> None:
        """A unit lost its connection to this engine: the next ones go elsewhere until a probe succeeds."""
        for replicas in self.replicas.values():
            for replica in replicas:
                if engine is not None and self.engines[replica.key] is engine:
                    replica.note_failure()

    # The guard: a thread for each copy, in each process that reads from it

    def watch(self, partition: str) -> None:
        """Start the guards of a partition in this process, once."""
        if not self.is_watching or (partition in self._guards and self._process == os.getpid()):
            return
        with self._lock:
            if self._process != os.getpid():
                self._guards, self._process = set(), os.getpid()
            if partition in self._guards:
                return
            self._guards.add(partition)
        for replica in self.replicas[partition]:
            name = f"his-guard-{replica.key}"
            threading.Thread(target=self._guard, args=(replica,), name=name, daemon=True).start()

    def _guard(self, replica: Replica) -> None:
        process, forgotten = os.getpid(), time.monotonic()
        while self.is_watching and self._process == process:
            before = replica.state
            self.probe(replica)
            if replica.state is not before:
                log.warning(
                    "replica.state", replica=replica.key, state=replica.state.value, why=replica.reason
                )
            if time.monotonic() - forgotten > FORGET_EVERY_SECONDS:
                forgotten = time.monotonic()
                self._forget_marks(replica.partition)
            time.sleep(PROBE_EVERY_SECONDS)

    def probe(self, replica: Replica) -> None:
        """Look once: let the primary beat, see which beat the copy shows."""
        beat = self._beat(replica.partition)
        try:
            with self.engines[replica.key].connect() as connection:
                if _says_primary(connection):
                    replica.note_primary()
                else:
                    copy = connection.scalar(select(ClusterState.beat_at))
                    replica.note_lag(lag_between(beat, copy) if beat else (replica.lag or 0.0))
        except SQLAlchemyError as failure:
            replica.note_failure(type(failure).__name__)
        figures.LAG.labels(replica.partition, replica.key).set(replica.lag or 0.0)
        figures.USED.labels(replica.partition, replica.key).set(replica.state is State.IN)
        if replica.left_at is not None and time.monotonic() - replica.left_at > ALARM_SECONDS:
            log.error("replica.left_out", replica=replica.key, why=replica.reason)

    def _beat(self, partition: str) -> Any:
        """The primary's present beat; None while it is away, which says nothing about its copies."""
        moment = clock.server_time()
        recently = moment - timedelta(seconds=PROBE_EVERY_SECONDS * 0.9)
        try:
            with self.engines[partition].begin() as connection:
                beat = connection.scalar(select(ClusterState.beat_at))
                if beat is None:
                    connection.execute(insert(ClusterState).values(id=1, epoch=0, beat_at=moment))
                elif beat < recently:
                    connection.execute(
                        update(ClusterState).where(ClusterState.beat_at < recently).values(beat_at=moment)
                    )
                else:
                    return beat
            return moment
        except IntegrityError:  # another process let it beat for the first time
            return moment
        except SQLAlchemyError:
            return None

    def _forget_marks(self, partition: str) -> None:
        old = clock.server_time() - timedelta(seconds=2 * marks.KEPT_SECONDS)
        with suppress(SQLAlchemyError), self.engines[partition].begin() as connection:
            connection.execute(marks.old_ones(old))


def _shows(connection: Connection, mark: Mark) -> bool:
    number = connection.scalar(marks.number_of(mark))
    return number is not None and number >= mark.n


def _says_primary(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        return not connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar()
    if connection.dialect.name == "mssql":
        asked = "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS NVARCHAR(20))"
        return connection.exec_driver_sql(asked).scalar() == "READ_WRITE"
    return False  # SQLite's copy for reading is the same file
