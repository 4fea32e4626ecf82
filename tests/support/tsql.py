"""Every statement the suite runs, said once more for SQL Server and read by a parser.

A parser is no server: it takes what is grammar for truth. What it lets pass although SQL Server refuses it, and what
we know of, is looked for in the tree.
"""

import re
from collections.abc import Iterator
from typing import Any

import sqlglot
from sqlalchemy import Engine, event
from sqlalchemy.dialects import mssql
from sqlalchemy.sql import Delete, Insert, Select, Update
from sqlalchemy.sql.selectable import CompoundSelect
from sqlglot import exp

_KINDS = (Select, CompoundSelect, Insert, Update, Delete)
_ASKS_THE_CATALOGUE = ("pg_catalog.", "sqlite_")  # a dialect looking at its own tables
_LATER = re.compile(r"__\[POSTCOMPILE_\w+\]")
_LIMIT = re.compile(r"\bLIMIT\s+[\d@]")
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")

DIALECT: Any = mssql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
DIALECT.server_version_info = (15, 0, 2000, 5)
DIALECT._supports_offset_fetch = True

_known: set[str] = set()
_waiting: list[Any] = []


def watch() -> None:
    """From now on every kind of statement is kept once; cheap, it happens while others wait."""

    @event.listens_for(Engine, "before_cursor_execute")
    def _keep(line: Any, cursor: Any, said: str, parameters: Any, context: Any, many: bool) -> None:
        compiled = getattr(context, "compiled", None)
        if compiled is None or not isinstance(compiled.statement, _KINDS) or compiled.string in _known:
            return
        _known.add(compiled.string)
        if any(name in compiled.string for name in _ASKS_THE_CATALOGUE):
            return
        _waiting.append(compiled)


def faults_of_new_statements() -> list[str]:
    """What is wrong with the statements first seen since the last call."""
    found = []
    while _waiting:
        compiled = _waiting.pop()
        try:
            said = in_tsql(compiled.statement, compiled.column_keys)
        except Exception as failure:  # the dialect cannot say it at all
            found.append(f"cannot be said: {failure!r}: {compiled.string}")
            continue
        found += [f"{fault}: {said}" for fault in faults(said)]
    return found


def in_tsql(statement: Any, column_keys: Any = None) -> str:
    """The statement as SQL Server would get it, with @names for parameters."""
    said = str(statement.compile(dialect=DIALECT, column_keys=column_keys))
    return _PARAMETER.sub(r"@\1", _LATER.sub("1", said))


def faults(said: str) -> list[str]:
    """What SQL Server would refuse in a statement; empty is good."""
    try:
        trees = sqlglot.parse(said, read="tsql")
    except sqlglot.errors.SqlglotError as failure:
        return [f"does not parse ({str(failure)[:200]})"]
    found = ["LIMIT"] if _LIMIT.search(said) else []  # the parser reads TOP as the same thing
    return found + [fault for tree in trees if tree is not None for fault in _refused(tree)]


def _refused(tree: Any) -> Iterator[str]:
    if isinstance(tree, exp.Command):
        yield "the parser does not know it"
    if any(not isinstance(node.expression, exp.Null) for node in tree.find_all(exp.Is)):
        yield "IS with a value"
    if next(tree.find_all(exp.Filter), None):
        yield "FILTER"
    if any(isinstance(node.this, exp.Tuple) for node in tree.find_all(exp.In)):
        yield "IN with several columns"
    for part in _conditions(tree):
        if isinstance(part, exp.Column | exp.Case | exp.Literal | exp.Boolean):
            yield f"{part.sql()} stands for a condition"
    for select in tree.find_all(exp.Select):
        yield from _refused_select(select)


def _conditions(tree: Any) -> Iterator[Any]:
    """Every place where SQL Server wants a comparison and takes no value."""
    for node in tree.find_all(exp.Where, exp.Having, exp.Connector, exp.Not, exp.If, exp.Join):
        if isinstance(node, exp.Join):
            parts = [node.args.get("on")]
        elif isinstance(node, exp.Connector):
            parts = [node.left, node.right]
        else:
            parts = [node.this]
        yield from (part.unnest() for part in parts if part is not None)


def _refused_select(select: exp.Select) -> Iterator[str]:
    shown = [part.unalias() for part in select.expressions]
    if any(
        isinstance(part.unnest(), exp.Predicate | exp.Connector | exp.Not | exp.Boolean) for part in shown
    ):
        yield "a condition in the list of columns"
    order = select.args.get("order")
    if select.args.get("offset") and not order:
        yield "OFFSET without ORDER BY"
    names = {part.sql() for part in shown} | {part.alias for part in select.expressions if part.alias}
    if order and select.args.get("distinct"):
        for key in order.expressions:
            if key.this.sql() not in names:
                yield f"DISTINCT ordered by {key.this.sql()}, which is not shown"
    if select.args.get("group"):
        yield from _refused_group(select, shown)


def _refused_group(select: exp.Select, shown: list[Any]) -> Iterator[str]:
    grouped = {part.sql() for part in select.args["group"].expressions}
    for part in shown:
        for column in part.find_all(exp.Column):
            inside = {parent.sql() for parent in _parents(column, part)}
            is_summed = column.find_ancestor(exp.AggFunc, exp.Subquery) is not None
            if not is_summed and not ({column.sql()} | inside) & grouped:
                yield f"{column.sql()} is shown and not grouped"


def _parents(node: Any, top: Any) -> Iterator[Any]:
    while node is not None:
        yield node
        if node is top:
            return
        node = node.parent
