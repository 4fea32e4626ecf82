"""The database refuses by itself: with the session's own filter switched off, nothing of another centre is met."""

import re
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, func, insert, select, text, union_all, update
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import aliased, registry, relationship
from support.databases import Databases

from app import tenancy
from app.config import ConfigurationError, Settings
from app.db import Mode, TenantScoped, across_tenants, db, isolation, migrate, tenant_unit, units
from app.db.engines import make_engine, make_engines
from app.db.failures import is_retryable
from app.db.statements import count_statements
from app.db.units import ForeignTenantRow, RoutedSession, SessionOfAnotherUnit, kernel_unit
from app.records import AuditRow, EventRow
from tenants.models import Department, Station

TABLE = Department.__table__
ROUTE = {"bind_arguments": {"mapper": Department}}


@pytest.fixture
def on_postgres(databases: Databases) -> None:
    if databases.kind != "postgresql":
        pytest.skip("SQLite has no row-level security; the session's filter stands alone there")


@pytest.fixture
def unfiltered(on_postgres: None) -> Iterator[None]:
    """The session without its tenant filter and guards: what is left is the database."""
    guards = (
        ("do_orm_execute", units._lay_tenant_filter),
        ("before_flush", units._guard_flush),
        ("before_attach", units._refuse_foreign_row),
    )
    for name, guard in guards:
        event.remove(RoutedSession, name, guard)
    connection = RoutedSession.connection
    del RoutedSession.connection
    bulk = {
        name: RoutedSession.__dict__[name]
        for name in ("bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings")
    }
    for name in bulk:
        delattr(RoutedSession, name)
    yield
    for name, guard in guards:
        event.listen(RoutedSession, name, guard)
    RoutedSession.connection = connection  # type: ignore[method-assign]
    for name, method in bulk.items():
        setattr(RoutedSession, name, method)


def _foreign(ours: dict[str, Any]) -> int:
    found: int = ours["departments"]["general"]
    return found


# The session refuses, on every engine

STATION = {"code": "N9", "name": "新", "kind": "clinic"}


def _by_key(foreign: int, rows: int = 1) -> list[dict[str, Any]]:
    return [{"id": foreign, "name": "x"}] * rows


HOLES: dict[str, Any] = {
    "an update of many rows by key": lambda it: db.session.execute(update(Department), _by_key(it, 2)),
    "an update of one row by key": lambda it: db.session.execute(update(Department), _by_key(it)),
    "an update that asks for the bulk way": lambda it: db.session.execute(
        update(Department), _by_key(it), execution_options={"dml_strategy": "bulk"}
    ),
    "the bulk method for updates": lambda it: db.session.bulk_update_mappings(
        Department.__mapper__, _by_key(it)
    ),
    "the bulk method for rows": lambda it: db.session.bulk_save_objects([Department(id=it, name="x")]),
    "the bulk method for inserts": lambda it: db.session.bulk_insert_mappings(Department.__mapper__, []),
    "an insert of models": lambda it: db.session.execute(insert(Department), [STATION]),
    "a table's rows": lambda it: db.session.execute(select(TABLE), **ROUTE),
    "an insert into a table": lambda it: db.session.execute(insert(TABLE).values(STATION), **ROUTE),
    "an update of a table": lambda it: db.session.execute(update(TABLE).values(name="x"), **ROUTE),
    "a delete from a table": lambda it: db.session.execute(delete(TABLE), **ROUTE),
    "raw text": lambda it: db.session.execute(text("SELECT id FROM tenants_department"), **ROUTE),
    "a bare connection": lambda it: db.session.connection(**ROUTE),
    "models read from a text": lambda it: db.session.scalars(
        select(Department).from_statement(text("SELECT * FROM tenants_department")), **ROUTE
    ),
}


@pytest.mark.parametrize("hole", HOLES)
@pytest.mark.control("ACC-05")
def test_the_session_refuses_what_escapes_its_filter(
    ours: dict[str, Any], theirs: dict[str, Any], hole: str
) -> None:
    with tenant_unit(theirs["tenant_id"], Mode.WRITE), pytest.raises(ForeignTenantRow):
        HOLES[hole](_foreign(ours))


