"""Statements that say how many rows they changed: compare-and-set instead of a lock."""

from typing import Any, cast

from sqlalchemy import CursorResult, Delete, Update

from app.db.base import db


def update_rows(statement: Update | Delete) -> int:
    """Carry out an update or a removal and return how many rows it met; loaded rows are brought along."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount
