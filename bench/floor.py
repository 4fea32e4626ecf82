"""The floor: the rows a journey of the product leaves behind, written and read by bare SQL through the driver.

One journey is played through the product first and the database compared before and after: what it inserted and what
it changed, in every table of the partition, with audit, command log and outbox. A bare journey then reads the rows
that will change, inserts the same rows with keys and numbers of its own, changes the same rows and reads the new ones
back, in one transaction. What the product does in between (rights, checks, messages, states on the way) is left out.
"""

import itertools
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Table, UniqueConstraint, select
from sqlalchemy.engine import Connection

from app.db.engines import make_engine
from app.db.migrate import metadata_of

STRIDE = 1 << 32  # keys grow with time; this lies a second further on, beyond every key of a journey
Row = dict[str, Any]


@dataclass
class Recipe:
    """What one journey leaves behind."""

    inserts: list[tuple[Table, list[Row]]] = field(default_factory=list)
    changes: list[tuple[Table, Row]] = field(default_factory=list)
    made: dict[int, None] = field(default_factory=dict)  # the keys that belong to this journey alone

    @property
    def rows(self) -> int:
        """Rows inserted and changed."""
        return sum(len(rows) for _, rows in self.inserts) + len(self.changes)


def observe(engine: Engine, play: Callable[[], None]) -> Recipe:
    """Play a journey and note what it did to the partition."""
    tables = metadata_of("partition").sorted_tables
    with engine.connect() as connection:
        before = {table: _rows(connection, table) for table in tables}
    play()
    recipe = Recipe()
    with engine.connect() as connection:
        for table in tables:
            fresh: list[Row] = []
            for key, row in _rows(connection, table).items():
                if key not in before[table]:
                    fresh.append(row)
                elif row != before[table][key]:
                    recipe.changes.append((table, row))
            if fresh:
                recipe.inserts.append((table, fresh))
                recipe.made |= dict.fromkeys(row["id"] for row in fresh if "id" in row)
    return recipe


def _rows(connection: Connection, table: Table) -> dict[tuple[Any, ...], Row]:
    keys = [column.name for column in table.primary_key]
    rows = connection.execute(select(table)).mappings()
    return {tuple(row[key] for key in keys): dict(row) for row in rows}


class Script:
    """The recipe as statements of the driver's own: text and parameters, prepared once."""

    def __init__(self, recipe: Recipe, engine: Engine) -> None:
        self._made = recipe.made
        self._quoted = engine.dialect.identifier_preparer.quote
        dialect = engine.dialect
        self._mark = "?" if dialect.paramstyle == "qmark" else "%s"
        self._inserts = [
            (
                self._insert_text(table),
                self._free_columns(table, rows),
                [self._values(row, table, dialect) for row in rows],
            )
            for table, rows in recipe.inserts
        ]
        self._changes = [
            (*self._change_texts(table), self._values(row, table, dialect), self._key(table, row, dialect))
            for table, row in recipe.changes
        ]
        self._back = [
            (self._back_text(table, len(rows)), [row["id"] for row in rows])
            for table, rows in recipe.inserts
            if "id" in table.c
        ]

    def play(self, cursor: Any, serial: int) -> None:
        """One journey in the open transaction."""
        for read, _, _, key in self._changes:
            cursor.execute(read, key)
            cursor.fetchall()
        for text, free, rows in self._inserts:
            cursor.executemany(text, [self._own(row, free, serial) for row in rows])
        for text, keys in self._back:
            cursor.execute(text, [key + serial * STRIDE for key in keys])
            cursor.fetchall()
        for _, write, values, key in self._changes:  # last, so that what all journeys share is held briefly
            cursor.execute(write, [*values, *key])

    def _own(self, row: list[Any], free: set[int], serial: int) -> list[Any]:
        """The row of this journey: its keys moved on, and what must be unique made so."""
        own = [
            each + serial * STRIDE if each.__class__ is int and each in self._made else each for each in row
        ]
        for place in free:
            value, mark = own[place], str(serial)
            own[place] = (
                value + serial if isinstance(value, int) else value[: max(1, len(value) - len(mark))] + mark
            )
        return own

    def _insert_text(self, table: Table) -> str:
        names = ", ".join(self._quoted(column.name) for column in table.c)
        return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join([self._mark] * len(table.c))})"

    def _change_texts(self, table: Table) -> tuple[str, str]:
        where = " AND ".join(f"{self._quoted(column.name)} = {self._mark}" for column in table.primary_key)
        sets = ", ".join(f"{self._quoted(column.name)} = {self._mark}" for column in table.c)
        return f"SELECT * FROM {table.name} WHERE {where}", f"UPDATE {table.name} SET {sets} WHERE {where}"

    def _back_text(self, table: Table, size: int) -> str:
        return f"SELECT * FROM {table.name} WHERE id IN ({', '.join([self._mark] * size)})"

    def _free_columns(self, table: Table, rows: list[Row]) -> set[int]:
        """Places of the values that must differ between journeys although no key made by one stands beside them."""
        places = {column.name: place for place, column in enumerate(table.c)}
        keys = [list(index.columns) for index in table.indexes if index.unique]
        keys += [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
        keys.append(list(table.primary_key))
        found = set()
        for key in keys:
            if any(row[column.name] in self._made for row in rows for column in key):
                continue
            free = [c.name for c in key if not c.foreign_keys and isinstance(rows[0][c.name], int | str)]
            if free:
                found.add(places[free[-1]])
        return found

    @staticmethod
    def _values(row: Row, table: Table, dialect: Any) -> list[Any]:
        makers = {
            column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c
        }
        return [make(row[name]) if (make := makers[name]) else row[name] for name in row]

    @staticmethod
    def _key(table: Table, row: Row, dialect: Any) -> list[Any]:
        return [row[column.name] for column in table.primary_key]


PROCESSES = 2  # as many as the product has workers
_runs = itertools.count(1)


def run(recipe: Recipe, url: str, *, workers: int, seconds: float) -> float:
    """Journeys a second with this many connections at once."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    first = next(_runs) * 10_000_000
    shares = [workers // PROCESSES + (number < workers % PROCESSES) for number in range(PROCESSES)]
    processes = [
        context.Process(
            target=_process, args=(recipe, url, share, first + number * 1_000_000, seconds, results)
        )
        for number, share in enumerate(shares)
        if share
    ]
    for process in processes:
        process.start()
    done = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return sum(done) / seconds


def _process(recipe: Recipe, url: str, workers: int, first: int, seconds: float, results: Any) -> None:
    engine = make_engine(url, read_only=False)
    script = Script(recipe, engine)
    done = [0] * workers
    ends = time.perf_counter() + seconds

    def work(thread: int) -> None:
        connection = engine.raw_connection()
        cursor = connection.cursor()
        serial = first + thread * 100_000
        while time.perf_counter() < ends:
            if engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            script.play(cursor, serial)
            connection.commit()
            serial += 1
            done[thread] += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    results.put(sum(done))
