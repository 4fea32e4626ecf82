"""What a server says of itself, for ``flask doctor``: its clock, its version, who confirms its commits."""

from datetime import UTC, datetime

from sqlalchemy import Connection, text

_CLOCK = {
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
    "mssql": "SELECT DATEDIFF_BIG(MICROSECOND, '1970-01-01', SYSUTCDATETIME()) / 1000000.0",
}
_CONFIRMED = {
    "postgresql": "SELECT current_setting('synchronous_standby_names') <> '' "
    "AND current_setting('synchronous_commit') NOT IN ('off', 'local')",
    "mssql": "SELECT CASE WHEN EXISTS (SELECT 1 FROM sys.availability_groups "
    "WHERE required_synchronized_secondaries_to_commit > 0) THEN 1 ELSE 0 END",
}
_EPOCH = "SELECT COALESCE(MAX(epoch), 0) FROM {table}"


def clock_of(connection: Connection) -> datetime | None:
    """The server's own time; None where the database is a file of this machine."""
    asked = _CLOCK.get(connection.dialect.name)
    if asked is None:
        return None
    return datetime.fromtimestamp(float(connection.scalar(text(asked)) or 0), UTC)


def confirms_commits(connection: Connection) -> bool | None:
    """Whether a commit waits until another server has it; None where there is no other server."""
    asked = _CONFIRMED.get(connection.dialect.name)
    return None if asked is None else bool(connection.scalar(text(asked)))


def epoch_of(connection: Connection, *, is_control: bool) -> int:
    """The promotion that this server knows of."""
    table = "control_cluster" if is_control else "kernel_cluster"
    return int(connection.scalar(text(_EPOCH.format(table=table))) or 0)


def version_of(connection: Connection) -> tuple[int, ...]:
    """The server's version."""
    return tuple(int(part) for part in connection.dialect.server_version_info or ())
