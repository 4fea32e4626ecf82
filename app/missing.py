"""Somebody asked for a row that is not here: a slip, an old page, or a hand that tries the keys of other centres."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import structlog
from flask import has_request_context, request

from app import audit
from app.actor import Actor
from app.db.retrying import PASSING

NOTES_A_MINUTE = 60  # of one account in one process; whoever tries more is in the trail already
_LARGEST = 2**63
_guard = threading.Lock()
_noted: dict[int, tuple[int, int]] = {}  # account → minute, notes in it
log = structlog.get_logger()


def note(*, by: Actor | None, place: str, asked: Mapping[str, Any]) -> None:
    """Leave one row in the trail for a key that led nowhere; one request notes it once."""
    keys = {name: str(value) for name, value in asked.items() if _is_key(name, value)}
    if by is None or by.is_system or not keys or _is_noted(keys):
        return
    if not _may_note(by.account_id):
        log.warning("object.many_not_found", account=by.account_id, place=place)
        return
    try:
        audit.note("object.not_found", by=by, outcome="refused", place=place, asked=keys)
    except PASSING as failure:  # the answer stays "not found" while the database is away
        log.warning("object.note_not_written", place=place, error=type(failure).__name__)


def _is_key(name: str, value: Any) -> bool:
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and name.endswith("_id") and 0 < value < _LARGEST


def _is_noted(keys: dict[str, str]) -> bool:
    """Whether this request has said so: the page around a refused form looks for the same row again."""
    if not has_request_context():
        return False
    said: set[tuple[str, str]] = request.environ.setdefault("his.missing", set())
    is_known = set(keys.items()) <= said
    said.update(keys.items())
    return is_known


def _may_note(account_id: int) -> bool:
    minute = int(time.monotonic() // 60)
    with _guard:
        if len(_noted) > 10_000:
            _noted.clear()
        last, count = _noted.get(account_id, (minute, 0))
        count = count + 1 if last == minute else 1
        _noted[account_id] = (minute, count)
    return count <= NOTES_A_MINUTE
