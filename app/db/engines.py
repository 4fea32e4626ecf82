"""Engines by key: control and each partition, for writing and for reading, and one for each copy of a partition."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from app.config import Settings
from app.db import epochs, isolation, mssql

SQLITE_BUSY_MS = 10_000
PING_AFTER_SECONDS = 5.0
WRITING_MS, READING_MS = 15_000, 60_000  # how long PostgreSQL works on one statement
IDLE_MS = 60_000  # how long a transaction may rest before the server ends it


class Engines(Mapping[str, Engine]):
    """``control``, ``control.ro``, ``p1``, ``p1.ro``, ``p1.copy1`` …; each is made when it is first asked for.

    ``p1`` writes on the primary, ``p1.ro`` reads there, ``p1.copy1`` reads on the first replica.
    """

    def __init__(self, settings: Settings) -> None:
        self._makers: dict[str, Callable[[], Engine]] = {}
        self._made: dict[str, Engine] = {}
        self.floors = epochs.Floors()
        self._copies = {
            name: [f"{name}.copy{number}" for number in range(1, len(urls) + 1)]
            for name, urls in settings.replica_urls.items()
        }
        for name, url in settings.urls().items():
            self._add(settings, name, url, read_only=False, of=name)
            self._add(settings, f"{name}.ro", url, read_only=True, of=name)
            for key, copy_url in zip(self.copies(name), settings.replica_urls.get(name, ()), strict=True):
                self._add(settings, key, copy_url, read_only=True, of=name)

    def copies(self, partition: str) -> list[str]:
        """Keys of the engines of a partition's replicas."""
        return self._copies.get(partition, [])

    def made(self) -> list[Engine]:
        """Those that somebody has asked for."""
        return list(self._made.values())

    def __getitem__(self, key: str) -> Engine:
        found = self._made.get(key)
        if found is None:
            found = self._made.setdefault(key, self._makers[key]())
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def _add(self, settings: Settings, key: str, url: str, *, read_only: bool, of: str) -> None:
        self._makers[key] = lambda: self._serving(settings, key, url, read_only=read_only, of=of)

    def _serving(self, settings: Settings, key: str, url: str, *, read_only: bool, of: str) -> Engine:
        """An engine that works for centres: it knows whom it works for and refuses a primary of the past."""
        on_copy = key in self.copies(of)
        engine = make_engine(url, read_only=read_only, on_copy=on_copy)
        if of != "control":  # rows of the district: no table of it is read under a tenant
            isolation.tell_tenant(engine, read_only=read_only)
            if settings.environment == "production":
                isolation.insist_on_plain_role(engine)
        if not on_copy:
            epochs.watch_primary(engine, of, self.floors, lambda: self["control.ro"])
        return engine


def make_engines(settings: Settings) -> Engines:
    """All engines of an installation. Nothing connects before it is used."""
    return Engines(settings)


def make_owner_engines(settings: Settings) -> dict[str, Engine]:
    """The writing engines as the owner of the tables, for migrations and nothing else."""
    return {
        name: make_engine(settings.owner_urls.get(name, url), read_only=False, has_limits=False)
        for name, url in settings.urls().items()
    }


def make_engine(url: str, *, read_only: bool, on_copy: bool = False, has_limits: bool = True) -> Engine:
    """An engine with the settings its database kind needs; ``has_limits`` ends what takes too long.

    ``on_copy`` asks SQL Server's listener for a replica.
    """
    if url.startswith("sqlite"):
        return _sqlite_engine(url, read_only)
    if url.startswith("mssql"):
        engine = mssql.make_engine(url, read_only=on_copy)
        return _with_ping(engine) if read_only else engine
    options: dict[str, Any] = {"pool_recycle": 300 if read_only else 1500, "pool_use_lifo": True}
    options |= {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10}
    if read_only:  # libpq would take a session that only reads for a server that does
        url = url.replace("target_session_attrs=read-write", "target_session_attrs=primary")
    options["connect_args"] = _postgres_arguments(read_only=read_only, has_limits=has_limits)
    if read_only:  # one round trip a statement: no BEGIN, and the server refuses every write
        options["isolation_level"] = "AUTOCOMMIT"
    engine = create_engine(url, hide_parameters=True, **options)
    return _with_ping(engine) if read_only else engine


def _postgres_arguments(*, read_only: bool, has_limits: bool) -> dict[str, Any]:
    said = ["default_transaction_read_only=on"] if read_only else []
    if has_limits:
        said.append(f"statement_timeout={READING_MS if read_only else WRITING_MS}")
        said.append(f"idle_in_transaction_session_timeout={IDLE_MS}")
    return {
        "connect_timeout": 3,
        "tcp_user_timeout": 15_000,  # a server that fell silent is noticed while somebody waits for it
        "application_name": "his-ro" if read_only else "his-rw",
        "options": " ".join(f"-c {one}" for one in said),
    }


def _with_ping(engine: Engine) -> Engine:
    """Ask a reading connection that has rested whether it still lives, before somebody works on it.

    A connection used a moment ago is not asked: on a busy desk that would be one round trip in four. A writing
    connection is asked for its epoch instead (``app.db.epochs``).
    """

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: Any, proxy: Any) -> None:
        rested = time.monotonic() - record.info.get("his_used", 0.0)
        if rested > PING_AFTER_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:  # the pool takes another connection
                raise DisconnectionError from error

    @event.listens_for(engine, "checkin")
    def _note(connection: Any, record: Any) -> None:
        record.info["his_used"] = time.monotonic()

    return engine


def _sqlite_engine(url: str, read_only: bool) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_MS / 1000}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the begin event below says BEGIN itself
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def dispose_engines(app: Flask) -> None:
    """Close every pooled connection (after a fork, at the end of a test)."""
    for engine in app.extensions["his_engines"].made():
        engine.dispose()
