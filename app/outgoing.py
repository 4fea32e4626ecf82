"""The one place that calls outside systems: to listed hosts alone, with hard limits of time and size.

``HIS_OUTGOING_HOSTS`` lists the hosts; without it a production installation calls nobody. What does not come whole
counts as nothing.
"""

import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app

from app.config import Settings

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 6.0
LARGEST = 64 * 1024


class NothingCame(OSError):
    """No whole answer within the time; what the other side did is not known."""


class NotReached(NothingCame):
    """No connection, or a host that is not listed: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes


def is_listed(url: str) -> bool:
    """Whether this installation may call the host of an address; outside production it may call any."""
    settings: Settings = current_app.extensions["his_settings"]
    if not settings.outgoing_hosts and settings.environment != "production":
        return True
    return (urlsplit(url).hostname or "") in settings.outgoing_hosts


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    seconds: float | None = None,
    largest: int = LARGEST,
) -> Reply:
    """Send and wait, two seconds at most for a connection and so many for the whole answer; redirects are not followed.

    Raises:
        NotReached: nothing was sent.
        NothingCame: no answer in time, or too long a one.
    """
    if not is_listed(url):
        raise NotReached("NotListed")
    seconds = ANSWER_SECONDS if seconds is None else seconds
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=max(0.01, min(CONNECT_SECONDS, seconds)))
    try:
        try:
            connection.connect()
        except OSError as failure:
            raise NotReached(type(failure).__name__) from failure
        connection.sock.settimeout(max(0.01, seconds))
        until = time.monotonic() + seconds
        with _cut_off(connection.sock, seconds):
            connection.request("POST", parts.path or "/", body=body, headers=dict(headers))
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, _whole(answer, connection, until, largest))
    except NothingCame:
        raise
    except (OSError, http.client.HTTPException) as failure:
        raise NothingCame(type(failure).__name__) from failure
    finally:
        connection.close()


@contextmanager
def _cut_off(wire: socket.socket, seconds: float) -> Iterator[None]:
    """End a conversation whose time is over, however slowly its headers drip."""

    def cut() -> None:
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(max(0.01, seconds), cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _whole(
    answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, until: float, largest: int
) -> bytes:
    """The body, however slowly it drips, within the time of the whole answer."""
    found = b""
    while piece := answer.read1(16 * 1024):
        found += piece
        left = until - time.monotonic()
        if left <= 0 or len(found) > largest:
            raise NothingCame("TooSlowOrTooLong")
        if connection.sock is not None:  # None: it came whole and the other side has closed
            connection.sock.settimeout(left)
    if time.monotonic() >= until:  # cut off, perhaps in the middle of the headers
        raise NothingCame("TooSlowOrTooLong")
    if answer.length:  # less came than was announced
        raise NothingCame("CutOff")
    return found
