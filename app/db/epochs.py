"""Never write to a primary of the past, nor for a centre that has moved away.

Every database carries its epoch in the one row of ``kernel_cluster`` (``control_cluster``); promotion raises it, and
the directory in control says the least that is good. A connection is looked at when it is taken from its pool,
once a second. A centre's own epoch stands in its partition (``kernel_tenant``); it is read with the BEGIN
of every writing unit, under a lock that whoever moves the centre takes for himself.
"""

import time
from typing import Any

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from app.db.units import Unit

CHECK_EVERY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 8.0  # a command waits so long for a centre that is on its way to another partition
_LOOK_AGAIN_SECONDS = 0.05
_CHECKED = "his_epoch_at"
_TRIES = 2
log = structlog.get_logger()


class StalePrimary(DisconnectionError):
    """This server cannot be written to, or another one was promoted after it."""


class CentreHasMoved(RuntimeError):
    """The centre's rows live in another partition now: ask the directory again."""


class CentreIsMoving(RuntimeError):
    """The centre's rows are on their way to another partition and took longer than a command waits."""


# The primary


_POSTGRES = "SELECT pg_is_in_recovery()::int, coalesce((SELECT max(epoch) FROM {table}), 0)"
_MSSQL = (
    "SELECT CASE WHEN CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS NVARCHAR(20)) = N'READ_WRITE' "
    "THEN 0 ELSE 1 END, COALESCE((SELECT MAX(epoch) FROM {table}), 0)"
)
_QUESTION = {"postgresql": _POSTGRES, "mssql": _MSSQL}


class Floors:
    """The least epoch of each database that this process still writes to; it only rises."""

    def __init__(self) -> None:
        self._least: dict[str, int] = {}
        self._asked = float("-inf")

    def least(self, name: str) -> int:
        """The least epoch of a database that is good."""
        return self._least.get(name, 0)

    def raise_to(self, name: str, epoch: int) -> None:
        """Somebody saw this epoch."""
        self._least[name] = max(epoch, self._least.get(name, 0))

    def ask(self, control: Engine) -> None:
        """Read the directory's epochs, once a second; while control is away the last answer holds."""
        if time.monotonic() - self._asked < CHECK_EVERY_SECONDS:
            return
        self._asked = time.monotonic()
        for _ in range(_TRIES):
            try:
                with control.connect() as connection:
                    rows = connection.exec_driver_sql("SELECT name, epoch FROM control_partition").all()
            except SQLAlchemyError as failure:  # perhaps only the pooled connection was dead
                log.warning("epochs.unknown", error=type(failure).__name__)
                continue
            for name, epoch in rows:
                self.raise_to(name, epoch)
            return


def watch_primary(engine: Engine, name: str, floors: Floors, control: Any) -> None:
    """Look at each connection to a primary when it is taken: is the server one, and of the present epoch?

    ``control()`` gives the engine that reads the directory. The look is the connection's ping, too.
    """
    question = _QUESTION.get(engine.dialect.name)
    if question is None:
        return
    asked = question.format(table="control_cluster" if name == "control" else "kernel_cluster")

    @event.listens_for(engine, "checkout")
    def _look(line: Any, record: Any, proxy: Any) -> None:
        if time.monotonic() - record.info.get(_CHECKED, float("-inf")) < CHECK_EVERY_SECONDS:
            return
        record.info.pop(_CHECKED, None)
        if name != "control":
            floors.ask(control())
        try:
            is_copy, epoch = _answer(engine, line, asked)
        except engine.dialect.loaded_dbapi.Error as failure:
            raise DisconnectionError from failure
        if is_copy or epoch < floors.least(name):
            log.warning("epochs.stale_primary", database=name, epoch=epoch, least=floors.least(name))
            raise StalePrimary(f"{name}: {'a copy' if is_copy else f'epoch {epoch}'}")
        floors.raise_to(name, epoch)
        record.info[_CHECKED] = time.monotonic()


def _answer(engine: Engine, line: Any, question: str) -> tuple[int, int]:
    cursor = line.cursor()
    try:
        cursor.execute(question)
        row = cursor.fetchone()
    finally:
        cursor.close()
        if not getattr(line, "autocommit", False):
            line.rollback()
    return int(row[0]), int(row[1])


# The centre


def question_of(unit: Unit, dialect: str) -> str:
    """What a writing unit asks with its BEGIN: the centre's epoch here, once nobody moves it; "" for no centre."""
    if unit.tenant_id is None or unit.all_tenants or unit.writes_control:
        return ""
    tenant = int(unit.tenant_id)
    asked = f"epoch, {_flag('is_frozen', dialect)}, {_flag('is_moving', dialect)}"
    row = f"SELECT {asked} FROM kernel_tenant WHERE tenant_id = {tenant}"  # noqa: S608  names of ours, a number
    return _LOCK[dialect].format(tenant=tenant) + row


def _flag(column: str, dialect: str) -> str:
    return f"CASE WHEN {column} = {_TRUE[dialect]} THEN 1 ELSE 0 END"


_TRUE = {"postgresql": "true", "mssql": "1", "sqlite": "1"}
_LOCK = {
    "postgresql": "SELECT pg_advisory_xact_lock_shared({tenant}); ",
    "mssql": "EXEC sp_getapplock @Resource = N'his_tenant_{tenant}', @LockMode = 'Shared', "
    "@LockOwner = 'Transaction', @LockTimeout = 10000; ",
    "sqlite": "",  # BEGIN IMMEDIATE holds the whole file
}


def is_open(unit: Unit, row: Any) -> bool:
    """Whether the unit may write; False while the centre is frozen for a move.

    Raises:
        CentreHasMoved: the unit was sent here by a directory of yesterday.
    """
    if row is None:
        return True  # a centre that never moved has no row
    epoch, is_frozen, is_moving = int(row[0]), bool(int(row[1])), bool(int(row[2]))
    if unit.epoch != epoch:
        raise CentreHasMoved(f"centre {unit.tenant_id}: epoch {epoch} here, {unit.epoch} asked")
    unit.is_tracked = is_moving
    return not is_frozen


class Patience:
    """How long a command waits for a centre that is frozen."""

    def __init__(self) -> None:
        self._until = time.monotonic() + LONGEST_PAUSE_SECONDS

    def wait(self, unit: Unit) -> None:
        """A moment more.

        Raises:
            CentreIsMoving: it took too long.
        """
        if time.monotonic() > self._until:
            raise CentreIsMoving(f"centre {unit.tenant_id}")
        time.sleep(_LOOK_AGAIN_SECONDS)
