"""A number for each request, on the error page and in every log line that belongs to it."""

import re
import secrets
from contextvars import ContextVar

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,40}")  # nothing that breaks a line of the log or a page
_trace: ContextVar[str] = ContextVar("trace", default="")


def trace_number() -> str:
    """The present request's number, or "" outside one."""
    return _trace.get()


def begin_trace(number: str = "") -> str:
    """Start a trace for a request or job, short enough to read out on the phone; an odd one is not taken."""
    fresh = number if _PLAIN.fullmatch(number) else secrets.token_hex(6)
    _trace.set(fresh)
    return fresh
