"""Indexes that mean the same on three engines."""

from typing import Any

from sqlalchemy import text


def only_where(condition: str) -> dict[str, Any]:
    """Options of a partial index: only rows for which the condition holds (SQL Server allows one NULL)."""
    clause = text(condition)
    return {"sqlite_where": clause, "postgresql_where": clause, "mssql_where": clause}
