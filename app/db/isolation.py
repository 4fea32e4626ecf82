"""The database keeps the centres apart by itself, whatever the code above it forgets.

Every table of a partition with a ``tenant_id`` carries a policy that compares it with the connection's setting
``his.tenant``. The setting is said with the BEGIN of a writing unit, where it costs no round trip, and at
check-out of a reading connection that last served another centre.
"""

from collections.abc import Iterable
from typing import Any, cast

import structlog
from sqlalchemy import Connection, Engine, MetaData, Table, event, text
from sqlalchemy.exc import DisconnectionError

from app.config import ConfigurationError
from app.db import epochs
from app.db.units import Unit, current_unit

NOBODY, EVERYBODY = "", "all"
_NOTE = "his_tenant"  # what a pooled connection was told last
TRAILS = ("kernel_audit", "control_audit")
SEALING = (
    "sealed_no",
    "previous_hash",
    "row_hash",
)  # all that is written to a row of the trail after its birth
_DONE, _ROWS = 1, 2  # libpq's PGRES_COMMAND_OK and PGRES_TUPLES_OK
log = structlog.get_logger()

# The two look-ups are subqueries so that a statement asks once and not for every row.
_ASKED = "current_setting('his.tenant', true)"
_HOLDS = (
    f"tenant_id = (SELECT nullif(nullif({_ASKED}, ''), '{EVERYBODY}')::bigint)"
    f" OR (SELECT {_ASKED} = '{EVERYBODY}')"
)
_POSTGRES = (
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY own_tenant ON {{table}} USING ({_HOLDS}) WITH CHECK ({_HOLDS})",
)
_POSTGRES_OFF = (
    "DROP POLICY own_tenant ON {table}",
    "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
)
_MSSQL_ONCE = (
    "CREATE FUNCTION dbo.his_own_tenant (@tenant_id BIGINT) RETURNS TABLE WITH SCHEMABINDING AS RETURN "
    "SELECT 1 AS holds WHERE @tenant_id = TRY_CAST(SESSION_CONTEXT(N'his_tenant') AS BIGINT) "
    f"OR CAST(SESSION_CONTEXT(N'his_tenant') AS NVARCHAR(20)) = N'{EVERYBODY}'"
)
_MSSQL = (
    "CREATE SECURITY POLICY dbo.own_tenant_{table} "
    "ADD FILTER PREDICATE dbo.his_own_tenant(tenant_id) ON dbo.{table}, "
    "ADD BLOCK PREDICATE dbo.his_own_tenant(tenant_id) ON dbo.{table} WITH (STATE = ON)",
)
_MSSQL_OFF = ("DROP SECURITY POLICY dbo.own_tenant_{table}",)
_ON = {"postgresql": _POSTGRES, "mssql": _MSSQL}
_OFF = {"postgresql": _POSTGRES_OFF, "mssql": _MSSQL_OFF}


# Policies


def guarded(metadata: MetaData) -> list[str]:
    """Names of the tables whose rows belong to a centre."""
    return [table.name for table in metadata.sorted_tables if "tenant_id" in table.columns]


def policy_statements(dialect: str, tables: Iterable[str]) -> list[str]:
    """What gives these tables their policy; nothing on SQLite, which has none."""
    return [line.format(table=table) for table in tables for line in _ON.get(dialect, ())]


def unpolicy_statements(dialect: str, tables: Iterable[str]) -> list[str]:
    """What takes the policy away again."""
    return [line.format(table=table) for table in tables for line in _OFF.get(dialect, ())]


def add_predicate(operations: Any) -> None:
    """For migrations: what SQL Server needs once, before its first policy."""
    if operations.get_context().dialect.name == "mssql":
        operations.execute(_MSSQL_ONCE)


def drop_predicate(operations: Any) -> None:
    """The reverse of ``add_predicate``."""
    if operations.get_context().dialect.name == "mssql":
        operations.execute("DROP FUNCTION dbo.his_own_tenant")


