"""The two databases of a test: a template is built once, every test starts from a copy."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine, MetaData, create_engine, make_url, text
from support.postgres import APPLICATION, OWNER, Cluster

from app.db import isolation

NAMES = ("control", "p1")


class Databases(Protocol):
    """Where an application under test keeps its rows."""

    kind: str

    def url(self, name: str) -> str: ...

    def owner_url(self, name: str) -> str: ...

    def add_empty(self, name: str) -> None: ...

    def keep_as_template(self) -> None: ...

    def renew(self, engines: dict[str, Engine]) -> None: ...

    def close(self) -> None: ...


class SqliteFiles:
    """Files in a folder of their own."""

    kind = "sqlite"

    def __init__(self) -> None:
        self.folder = Path(
            tempfile.mkdtemp(prefix="his-sqlite-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        )

    def url(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.db"

    def owner_url(self, name: str) -> str:
        return self.url(name)

    def add_empty(self, name: str) -> None:
        for ending in ("", "-wal", "-shm"):
            (self.folder / f"{name}.db{ending}").unlink(missing_ok=True)

    def keep_as_template(self) -> None:
        for name in NAMES:
            shutil.copy(self.folder / f"{name}.db", self.folder / f"{name}.template")

    def renew(self, engines: dict[str, Engine]) -> None:
        for engine in engines.values():
            engine.dispose()
        for name in NAMES:
            for leftover in ("-wal", "-shm"):
                (self.folder / f"{name}.db{leftover}").unlink(missing_ok=True)
            shutil.copy(self.folder / f"{name}.template", self.folder / f"{name}.db")

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresDatabases:
    """Databases of the suite's own cluster; the product works there as a plain role, as in an installation."""

    kind = "postgresql"

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.cluster.add_roles()
        for name in NAMES:
            self.cluster.add_database(name)

    def url(self, name: str) -> str:
        return self.cluster.url(name, APPLICATION)

    def owner_url(self, name: str) -> str:
        return self.cluster.url(name, OWNER)

    def add_empty(self, name: str) -> None:
        self.cluster.say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.cluster.add_database(name)

    def keep_as_template(self) -> None:
        for name in NAMES:
            self.cluster.say(f"ALTER DATABASE {name} RENAME TO {name}_template")

    def renew(self, engines: dict[str, Engine]) -> None:
        for engine in engines.values():
            engine.dispose()
        for name in NAMES:
            self.cluster.say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self.cluster.say(
                f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {name}_template STRATEGY FILE_COPY"
            )

    def close(self) -> None:
        self.cluster.stop()


class SqlServerDatabases:
    """Databases on the server of TEST_MSSQL_URL, with the login of that address.

    Written without a server at hand (``docs/engines.md``). A template is the rows themselves: a copy of a database
    would need the server's own disk.
    """

    kind = "mssql"

    def __init__(self) -> None:
        address = os.environ.get("TEST_MSSQL_URL")
        if not address:
            raise RuntimeError(
                "--engines mssql wants TEST_MSSQL_URL, the address of a server's database master"
            )
        self._server = make_url(address)
        self._prefix = f"his_test_{os.getpid()}_"
        self._names: set[str] = set()
        self._rows: dict[str, list[tuple[Any, list[dict[str, Any]]]]] = {}
        for name in NAMES:
            self.add_empty(name)

    def url(self, name: str) -> str:
        address = self._server.set(database=self._prefix + name)
        return address.render_as_string(hide_password=False)

    def owner_url(self, name: str) -> str:
        return self.url(name)

    def add_empty(self, name: str) -> None:
        self._drop(name)
        self._say(f"CREATE DATABASE {self._prefix}{name}")
        self._say(f"ALTER DATABASE {self._prefix}{name} SET READ_COMMITTED_SNAPSHOT ON")
        self._names.add(name)

    def keep_as_template(self) -> None:
        for name in NAMES:
            engine = create_engine(self.url(name))
            tables = MetaData()
            with engine.begin() as connection:
                isolation.see_everybody(connection)
                tables.reflect(connection)
                self._rows[name] = [
                    (table, [dict(row) for row in connection.execute(table.select()).mappings()])
                    for table in tables.sorted_tables
                ]
            engine.dispose()

    def renew(self, engines: dict[str, Engine]) -> None:
        for engine in engines.values():
            engine.dispose()
        for name in NAMES:
            engine = create_engine(self.url(name))
            with engine.begin() as connection:
                isolation.see_everybody(connection)
                for table, _ in reversed(self._rows[name]):
                    connection.execute(table.delete())
                for table, rows in self._rows[name]:
                    if rows:
                        connection.execute(table.insert(), rows)
            engine.dispose()

    def close(self) -> None:
        for name in list(self._names):
            self._drop(name)

    def _drop(self, name: str) -> None:
        whole = self._prefix + name
        self._say(
            f"IF DB_ID('{whole}') IS NOT NULL ALTER DATABASE {whole} SET SINGLE_USER WITH ROLLBACK IMMEDIATE"
        )
        self._say(f"IF DB_ID('{whole}') IS NOT NULL DROP DATABASE {whole}")
        self._names.discard(name)

    def _say(self, statement: str) -> None:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


KINDS: dict[str, Any] = {
    "sqlite": SqliteFiles,
    "postgresql": PostgresDatabases,
    "mssql": SqlServerDatabases,
}
