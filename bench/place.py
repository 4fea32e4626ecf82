"""Where a measurement happens: a PostgreSQL cluster of its own, a demo centre, a served product."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.postgres import APPLICATION, OWNER, Cluster

from app.config import Settings


def make_cluster() -> Cluster:
    """A cluster with commits that reach the disk and a plain role, as a clinic would run it; three databases."""
    cluster = Cluster(durable=True)
    cluster.add_roles()
    for name in ("control", "p1"):
        cluster.add_database(name)
    cluster.say("CREATE DATABASE floor")
    return cluster


def settings_of(cluster: Cluster, folder: Path) -> Settings:
    """The product on that cluster."""
    return Settings(
        environment="demo",
        data_folder=folder,
        control_url=cluster.url("control", APPLICATION),
        partition_urls={"p1": cluster.url("p1", APPLICATION)},
        owner_urls={name: cluster.url(name, OWNER) for name in ("control", "p1")},
        embedded_workers=False,
    )


@contextmanager
def served(cluster: Cluster, folder: Path, *, workers: int) -> Iterator[tuple[str, int]]:
    """The product under gunicorn, with its relay; gives host:port and the master's process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "HIS_DATA_FOLDER": str(folder),
        "HIS_CONTROL_URL": cluster.url("control", APPLICATION),
        "HIS_PARTITION_URLS": f"p1={cluster.url('p1', APPLICATION)}",
        "HIS_EMBEDDED_WORKERS": "0",
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(workers), "--worker-class", "gthread", "--threads", "8"]
    command += ["--no-control-socket", "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/readyz")
        yield f"127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def worker_megabytes(master: int) -> float:
    """The largest resident size among the master's children, in MB."""
    sizes = [0.0]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == master:
                pages = int((process / "statm").read_text().split()[1])
                sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
        except (OSError, ValueError):
            continue
    return max(sizes)
