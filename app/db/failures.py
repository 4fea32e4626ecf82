"""Which database failures pass by themselves: a whole transaction may be tried again."""

import re
from typing import Any

from sqlalchemy.exc import DBAPIError

_POSTGRES = {"40001", "40P01", "57P01", "57P02", "57P03", "25006", "55P03"}
_POSTGRES_GONE = {"57P01", "57P02", "57P03", "25006"}
_MSSQL = {976, 978, 979, 983, 3906, 4060, 1205, 3960, 1222, 20003, 20006, 20009, 20017, 20047}
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


def is_retryable(error: DBAPIError) -> bool:
    """Deadlocks, lost connections, a primary that moved, a busy SQLite file."""
    original = error.orig
    if original is None:
        return False
    if state := getattr(original, "sqlstate", None):
        return state in _POSTGRES or state.startswith("08")
    if error.connection_invalidated or _never_connected(original):
        return True
    text = str(original)
    if "database is locked" in text or "database table is locked" in text:
        return True
    return type(original).__module__.startswith("pymssql") and error_number(original) in _MSSQL


def is_lost(error: DBAPIError) -> bool:
    """Whether the server or the line to it went away, or is no primary any more."""
    state = getattr(error.orig, "sqlstate", None) or ""
    is_gone = state in _POSTGRES_GONE or state.startswith("08")
    return error.connection_invalidated or is_gone or _never_connected(error.orig)


def _never_connected(original: BaseException | None) -> bool:
    """No server answered, so there is no state to tell by: psycopg's plain OperationalError."""
    is_plain = type(original).__name__ == "OperationalError" and getattr(original, "sqlstate", "") is None
    return is_plain and type(original).__module__.startswith("psycopg")


def is_beyond_numbers(error: Exception) -> bool:
    """Whether an id or a day was asked for that no database can hold: there is no such row."""
    original = getattr(error, "orig", None)
    return isinstance(error, OverflowError) or getattr(original, "sqlstate", None) == "22003"
