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


class Prepared(str):
    """A typed password on which the costly work was done before the transaction: its hash, and what it fits."""

    hashed: str
    fits: dict[str, bool]


def prepare(password: str, *stored: str, to_store: bool = True) -> Prepared:
    """Hash a password that is to be stored, and compare it with stored hashes."""
    made = Prepared(password)
    made.hashed = _hasher.hash(password) if to_store else ""
    made.fits = {known: verify_password(known, password) for known in stored}
    return made


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    if isinstance(password, Prepared) and password.hashed:
        return password.hashed
    return _hasher.hash(password)


def verify_password(stored: str, password: str) -> bool:
    """Whether the password fits; takes as long for an unknown account (pass "" for the hash)."""
    if isinstance(password, Prepared) and stored in password.fits:
        return password.fits[stored]
    try:
        _hasher.verify(stored or _decoy, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return bool(stored)


def weakness(password: str, *own_words: str, kinds: int = 0) -> str:
    """Why a password is refused: "short", "long", "common", "name", "kinds" or "" when it is good.

    ``kinds`` of character (small and capital letters, digits, all others) that it must mix, see ``profiles``.
    """
    if len(password) < MINIMUM:
        return "short"
    if len(password) > MAXIMUM:
        return "long"
    lowered = password.lower()
    if lowered in _COMMON or len(set(password)) < 4:
        return "common"
    if any(_is_telling(word) and word.lower() in lowered for word in own_words):
        return "name"
    return "kinds" if kinds_of(password) < kinds else ""


def _is_telling(word: str) -> bool:
    """Two letters may stand in any word; two characters are somebody's name."""
    return len(word) > 2 or (len(word) == 2 and not word.isascii())


def kinds_of(password: str) -> int:
    """How many of the four kinds of character it has."""
    kinds = {_kind(letter) for letter in password}
    return len(kinds)


def _kind(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    if letter.isascii() and letter.isalpha():
        return "capital" if letter.isupper() else "small"
    return "other"
