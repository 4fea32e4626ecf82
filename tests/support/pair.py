"""A primary and a hot standby of the suite's own, with what befalls them: lag, a cut line, kill -9, promotion."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from support.postgres import APPLICATION, OWNER, SUPERUSER, binary

from app.db.retrying import routes

SOCKET = ".s.PGSQL.5432"
SETTINGS = """
listen_addresses = ''
max_connections = 150
shared_buffers = '64MB'
fsync = off
wal_log_hints = on
wal_keep_size = '256MB'
hot_standby_feedback = on
wal_receiver_timeout = '3s'
wal_retrieve_retry_interval = '200ms'
"""


class Relay:
    """A line between the two that can be cut without either side noticing at once (what is sent is swallowed)."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.folder, self.target = folder, target
        self.is_cut = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / SOCKET))
        os.chmod(folder / SOCKET, 0o777)
        self._listener.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return  # closed
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self.target / SOCKET))
            except OSError:  # nobody there: the caller tries again
                far.close()
                line.close()
                continue
            self._open += [line, far]
            for source, sink in ((line, far), (far, line)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self.is_cut:
                    sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def turn_to(self, target: Path) -> None:
        """From now on lines lead to this server; the old ones end."""
        self.target, self.is_cut = target, False
        self.hang_up()

    def hang_up(self) -> None:
        """End every line that is open."""
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.hang_up()


class Pair:
    """Two servers, ``a`` and ``b``; the first primary is ``a``. Replication goes through ``relay``."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="his-pair-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._as_user = ["runuser", "-u", "postgres", "--"]
        for name in ("a", "b", "relay"):
            (self.folder / name).mkdir(mode=0o755)
            if self._as_user:
                shutil.chown(self.folder / name, "postgres", "postgres")
        self.primary, self.standby = "a", "b"
        self._run(
            "initdb",
            "-D",
            self._data("a"),
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        with open(f"{self._data('a')}/postgresql.conf", "a") as settings:
            settings.write(SETTINGS)
        self.start("a")
        self.relay = Relay(self.folder / "relay", self.folder / "a")
        for role in (OWNER, APPLICATION):
            self.say(f"CREATE ROLE {role} LOGIN")
        for name in ("control", "p1"):
            self.say(f"CREATE DATABASE {name} OWNER {OWNER}")
            rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES"
            self.say(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} {rights} TO {APPLICATION}", name)
        self._run("pg_basebackup", "-d", self._line("a"), "-D", self._data("b"), "-X", "stream", "-c", "fast")
        self._follow("b")
        self.start("b")
        self.wait_until_level()

    # Addresses

    def url(self, name: str, role: str = APPLICATION) -> str:
        """The primary, wherever it is."""
        hosts = "&".join(f"host={self.folder / one}" for one in "ab")
        return f"postgresql+psycopg://{role}@/{name}?{hosts}&target_session_attrs=read-write&load_balance_hosts=random"

    def copies(self, name: str) -> tuple[str, ...]:
        """Both servers as copies for reading; the guard leaves out the one that is the primary."""
        return tuple(f"postgresql+psycopg://{APPLICATION}@/{name}?host={self.folder / one}" for one in "ab")

    def say(self, statement: str, database: str = "postgres", *, on: str = "") -> list[tuple[object, ...]]:
        """One statement of the superuser's, on the primary unless said otherwise."""
        host = self.folder / (on or self.primary)
        with psycopg.connect(f"host={host} user={SUPERUSER} dbname={database}", autocommit=True) as line:
            answer = line.execute(statement.encode())
            return answer.fetchall() if answer.description else []

    # What befalls them

    def pause(self) -> None:
        """The standby receives and shows nothing new."""
        self.say("SELECT pg_wal_replay_pause()", on=self.standby)

    def resume(self) -> None:
        """The standby catches up."""
        self.say("SELECT pg_wal_replay_resume()", on=self.standby)

    def insist(self, *, on_standby: bool) -> None:
        """Whether a commit waits until the standby has it."""
        self.say(f"ALTER SYSTEM SET synchronous_standby_names = '{'*' if on_standby else ''}'")
        self.say("SELECT pg_reload_conf()")

    def cut(self) -> None:
        """The line between the two swallows everything."""
        self.relay.is_cut = True

    def kill_primary(self) -> None:
        """Signal 9 to the whole tree: nobody says goodbye."""
        root = int(Path(f"{self._data(self.primary)}/postmaster.pid").read_text().split()[0])
        listed = subprocess.run(
            ["ps", "--ppid", str(root), "-o", "pid="], capture_output=True, text=True, check=False
        )
        everybody = [root, *map(int, listed.stdout.split())]
        for process in everybody:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(Path(f"/proc/{process}").exists() for process in everybody):
            time.sleep(0.01)
        for leftover in (SOCKET, f"{SOCKET}.lock"):
            (self.folder / self.primary / leftover).unlink(missing_ok=True)
        Path(f"{self._data(self.primary)}/postmaster.pid").unlink(missing_ok=True)
        self.relay.hang_up()

    def promote(self) -> None:
        """The standby becomes the primary; commits do not wait for the other one, which is gone."""
        self.primary, self.standby = self.standby, self.primary
        self._run("pg_ctl", "-D", self._data(self.primary), "-w", "promote")

    def rejoin(self) -> None:
        """The old primary throws its own history away and follows the new one."""
        self.relay.turn_to(self.folder / self.primary)
        self.say("CHECKPOINT")
        self._run(
            "pg_rewind",
            "-D",
            self._data(self.standby),
            f"--source-server={self._line(self.primary)} dbname=postgres",
        )
        self._follow(self.standby)
        self.start(self.standby)
        self.wait_until_level()

    def start(self, name: str) -> None:
        """Start a server as it is, without asking what became of the other one."""
        options = f"-c unix_socket_directories={self.folder / name}"
        log = str(self.folder / f"{name}.log")
        self._run("pg_ctl", "-D", self._data(name), "-o", options, "-l", log, "-w", "start")

    def stop(self, name: str) -> None:
        """Stop a server at once."""
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self._data(name), "-m", "immediate", "stop")

    def wait_until_level(self) -> None:
        """Until the standby shows everything the primary has written."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with suppress(psycopg.Error):
                written = self.say("SELECT pg_current_wal_lsn()::text")[0][0]
                asked = f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"
                if self.say(asked, on=self.standby)[0][0]:
                    return
            time.sleep(0.05)
        raise RuntimeError(
            "the standby never caught up: " + (self.folder / f"{self.standby}.log").read_text()[-2000:]
        )

    def close(self) -> None:
        """Stop both and remove their files."""
        for name in ("b", "a"):
            self.stop(name)
        self.relay.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _follow(self, name: str) -> None:
        """This server is a standby from its next start on."""
        data = Path(self._data(name))
        (data / "postgresql.auto.conf").write_text(
            f"primary_conninfo = '{self._line('relay')} application_name={name}'\n"
        )
        (data / "standby.signal").touch()
        if self._as_user:
            for own in ("postgresql.auto.conf", "standby.signal"):
                shutil.chown(data / own, "postgres", "postgres")

    def _line(self, name: str) -> str:
        return f"host={self.folder / name} user={SUPERUSER}"

    def _data(self, name: str) -> str:
        return str(self.folder / f"data_{name}")

    def _run(self, name: str, *arguments: str) -> None:
        made = subprocess.run(
            [*self._as_user, binary(name), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        if made.returncode:
            raise subprocess.CalledProcessError(made.returncode, name, stderr=made.stderr)


def look(times: int = 1) -> None:
    """Probe every copy of the application's partitions so often."""
    for _ in range(times):
        for replicas in routes().replicas.values():
            for replica in replicas:
                routes().probe(replica)
