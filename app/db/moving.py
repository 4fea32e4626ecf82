"""Taking a centre's rows from one partition to another while it works.

Copy everything; bring along what was changed meanwhile, again and again, until little is left; freeze for a moment;
bring the last along and compare; open the centre in its new partition. The old rows stay and are never
written to again. Writers wait out the pause (``app.db.epochs``); the relay passes over a centre that is frozen.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import structlog
from sqlalchemy import Connection, Table, and_, bindparam, delete, func, insert, or_, select, text, update

from app import clock
from app.db.base import db
from app.db.places import ChangedRow, TenantPlace
from app.db.retrying import routes
from app.db.tracking import key_text
from app.db.units import Mode, Unit, open_unit

BATCH = 1000
AT_ONCE = 200  # keys in one statement
SHORT_SECONDS = 1.0  # a round that is worth while to freeze for
ROUNDS = 50
log = structlog.get_logger()
_PLACE = cast(Table, TenantPlace.__table__)
_CHANGED = cast(Table, ChangedRow.__table__)
# Tallies are counted anew, as the rows are sealed anew
_NOT_COPIED = {"kernel_tenant", "kernel_changed_row", "kernel_tally"}
_NEVER_DELETED = {"kernel_audit"}  # not by anybody, so an earlier try's rows are still there
_KERNELS_OWN = {  # changed by relay and runners too, which note nothing: what is open is brought in the pause
    "kernel_delivery": ("waiting", "claimed", "dead"),
    "kernel_job": ("waiting", "running"),
}
_SEALS = {
    "sealed_no": None,
    "previous_hash": "",
    "row_hash": "",
}  # a chain is its partition's: sealed there anew


class MoveFailed(RuntimeError):
    """The copy is not the original; nothing was switched, the centre goes on where it was."""

    names_nobody = True


@dataclass
class Moved:
    """What a move did: rows by table, seconds in all, and how long writers had to wait."""

    rows: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    pause: float = 0.0


@dataclass
class Move:
    """One centre on its way from one partition to another."""

    tenant_id: int
    source: str
    target: str
    epoch: int  # of the centre in its present partition
    moved: Moved = field(default_factory=Moved)

    def claim(self) -> None:
        """From now on changes are noted.

        Raises:
            MoveFailed: another move of this centre runs, or broke off; ``flask centre free`` ends what broke off.
        """
        with _writing(self.source) as line:
            _lock_alone(line, self.tenant_id)
            place = line.execute(select(_PLACE).where(_PLACE.c.tenant_id == self.tenant_id)).first()
            if place is not None and (place.epoch != self.epoch or place.is_moving or place.is_frozen):
                raise MoveFailed(f"centre {self.tenant_id} is moving already")
            _put(line, _PLACE, self._row(is_moving=True, is_frozen=False, epoch=self.epoch))

    def copy(self) -> Iterator[tuple[str, int]]:
        """Copy every table of a claimed centre; yields table and rows so far."""
        self._clear_target()
        with _snapshot(
            self.source
        ) as line:  # one moment for all tables: whatever a row points at is there, too
            for table in _tables():
                for count in self._copy_table(line, table):
                    self.moved.rows[table.name] = count
                    yield table.name, count

    def catch_up(self) -> None:
        """Bring changes along until a round is short: what is left then takes no longer."""
        for _ in range(ROUNDS):
            began = time.monotonic()
            self._bring_changes()
            if time.monotonic() - began < SHORT_SECONDS:
                return

    def verify(self) -> Iterator[tuple[str, int]]:
        """Compare every row with its copy while the centre works; yields table and rows so far.

        Raises:
            MoveFailed: a row differs that nobody noted as changed.
        """
        for table in _tables():
            if table.name in _KERNELS_OWN:
                continue
            for count, keys in self._differences(table):
                if keys:
                    raise MoveFailed(f"{table.name}: {len(keys)} rows differ, {min(keys)} first")
                yield table.name, count

    def switch(self, point: Any) -> Moved:
        """Freeze, bring the last changes along, compare, open in the new partition; ``point()`` turns the directory.

        Raises:
            MoveFailed: the copy differs; the centre goes on where it was.
        """
        began = time.monotonic()
        self._mark(is_moving=True, is_frozen=True)
        try:
            while self._bring_changes():
                pass
            self._bring_open_work()
            self._compare()
            self._open_in_target()
            point()
        except BaseException:
            self.give_up()
            raise
        self._mark(is_moving=False, is_frozen=True, epoch=self.epoch + 1)
        self.moved.pause = time.monotonic() - began
        return self.moved

    def give_up(self) -> None:
        """The centre goes on where it is; what was copied is thrown away with the next try."""
        self._mark(is_moving=False, is_frozen=False)

    def free_if_frozen(self) -> bool:
        """After a crash: the centre lives here and its partition still waits for a move that nobody carries on."""
        with _reading(self.source) as line:
            place = line.execute(select(_PLACE).where(_PLACE.c.tenant_id == self.tenant_id)).first()
        if place is None or place.epoch != self.epoch or not (place.is_frozen or place.is_moving):
            return False
        self.give_up()
        return True

    # Steps

    def _mark(self, *, is_moving: bool, is_frozen: bool, epoch: int = 0) -> None:
        """Under the lock that every writer of the centre shares: afterwards all of them have seen it."""
        with _writing(self.source) as line:
            _lock_alone(line, self.tenant_id)
            row = self._row(is_moving=is_moving, is_frozen=is_frozen, epoch=epoch or self.epoch)
            _put(line, _PLACE, row)

    def _row(self, **values: Any) -> dict[str, Any]:
        return {"tenant_id": self.tenant_id, "changed_at": clock.server_time(), **values}

    def _open_in_target(self) -> None:
        with _writing(self.target) as line:
            _put(line, _PLACE, self._row(is_moving=False, is_frozen=False, epoch=self.epoch + 1))

    def _clear_target(self) -> None:
        """What an earlier try, or an earlier life there, left behind."""
        with _writing(self.target) as line:
            for table in reversed(_tables()):
                if table.name in _NEVER_DELETED:
                    continue
                line.execute(delete(table).where(table.c.tenant_id == self.tenant_id))

    def _copy_table(self, source: Connection, table: Table) -> Iterator[int]:
        count = 0
        for rows in self._batches(source, table):
            with _writing(self.target) as line:
                fresh = _missing(line, table, rows) if table.name in _NEVER_DELETED else rows
                if fresh:
                    line.execute(insert(table), [_carried(table, row) for row in fresh])
            count += len(rows)
            yield count

    def _batches(self, source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
        """The centre's rows of a table in the order of their keys."""
        key = list(table.primary_key.columns)
        last: Any = None
        while True:
            query = select(table).where(table.c.tenant_id == self.tenant_id).order_by(*key).limit(BATCH)
            if last is not None:
                query = query.where(_after(key, last))
            rows = [dict(row._mapping) for row in source.execute(query)]
            if not rows:
                return
            yield rows
            last = [rows[-1][column.name] for column in key]

    def _differences(self, table: Table) -> Iterator[tuple[int, set[str]]]:
        """Rows so far, and keys whose copy differs though the source's moment knows of no change."""
        count, key = 0, list(table.primary_key.columns)
        with _snapshot(self.source) as source:
            own = _CHANGED.c.tenant_id == self.tenant_id
            noted = select(_CHANGED.c.row_key).where(own, _CHANGED.c.table_name == table.name)
            changed = set(source.scalars(noted))
            for rows in self._batches(source, table):
                first, last = ([row[column.name] for column in key] for row in (rows[0], rows[-1]))
                query = select(table).where(table.c.tenant_id == self.tenant_id)
                with _reading(self.target) as line:
                    found = line.execute(query.where(_not_before(key, first), ~_after(key, last)))
                    copied = {
                        _key_text(table, row._mapping): _carried(table, dict(row._mapping)) for row in found
                    }
                here = {_key_text(table, row): _carried(table, row) for row in rows}
                count += len(rows)
                all_keys = here.keys() | copied.keys()
                yield count, {name for name in all_keys - changed if here.get(name) != copied.get(name)}

    def _bring_changes(self) -> int:
        """Take all noted changes along; returns how many there were."""
        with _snapshot(self.source) as source:
            query = select(_CHANGED).where(_CHANGED.c.tenant_id == self.tenant_id)
            changes = source.execute(query).all()
            wanted: dict[str, set[str]] = {}
            for change in changes:
                wanted.setdefault(change.table_name, set()).add(change.row_key)
            self._bring_rows(source, wanted)
        with _writing(self.source) as line:
            for start in range(0, len(changes), BATCH):
                done = [change.id for change in changes[start : start + BATCH]]
                line.execute(delete(_CHANGED).where(_CHANGED.c.id.in_(done)))
        self.moved.changes += len(changes)
        return len(changes)

    def _bring_rows(self, source: Connection, wanted: dict[str, set[str]]) -> None:
        """The rows as they are at the source's moment, those that others point at first."""
        with _writing(self.target) as line:
            for table in _tables():
                keys = sorted(_key_of(table, noted) for noted in wanted.get(table.name, ()))
                for start in range(0, len(keys), AT_ONCE):
                    _replace(source, line, table, keys[start : start + AT_ONCE])

    def _bring_open_work(self) -> None:
        """How far deliveries and jobs are."""
        for name, states in _KERNELS_OWN.items():
            table = db.metadata.tables[name]
            is_open = select(table.c.id).where(
                table.c.tenant_id == self.tenant_id, table.c.status.in_(states)
            )
            with _reading(self.target) as line:
                open_there = set(line.scalars(is_open))
            with _snapshot(self.source) as source:
                open_here = set(source.scalars(is_open))
                keys = {key_text([row_id]) for row_id in open_there | open_here}
                self._bring_rows(source, {name: keys})

    def _compare(self) -> None:
        """Count and sum of keys of every table agree on both sides."""
        for table in _tables():
            query = _summary(table).where(table.c.tenant_id == self.tenant_id)
            with _reading(self.source) as line:
                here = line.execute(query).one()
            with _reading(self.target) as line:
                there = line.execute(query).one()
            if tuple(here) != tuple(there):
                raise MoveFailed(
                    f"{table.name}: {tuple(here)} in {self.source}, {tuple(there)} in {self.target}"
                )
            self.moved.rows[table.name] = here[0]


