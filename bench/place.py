"""Where a measurement happens: databases of its own, a demo centre in them, a served product."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.postgres import APPLICATION, OWNER, Cluster

from app.config import Settings
from bench import ROOT

WORKERS, THREADS = 2, 24  # as deploy/run.py starts it: every screen in a hall keeps a thread


@dataclass(frozen=True, slots=True)
class Place:
    """One engine kind with the control database and one partition."""

    engine: str
    folder: Path
    control_url: str
    partition_url: str
    bare_url: str  # the partition for the floor and for bulk loads, which no policy holds back
    cluster: Any = None

    def settings(self) -> Settings:
        """The product on these databases."""
        return Settings(
            environment="demo",
            data_folder=self.folder,
            control_url=self.control_url,
            partition_urls={"p1": self.partition_url},
            owner_urls={name: self.cluster.url(name, OWNER) for name in ("control", "p1")}
            if self.cluster
            else {},
            embedded_workers=False,
            account_requests=0,  # a handful of accounts plays a whole town
        )

    def copy_partition(self) -> str:
        """A copy of the partition for the floor, with every row and index; nobody may be connected."""
        if self.cluster is None:
            path = self.folder / "floor.sqlite"
            shutil.copy(self.folder / "p1.sqlite", path)
            return f"sqlite:///{path}"
        self.cluster.say("CREATE DATABASE floor TEMPLATE p1")
        return str(self.cluster.url("floor"))


@contextmanager
def sqlite_place() -> Iterator[Place]:
    """Embedded files, as a demo runs."""
    folder = Path(tempfile.mkdtemp(prefix="his-bench-"))
    try:
        partition = f"sqlite:///{folder}/p1.sqlite"
        yield Place("sqlite", folder, f"sqlite:///{folder}/control.sqlite", partition, partition)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_place() -> Iterator[Place]:
    """A cluster with commits that reach the disk and a plain role, as a clinic would run it."""
    folder = Path(tempfile.mkdtemp(prefix="his-bench-"))
    cluster = Cluster(durable=True)
    try:
        cluster.add_roles()
        for name in ("control", "p1"):
            cluster.add_database(name)
        control, partition = cluster.url("control", APPLICATION), cluster.url("p1", APPLICATION)
        yield Place("postgresql", folder, control, partition, cluster.url("p1"), cluster)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: where it answers, its master process, seconds from the command to the first answer."""

    host: str
    master: int
    start_seconds: float

    def worker_megabytes(self) -> float:
        """The largest resident size among the workers, in MB."""
        sizes = [0.0]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.master:
                    pages = int((process / "statm").read_text().split()[1])
                    sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
            except (OSError, ValueError):
                continue
        return max(sizes)


@contextmanager
def served(place: Place, **variables: str) -> Iterator[Served]:
    """The product under gunicorn, with further variables of its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "HIS_DATA_FOLDER": str(place.folder),
        "HIS_CONTROL_URL": place.control_url,
        "HIS_PARTITION_URLS": f"p1={place.partition_url}",
        "HIS_EMBEDDED_WORKERS": "0",
        "HIS_ACCOUNT_REQUESTS": "0",
        **variables,
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)]
    command += ["--no-control-socket", "--log-level", "warning"]
    began = time.perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield Served(f"127.0.0.1:{port}", server.pid, time.perf_counter() - began)
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{url} does not answer")
