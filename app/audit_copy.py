"""The trail copied to another machine as it grows, so that who takes this one does not take the proof (AUD-04).

Lines of JSON in the folder ``HIS_AUDIT_COPY``: number, hash of the row before, text of the row, its hash. A file
for each partition and month of copying; where it ends is where the next pass goes on, so nothing else remembers it. A
folder that is away makes the copy wait: the rows stay in the trail, `flask doctor` says that it is behind.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import structlog
from flask import current_app
from sqlalchemy import select

from app import audit, clock
from app.db import db
from app.db.units import Mode, Unit, open_unit
from app.records import AuditRow, ControlAuditRow

ROWS, PASSES = 1000, 20  # of one pass; of one look
LOOK_SECONDS = 10.0
TAIL = 1 << 20  # bytes that hold the last whole line
log = structlog.get_logger()


class Copies:
    """What one process remembers: when it copied last."""

    def __init__(self) -> None:
        self._looked = float("-inf")

    def look(self) -> None:
        """Copy what is new in every trail, not more often than every few seconds."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        for partition in audit.partitions():
            copy_new(partition)


def folder() -> Path | None:
    """Where copies go; None when the installation names no place."""
    found: Path | None = current_app.extensions["his_settings"].audit_copy
    return found


def copy_new(partition: str) -> int:
    """Append the sealed rows that the copy does not have yet, how many; what fails is tried in the next round."""
    place = folder()
    if place is None:
        return 0
    try:
        with _latest(place, partition) as file:
            return _append(partition, file, after=_end_of(file, partition))
    except BlockingIOError:
        return 0  # another process is at it
    except (OSError, ValueError) as failure:
        log.warning("trail.not_copied", partition=partition or "control", error=type(failure).__name__)
        return 0


def last_copied(partition: str) -> int:
    """Number of the last row in the copy; 0 without one."""
    place = folder()
    files = _files(place, partition) if place is not None else []
    for path in reversed(files):
        with path.open("rb") as file:
            if lines := _last_lines(file):
                return int(json.loads(lines[-1])["no"])
    return 0


def complaints(place: Path, partition: str) -> list[str]:
    """Read the copy alone, without any database: what is broken in it; empty is good."""
    number, previous = 0, ""
    for path in _files(place, partition):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
                is_next = row["no"] == number + 1 and row["previous"] == previous
                is_whole = row["hash"] == audit.seal_of(row["previous"], row["row"])
            except (ValueError, KeyError, TypeError):
                is_next = is_whole = False
            if not (is_next and is_whole):
                return [f"{path.name}: row {number + 1} is missing or was changed"]
            number, previous = row["no"], row["hash"]
    return []


def _append(partition: str, file: IO[bytes], after: int) -> int:
    row_type: Any = AuditRow if partition else ControlAuditRow
    copied = 0
    for _ in range(PASSES):
        with open_unit(Unit(Mode.READ, None, partition, all_tenants=True)):
            wanted = select(row_type).where(row_type.sealed_no > after).order_by(row_type.sealed_no)
            rows = list(db.session.scalars(wanted.limit(ROWS)))
            file.write(b"".join(_line(row) for row in rows))
            after = rows[-1].sealed_no if rows else after
        copied += len(rows)
        if len(rows) < ROWS:
            break
    file.flush()
    os.fsync(file.fileno())
    return copied


def _line(row: Any) -> bytes:
    content = {
        "no": row.sealed_no,
        "previous": row.previous_hash,
        "row": audit.canonical(row),
        "hash": row.row_hash,
    }
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


@contextmanager
def _latest(place: Path, partition: str) -> Iterator[IO[bytes]]:
    """This month's file, held against other processes that copy."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{partition or 'control'}-{clock.today():%Y%m}.jsonl"
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.chmod(0o600)
        yield file


def _end_of(file: IO[bytes], partition: str) -> int:
    """Number of the last whole row; what a crash left half written behind it is taken away."""
    content, start = _tail(file)
    file.truncate(start + content.rfind(b"\n") + 1)
    return last_copied(partition)


def _last_lines(file: IO[bytes]) -> list[bytes]:
    """Whole lines at the end of a file."""
    return [line for line in _tail(file)[0].splitlines(keepends=True) if line.endswith(b"\n")]


def _tail(file: IO[bytes]) -> tuple[bytes, int]:
    """The end of a file, and where it begins."""
    start = max(0, file.seek(0, os.SEEK_END) - TAIL)
    file.seek(start)
    return file.read(), start


def _files(place: Path, partition: str) -> list[Path]:
    return sorted(place.glob(f"{partition or 'control'}-[0-9][0-9][0-9][0-9][0-9][0-9].jsonl"))
