"""`make run`: bring the databases up to date, build the demo district when it is missing, serve it.

Everything lives in ``var/``; removing that folder (``make reset``) starts afresh.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HIS_DATA_FOLDER", ROOT / "var"))
BUILT = DATA / "demo-district-built"
SIMULATE = [
    "simulate",
    "--centres",
    "3",
    "--days",
    "3",
    "--visits-per-day",
    "40",
    "--seed",
    "2026",
    "--until-now",
]
FIRST_PORT = 8000
FIRST_PLAYED_PORT = 8090
SIMULATORS = "modules.charging.simulators"


def flask(*arguments: str) -> None:
    """Run one of the product's own commands."""
    environment = {**os.environ, "FLASK_APP": "wsgi:application", "HIS_EMBEDDED_WORKERS": "0"}
    environment.setdefault("HIS_LOG_FORMAT", "plain")
    subprocess.run([sys.executable, "-m", "flask", *arguments], cwd=ROOT, env=environment, check=True)


def free_port(first: int = FIRST_PORT) -> int:
    """The first free port from 8000 on, or from another."""
    for port in range(first, first + 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"Ports {first} to {first + 49} are all taken.")


def main() -> None:
    """Build what is missing, then serve until Ctrl C."""
    uses_own_files = "HIS_CONTROL_URL" not in os.environ
    if uses_own_files and DATA.exists() and not BUILT.exists():
        print("The demo district was not finished last time; building it anew.")
        shutil.rmtree(DATA)
    DATA.mkdir(parents=True, exist_ok=True)
    flask("db", "upgrade")
    if not BUILT.exists():
        print(
            "Building the demo district: three centres live through a few days. This takes a minute or two."
        )
        flask(*SIMULATE)
        BUILT.touch()
    else:
        flask("keys", "seal")  # a district from before the keys; else there is nothing to do
    port = int(os.environ.get("HIS_PORT", 0)) or free_port()
    play_outside(port)
    flask("demo-accounts")
    print(f"\n  Open  http://127.0.0.1:{port}/   (Ctrl C stops it)\n", flush=True)
    serve(port)


def play_outside(port: int) -> None:
    """Start the played channels, the insurer and the platform of invoices beside the server; they end with it."""
    names = ("channels", "insurer", "einvoice")
    channels, insurer, einvoice = (f"http://127.0.0.1:{begin(name)}" for name in names)
    outside = ("--channels", channels, "--insurer", f"{insurer}/trade", "--einvoice", einvoice)
    flask("demo-outside", *outside, "--here", f"http://127.0.0.1:{port}")


def begin(name: str) -> int:
    """Start one simulator on a free port and wait until it answers."""
    port = free_port(FIRST_PLAYED_PORT)
    program = [sys.executable, "-m", f"{SIMULATORS}.{name}", "--port", str(port), "--with-parent"]
    subprocess.Popen([*program, "--data", str(DATA / name), "--seed", "2026"], cwd=ROOT)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.1)
    raise SystemExit(f"The simulator of {name} did not start.")


def serve(port: int) -> None:
    """Become gunicorn: two workers with threads, so that a waiting room's screen does not hold up a desk."""
    environment = {**os.environ, "HIS_LOG_FORMAT": os.environ.get("HIS_LOG_FORMAT", "plain")}
    command = [
        *(sys.executable, "-m", "gunicorn", "wsgi:application"),
        *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--worker-class", "gthread", "--threads", "24"),
        *("--timeout", "60", "--no-control-socket", "--log-level", "warning"),
    ]
    os.chdir(ROOT)
    os.execve(sys.executable, command, environment)  # noqa: S606  hands the terminal over to the server


if __name__ == "__main__":
    main()
