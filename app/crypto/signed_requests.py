"""Requests that a program signs (RFC 9421): proof of who asks, bound to what is asked, good once and for minutes.

The library reads and rebuilds what was signed; the signature itself is the suite's: Ed25519, or SM2 with SM3.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)

from app.crypto.suites import Suite

MAX_AGE = timedelta(minutes=5)
COVERED = ("@method", "@path", "@query")
_ALGORITHMS = {"intl": "ed25519", "gm": "sm2-sm3"}


class NotProven(ValueError):
    """The signature is missing, old, of another key, or of another request."""


@dataclass(slots=True)
class Asked:
    """A request as the library reads it: the address is whole, the names of headers are in small letters."""

    method: str
    url: str
    headers: Any
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Proof:
    """Which key signed, and the number used once that keeps the request from being played again."""

    key_id: str
    nonce: str


def check(asked: Asked, public_key_of: Callable[[str], bytes | None], suite: Suite) -> Proof:
    """Who signed this request.

    Raises:
        NotProven: nobody we know, not this request, or not within the last five minutes.
    """
    verifier = HTTPMessageVerifier(
        signature_algorithm=_algorithm(suite), key_resolver=_Keys(public_key_of=public_key_of)
    )
    needed = (*COVERED, *_bound_headers(asked.headers))
    try:
        result = verifier.verify(asked, max_age=MAX_AGE, require_components=needed, body=asked.body)[0]
    except InvalidSignature as failure:
        raise NotProven(str(failure)) from failure
    nonce = result.nonce or ""
    if not 16 <= len(nonce) <= 64:
        raise NotProven("a nonce of 16 to 64 characters is wanted")
    return Proof(str(result.parameters["keyid"]), nonce)


def sign(asked: Asked, *, key_id: str, private_key: bytes, nonce: str, suite: Suite, **options: Any) -> None:
    """Lay the signature, and the digest of a body, into the request's headers, as a program does."""
    signer = HTTPMessageSigner(
        signature_algorithm=_algorithm(suite), key_resolver=_Keys(private_key=private_key)
    )
    covered = (*COVERED, *_bound_headers(asked.headers))
    body = asked.body or None
    signer.sign(asked, key_id=key_id, nonce=nonce, covered_component_ids=covered, body=body, **options)


def _bound_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in ("idempotency-key", "content-type") if name in headers)


class _Keys(HTTPSignatureKeyResolver):
    def __init__(
        self, *, public_key_of: Callable[[str], bytes | None] | None = None, private_key: bytes = b""
    ) -> None:
        self._public_key_of, self._private_key = public_key_of, private_key

    def resolve_public_key(self, key_id: str) -> bytes | None:
        return self._public_key_of(key_id) if self._public_key_of else None

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._private_key


def _algorithm(suite: Suite) -> type[HTTPSignatureAlgorithm]:
    """The suite's signatures as the library wants them."""

    class OfSuite(HTTPSignatureAlgorithm):
        algorithm_id = _ALGORITHMS[suite.name]

        def __init__(self, public_key: bytes = b"", private_key: bytes = b"") -> None:
            self._public, self._private = public_key, private_key

        def sign(self, message: bytes) -> bytes:
            return suite.sign(self._private, message)

        def verify(self, signature: bytes, message: bytes) -> None:
            if not suite.verify(self._public, signature, message):
                raise InvalidSignature("the signature is of another key or another request")

    return OfSuite
