"""One message to the platform of electronic invoices and its answer. Nothing is sent twice here."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from app import clock, outgoing
from app.crypto import shared_secrets
from modules.invoices.rules.messages import Line, NotUnderstood, envelope, read_answer

SECONDS = 6.0
_SUITE = "intl"  # HMAC-SHA-256


class Outcome(Enum):
    """What came of a message."""

    DONE = "done"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"  # nothing was sent
    UNANSWERED = "unanswered"  # what the platform did is not known
    NOT_TRUSTED = "not_trusted"  # an answer with a wrong signature, or one that cannot be read


@dataclass(frozen=True, slots=True)
class Said:
    """What came back."""

    outcome: Outcome
    told: dict[str, Any]
    fault: str = ""


def say(line: Line, service: str, told: dict[str, Any]) -> Said:
    """Send one message and wait for its answer; what goes wrong is an outcome, never an exception."""
    msgid = shared_secrets.new_nonce()
    body = envelope(line.unit, service, msgid, clock.now().isoformat(), told)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Signature": shared_secrets.sign_body(line.key, body, _SUITE),
    }
    try:
        reply = outgoing.post(f"{line.base_url}/{service}", headers, body, seconds=SECONDS)
    except outgoing.NotReached:
        return Said(Outcome.UNREACHABLE, {})
    except outgoing.NothingCame:
        return Said(Outcome.UNANSWERED, {})
    return _read(line, reply, msgid)


def _read(line: Line, reply: outgoing.Reply, msgid: str) -> Said:
    signature = reply.headers.get("x-signature", "")
    if not shared_secrets.is_signed_body(line.key, signature, reply.body, _SUITE):
        return Said(Outcome.NOT_TRUSTED, {})
    try:
        answer = read_answer(reply.body, msgid)
    except NotUnderstood:
        return Said(Outcome.NOT_TRUSTED, {})
    data = answer.get("data")
    told = data if isinstance(data, dict) else {}
    if str(answer["code"]) == "0":
        return Said(Outcome.DONE, told)
    return Said(Outcome.REFUSED, told, str(answer.get("message", ""))[:200])
