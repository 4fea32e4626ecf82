"""Passwords: argon2id, one place that judges them."""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MINIMUM, MAXIMUM = 10, 128
_COMMON = {"password", "1234567890", "0123456789", "qwertyuiop", "abcdefghij", "iloveyou12", "admin12345"}
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_decoy = _hasher.hash(secrets.token_urlsafe(16))


def normalise_name(name: str) -> str:
    """Sign-in names compare trimmed, NFKC and in lower case."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether the password fits; takes as long for an unknown account (pass "" for the hash)."""
    try:
        _hasher.verify(stored or _decoy, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return bool(stored)


def weakness(password: str, *own_words: str) -> str:
    """Why a password is refused: "short", "long", "common", "name" or "" when it is good."""
    if len(password) < MINIMUM:
        return "short"
    if len(password) > MAXIMUM:
        return "long"
    lowered = password.lower()
    if lowered in _COMMON or len(set(password)) < 4:
        return "common"
    if any(word and len(word) > 2 and word.lower() in lowered for word in own_words):
        return "name"
    return ""
