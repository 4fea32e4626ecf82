"""Structured logs: ids and codes, never a name, an identity number or a diagnosis."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from flask import g, has_request_context, request

from app.faults import neutralise, tell_fault
from app.tracing import trace_number


def install(log_format: str) -> None:
    """One line for each thing worth telling, JSON for machines or plain for a terminal."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if log_format == "plain":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            _add_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_fault,
            neutralise,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _add_ids(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    line["trace"] = trace_number()
    if has_request_context():
        line["method"] = request.method
        actor = g.get("actor")
        if actor is not None:
            line.update(tenant=actor.tenant_id, account=actor.account_id)
    return line
