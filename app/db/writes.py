"""Updates that say how many rows they changed: compare-and-set instead of a lock."""

from typing import Any, cast

from sqlalchemy import CursorResult, Update

from app.db.base import db


def update_rows(statement: Update) -> int:
    """Carry out an update and return how many rows it changed; loaded rows are brought along."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount
