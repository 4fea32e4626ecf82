"""Messages proven by a secret that both sides hold: HMAC-SHA-256 over their parts, compared in constant time.

Payment channels and other outside systems speak so; the district's own suite does not enter into it.
"""

import hmac
import secrets

from app.crypto.suites import suite_named

_SUITE = "intl"  # HMAC-SHA-256


def new_secret() -> str:
    """A secret to share, 256 bits."""
    return secrets.token_hex(32)


def new_nonce() -> str:
    """A number used once, 128 bits."""
    return secrets.token_hex(16)


def sign(secret: str, *parts: str) -> str:
    """The signature of a message, in hexadecimal."""
    return suite_named(_SUITE).mac(secret.encode(), "\n".join(parts).encode()).hex()


def sign_body(secret: str, body: bytes, suite: str) -> str:
    """The signature of a whole message under a suite of the other side's choice, in hexadecimal."""
    return suite_named(suite).mac(secret.encode(), body).hex()


def is_signed_body(secret: str, signature: str, body: bytes, suite: str) -> bool:
    """Whether the signature is of this message, this secret and this suite."""
    return hmac.compare_digest(sign_body(secret, body, suite).encode(), signature.encode())


def is_signed(secret: str, signature: str, *parts: str) -> bool:
    """Whether the signature is of this message and this secret."""
    return hmac.compare_digest(sign(secret, *parts).encode(), signature.encode())
