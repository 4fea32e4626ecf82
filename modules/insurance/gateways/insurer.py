"""One message to the insurer and its answer, within a budget of time. Nothing is sent twice here."""

import hmac
import http.client
import itertools
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app import clock
from app.crypto.suites import suite_named
from modules.insurance.models import Outcome
from modules.insurance.rules.messages import (
    SERIALS,
    NotUnderstood,
    Sender,
    envelope,
    message_id,
    read_answer,
)

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 6.0
BUDGET_SECONDS = 8.0
LONGEST_ANSWER = 8_000_000
_SUITE_OF = {"SM3": "gm", "SHA256": "intl"}
_serials = itertools.count(secrets.randbelow(SERIALS))


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it went and what came back."""

    infno: str
    msgid: str
    request: str
    answer: str
    outcome: Outcome
    took_ms: int
    told: dict[str, Any]  # the answer's envelope; empty when there is none to be trusted


class Deadline:
    """How much time a whole conversation still has."""

    def __init__(self, seconds: float = BUDGET_SECONDS) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; not below zero."""
        return max(0.0, self._end - time.monotonic())


def new_message_id(institution: str) -> str:
    """A message's own number."""
    return message_id(institution, clock.local(clock.now()), next(_serials))


def say(
    url: str,
    key: str,
    sender: Sender,
    infno: str,
    inputs: dict[str, Any],
    *,
    deadline: Deadline,
    msgid: str = "",
    insured_region: str = "",
) -> Said:
    """Send one trade and wait for its answer; what goes wrong is an outcome, never an exception."""
    msgid = msgid or new_message_id(sender.institution)
    moment = clock.local(clock.now())
    body = envelope(infno, inputs, sender, msgid=msgid, moment=moment, insured_region=insured_region)
    began = time.monotonic()
    outcome, answer, told = _exchange(url, key, sender.sign_type, body, msgid, deadline)
    took_ms = int((time.monotonic() - began) * 1000)
    return Said(infno, msgid, body.decode(), answer, outcome, took_ms, told)


def _exchange(
    url: str, key: str, sign_type: str, body: bytes, msgid: str, deadline: Deadline
) -> tuple[Outcome, str, dict[str, Any]]:
    line = _connected(url, deadline)
    if line is None:
        return Outcome.UNREACHABLE, "", {}
    try:
        raw, proof = _ask(
            line, urlsplit(url).path or "/", body, _sign(key, sign_type, body), sign_type, deadline
        )
    except (OSError, http.client.HTTPException):
        return Outcome.UNANSWERED, "", {}
    finally:
        line.close()
    text = raw.decode(errors="replace")
    if not hmac.compare_digest(_sign(key, sign_type, raw).encode(), proof.encode()):
        return Outcome.NOT_TRUSTED, text, {}
    try:
        told = read_answer(raw, msgid)
    except NotUnderstood:
        return Outcome.NOT_TRUSTED, text, {}
    is_done = str(told["infcode"]) == "0"
    return (Outcome.DONE if is_done else Outcome.REFUSED), text, told


def _connected(url: str, deadline: Deadline) -> http.client.HTTPConnection | None:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    wait = min(CONNECT_SECONDS, deadline.left)
    if wait <= 0:
        return None
    line = kind(parts.hostname or "", parts.port, timeout=wait)
    try:
        line.connect()
    except OSError:
        line.close()
        return None
    return line


def _ask(
    line: http.client.HTTPConnection, path: str, body: bytes, proof: str, sign_type: str, deadline: Deadline
) -> tuple[bytes, str]:
    if line.sock is not None:
        line.sock.settimeout(max(0.05, min(ANSWER_SECONDS, deadline.left)))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Sign-Type": sign_type,
        "X-Signature": proof,
    }
    line.request("POST", path, body, headers)
    answer = line.getresponse()
    return answer.read(LONGEST_ANSWER), answer.getheader("X-Signature", "")


def _sign(key: str, sign_type: str, body: bytes) -> str:
    return suite_named(_SUITE_OF[sign_type]).mac(key.encode(), body).hex()
