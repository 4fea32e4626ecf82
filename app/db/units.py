"""Units of work: one tenant, one route, one session.

Outside a use case a session only reads. The decorator in ``app.use_cases`` opens a writing unit; nothing else
commits. The tenant filter is laid on every ORM statement and every new row is stamped; a row of another
tenant in a flush is an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, NoReturn

from flask import current_app
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy import inspect as inspect_row
from sqlalchemy.orm import Mapper, ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.util import find_tables

from app import clock, ids
from app.db.scoped import TenantScoped


class Mode(Enum):
    """What a unit may do."""

    READ = "read"
    WRITE = "write"


class WriteInReadSession(RuntimeError):
    """A programming error: a page tried to write outside a use case."""


class ForeignTenantRow(RuntimeError):
    """A programming error: a row of another tenant reached this session's flush."""


class SessionOfAnotherUnit(RuntimeError):
    """A programming error: a row or session of one unit was used while another unit was current."""


class TenantMissing(RuntimeError):
    """A programming error: tenant rows were asked for before a tenant was known."""


class RecordMayNotBeDeleted(RuntimeError):
    """A programming error: records of care and money are cancelled or reversed, never deleted."""


@dataclass(slots=True)
class Unit:
    """One unit of work; lives on a stack, the top one answers ``db.session``."""

    mode: Mode
    tenant_id: int | None
    partition: str
    writes_control: bool = False
    all_tenants: bool = False
    epoch: int = 1  # of the tenant's place in its partition; it rises when the tenant moves
    is_fresh: bool = True  # reads on the primary; a page that may be a moment late says False
    is_tracked: bool = False  # the centre is being copied: note which rows are changed
    reader: Engine | None = None  # where this unit reads, chosen with its first query
    notes: dict[str, Any] = field(default_factory=dict)  # the use case's audit, events and hooks


_unit: ContextVar[Unit | None] = ContextVar("unit", default=None)


def current_unit() -> Unit | None:
    """The unit that ``db.session`` belongs to at this moment."""
    return _unit.get()


def session_scope() -> int:
    """Key of the session registry: one session for each unit."""
    return id(_unit.get())


def in_write_unit() -> bool:
    """Whether a use case is running, so that an inner one joins."""
    unit = _unit.get()
    return unit is not None and unit.mode is Mode.WRITE


@contextmanager
def open_unit(unit: Unit, zone: str = "") -> Iterator[Unit]:
    """Make the unit current; its session is rolled back and removed at the end."""
    if unit.mode is Mode.WRITE and "leasing" not in unit.notes:
        ids.ensure_node()  # needs a transaction of its own, so before this one
        current_app.extensions["his_keyring"].ready(unit)  # so does the first key of a centre
    token = _unit.set(unit)
    try:
        if zone:
            with clock.in_zone(zone):
                yield unit
        else:
            yield unit
    finally:
        current_app.extensions["sqlalchemy"].session.remove()
        _unit.reset(token)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tenant's rows are and which zone its days follow."""

    partition: str
    zone: str
    epoch: int = 1


def place_of(tenant_id: int) -> Place:
    """Ask the tenant registry; the factory plugs it in (``tenants`` knows, the kernel does not)."""
    place: Place = current_app.extensions["his_place_of"](tenant_id)
    return place


def tenant_unit(tenant_id: int, mode: Mode = Mode.READ) -> Any:
    """Open a unit on the tenant's partition."""
    place = place_of(tenant_id)
    return open_unit(Unit(mode, tenant_id, place.partition, epoch=place.epoch), place.zone)


def control_unit(mode: Mode = Mode.READ) -> Any:
    """Open a unit on the control database, outside any tenant."""
    return open_unit(Unit(mode, None, "", writes_control=mode is Mode.WRITE))


@contextmanager
def control_reading() -> Iterator[None]:
    """Read the control database in the present unit when it is one of that kind, else in one of its own."""
    unit = _unit.get()
    if unit is not None and unit.mode is Mode.READ and unit.tenant_id is None and not unit.all_tenants:
        yield
    else:
        with control_unit():
            yield


def across_tenants(partition: str) -> Any:
    """Read all tenants of a partition: kernel work (relay, sealer, checks) and the bureau, by name."""
    return open_unit(Unit(Mode.READ, None, partition, all_tenants=True))


def kernel_unit(partition: str) -> Any:
    """Write kernel tables of a partition (outbox states, seals); "" is the control database."""
    return open_unit(Unit(Mode.WRITE, None, partition, writes_control=partition == "", all_tenants=True))


