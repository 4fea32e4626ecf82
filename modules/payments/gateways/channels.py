"""What a channel is asked, signed, and whether what came back is proven to be its answer to just that."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus

from app import clock, outgoing
from app.crypto import shared_secrets
from modules.payments.rules.protocol import LONGEST_BODY, outcome_of
from modules.payments.rules.states import Outcome, Verb

MERCHANT, TIME, NONCE, SIGNATURE = "X-Pay-Merchant", "X-Pay-Time", "X-Pay-Nonce", "X-Pay-Signature"
OLDEST = 300  # seconds between our clock and a report's
STATEMENT_SECONDS, LARGEST = 30.0, 8_000_000


@dataclass(frozen=True, slots=True)
class Access:
    """How a merchant speaks with its channel."""

    base_url: str
    merchant_no: str
    secret: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known after a call."""

    outcome: Outcome
    status: int = 0
    body: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as it came, or why there is none."""

    content: bytes = b""
    fault: str = ""


def call(access: Access, verb: Verb, body: str) -> Answer:
    """Ask a channel for one thing. Only a signed answer to this very request is more than unknown."""
    path = f"/v1/{verb.value}"
    moment, nonce = str(int(clock.now().timestamp())), shared_secrets.new_nonce()
    headers = {
        "Content-Type": "application/json",
        MERCHANT: access.merchant_no,
        TIME: moment,
        NONCE: nonce,
        SIGNATURE: shared_secrets.sign(access.secret, moment, nonce, path, body),
    }
    try:
        reply = outgoing.post(access.base_url.rstrip("/") + path, headers, body.encode())
    except outgoing.NothingCame as failure:
        return Answer(Outcome.UNKNOWN, fault=str(failure)[:100])
    text = reply.body.decode("utf-8", "replace").replace("\x00", "")[:LONGEST_BODY]
    given = {name: reply.headers.get(name.lower(), "") for name in (TIME, NONCE, SIGNATURE)}
    proof = (given[TIME], nonce, path, text)
    if not shared_secrets.is_signed(access.secret, given[SIGNATURE], *proof):
        return Answer(Outcome.UNKNOWN, reply.status, text, "NotSigned")
    if reply.status != HTTPStatus.OK:
        return Answer(Outcome.UNKNOWN, reply.status, text, "NotAccepted")
    outcome = outcome_of(text)
    return Answer(outcome, reply.status, text, "Unreadable" if outcome is Outcome.UNKNOWN else "")


def fetch_statement(access: Access, body: str) -> Statement:
    """The statement file of a day. It is signed by its digest; a channel that has none yet says so in JSON."""
    path, moment, nonce = "/v1/statement", str(int(clock.now().timestamp())), shared_secrets.new_nonce()
    headers = {
        "Content-Type": "application/json",
        MERCHANT: access.merchant_no,
        TIME: moment,
        NONCE: nonce,
        SIGNATURE: shared_secrets.sign(access.secret, moment, nonce, path, body),
    }
    try:
        reply = outgoing.post(
            access.base_url.rstrip("/") + path,
            headers,
            body.encode(),
            seconds=STATEMENT_SECONDS,
            largest=LARGEST,
        )
    except outgoing.NothingCame as failure:
        return Statement(fault=str(failure)[:100])
    given = {name: reply.headers.get(name.lower(), "") for name in (TIME, NONCE, SIGNATURE)}
    proof = (given[TIME], nonce, path, sha256(reply.body).hexdigest())
    if not shared_secrets.is_signed(access.secret, given[SIGNATURE], *proof):
        return Statement(fault="NotSigned")
    if reply.status != HTTPStatus.OK:
        return Statement(fault="NotAccepted")
    if reply.body.startswith(b"{"):
        return Statement(fault="NotReady")
    return Statement(reply.body)


def is_report(secret: str, moment: str, nonce: str, signature: str, body: str) -> bool:
    """Whether a report (callback) was signed with this secret, within the last minutes."""
    if not moment.isascii() or not moment.isdigit() or len(moment) > 10 or not nonce:
        return False
    said = datetime.fromtimestamp(int(moment), UTC)
    if abs((clock.now() - said).total_seconds()) > OLDEST:
        return False
    return shared_secrets.is_signed(secret, signature, moment, nonce, "callback", body)
