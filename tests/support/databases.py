"""The two databases of a test: a template is built once, every test starts from a copy."""

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine
from support.postgres import APPLICATION, OWNER, Cluster

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
