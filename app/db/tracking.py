"""While a centre is copied to another partition, its writers note which rows they change (``ChangedRow``).

Whether a centre is being copied is read with the BEGIN of each writing unit (``app.db.epochs``), so no writer
misses the start.
"""

import json
from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import Delete, Table, Update, event, select
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Mapper, ORMExecuteState, UOWTransaction
from sqlalchemy.orm import Session as OrmSession

from app.db.places import ChangedRow
from app.db.units import RoutedSession, current_unit


def key_text(values: Iterable[Any]) -> str:
    """A row's key as it is noted."""
    return json.dumps([str(value) for value in values])


def _is_tracked(mapper: Mapper[Any]) -> bool:
    unit = current_unit()
    has_tenant = "tenant_id" in mapper.persist_selectable.columns
    return unit is not None and unit.is_tracked and has_tenant and mapper.class_ is not ChangedRow


@event.listens_for(RoutedSession, "after_flush")
def _note_rows(session: OrmSession, context: UOWTransaction) -> None:
    unit = current_unit()
    if unit is None or not unit.is_tracked:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        mapper = inspect_row(row).mapper
        if _is_tracked(mapper):
            _note(session, mapper, mapper.primary_key_from_instance(row))


@event.listens_for(RoutedSession, "do_orm_execute")
def _note_bulk_change(state: ORMExecuteState) -> None:
    """The rows that an update or delete will find, asked for just before it."""
    if not (state.is_update or state.is_delete) or state.bind_mapper is None:
        return
    mapper = inspect_row(state.bind_mapper)  # a program may have named the class
    if not _is_tracked(mapper):
        return
    condition = cast(Update | Delete, state.statement).whereclause
    keys = select(*(mapper.get_property_by_column(column).class_attribute for column in mapper.primary_key))
    for key in state.session.execute(keys if condition is None else keys.where(condition)):
        _note(state.session, mapper, key)


def _note(session: OrmSession, mapper: Mapper[Any], key: Iterable[Any]) -> None:
    session.add(
        ChangedRow(
            table_name=cast(Table, mapper.persist_selectable).name, row_key=key_text(key), tenant_id=_tenant()
        )
    )


def _tenant() -> int | None:
    unit = current_unit()
    return None if unit is None else unit.tenant_id