def names_of_tables() -> list[str]:
    """What a move copies, in its order."""
    return [table.name for table in _tables()]


def _tables() -> list[Table]:
    """Tables of a partition with rows of centres, those that others point at first."""
    return [
        table
        for table in db.metadata.sorted_tables
        if "tenant_id" in table.columns and table.name not in _NOT_COPIED
    ]


def _summary(table: Table) -> Any:
    """Number of rows, and the largest key where keys are numbers."""
    keys = [column for column in table.primary_key.columns if column.name == "id"]
    return select(func.count(), *(func.max(column) for column in keys)).select_from(table)


def _missing(line: Connection, table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    between = and_(table.c.id >= rows[0]["id"], table.c.id <= rows[-1]["id"])
    known = set(line.scalars(select(table.c.id).where(between)))
    return [row for row in rows if row["id"] not in known]


def _carried(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, **_SEALS} if table.name == "kernel_audit" else row


def _replace(source: Connection, target: Connection, table: Table, keys: list[tuple[Any, ...]]) -> None:
    """Rows of the target become what they are at the source: inserted, changed, or gone."""
    key = list(table.primary_key.columns)
    these = or_(*(_is(table, one) for one in keys)) if len(key) > 1 else key[0].in_([one[0] for one in keys])
    rows = [_carried(table, dict(row._mapping)) for row in source.execute(select(table).where(these))]
    known = {tuple(row) for row in target.execute(select(*key).where(these))}
    named = {tuple(row[column.name] for column in key): row for row in rows}
    fresh = [row for one, row in named.items() if one not in known]
    kept = [
        {**row, **{f"of_{column.name}": row[column.name] for column in key}}
        for one, row in named.items()
        if one in known
    ]
    gone = known - named.keys()
    if fresh:
        target.execute(insert(table), fresh)
    if kept:
        own = and_(*(column == bindparam(f"of_{column.name}") for column in key))
        rest: dict[str, Any] = {
            column.name: bindparam(column.name) for column in table.columns if column not in key
        }
        target.execute(update(table).where(own).values(rest), [_without(row, key) for row in kept])
    for one in gone:
        target.execute(delete(table).where(_is(table, one)))


def _without(row: dict[str, Any], columns: list[Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {column.name for column in columns}}


def _put(line: Connection, table: Table, row: dict[str, Any]) -> None:
    """Update, or insert when there is none: only the mover writes these rows."""
    key = tuple(row[column.name] for column in table.primary_key.columns)
    rest = {name: value for name, value in row.items() if name not in table.primary_key.columns}
    if line.execute(update(table).where(_is(table, key)).values(rest)).rowcount == 0:
        line.execute(insert(table).values(row))


def _is(table: Table, key: Any) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))


