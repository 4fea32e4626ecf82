"""`make run`: bring the databases up to date, build the demo district when it is missing, serve it.

Everything lives in ``var/``; removing that folder (``make reset``) starts afresh.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from modules.charging.simulators import starting  # noqa: E402  the checkout itself is on no path of Python

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
    "--outside",
    str(DATA),
]
FIRST_PORT = 8000


def flask(*arguments: str) -> None:
    """Run one of the product's own commands."""
    environment = {**os.environ, "FLASK_APP": "wsgi:application", "HIS_EMBEDDED_WORKERS": "0"}
    environment.setdefault("HIS_LOG_FORMAT", "plain")
    subprocess.run([sys.executable, "-m", "flask", *arguments], cwd=ROOT, env=environment, check=True)


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
    port = int(os.environ.get("HIS_PORT", 0)) or starting.free_port(FIRST_PORT)
    play_outside(port)
    flask("demo-accounts")
    print(f"\n  Open  http://127.0.0.1:{port}/   (Ctrl C stops it)\n", flush=True)
    serve(port)


def play_outside(port: int) -> None:
    """Start the played channels, the insurer and the platform of invoices beside the server; they end with it."""
    names = ("channels", "insurer", "einvoice")
    channels, insurer, einvoice = (starting.begin(name, DATA / name)[1] for name in names)
    outside = ("--channels", channels, "--insurer", f"{insurer}/trade", "--einvoice", einvoice)
    flask("demo-outside", *outside, "--here", f"http://127.0.0.1:{port}")


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