def add_policies(operations: Any, *tables: str) -> None:
    """For migrations: ``add_policies(op, "clinic_referral")`` after the table was made."""
    for statement in policy_statements(operations.get_context().dialect.name, tables):
        operations.execute(statement)


def drop_policies(operations: Any, *tables: str) -> None:
    """For the way down; on SQL Server a table cannot be dropped before its policy."""
    for statement in unpolicy_statements(operations.get_context().dialect.name, tables):
        operations.execute(statement)


def build_tables(connection: Connection, metadata: MetaData, tables: list[Table] | None = None) -> None:
    """Make the tables of the models with their policies, without the history (tests, pictures)."""
    chosen = metadata.sorted_tables if tables is None else tables
    metadata.create_all(connection, tables=chosen)
    if metadata.info.get("bind_key"):
        return
    names = [table.name for table in chosen if "tenant_id" in table.columns]
    if connection.dialect.name == "mssql":
        connection.execute(text(_MSSQL_ONCE))
    for statement in policy_statements(connection.dialect.name, names):
        connection.execute(text(statement))


# The setting


def wanted(unit: Unit | None) -> str:
    """Whose rows a unit may see: a centre's, everybody's for kernel work, nobody's outside any unit."""
    if unit is None:
        return NOBODY
    if unit.all_tenants:
        return EVERYBODY
    return NOBODY if unit.tenant_id is None else str(int(unit.tenant_id))


def tell_tenant(engine: Engine, *, read_only: bool) -> None:
    """From now on every connection of this partition's engine knows whom it works for."""
    if engine.dialect.name == "mssql":
        event.listen(engine, "checkout", _tell_mssql)
        if not read_only:
            event.listen(engine, "begin", _ask_mssql)
    elif engine.dialect.name == "postgresql" and read_only:
        event.listen(engine, "checkout", _tell_reading_postgres)
    elif engine.dialect.name == "postgresql":
        # not the event "begin": one listener makes SQLAlchemy prepare its events for every statement
        engine.dialect.do_begin = _begin_writing_postgres  # type: ignore[method-assign, assignment]
    elif not read_only:
        event.listen(engine, "begin", _ask_sqlite)


def _begin_writing_postgres(line: Any) -> None:
    """BEGIN, the setting and the centre's epoch in one message; the driver sees that a transaction runs."""
    unit = current_unit()
    setting = f"SET LOCAL his.tenant = '{wanted(unit)}'"
    question = epochs.question_of(unit, "postgresql") if unit is not None else ""
    patience = epochs.Patience()
    while True:
        answer = line.pgconn.exec_(f"BEGIN; {setting}; {question}".encode())
        if answer.status not in {
            _DONE,
            _ROWS,
        }:  # said again through the driver, which fails as everybody knows
            line.rollback()
            line.execute(setting)
            return
        if unit is None or not answer.ntuples:
            return
        if epochs.is_open(unit, [answer.get_value(0, column) for column in range(3)]):
            return
        line.pgconn.exec_(b"ROLLBACK")
        patience.wait(unit)


def _ask_sqlite(connection: Connection) -> None:
    """After BEGIN IMMEDIATE nobody else writes; a centre that is frozen is waited for outside of it."""
    unit = current_unit()
    question = epochs.question_of(unit, "sqlite") if unit is not None else ""
    if unit is None or not question:
        return
    line = cast(
        Any, connection.connection.dbapi_connection
    )  # not through SQLAlchemy: this is no statement of a unit's
    patience = epochs.Patience()
    while not epochs.is_open(unit, line.execute(question).fetchone()):
        line.execute("ROLLBACK")
        patience.wait(unit)
        line.execute("BEGIN IMMEDIATE")


def _ask_mssql(connection: Connection) -> None:
    unit = current_unit()
    question = epochs.question_of(unit, "mssql") if unit is not None else ""
    if unit is None or not question:
        return
    patience = epochs.Patience()
    while not epochs.is_open(unit, connection.exec_driver_sql(question).first()):
        connection.exec_driver_sql("ROLLBACK; BEGIN TRANSACTION")
        patience.wait(unit)


