"""One message to the insurer and its answer, within a budget of time. Nothing is sent twice here."""

import itertools
import secrets
import time
from dataclasses import dataclass
from typing import Any

from app import clock, outgoing
from app.crypto import shared_secrets
from modules.insurance.models import Outcome
from modules.insurance.rules.messages import (
    SERIALS,
    NotUnderstood,
    Sender,
    envelope,
    message_id,
    read_answer,
)

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
    suite = _SUITE_OF[sign_type]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Sign-Type": sign_type,
        "X-Signature": shared_secrets.sign_body(key, body, suite),
    }
    seconds = min(outgoing.ANSWER_SECONDS, deadline.left)
    try:
        if not seconds:
            return Outcome.UNREACHABLE, "", {}
        reply = outgoing.post(url, headers, body, seconds=seconds, largest=LONGEST_ANSWER)
    except outgoing.NotReached:
        return Outcome.UNREACHABLE, "", {}
    except outgoing.NothingCame:
        return Outcome.UNANSWERED, "", {}
    text = reply.body.decode(errors="replace")
    if not shared_secrets.is_signed_body(key, reply.headers.get("x-signature", ""), reply.body, suite):
        return Outcome.NOT_TRUSTED, text, {}
    try:
        told = read_answer(reply.body, msgid)
    except NotUnderstood:
        return Outcome.NOT_TRUSTED, text, {}
    is_done = str(told["infcode"]) == "0"
    return (Outcome.DONE if is_done else Outcome.REFUSED), text, told
