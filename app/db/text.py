"""Comparing text the same way on three engines."""

from typing import Any

from sqlalchemy import ColumnElement, Dialect, Unicode, and_, bindparam, func
from sqlalchemy.dialects import mssql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer, TypeDecorator

_MSSQL: Dialect = mssql.dialect()  # type: ignore[no-untyped-call]  # the dialect has no hints


class _JustAfter(TypeDecorator[str]):
    """The greatest text that begins with the bound one: SQL Server's binary order counts UTF-16 units."""

    impl = Unicode
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        last = "\uffff" if dialect.name == "mssql" else "\U0010ffff"
        return None if value is None else value + last


class text_position(GenericFunction[int]):  # noqa: N801  named like the SQL function it stands for
    """Position of a text inside another, from 1; 0 when it is not there. No wildcards on any engine."""

    type = Integer()
    inherit_cache = True
    name = "text_position"


@compiles(text_position, "sqlite")
def _instr(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(text_position, "postgresql")
def _strpos(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


@compiles(text_position, "mssql")
def _charindex(element: Any, compiler: Any, **kw: Any) -> str:
    haystack, needle = list(element.clauses)
    return f"CHARINDEX({compiler.process(needle, **kw)}, {compiler.process(haystack, **kw)})"


def contains_text(column: Any, needle: str) -> ColumnElement[bool]:
    """Whether the column holds the text, taken literally: ``[``, ``%`` and ``_`` mean themselves."""
    return func.text_position(column, needle) > 0


def starts_with(column: Any, prefix: str) -> ColumnElement[bool]:
    """Whether the column begins with the text.

    On a search key, which every engine compares byte by byte, a range: any engine can use its index. On other
    columns the order belongs to a language, where such a range means nothing.
    """
    if not is_search_key(column):
        return func.text_position(column, prefix) == 1
    return and_(column >= prefix, column < bindparam(None, prefix, type_=_JustAfter()))


def is_search_key(column: Any) -> bool:
    """Whether a column was made by ``search_key_column``."""
    kind: Any = column.type.dialect_impl(_MSSQL)
    return getattr(kind, "collation", None) is not None
