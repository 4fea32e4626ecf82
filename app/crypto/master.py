"""The master key: wraps every other key and never enters a database. A hardware module can stand in its place."""

import base64
from hashlib import sha256
from typing import Protocol

from app.crypto.suites import BY_MARK, Suite


class MasterKey(Protocol):
    """What the key table asks of a file, or of a hardware module."""

    fingerprint: str  # names the key without telling anything about it

    def wrap(self, secret: bytes, about: bytes) -> str:
        """The secret as text that only this key opens."""
        ...

    def unwrap(self, wrapped: str, about: bytes) -> bytes:
        """The secret again.

        Raises:
            SealBroken: wrapped by another key, or for something else.
        """
        ...


class LocalMasterKey:
    """A master key read from a file or the environment at start."""

    def __init__(self, secret: bytes, suite: Suite) -> None:
        self._secret, self._suite = secret, suite
        self.fingerprint = sha256(suite.derive(secret, "his:master:name")).hexdigest()[:12]

    def wrap(self, secret: bytes, about: bytes) -> str:
        sealed = self._suite.seal(self._suite.derive(self._secret, "his:master:wrap"), secret, about)
        return f"{self._suite.mark}.{base64.urlsafe_b64encode(sealed).decode()}"

    def unwrap(self, wrapped: str, about: bytes) -> bytes:
        mark, text = wrapped.split(".", 1)
        suite = BY_MARK[mark]  # a key wrapped before the installation changed its suite opens all the same
        key = suite.derive(self._secret, "his:master:wrap")
        return suite.open(key, base64.urlsafe_b64decode(text), about)
