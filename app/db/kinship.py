"""Rows that point at another centre's row: databases check that a row is there, not whose it is (ADR 0014)."""

from collections.abc import Iterator

from sqlalchemy import Column, Table, func, select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from app.db.base import db
from app.db.units import across_tenants


def kin_columns() -> Iterator[tuple[Column[int], Column[int]]]:
    """Every column that holds the key of a row of the same centre, and the column it points at.

    Rooms point at each other's rows without a foreign key: ``visit_id`` is then the key of the one table called
    ``…_visit`` (of several, the one without a ``visit_id``). Keys are unique in the installation, so a name that means
    something else finds nothing.
    """
    tables = [table for table in db.metadata.sorted_tables if "tenant_id" in table.c]
    for table in tables:
        declared = {key.parent: key.column for key in table.foreign_keys if key.column.table in tables}
        for column in table.c:
            target = declared.get(column) if column.foreign_keys else _by_name(column, tables)
            if target is not None:
                yield column, target


def _by_name(column: Column[int], tables: list[Table]) -> Column[int] | None:
    thing = column.name.removesuffix("_id")
    if not column.name.endswith("_id") or column.table.name.startswith("kernel_"):
        return None
    called = [table for table in tables if table.name.partition("_")[2] == thing and "id" in table.c]
    # Two rooms may have a thing of one name: the one that a visit_id elsewhere means does not hold such a key itself.
    meant = called if len(called) == 1 else [table for table in called if column.name not in table.c]
    return meant[0].c.id if len(meant) == 1 else None


def strangers(partition: str) -> list[str]:
    """``table.column: how many`` for each column that points into another centre; empty is good."""
    found = []
    with across_tenants(partition):
        for column, target in kin_columns():
            if count := db.session.scalar(_counted(column, target)):
                found.append(f"{column.table.name}.{column.name}: {count}")
    return found


def _counted(column: Column[int], target: Column[int]) -> Select[int]:
    child, parent = column.table, target.table.alias()
    same: ColumnElement[bool] = parent.c[target.name] == column
    return (
        select(func.count())
        .select_from(child.join(parent, same))
        .where(child.c.tenant_id != parent.c.tenant_id)
    )
