"""Comparing text the same way on three engines."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer

_LAST = "\U0010ffff"


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
    """A prefix as a range, so that every engine can use the index whatever its collation for LIKE."""
    return and_(column >= prefix, column < prefix + _LAST)
