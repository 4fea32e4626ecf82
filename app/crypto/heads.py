"""The trail's head, signed every hour and kept outside the database.

A chain alone does not show that its end was cut off, or that all of it was written anew. Each partition's head
(number, hash, moment) is therefore signed with a key that no database holds and appended to a file in the folder
``HIS_AUDIT_HEADS``, which belongs on another machine or on write-once storage.
"""

import base64
import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import audit, clock
from app.config import Settings, read_secret
from app.crypto.keyring import keyring
from app.crypto.suites import SUITES
from app.db import db
from app.db.units import Mode, Unit, open_unit
from app.records import AuditRow, ControlAuditRow

EVERY = timedelta(hours=1)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Head:
    """One line of the file."""

    partition: str
    number: int
    hash: str
    at: str
    suite: str
    key: str  # names the public key that lies beside the file
    signature: str

    def signed_part(self) -> bytes:
        """What is signed."""
        return f"his:head:{self.partition}:{self.number}:{self.hash}:{self.at}".encode()


def sign(partition: str) -> Head | None:
    """Sign the head of a partition ("" is control) and keep it; None when nothing was sealed since the last."""
    last = _last_sealed(partition)
    known = last_kept(partition)
    if last is None or (known is not None and known.number == last[0]):
        return None
    private, suite = _private_key(), keyring().suite
    name = _keep_public(suite.public_key(private))
    unsigned = Head(partition, last[0], last[1], clock.now().isoformat(), suite.name, name, "")
    signature = base64.b64encode(suite.sign(private, unsigned.signed_part())).decode()
    head = Head(partition, last[0], last[1], unsigned.at, suite.name, name, signature)
    line = json.dumps({part: getattr(head, part) for part in Head.__slots__})
    with _file(partition).open("a", encoding="utf-8") as kept:
        kept.write(line + "\n")
        kept.flush()
        os.fsync(kept.fileno())
    return head


def complaints(partition: str) -> list[str]:
    """What the kept heads say against the trail as it stands; empty is good."""
    found: list[str] = []
    heads = list(_kept(partition))
    for start in range(0, len(heads), _AT_ONCE):
        batch = heads[start : start + _AT_ONCE]
        rows = _sealed(partition, [head.number for head in batch])
        found += [why for head in batch if (why := _complaint(head, rows))]
    return found


def last_kept(partition: str) -> Head | None:
    """The head that was kept last."""
    newest = deque(_kept(partition), maxlen=1)
    return newest[0] if newest else None


class Hours:
    """What one process remembers: which heads it has looked after within the hour."""

    def __init__(self) -> None:
        self._signed: dict[str, datetime] = {}

    def look(self) -> None:
        """Sign the heads whose hour has come."""
        for partition in audit.partitions():
            moment = clock.server_time()
            if moment - self._signed.get(partition, moment - EVERY) >= EVERY:
                sign(partition)
                self._signed[partition] = moment


def _complaint(head: Head, rows: dict[int, tuple[int, str]]) -> str:
    if not _is_ours(head):
        return f"the head of {head.at} (row no. {head.number}) does not bear our signature"
    if head.number not in rows:
        return f"cut off: row no. {head.number}, signed {head.at}, is gone"
    row_id, row_hash = rows[head.number]
    return (
        "" if row_hash == head.hash else f"row {row_id} is not the one signed as no. {head.number} {head.at}"
    )


def _is_ours(head: Head) -> bool:
    file = _folder() / f"{head.key}.pub"
    if head.suite not in SUITES or not file.exists():
        return False
    public = file.read_bytes()
    suite = SUITES[head.suite]
    if suite.digest(public).hex()[:16] != head.key:
        return False
    return suite.verify(public, base64.b64decode(head.signature), head.signed_part())


def _last_sealed(partition: str) -> tuple[int, str] | None:
    model = _model(partition)
    statement = (
        select(model.sealed_no, model.row_hash)
        .where(model.sealed_no.is_not(None))
        .order_by(model.sealed_no.desc())
        .limit(1)
    )
    with _reading(partition):
        row = db.session.execute(statement).first()
    return (row[0], row[1]) if row else None


def _sealed(partition: str, numbers: list[int]) -> dict[int, tuple[int, str]]:
    model = _model(partition)
    statement = select(model.sealed_no, model.id, model.row_hash).where(model.sealed_no.in_(numbers))
    with _reading(partition):
        return {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}


def _model(partition: str) -> Any:
    return AuditRow if partition else ControlAuditRow


def _reading(partition: str) -> Any:
    return open_unit(Unit(Mode.READ, None, partition, all_tenants=True))


def _kept(partition: str) -> Iterator[Head]:
    file = _file(partition)
    if file.exists():
        with file.open(encoding="utf-8") as lines:
            yield from (Head(**json.loads(line)) for line in lines)


def _file(partition: str) -> Path:
    return _folder() / f"{partition or 'control'}.jsonl"


def _folder() -> Path:
    folder = _settings().heads_folder
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _private_key() -> bytes:
    """The signing key of this machine, from its file; made when there is none."""
    file = _settings().audit_key_file
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(keyring().suite.new_signing_key())
    return read_secret(file).encode() + b"\n"


def _keep_public(public: bytes) -> str:
    name = keyring().suite.digest(public).hex()[:16]
    file = _folder() / f"{name}.pub"
    if not file.exists():
        file.write_bytes(public)
    return name


def _settings() -> Settings:
    found: Settings = current_app.extensions["his_settings"]
    return found
