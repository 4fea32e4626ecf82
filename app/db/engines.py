"""Engines by key: control and each partition, each once for writing and once for reading."""

import time
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from app.config import Settings
from app.db import isolation, mssql

SQLITE_BUSY_MS = 10_000
PING_AFTER_SECONDS = 5.0


def make_engines(settings: Settings) -> dict[str, Engine]:
    """``control``, ``control.ro``, ``p1``, ``p1.ro`` … Nothing connects before it is used."""
    engines = {}
    for name, url in settings.urls().items():
        for key, read_only in ((name, False), (f"{name}.ro", True)):
            engines[key] = make_engine(url, read_only=read_only)
            if name == "control":
                continue  # rows of the district: no table of it is read under a tenant
            isolation.tell_tenant(engines[key], read_only=read_only)
            if settings.environment == "production":
                isolation.insist_on_plain_role(engines[key])
    return engines


def make_owner_engines(settings: Settings) -> dict[str, Engine]:
    """The writing engines as the owner of the tables, for migrations and nothing else."""
    return {
        name: make_engine(settings.owner_urls.get(name, url), read_only=False)
        for name, url in settings.urls().items()
    }


def make_engine(url: str, *, read_only: bool) -> Engine:
    """An engine with the settings its database kind needs."""
    if url.startswith("sqlite"):
        return _sqlite_engine(url, read_only)
    if url.startswith("mssql"):
        return _with_ping(mssql.make_engine(url, read_only=read_only))
    options: dict[str, Any] = {"pool_recycle": 300 if read_only else 1500, "pool_use_lifo": True}
    options |= {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10}
    options["connect_args"] = {"connect_timeout": 3, "application_name": "his-ro" if read_only else "his-rw"}
    if read_only:  # one round trip a statement: no BEGIN, and the server refuses every write
        options["isolation_level"] = "AUTOCOMMIT"
        options["connect_args"]["options"] = "-c default_transaction_read_only=on"
    return _with_ping(create_engine(url, hide_parameters=True, **options))


def _with_ping(engine: Engine) -> Engine:
    """Ask a connection that has rested whether it still lives, before somebody works on it.

    A connection used a moment ago is not asked: on a busy desk that would be one round trip in four.
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
    for engine in app.extensions["his_engines"].values():
        engine.dispose()
