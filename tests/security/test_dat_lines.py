"""The line to a database: encrypted, and only to the server that a certificate of ours names (DAT-01)."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from support.postgres import Cluster

from app.config import ROOT
from app.db.engines import make_engine

pytestmark = pytest.mark.one_engine
PLANTED = "王秀英990000198506152462"


class Line:
    """A server with certificates, and a place in the middle that keeps what passes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.passed = folder, bytearray()
        self.port, self._turn = _free_port(), 0
        self.cluster = Cluster(port=self.port)
        self._make("ours", "server=localhost", "other=elsewhere.example")
        self._make("foreign", "server=localhost")

    def _make(self, authority: str, *names: str) -> None:
        script = ROOT / "deploy" / "tls" / "make_certificates.sh"
        subprocess.run(["bash", str(script), str(self.folder / authority), *names], check=True)

    def serve(
        self, authority: str = "ours", name: str = "server", *, tls: bool = True, **settings: str
    ) -> None:
        """From now on the server shows this certificate."""
        self._turn += 1
        stem = self.cluster.folder / f"line{self._turn}"
        for ending in ("pem", "key"):
            target = stem.with_suffix(f".{ending}")
            shutil.copy(self.folder / authority / f"{name}.{ending}", target)
            shutil.chown(target, self.cluster.folder.owner(), self.cluster.folder.group())
            target.chmod(0o600)
        known = {
            "ssl": "on" if tls else "off",
            "ssl_cert_file": str(stem.with_suffix(".pem")),
            "ssl_key_file": str(stem.with_suffix(".key")),
            **settings,
        }
        for setting, value in known.items():
            self.cluster.say(f"ALTER SYSTEM SET {setting} = '{value}'")
        self.cluster.say("SELECT pg_reload_conf()")
        while self._shown() != known["ssl_cert_file"]:  # the server reads its settings when it comes to it
            time.sleep(0.02)

    def _shown(self) -> str:
        through_socket = f"host={self.cluster.folder} port={self.port} user=his dbname=postgres"
        with psycopg.connect(through_socket) as connection:
            return str(connection.execute("SHOW ssl_cert_file").fetchone()[0])

    def expire(self) -> None:
        """A certificate of our authority whose day is over."""
        folder = self.folder / "ours"
        subprocess.run(
            [
                *("openssl", "req", "-new", "-key", "server.key", "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=DNS:localhost", "-out", "old.csr"),
            ],
            cwd=folder,
            check=True,
        )
        subprocess.run(
            [
                *("openssl", "x509", "-req", "-in", "old.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
                *("-CAcreateserial", "-copy_extensions", "copy", "-days", "-1", "-out", "old.pem"),
            ],
            cwd=folder,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        shutil.copy(folder / "server.key", folder / "old.key")

    @contextmanager
    def tapped(self) -> Iterator[int]:
        """The port of a go-between; ``passed`` fills with the bytes of both ways."""
        self.passed.clear()
        door = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._pass, args=(door,), daemon=True).start()
        try:
            yield door.getsockname()[1]
        finally:
            door.close()

    def _pass(self, door: socket.socket) -> None:
        try:
            while True:
                caller, _ = door.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
                for one, other in ((caller, server), (server, caller)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()
        except OSError:
            return  # the door was closed

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                self.passed += content
                target.sendall(content)
        except OSError:
            return
        target.close()

    def ask(self, *, mode: str = "verify-full", port: int = 0) -> str:
        """What the product's own engine gets over the line."""
        url = f"postgresql+psycopg://his@localhost:{port or self.port}/postgres?sslmode={mode}"
        engine = make_engine(f"{url}&sslrootcert={self.folder}/ours/ca.pem&connect_timeout=5", read_only=True)
        try:
            with engine.connect() as connection:
                return str(
                    connection.execute(text("SELECT CAST(:planted AS text)"), {"planted": PLANTED}).scalar()
                )
        finally:
            engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    made = Line(tmp_path_factory.mktemp("line"))
    yield made
    made.cluster.stop()


def test_dat_01_nothing_readable_passes_over_the_line(line: Line) -> None:
    line.serve()
    with line.tapped() as port:
        assert line.ask(port=port) == PLANTED
        assert len(line.passed) > 500
        assert PLANTED.encode() not in line.passed
    with line.tapped() as port:  # the same tap sees it where nobody encrypts
        assert line.ask(mode="disable", port=port) == PLANTED
        assert PLANTED.encode() in line.passed


def test_dat_01_a_certificate_of_another_authority_is_refused(line: Line) -> None:
    line.serve("foreign")
    with pytest.raises(OperationalError, match="certificate verify failed"):
        line.ask()


def test_dat_01_a_certificate_for_another_name_is_refused(line: Line) -> None:
    line.serve("ours", "other")
    with pytest.raises(OperationalError, match="does not match host name"):
        line.ask()


def test_dat_01_a_certificate_whose_day_is_over_is_refused(line: Line) -> None:
    line.expire()
    line.serve("ours", "old")
    with pytest.raises(OperationalError, match=r"certificate verify failed|expired"):
        line.ask()


def test_dat_01_a_server_without_encryption_is_refused(line: Line) -> None:
    line.serve(tls=False)
    with pytest.raises(OperationalError, match="does not support SSL"):
        line.ask()


def test_dat_01_an_old_protocol_is_refused(line: Line) -> None:
    line.serve(ssl_min_protocol_version="TLSv1", ssl_max_protocol_version="TLSv1.1")
    with pytest.raises(OperationalError, match=r"protocol|version|SSL error"):
        line.ask()
    line.serve(ssl_min_protocol_version="TLSv1.2", ssl_max_protocol_version="")
    assert line.ask() == PLANTED
