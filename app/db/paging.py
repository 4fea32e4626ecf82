"""Pages by key: the cost of a page does not grow with the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

from app.db.base import db

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """One page of a list, newest key first, and the keys that lead on and back."""

    rows: list[RowT]
    next_before: int | None
    is_first: bool


def page_by_key(
    statement: Select[Any], key: Any, *, before: int | None = None, size: int = 50, scalars: bool = True
) -> Page[Any]:
    """Rows with a key below ``before``, in falling order of the key (unique, time-ordered)."""
    if before is not None:
        statement = statement.where(key < before)
    result = db.session.execute(statement.order_by(key.desc()).limit(size + 1))
    rows: list[Any] = list(result.scalars()) if scalars else list(result)
    more = len(rows) > size
    rows = rows[:size]
    reader: Callable[[Any], int] = lambda row: getattr(row, key.key)  # noqa: E731
    return Page(rows, reader(rows[-1]) if more else None, before is None)