def test_one_row_s_values_may_stand_beside_the_update(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """A single set of values is an ordinary update: it carries the filter."""
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        changed = db.session.execute(update(Department).where(Department.id == _foreign(ours)), {"name": "x"})
        assert changed.rowcount == 0  # type: ignore[attr-defined]


def test_a_session_serves_its_own_unit_only(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    with tenant_unit(theirs["tenant_id"]):
        outer = db.session()
        row = db.session.get_one(Department, theirs["departments"]["general"])
        with tenant_unit(ours["tenant_id"]):
            with pytest.raises(SessionOfAnotherUnit):
                outer.scalars(select(Department)).all()
            with pytest.raises(SessionOfAnotherUnit):
                outer.get(Department, _foreign(ours))
            with pytest.raises(SessionOfAnotherUnit):
                outer.refresh(row)


class _Desk(TenantScoped):
    """A department with its station as a relationship, which no model of a centre has today."""


_mappings = registry()
_mappings.map_imperatively(_Desk, TABLE, properties={"station": relationship(Station, viewonly=True)})


@pytest.fixture
def misled(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Any]:
    """Their department points at our station, and their unit has it in hand."""
    desk = theirs["departments"]["general"]
    with kernel_unit("p1"):
        db.session.execute(update(_Desk).where(_Desk.id == desk).values(station_id=ours["station_id"]))
        db.session.commit()
    with tenant_unit(theirs["tenant_id"]):
        yield db.session.get_one(_Desk, desk)


@pytest.mark.control("ACC-05")
def test_a_relationship_does_not_lead_to_a_foreign_row(misled: Any, ours: dict[str, Any]) -> None:
    assert misled.station_id == ours["station_id"]
    assert misled.station is None


def test_a_relationship_without_the_filter_does_not_lead_to_a_foreign_row(
    unfiltered: None, misled: Any, ours: dict[str, Any]
) -> None:
    assert misled.station_id == ours["station_id"]
    assert misled.station is None


# PostgreSQL refuses, with nothing in front of it

_Alias = aliased(Department)
_Part = select(TABLE.c.id).cte("part")
READS: dict[str, Any] = {
    "models": select(func.count(Department.id)),
    "a table": select(func.count()).select_from(TABLE),
    "an alias": select(func.count(_Alias.id)),
    "a subquery": select(func.count()).select_from(select(TABLE.c.id).subquery()),
    "a common table": select(func.count()).select_from(_Part),
    "a union": select(func.count()).select_from(union_all(select(TABLE.c.id)).subquery()),
    "a value in the list": select(select(func.count(TABLE.c.id)).scalar_subquery()),
    "a model joined to a table": select(func.count(func.distinct(Department.id))).select_from(
        Station.__table__.join(Department, Department.station_id == Station.__table__.c.id)
    ),
    "raw text": text("SELECT count(*) FROM tenants_department"),
    "text in a statement": select(text("count(*)")).select_from(text("tenants_department")),
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("shape", READS)
@pytest.mark.control("ACC-06")
def test_a_query_without_the_filter_meets_only_its_own_centre(
    unfiltered: None, theirs: dict[str, Any], shape: str, mode: Mode
) -> None:
    with tenant_unit(theirs["tenant_id"], mode):
        assert db.session.scalar(READS[shape], **ROUTE) == len(theirs["departments"])


def test_a_row_by_its_key_or_from_a_statement_is_not_met(
    unfiltered: None, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    with tenant_unit(theirs["tenant_id"]):
        assert db.session.get(Department, _foreign(ours)) is None
        found = select(Department).from_statement(text("SELECT * FROM tenants_department"))
        assert {row.tenant_id for row in db.session.scalars(found, **ROUTE)} == {theirs["tenant_id"]}
        raw = db.session.connection(**ROUTE).execute(select(TABLE.c.tenant_id)).scalars()
        assert set(raw) == {theirs["tenant_id"]}


WRITES: dict[str, Any] = {
    "models": lambda it: update(Department).values(name="x"),
    "a table": lambda it: update(TABLE).values(name="x"),
    "raw text": lambda it: text("UPDATE tenants_department SET name = 'x'"),
    "the row itself": lambda it: update(TABLE).where(TABLE.c.id == it).values(name="x"),
    "a delete": lambda it: delete(TABLE).where(TABLE.c.id == it),
}


@pytest.mark.parametrize("shape", WRITES)
@pytest.mark.control("ACC-06")
def test_a_change_without_the_filter_reaches_only_its_own_centre(
    unfiltered: None, ours: dict[str, Any], theirs: dict[str, Any], shape: str
) -> None:
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        changed = db.session.execute(WRITES[shape](_foreign(ours)), **ROUTE)
        aims_at_one = shape in {"the row itself", "a delete"}
        assert changed.rowcount == (0 if aims_at_one else len(theirs["departments"]))  # type: ignore[attr-defined]
        db.session.commit()
    with tenant_unit(ours["tenant_id"]):
        assert set(db.session.scalars(select(TABLE.c.name), **ROUTE)) & {"x"} == set()


def _bulk_by_key(it: int, ours: int, theirs: dict[str, Any]) -> Any:
    db.session.execute(update(Department), _by_key(it))


def _bulk_method(it: int, ours: int, theirs: dict[str, Any]) -> Any:
    db.session.bulk_update_mappings(Department.__mapper__, _by_key(it))


def _insert_of_a_foreign_row(it: int, ours: int, theirs: dict[str, Any]) -> Any:
    db.session.add(Department(tenant_id=ours, station_id=theirs["station_id"], **STATION))
    db.session.flush()


def _insert_of_models(it: int, ours: int, theirs: dict[str, Any]) -> Any:
    row = {"tenant_id": ours, "station_id": theirs["station_id"], **STATION}
    db.session.execute(insert(Department), [row])


def _own_row_given_away(it: int, ours: int, theirs: dict[str, Any]) -> Any:
    own = theirs["departments"]["general"]
    db.session.execute(update(TABLE).where(TABLE.c.id == own).values(tenant_id=ours), **ROUTE)


@pytest.mark.parametrize(
    "attempt",
    [_bulk_by_key, _bulk_method, _insert_of_a_foreign_row, _insert_of_models, _own_row_given_away],
)
@pytest.mark.control("ACC-05")
def test_a_foreign_row_can_be_neither_changed_nor_made(
    unfiltered: None, ours: dict[str, Any], theirs: dict[str, Any], attempt: Any
) -> None:
    """By key the row is not found (stale); a new or moved row breaks the policy's check."""
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        with pytest.raises(Exception, match=r"row-level security|expected to update 1 row") as refused:
            attempt(_foreign(ours), ours["tenant_id"], theirs)
        assert type(refused.value).__module__.startswith("sqlalchemy")


def test_a_bare_connection_cannot_change_a_foreign_row(
    unfiltered: None, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    with tenant_unit(theirs["tenant_id"], Mode.WRITE):
        line = db.session.connection(**ROUTE)
        aim = update(TABLE).where(TABLE.c.id == _foreign(ours)).values(name="x")
        assert line.execute(aim).rowcount == 0
        row = {"id": 1, "tenant_id": ours["tenant_id"], "station_id": theirs["station_id"], **STATION}
        with pytest.raises(DBAPIError, match="row-level security"):
            line.execute(insert(TABLE).values(**row, initials="", is_active=True))


def test_kernel_rows_that_no_filter_guards_are_apart_too(
    on_postgres: None, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    with across_tenants("p1"):
        kept = set(db.session.scalars(select(AuditRow.tenant_id)))
        assert {ours["tenant_id"], theirs["tenant_id"]} <= kept
    with tenant_unit(theirs["tenant_id"]):
        assert set(db.session.scalars(select(AuditRow.tenant_id))) == {theirs["tenant_id"]}
        assert set(db.session.scalars(select(EventRow.tenant_id))) <= {theirs["tenant_id"]}


@pytest.mark.control("ACC-07")
def test_outside_any_unit_nothing_is_seen(on_postgres: None, app: Flask, ours: dict[str, Any]) -> None:
    count = select(func.count()).select_from(TABLE)
    for key in ("p1", "p1.ro"):
        engine = app.extensions["his_engines"][key]
        with tenant_unit(ours["tenant_id"]), engine.connect() as connection:
            assert connection.scalar(count) == len(ours["departments"])
        with engine.connect() as connection:  # the same pooled connection, a moment later
            assert connection.scalar(count) == 0
        with kernel_unit("p1"), engine.connect() as connection:
            assert connection.scalar(count) > len(ours["departments"])


def _look(app: Flask, ids: tuple[int, int], number: int) -> list[set[int]]:
    """What one unit of one centre sees, once past the filter and once through it, and what it should."""
    tenant_id, mode = ids[number % 2], Mode.WRITE if number % 3 == 0 else Mode.READ
    with tenant_unit(tenant_id, mode):
        engine = app.extensions["his_engines"]["p1" if mode is Mode.WRITE else "p1.ro"]
        with engine.connect() as connection:
            bare = set(connection.scalars(select(TABLE.c.tenant_id)))
        if number % 7 == 0:
            db.session.rollback()
        return [bare, set(db.session.scalars(select(Department.tenant_id))), {tenant_id}]


@pytest.mark.control("ACC-07")
def test_many_units_on_few_connections_never_see_each_other(
    on_postgres: None, app: Flask, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """Units of two centres and of the kernel, reading and writing, from four threads."""
    ids = (ours["tenant_id"], theirs["tenant_id"])
    seen: list[list[set[int]]] = []

    def work(first: int) -> None:
        with app.app_context():
            for number in range(first, 1000, 4):
                seen.append(_look(app, ids, number))
                if number % 5 == 0:
                    with across_tenants("p1"):
                        seen.append([set(db.session.scalars(select(Department.tenant_id))), set(ids)])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1200
    assert [what for what in seen if any(part != what[-1] for part in what)] == []


@pytest.mark.control("ACC-07")
def test_a_rolled_back_transaction_begins_anew_with_its_tenant(
    on_postgres: None, ours: dict[str, Any]
) -> None:
    count = select(func.count(Department.id))
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        for end in (db.session.rollback, db.session.commit, db.session.rollback):
            assert db.session.scalar(count) == len(ours["departments"])
            end()
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            raise ZeroDivisionError
        assert db.session.scalar(count) == len(ours["departments"])


def test_a_cut_reading_connection_is_replaced_and_told_its_tenant(
    on_postgres: None, databases: Any, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """Told something new, the dead connection is noticed before anybody works on it."""
    count = select(func.count(Department.id))
    with tenant_unit(ours["tenant_id"]):
        assert db.session.scalar(count) == len(ours["departments"])
    _cut_all(databases)
    with tenant_unit(theirs["tenant_id"]):
        assert db.session.scalar(count) == len(theirs["departments"])


def test_a_cut_writing_connection_fails_in_the_way_that_is_tried_again(
    on_postgres: None, databases: Any, ours: dict[str, Any]
) -> None:
    count = select(func.count(Department.id))
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        assert db.session.scalar(count) == len(ours["departments"])
    _cut_all(databases)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        with pytest.raises(DBAPIError) as cut:
            db.session.scalar(count)
        assert is_retryable(cut.value)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        assert db.session.scalar(count) == len(ours["departments"])


def _cut_all(databases: Any) -> None:
    databases.cluster.say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'p1'")
    time.sleep(0.1)


# The policies and the roles


@pytest.mark.control("ACC-06")
def test_every_table_of_a_centre_has_its_policy(on_postgres: None, app: Flask, databases: Any) -> None:
    engine = app.extensions["his_engines"]["p1"]
    assert isolation.unguarded(engine) == []
    for damage, repair in (
        ("DROP POLICY own_tenant ON clinic_encounter", isolation.policy_statements("postgresql", ["{}"])[2]),
        ("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", "ALTER TABLE {} FORCE ROW LEVEL SECURITY"),
        ("ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "ALTER TABLE {} ENABLE ROW LEVEL SECURITY"),
        ("CREATE POLICY open_door ON {} USING (true)", "DROP POLICY open_door ON {}"),
    ):
        databases.cluster.say(damage.format("clinic_encounter"), "p1")
        assert isolation.unguarded(engine) == ["clinic_encounter"]
        databases.cluster.say(repair.replace("{}", "clinic_encounter"), "p1")
        assert isolation.unguarded(engine) == []


@pytest.mark.parametrize(
    ("made", "name"),
    [
        ("VIEW loose AS SELECT * FROM clinic_encounter", "loose"),
        ("MATERIALIZED VIEW loose AS SELECT * FROM clinic_encounter", "loose"),
        ("FUNCTION loose() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'", "loose"),
        ("VIEW tight WITH (security_invoker=true) AS SELECT * FROM clinic_encounter", ""),
        ("TABLE loose (id bigint, tenant_id bigint)", "loose"),
        ("TABLE tight (id bigint)", ""),
    ],
)
@pytest.mark.control("ACC-06")
def test_what_answers_with_its_owner_s_rights_is_named(
    on_postgres: None, app: Flask, databases: Any, made: str, name: str
) -> None:
    databases.cluster.say(f"CREATE {made}", "p1")
    assert isolation.unguarded(app.extensions["his_engines"]["p1"]) == ([name] if name else [])


@pytest.mark.control("ACC-06")
def test_the_check_names_a_table_without_its_policy(on_postgres: None, app: Flask, databases: Any) -> None:
    cli = app.test_cli_runner()
    assert "ok   tables of p1 without a policy: none" in cli.invoke(args=["check"]).output
    databases.cluster.say("DROP POLICY own_tenant ON clinic_encounter", "p1")
    answer = cli.invoke(args=["check"])
    assert "FAIL tables of p1 without a policy: none / clinic_encounter" in answer.output
    assert answer.exit_code != 0


@pytest.mark.control("ACC-06")
def test_a_role_that_could_pass_the_policies_by_is_named(
    on_postgres: None, app: Flask, databases: Any
) -> None:
    cluster = databases.cluster
    assert isolation.ways_around(app.extensions["his_engines"]["p1"]) == []
    for role, why in (("his", "superuser"), ("his_owner", "owner of")):
        engine = make_engine(cluster.url("p1", role), read_only=False)
        assert any(why in found for found in isolation.ways_around(engine)), role
        engine.dispose()
    for gift, back in (
        ("ALTER ROLE his_app BYPASSRLS", "ALTER ROLE his_app NOBYPASSRLS"),
        ("ALTER ROLE his_app CREATEROLE", "ALTER ROLE his_app NOCREATEROLE"),
        ("GRANT his_owner TO his_app", "REVOKE his_owner FROM his_app"),
    ):
        cluster.say(gift)
        try:
            assert isolation.ways_around(app.extensions["his_engines"]["p1"]) != []
        finally:
            cluster.say(back)


def _production(databases: Any, folder: Any, url: str) -> Settings:
    return Settings(
        environment="production",
        secret_key="a" * 40,
        index_key="b" * 40,
        data_folder=folder,
        control_url=databases.url("control"),
        partition_urls={"p1": url},
        embedded_workers=False,
    )


@pytest.mark.control("ACC-06")
def test_production_refuses_to_start_with_a_role_that_could_pass_by(
    on_postgres: None, app: Flask, databases: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    good = make_engines(_production(databases, tmp_path, databases.url("p1")))
    isolation.watch_roles(good, is_production=True)
    assert good["p1"].connect().scalar(select(1)) == 1
    for role in ("his", "his_owner"):
        bad = make_engines(_production(databases, tmp_path, databases.cluster.url("p1", role)))
        with pytest.raises(ConfigurationError, match="HIS_OWNER_URLS"):
            isolation.watch_roles(bad, is_production=True)
        for key in ("p1", "p1.ro"):  # a database that was away at start is refused at its first connection
            with pytest.raises(ConfigurationError, match="HIS_OWNER_URLS"):
                bad[key].connect()
    monkeypatch.setitem(app.extensions, "his_engines", bad)
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.json["databases"]["p1"]) == (503, "ConfigurationError")
    for engine in (*good.values(), *bad.values()):
        engine.dispose()


def test_elsewhere_such_a_role_is_only_named(on_postgres: None, databases: Any, app: Flask) -> None:
    engine = make_engine(databases.cluster.url("p1", "his"), read_only=False)
    isolation.watch_roles({"p1": engine}, is_production=False)
    engine.dispose()


@pytest.mark.control("ACC-06")
def test_the_application_s_role_cannot_touch_the_schema(on_postgres: None, app: Flask) -> None:
    for statement in (
        "DROP POLICY own_tenant ON clinic_encounter",
        "ALTER TABLE clinic_encounter DISABLE ROW LEVEL SECURITY",
        "TRUNCATE clinic_encounter",
        "SET ROLE his_owner",
        "SET SESSION AUTHORIZATION his",
    ):
        engine = app.extensions["his_engines"]["p1"]
        with kernel_unit("p1"), engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(statement))


def test_the_owner_migrates_and_lets_the_application_in(
    on_postgres: None, app: Flask, databases: Any, monkeypatch: Any, tmp_path: Any
) -> None:
    """Without default privileges too: the upgrade grants rows and keeps the history of the schema to itself."""
    databases.cluster.say("CREATE DATABASE fresh OWNER his_owner")
    settings = Settings(
        environment="test",
        data_folder=tmp_path,
        control_url=databases.url("control"),
        partition_urls={"p1": databases.url("fresh")},
        owner_urls={"p1": databases.owner_url("fresh")},
    )
    monkeypatch.setitem(app.extensions, "his_settings", settings)
    with migrate.owned() as owners:
        migrate.move("p1", owners["p1"], "head")
        migrate._let_in("p1", owners["p1"])
    engine = make_engine(databases.url("fresh"), read_only=False)
    assert isolation.ways_around(engine) == []
    assert isolation.unguarded(engine) == []
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM clinic_encounter")) == 0
        with pytest.raises(DBAPIError, match="permission denied"):
            connection.execute(text("DELETE FROM schema_version"))
    engine.dispose()
    databases.cluster.say("DROP DATABASE fresh WITH (FORCE)")


# What it costs


def test_the_setting_is_no_statement_of_its_own(
    on_postgres: None, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    directory = tenancy.directory()
    assert [directory.get(centre["tenant_id"]).partition for centre in (ours, theirs)] == ["p1", "p1"]
    with count_statements() as counted:
        for mode in Mode:
            for centre in (ours, theirs):
                with tenant_unit(centre["tenant_id"], mode):
                    db.session.scalar(select(func.count(Department.id)))
    assert counted.count == 4


class _Line:
    """A driver's connection, of either kind, that keeps what it is told."""

    def __init__(self, *, lives: bool = True) -> None:
        self.told: list[str] = []
        self._lives = lives
        self.pgconn = SimpleNamespace(exec_=self._answer, error_message="cut")

    def cursor(self) -> Any:
        return SimpleNamespace(execute=self._say, close=lambda: None)

    def _say(self, words: str) -> None:
        if not self._lives:
            raise OSError("cut")
        self.told.append(words)

    def _answer(self, words: bytes) -> Any:
        self.told.append(words.decode())
        return SimpleNamespace(status=1 if self._lives else 7)


TELLERS = [isolation._tell_mssql, isolation._tell_reading_postgres]


def _check_out(tell: Any, line: _Line, record: Any, unit: units.Unit | None) -> None:
    token = units._unit.set(unit)
    try:
        tell(line, record, None)
    finally:
        units._unit.reset(token)


@pytest.mark.one_engine
@pytest.mark.parametrize("tell", TELLERS)
@pytest.mark.control("ACC-07")
def test_a_pooled_connection_is_told_only_what_it_does_not_know(databases: Any, tell: Any) -> None:
    line, record = _Line(), SimpleNamespace(info={})
    _check_out(tell, line, record, None)
    assert line.told == []  # a fresh connection sees nobody
    a, b = units.Unit(Mode.READ, 7, "p1"), units.Unit(Mode.WRITE, 8, "p1")
    for unit in (a, a, b, b, units.Unit(Mode.WRITE, None, "p1", all_tenants=True), None, None):
        _check_out(tell, line, record, unit)
    assert [re.findall(r"'(\w*)'", words)[-1] for words in line.told] == ["7", "8", "all", ""]


@pytest.mark.one_engine
@pytest.mark.parametrize("tell", TELLERS)
@pytest.mark.control("ACC-07")
def test_a_connection_that_cannot_be_told_is_not_used(databases: Any, tell: Any) -> None:
    """It was told 7 and does not hear 8: nobody gets it, and what it knows is forgotten."""
    record = SimpleNamespace(info={})
    _check_out(tell, _Line(), record, units.Unit(Mode.READ, 7, "p1"))
    with pytest.raises(DisconnectionError):
        _check_out(tell, _Line(lives=False), record, units.Unit(Mode.READ, 8, "p1"))
    assert record.info == {}


@pytest.mark.one_engine
def test_only_whole_numbers_and_two_words_are_ever_told(databases: Any) -> None:
    assert isolation.wanted(units.Unit(Mode.READ, 7, "p1")) == "7"
    assert isolation.wanted(units.Unit(Mode.READ, None, "p1")) == ""
    with pytest.raises(ValueError, match="invalid literal"):
        isolation.wanted(units.Unit(Mode.READ, "7'; DROP", "p1"))  # type: ignore[arg-type]


def test_the_owners_addresses_come_from_the_environment(monkeypatch: Any, tmp_path: Any) -> None:
    monkeypatch.setenv("HIS_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("HIS_OWNER_URLS", "p1=postgresql+psycopg://his_owner@db/p1")
    assert Settings.from_environment().owner_urls == {"p1": "postgresql+psycopg://his_owner@db/p1"}
    monkeypatch.setenv("HIS_OWNER_URLS", "p9=postgresql+psycopg://his_owner@db/p9")
    with pytest.raises(ConfigurationError, match="p9"):
        Settings.from_environment()