def _tell_reading_postgres(line: Any, record: Any, proxy: Any) -> None:
    tenant = wanted(current_unit())
    if record.info.get(_NOTE, NOBODY) == tenant:
        return
    record.info.pop(_NOTE, None)
    if line.pgconn.exec_(f"SET his.tenant = '{tenant}'".encode()).status != _DONE:
        raise DisconnectionError(line.pgconn.error_message)  # the pool takes another connection
    record.info[_NOTE] = tenant


def _tell_mssql(line: Any, record: Any, proxy: Any) -> None:
    tenant = wanted(current_unit())
    if record.info.get(_NOTE, NOBODY) == tenant:
        return
    record.info.pop(_NOTE, None)
    cursor = line.cursor()
    try:
        cursor.execute(f"EXEC sp_set_session_context @key=N'his_tenant', @value=N'{tenant}', @read_only=0")
    except Exception as failure:
        raise DisconnectionError(str(failure)) from failure
    finally:
        cursor.close()
    record.info[_NOTE] = tenant


def see_everybody(connection: Connection) -> None:
    """A migration moves every centre's rows; FORCE binds even the owner of the tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT set_config('his.tenant', '{EVERYBODY}', true)"))
    elif connection.dialect.name == "mssql":
        connection.execute(
            text(f"EXEC sp_set_session_context @key=N'his_tenant', @value=N'{EVERYBODY}', @read_only=0")
        )


# The role

_POSTGRES_ROLE = """
SELECT CASE WHEN role.rolsuper THEN 'superuser' WHEN role.rolbypassrls THEN 'BYPASSRLS' ELSE 'CREATEROLE' END
FROM pg_roles AS role
WHERE (role.rolsuper OR role.rolbypassrls OR role.rolcreaterole) AND pg_has_role(session_user, role.oid, 'MEMBER')
UNION
SELECT 'owner of ' || min(held.relname)
FROM pg_class AS held JOIN pg_namespace AS place ON place.oid = held.relnamespace
WHERE held.relkind IN ('r', 'p', 'v', 'm') AND place.nspname = ANY (current_schemas(false))
AND pg_has_role(session_user, held.relowner, 'MEMBER')
HAVING count(*) > 0
"""
_MSSQL_ROLE = """
SELECT CASE WHEN IS_SRVROLEMEMBER('sysadmin') = 1 THEN 'sysadmin'
WHEN IS_MEMBER('db_owner') = 1 THEN 'db_owner'
WHEN HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'ALTER ANY SECURITY POLICY') = 1 THEN 'ALTER ANY SECURITY POLICY'
END
"""
_ROLE = {"postgresql": _POSTGRES_ROLE, "mssql": _MSSQL_ROLE}
_UNGUARDED = {
    "postgresql": """
SELECT held.relname
FROM pg_class AS held JOIN pg_attribute AS part ON part.attrelid = held.oid AND part.attname = 'tenant_id'
JOIN pg_namespace AS place ON place.oid = held.relnamespace
WHERE held.relkind IN ('r', 'p') AND place.nspname = ANY (current_schemas(false))
AND NOT (held.relrowsecurity AND held.relforcerowsecurity AND 1 = (
  SELECT count(*) FROM pg_policy WHERE pg_policy.polrelid = held.oid AND pg_policy.polname = 'own_tenant')
  AND 1 = (SELECT count(*) FROM pg_policy WHERE pg_policy.polrelid = held.oid))
UNION
SELECT held.relname FROM pg_class AS held JOIN pg_namespace AS place ON place.oid = held.relnamespace
WHERE place.nspname = ANY (current_schemas(false)) AND (held.relkind = 'm'
OR held.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (held.reloptions), false))
UNION
SELECT said.proname FROM pg_proc AS said JOIN pg_namespace AS place ON place.oid = said.pronamespace
WHERE place.nspname = ANY (current_schemas(false)) AND said.prosecdef
ORDER BY 1
""",
    "mssql": """
