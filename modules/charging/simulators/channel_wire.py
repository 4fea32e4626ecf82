"""What goes over the wire between the played channels and a merchant, and the words they use for it."""

import hashlib
import hmac
import http.client
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Send = Callable[[str, Mapping[str, str], bytes], int]


class NoAnswer(OSError):
    """Nothing comes back."""


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Report:
    """A callback that waits for its time."""

    merchant_no: str
    body: str
    due_at: datetime
    tries: int = 0


class Refused(Exception):
    """The channel will not do it."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(code)
        self.told = {"code": code, "message": message, **more}


def sign(secret: str, *parts: str) -> str:
    """HMAC-SHA-256 over the parts, joined by line ends."""
    return hmac.new(secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()


def wall_clock() -> datetime:
    """Now."""
    return datetime.fromtimestamp(time.time(), UTC)


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send a report; returns the status, 0 when nothing came back."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("POST", parts.path, body=body, headers=dict(headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
