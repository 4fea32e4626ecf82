"""A PostgreSQL cluster of the suite's own: Debian's binaries, reached through a socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

SUPERUSER, OWNER, APPLICATION = "his", "his_owner", "his_app"


def binary(name: str) -> str:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise RuntimeError("PostgreSQL is missing: run `make test`, which installs it")
    return found


class Cluster:
    """One running cluster: superuser ``his``, and the two roles of an installation.

    ``his_owner`` makes the tables, ``his_app`` may read and write their rows and is held by the policies.
    """

    def __init__(self, *, durable: bool = False, port: int = 0) -> None:
        self.port = (
            port or 5432
        )  # through a socket it is only part of its name; given, the server listens there too
        self.folder = Path(tempfile.mkdtemp(prefix="his-pg-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
            self._as_user = ["runuser", "-u", "postgres", "--"]
        self._run(
            "initdb",
            "-D",
            str(self.folder / "data"),
            "-U",
            "his",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        options = (
            f"-c listen_addresses='{'127.0.0.1' if port else ''}' -c port={self.port} "
            f"-c unix_socket_directories={self.folder} -c max_connections=200 -c shared_buffers=256MB"
        )
        if not durable:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-o",
            options,
            "-l",
            str(self.folder / "log"),
            "-w",
            "start",
        )

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user, binary(name), *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/"
        )

    def url(self, database: str, role: str = SUPERUSER) -> str:
        """The address of one database."""
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}"

    def say(self, statement: str, database: str = "postgres") -> None:
        """One statement of the superuser's, outside any transaction."""
        with psycopg.connect(
            f"host={self.folder} port={self.port} user={SUPERUSER} dbname={database}", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def add_roles(self) -> None:
        """The two roles of an installation."""
        for role in (OWNER, APPLICATION):
            self.say(f"CREATE ROLE {role} LOGIN")

    def add_database(self, name: str) -> None:
        """A database of the owner's whose rows the application may use."""
        self.say(f"CREATE DATABASE {name} OWNER {OWNER}")
        self.say(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION}",
            name,
        )

    def stop(self) -> None:
        """Stop the cluster and remove its files."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