SELECT held.name FROM sys.tables AS held
JOIN sys.columns AS part ON part.object_id = held.object_id AND part.name = N'tenant_id'
WHERE 2 <> (SELECT COUNT(*) FROM sys.security_predicates AS said
JOIN sys.security_policies AS policy ON policy.object_id = said.object_id AND policy.is_enabled = 1
WHERE said.target_object_id = held.object_id)
ORDER BY held.name
""",
}


def ways_around(engine: Engine) -> list[str]:
    """Why the role of this address could pass the policies by; empty is good."""
    if engine.dialect.name not in _ROLE:
        return []
    with engine.connect() as connection:
        found = connection.execute(text(_ROLE[engine.dialect.name])).scalars()
        return [str(why) for why in found if why]


def unguarded(engine: Engine) -> list[str]:
    """What the policies do not hold: names of tables, views and functions; empty is good.

    A table with a ``tenant_id`` whose policy is missing, switched off or joined by another; on PostgreSQL also a
    view or a function that answers with its owner's rights.
    """
    if engine.dialect.name not in _UNGUARDED:
        return []
    with engine.connect() as connection:
        return [str(name) for name in connection.execute(text(_UNGUARDED[engine.dialect.name])).scalars()]


def insist_on_plain_role(engine: Engine) -> None:
    """Refuse every new connection whose role could pass the policies by (production)."""
    query = _ROLE.get(engine.dialect.name)
    if query is None:
        return

    @event.listens_for(engine, "connect")
    def _look(line: Any, record: Any) -> None:
        cursor = line.cursor()
        cursor.execute(query)
        why = [row[0] for row in cursor.fetchall() if row[0]]
        cursor.close()
        line.rollback()
        if why:
            raise ConfigurationError(_refusal(engine, why))


def _refusal(engine: Engine, why: list[str]) -> str:
    return (
        f"{engine.url.username or 'this role'} could pass row-level security by on {engine.url.database} "
        f"({', '.join(why)}). Give the application a plain role and name the owner in HIS_OWNER_URLS."
    )


def watch_roles(engines: dict[str, Engine], *, is_production: bool) -> None:
    """At start: production refuses a role that could pass the policies by, elsewhere it is said in the log.

    Raises:
        ConfigurationError: the role is an owner, a superuser or may bypass.
    """
    for name, engine in engines.items():
        if not name.startswith("control") and engine.dialect.name in _ROLE:
            _watch_role(name, engine, is_production=is_production)


def _watch_role(name: str, engine: Engine, *, is_production: bool) -> None:
    try:
        why = ways_around(engine)
    except ConfigurationError:
        raise
    except (
        Exception
    ) as failure:  # a database that is away is no reason to stop; new connections are looked at too
        log.warning("isolation.unknown", database=name, failure=type(failure).__name__)
        return
    if why and is_production:
        raise ConfigurationError(_refusal(engine, why))
    if why:
        log.warning("isolation.can_be_passed_by", database=name, why=why)


def grant_plain_role(connection: Connection, role: str) -> None:
    """After a migration by the owner: the application's role may read and write rows, and nothing else."""
    if connection.dialect.name != "postgresql":
        return
    name = connection.dialect.identifier_preparer.quote(role)
    rights = "SELECT, INSERT, UPDATE, DELETE"
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    connection.execute(text(f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {name}"))
    connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON schema_version FROM {name}"))
    keep_trail(connection, role)


def keep_trail(connection: Connection, role: str) -> None:
    """The application's role adds rows to the trail and reads them; it changes nothing but the seal, nor deletes."""
    if connection.dialect.name != "postgresql":
        return
    name = connection.dialect.identifier_preparer.quote(role)
    for table in TRAILS:
        if connection.scalar(text("SELECT to_regclass(:table)"), {"table": table}) is not None:
            connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {name}"))
            connection.execute(text(f"GRANT UPDATE ({', '.join(SEALING)}) ON {table} TO {name}"))
