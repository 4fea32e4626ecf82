"""A number for each request, on the error page and in every log line that belongs to it."""

import secrets
from contextvars import ContextVar

_trace: ContextVar[str] = ContextVar("trace", default="")


def trace_number() -> str:
    """The present request's number, or "" outside one."""
    return _trace.get()


def begin_trace(number: str = "") -> str:
    """Start a trace for a request or job; short enough to read out on the phone."""
    fresh = number[:40] or secrets.token_hex(6)
    _trace.set(fresh)
    return fresh
