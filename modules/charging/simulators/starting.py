"""Start the played outside as programs beside one's own: each on a free port, and ending with whoever began it."""

import socket
import subprocess
import sys
from pathlib import Path

FIRST_PORT = 8090
PORTS = 50
ROOT = Path(__file__).resolve().parents[3]
Program = subprocess.Popen[bytes]


def free_port(first: int = FIRST_PORT) -> int:
    """The first free port from this one on.

    Raises:
        RuntimeError: fifty in a row are taken.
    """
    for port in range(first, first + PORTS):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"Ports {first} to {first + PORTS - 1} are all taken.")


def begin(name: str, folder: Path, *, seed: int = 2026, rate: float = 0.0) -> tuple[Program, str]:
    """Start one of the simulators and wait until it listens; gives the program and its address.

    ``rate`` is the share of requests with which something goes wrong.

    Raises:
        RuntimeError: it does not start.
    """
    port = FIRST_PORT
    for _ in range(PORTS):  # another program may take a port between our look and its use
        port = free_port(port)
        line = [sys.executable, "-m", f"{__package__}.{name}", "--port", str(port), "--with-parent"]
        line += ["--data", str(folder), "--seed", str(seed), "--rate", str(rate)]
        program = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE)  # noqa: S603  our own programs
        if _is_listening(program):
            return program, f"http://127.0.0.1:{port}"
        port += 1
    raise RuntimeError(f"The simulator of {name} did not start.")


def _is_listening(program: Program) -> bool:
    """Wait for the one line a simulator says as soon as it listens; it says none when it cannot."""
    assert program.stdout is not None  # noqa: S101  it was asked for
    with program.stdout as said:
        return bool(said.readline())