def _key_of(table: Table, noted: str) -> tuple[Any, ...]:
    """A noted key with the types of its columns."""
    values = zip(table.primary_key.columns, json.loads(noted), strict=True)
    return tuple(_typed(column.type.python_type, value) for column, value in values)


def _typed(kind: type, value: str) -> Any:
    return date.fromisoformat(value) if kind is date else kind(value)


def _key_text(table: Table, row: Any) -> str:
    return key_text(row[column.name] for column in table.primary_key.columns)


def _not_before(key: list[Any], first: list[Any]) -> Any:
    return or_(_after(key, first), and_(*(column == value for column, value in zip(key, first, strict=True))))


def _after(key: list[Any], last: list[Any]) -> Any:
    """Keys beyond the last one, without a tuple comparison, which SQL Server does not know."""
    return or_(
        *(
            and_(
                *(column == value for column, value in zip(key[:place], last[:place], strict=True)),
                key[place] > last[place],
            )
            for place in range(len(key))
        )
    )


def _lock_alone(line: Connection, tenant_id: int) -> None:
    if line.dialect.name == "postgresql":
        line.execute(text("SELECT pg_advisory_xact_lock(:tenant)"), {"tenant": tenant_id})
    elif line.dialect.name == "mssql":
        line.execute(
            text(
                f"EXEC sp_getapplock @Resource = N'his_tenant_{int(tenant_id)}', "
                "@LockMode = 'Exclusive', @LockOwner = 'Transaction'"
            )
        )


@contextmanager
def _line(partition: str, mode: Mode, *, is_snapshot: bool = False) -> Iterator[Connection]:
    """A connection of kernel work that sees every centre; what was written is committed at the end of the block."""
    with open_unit(Unit(mode, None, partition, all_tenants=True)):
        engine = routes().engines[partition if mode is Mode.WRITE else f"{partition}.ro"]
        with engine.connect() as line:
            if is_snapshot and (level := _SNAPSHOT.get(engine.dialect.name)):
                line = line.execution_options(isolation_level=level)
            if mode is Mode.WRITE or is_snapshot:
                with line.begin():
                    yield line
            else:
                yield line


_SNAPSHOT = {"postgresql": "REPEATABLE READ", "mssql": "SNAPSHOT"}  # every transaction is one on SQLite


def _reading(partition: str) -> Any:
    return _line(partition, Mode.READ)


def _snapshot(partition: str) -> Any:
    return _line(partition, Mode.READ, is_snapshot=True)


def _writing(partition: str) -> Any:
    return _line(partition, Mode.WRITE)
