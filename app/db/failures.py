"""Which database failures pass by themselves: a whole transaction may be tried again."""

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

_POSTGRES = {"40001", "40P01", "57P01", "57P02", "57P03", "25006", "55P03"}
_POSTGRES_GONE = {"57P01", "57P02", "57P03", "25006"}
# SQL Server: the transaction failed, the connection is sound (deadlock, snapshot conflict)
_ONCE_MORE = {1205, 3960}
_LOCK_TIMEOUT = 1222  # tried again once: whoever holds the lock may hold it for long
# the replica or the database is in no state to answer; the process or the connection was ended
_GONE = {976, 978, 979, 982, 983, 988, 952, 921, 922, 927, 596, 6005, 4060}
_GONE |= {20002, 20003, 20004, 20006, 20009, 20017, 20047}
_FULL = {1101, 1105, 9002}  # filegroup or log
_READ_ONLY = 3906  # on a writing connection an old route; on a reading one a programming error
_NUMBER = re.compile(r"\((\d+),")


def error_number(error: BaseException) -> int | None:
    """SQL Server's number from pymssql's three shapes of exception (connect, statement, commit)."""
    arguments: Any = error.args
    if arguments and isinstance(arguments[0], tuple):
        arguments = arguments[0]
    if arguments and isinstance(arguments[0], int):
        return arguments[0]
    if arguments and isinstance(arguments[0], str) and (found := _NUMBER.search(arguments[0])):
        return int(found[1])
    return None


def is_login_failure(error: BaseException) -> bool:
    """Whether pymssql could not log in. The number it gives may belong to an earlier login: it decides nothing."""
    return _is_pymssql(error) and bool(error.args) and isinstance(error.args[0], tuple)


def is_gone_on_mssql(error: BaseException, *, read_only: bool) -> bool:
    """Whether SQL Server's answer means that this connection is of no further use."""
    number = error_number(error)
    return number in _GONE or (number == _READ_ONLY and not read_only)


def is_retryable(error: DBAPIError, attempt: int = 0) -> bool:
    """Deadlocks, lost connections, a primary that moved, a busy SQLite file; ``attempt`` counts from 0.

    A login that failed was tried until its deadline already (``app.db.mssql``), so it is not tried again.
    """
    original = error.orig
    if original is None:
        return False
    if state := getattr(original, "sqlstate", None):
        return state in _POSTGRES or state.startswith("08")
    if is_login_failure(original):
        return False
    if error.connection_invalidated or _never_connected(original):
        return True
    text = str(original)
    if "database is locked" in text or "database table is locked" in text:
        return True
    return _is_pymssql(original) and _passes_on_mssql(error_number(original), attempt)


def _passes_on_mssql(number: int | None, attempt: int) -> bool:
    if number == _LOCK_TIMEOUT:
        return attempt == 0
    return number == _READ_ONLY or number in _ONCE_MORE or number in _GONE


def _is_pymssql(error: BaseException) -> bool:
    return type(error).__module__.startswith("pymssql")


def is_unknown_outcome(error: DBAPIError) -> bool:
    """Whether SQL Server was asked to commit and did not answer: perhaps everything was written, perhaps nothing."""
    original = error.orig
    return (
        original is not None
        and _is_pymssql(original)
        and str(original).startswith("Cannot commit transaction")
    )


def is_away(error: BaseException) -> bool:
    """Whether a database did not let us in: people are told to try again, nothing is wrong with the program."""
    original = getattr(error, "orig", None)
    return isinstance(original, BaseException) and is_login_failure(original)


def is_full(error: DBAPIError) -> bool:
    """Whether there is no room left on the server's disk or in its files."""
    if getattr(error.orig, "sqlstate", None) == "53100" or "disk is full" in str(error.orig):
        return True
    return error.orig is not None and _is_pymssql(error.orig) and error_number(error.orig) in _FULL


def is_lost(error: DBAPIError) -> bool:
    """Whether the server or the line to it went away, or is no primary any more."""
    state = getattr(error.orig, "sqlstate", None) or ""
    is_gone = state in _POSTGRES_GONE or state.startswith("08")
    if error.connection_invalidated or is_gone or _never_connected(error.orig):
        return True
    return (
        error.orig is not None and _is_pymssql(error.orig) and is_gone_on_mssql(error.orig, read_only=False)
    )


def _never_connected(original: BaseException | None) -> bool:
    """No server answered, so there is no state to tell by: psycopg's plain OperationalError."""
    is_plain = type(original).__name__ == "OperationalError" and getattr(original, "sqlstate", "") is None
    return is_plain and type(original).__module__.startswith("psycopg")


def is_beyond_numbers(error: Exception) -> bool:
    """Whether an id or a day was asked for that no database can hold: there is no such row."""
    original = getattr(error, "orig", None)
    return isinstance(error, OverflowError) or getattr(original, "sqlstate", None) == "22003"
