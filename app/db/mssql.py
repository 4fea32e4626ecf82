"""SQL Server through its AlwaysOn listener: intent, patience at connect, and what counts as a lost connection.

What is said here about a failover was shown with a double of the protocol (``tests/support/tds.py``), not with a
server: see ``docs/engines.md``.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import structlog
from prometheus_client import Counter
from sqlalchemy import Engine, create_engine, event, make_url

from app.config import ConfigurationError
from app.db.failures import error_number, is_gone_on_mssql

LINE: dict[
    str, Any
] = {  # ``timeout`` and ``login_timeout`` hold for the whole process: one value for every engine
    "tds_version": "7.4",  # unpinned, the login timeout is taken several times over
    "login_timeout": 5,
    "timeout": 30,
    "use_datetime2": True,
}
WRITER: dict[str, Any] = {"pool_size": 10, "max_overflow": 10, "pool_recycle": 1500}
READER: dict[str, Any] = {
    "pool_size": 5,
    "max_overflow": 10,
    "pool_recycle": 300,
}  # a route is chosen at connect
PATIENCE_SECONDS = 20.0
JOB_SECONDS = 120.0
READER_SECONDS = 4.0
FALLBACKS = Counter(
    "his_reads_on_primary_total", "Reading connections opened on the primary, no replica answering"
)
log = structlog.get_logger()
_seconds: ContextVar[float] = ContextVar("patience_seconds", default=PATIENCE_SECONDS)
_heavy: ContextVar[bool] = ContextVar("heavy_reading", default=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries to connect until a deadline: 0.1 s after the first failure, doubling to 2 s, with jitter."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def connect(self, open_line: Callable[[], Any], failure: type[Exception], seconds: float) -> Any:
        """The connection, or the last failure.

        Every failure of the driver is tried again: its number may be that of an earlier login of this process.
        """
        end, pause = self.now() + seconds, 0.1
        while True:
            try:
                return open_line()
            except failure as error:
                wait = pause * (0.5 + self.chance() / 2)
                number = error_number(error)
                log.warning("database.refused", possibly_stale_number=number, text=str(error)[:200])
                if self.now() + wait >= end:
                    raise
            self.sleep(wait)
            pause = min(2.0, 2 * pause)


@contextmanager
def patient_for(seconds: float) -> Iterator[None]:
    """Connections opened inside wait so long for a database: a job has more time than a page."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)


@contextmanager
def heavy_reading() -> Iterator[None]:
    """Reports and exports: without a replica they are refused, the primary belongs to the desks."""
    token = _heavy.set(True)
    try:
        yield
    finally:
        _heavy.reset(token)


def make_engine(
    url: str, *, read_only: bool, patience: Patience | None = None, line: dict[str, Any] | None = None
) -> Engine:
    """An engine on the listener; a reading one asks for a replica (read intent).

    Raises:
        ConfigurationError: the address carries options, which the driver would take for true whatever they say.
    """
    address = make_url(url)
    if address.query:
        names = ", ".join(sorted(address.query))
        raise ConfigurationError(
            f"Options of the driver do not belong in the address of {address.host}: {names}."
        )
    if not address.database:
        raise ConfigurationError(
            f"The address of {address.host} names no database: no replica would be chosen."
        )
    told = LINE | (line or {}) | {"read_only": read_only, "appname": "his-ro" if read_only else "his-rw"}
    options = READER if read_only else WRITER
    engine = create_engine(
        address, hide_parameters=True, connect_args=told, pool_use_lifo=True, pool_timeout=10, **options
    )
    _connect_patiently(engine, patience or Patience())
    _notice_loss(engine, read_only)
    return engine


def _connect_patiently(engine: Engine, patience: Patience) -> None:
    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, record: Any, arguments: Any, told: dict[str, Any]) -> Any:
        failure, connect = dialect.loaded_dbapi.Error, dialect.loaded_dbapi.connect
        seconds = _seconds.get()
        if not told["read_only"]:
            return patience.connect(lambda: connect(*arguments, **told), failure, seconds)
        if _heavy.get():
            return patience.connect(lambda: connect(*arguments, **told), failure, seconds)
        try:
            return patience.connect(
                lambda: connect(*arguments, **told), failure, min(seconds, READER_SECONDS)
            )
        except failure:
            log.warning("database.reading_on_primary")
            FALLBACKS.inc()
        plain = told | {"read_only": False}
        return patience.connect(lambda: connect(*arguments, **plain), failure, seconds)


def _notice_loss(engine: Engine, read_only: bool) -> None:
    """More errors than the driver knows mean that the connection is of no further use."""

    @event.listens_for(engine, "handle_error")
    def _judge(context: Any) -> None:
        if context.connection is None:  # a login: its number may be an old one
            return
        if is_gone_on_mssql(context.original_exception, read_only=read_only):
            context.is_disconnect = True
