"""Every row of one centre, table by table, from one moment of its partition (export)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.db.base import db
from app.db.moving import BATCH, _after, _snapshot, names_of_tables
from app.db.types import Sensitive


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table of a partition as an export describes it."""

    name: str
    columns: dict[str, str]  # name → type, in SQL's words
    sealed: frozenset[str]
    rows: Iterator[dict[str, Any]]


def tables_of_centre(partition: str, tenant_id: int) -> Iterator[ExportedTable]:
    """The tables in the order of their references; rows in the order of their keys, all of one moment."""
    with _snapshot(partition) as line:
        for name in names_of_tables():
            table = db.metadata.tables[name]
            yield ExportedTable(
                name,
                {column.name: _words(column.type) for column in table.columns},
                frozenset(column.name for column in table.columns if isinstance(column.type, Sensitive)),
                _rows(line, name, tenant_id),
            )


def _rows(line: Connection, name: str, tenant_id: int) -> Iterator[dict[str, Any]]:
    table = db.metadata.tables[name]
    key = list(table.primary_key.columns)
    last: Any = None
    while True:
        query = select(table).where(table.c.tenant_id == tenant_id).order_by(*key).limit(BATCH)
        if last is not None:
            query = query.where(_after(key, last))
        found = [dict(row._mapping) for row in line.execute(query)]
        if not found:
            return
        yield from found
        last = [found[-1][column.name] for column in key]


def _words(kind: Any) -> str:
    python = getattr(kind, "python_type", None)
    return python.__name__ if isinstance(python, type) else type(kind).__name__
