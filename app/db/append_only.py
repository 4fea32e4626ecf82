"""Rows that are written once: money that moved, stock that moved. A correction is a new row."""

from typing import Any, ClassVar

from sqlalchemy import event
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Mapper, ORMExecuteState

from app.db.units import RoutedSession


class RecordMayNotChange(RuntimeError):
    """A programming error: an append-only row was about to be changed."""


class AppendOnly:
    """Mixin of tables whose rows are never updated, save for columns that are named as ``written_later``."""

    written_later: ClassVar[frozenset[str]] = frozenset()


@event.listens_for(AppendOnly, "before_update", propagate=True)
def _refuse_change(mapper: Mapper[Any], connection: Any, row: Any) -> None:
    state = inspect_row(row)
    fixed = (column.key for column in mapper.column_attrs if column.key not in row.written_later)
    if any(state.attrs[name].history.has_changes() for name in fixed):
        raise RecordMayNotChange(type(row).__name__)


@event.listens_for(RoutedSession, "do_orm_execute")
def _refuse_bulk_change(state: ORMExecuteState) -> None:
    if (state.is_update or state.is_delete) and any(
        issubclass(mapper.class_, AppendOnly) for mapper in state.all_mappers
    ):
        raise RecordMayNotChange(str(state.statement))