class RoutedSession(FlaskSession):
    """Chooses the engine once for each unit and refuses what the unit may not do.

    A session lives and dies with the unit it was made in: what it has loaded and where its connection points
    belong to that unit's tenant.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.unit = _unit.get()

    def get_bind(
        self,
        mapper: Any | None = None,
        clause: Any | None = None,
        bind: Any | None = None,
        **kw: Any,
    ) -> Engine:
        if bind is not None:
            return bind  # type: ignore[no-any-return]
        unit = _unit.get()
        if unit is None:
            raise TenantMissing("no unit of work is open")
        if unit is not self.unit:
            raise SessionOfAnotherUnit(str(mapper or clause))
        if _is_control(mapper, clause):
            return _control_engine(unit)
        if unit.writes_control or not unit.partition:
            raise TenantMissing(f"a control unit asked for tenant rows: {mapper or clause}")
        return _partition_engine(unit)

    def connection(self, *arguments: Any, **options: Any) -> Connection:
        """A bare connection knows no tenant filter: kernel work only."""
        if self.unit is not None and self.unit.tenant_id is not None:
            raise ForeignTenantRow("a connection escapes the tenant filter; select the models")
        return super().connection(*arguments, **options)

    def _refuse_bulk(self, *arguments: Any, **options: Any) -> NoReturn:
        raise ForeignTenantRow("the bulk methods escape the tenant filter; add the rows")

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse_bulk


def _control_engine(unit: Unit) -> Engine:
    engine: Engine = (
        current_app.extensions["his_engines"]["control"]
        if unit.writes_control
        else current_app.extensions["his_routes"].control_reader()
    )
    return engine


def _partition_engine(unit: Unit) -> Engine:
    if unit.mode is Mode.WRITE:
        return current_app.extensions["his_engines"][unit.partition]  # type: ignore[no-any-return]
    if unit.reader is None:
        unit.reader = current_app.extensions["his_routes"].reader_of(unit)
    return unit.reader


def _is_control(mapper: Any, clause: ClauseElement | None) -> bool:
    table: Any = None
    if isinstance(mapper, Mapper):
        table = mapper.persist_selectable
    elif mapper is not None:
        table = getattr(mapper, "__table__", None)
    if table is None and clause is not None:
        table = next(iter(find_tables(clause, include_joins=True, include_aliases=True)), None)
    return isinstance(table, Table) and table.metadata.info.get("bind_key") == "control"


@event.listens_for(RoutedSession, "do_orm_execute")
def _lay_tenant_filter(state: ORMExecuteState) -> None:
    unit = _unit.get()
    if unit is None:
        raise TenantMissing("no unit of work is open")
    if unit is not state.session.unit:  # type: ignore[attr-defined]
        raise SessionOfAnotherUnit(str(state.statement))
    if unit.mode is Mode.READ and not state.is_select:
        raise WriteInReadSession(str(state.statement))
    if unit.all_tenants:
        return
    _refuse_what_escapes(state, unit.tenant_id)
    if unit.tenant_id is not None:
        state.statement = state.statement.options(_tenant_filter(unit.tenant_id))


def _refuse_what_escapes(state: ORMExecuteState, tenant_id: int | None) -> None:
    """Where SQLAlchemy lays no criteria of a loader, nothing passes."""
    if not (state.is_select or state.is_update or state.is_delete):
        raise ForeignTenantRow("raw SQL and bulk inserts escape the tenant filter; they live in app/db")
    if not state.is_select and isinstance(state.parameters, list | tuple):
        raise ForeignTenantRow("a change of rows by a list of keys escapes the tenant filter")
    if tenant_id is None:
        if any(issubclass(mapper.class_, TenantScoped) for mapper in state.all_mappers):
            raise TenantMissing(str(state.statement))
    elif not state.is_orm_statement or state.is_from_statement:
        raise ForeignTenantRow("a statement over tables escapes the tenant filter; select the models")


@event.listens_for(RoutedSession, "before_attach")
def _refuse_foreign_row(session: OrmSession, row: Any) -> None:
    """A row that another unit loaded is looked at before it enters: ``get`` would hand it out unasked."""
    unit = _unit.get()
    if not isinstance(row, TenantScoped) or unit is None or unit.all_tenants:
        return
    if inspect_row(row).key is not None and row.__dict__.get("tenant_id") != unit.tenant_id:
        raise ForeignTenantRow(type(row).__name__)


@lru_cache(maxsize=4096)
def _tenant_filter(tenant_id: int) -> Any:
    """One for each tenant, never changed: making it costs more than laying it."""
    return with_loader_criteria(TenantScoped, lambda row: row.tenant_id == tenant_id, include_aliases=True)


@event.listens_for(RoutedSession, "before_flush")
def _guard_flush(session: OrmSession, context: UOWTransaction, instances: Any) -> None:
    unit = _unit.get()
    if unit is None or unit.mode is Mode.READ:
        raise WriteInReadSession(f"{list(session.new)} {list(session.dirty)}")
    for row in session.deleted:
        if not row.may_be_deleted:
            raise RecordMayNotBeDeleted(type(row).__name__)
    for row in (*session.new, *session.dirty, *session.deleted):
        if _is_control(type(row), None) != unit.writes_control:
            raise WriteInReadSession(f"{type(row).__name__} is in the other database")
        if isinstance(row, TenantScoped) and not unit.all_tenants:
            _stamp(row, unit, is_new=row in session.new)


def _stamp(row: Any, unit: Unit, *, is_new: bool) -> None:
    if row.tenant_id is None and is_new:
        if unit.tenant_id is None:
            raise TenantMissing(type(row).__name__)
        row.tenant_id = unit.tenant_id
    elif row.tenant_id != unit.tenant_id:
        raise ForeignTenantRow(type(row).__name__)
