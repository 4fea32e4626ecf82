"""What the processes of the installation see, side by side: each writes its figures into control every ten seconds.

A light thread does it, which begins with the first request or the relay's first round; the operator's page of
partitions adds up the processes of the last minute.
"""

import os
import socket
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import Unicode, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app import clock, usage
from app.db import Control, db, figures, update_rows
from app.db.retrying import routes
from app.db.units import control_reading, kernel_unit

EVERY_SECONDS = 10.0
SEEN_WITHIN = timedelta(minutes=1)
KEPT = timedelta(days=1)
log = structlog.get_logger()


class ProcessFigures(Control):
    """The figures of one process, as it wrote them last."""

    __tablename__ = "control_process"

    holder: Mapped[str] = mapped_column(Unicode(100), primary_key=True)  # machine and number
    kind: Mapped[str] = mapped_column(Unicode(20))  # web | relay
    seen_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Reporter:
    """Writes this process's figures; forked processes each begin their own thread."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._process, self._lock = 0, threading.Lock()
        self.is_on = app.extensions["his_settings"].environment != "test"  # tests report themselves

    def begin(self, kind: str = "web") -> None:
        """Start the thread of this process, once."""
        if not self.is_on or self._process == os.getpid():
            return
        with self._lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
        threading.Thread(target=self._run, args=(kind,), name="his-figures", daemon=True).start()

    def _run(self, kind: str) -> None:
        process = os.getpid()
        while self.is_on and os.getpid() == process:
            time.sleep(EVERY_SECONDS)
            try:
                with self._app.app_context():
                    report(kind)
                    usage.tell()
            except Exception as failure:  # control may be away; the page then shows fewer processes
                log.warning("figures.not_written", error=type(failure).__name__)


def install(app: Flask) -> None:
    """Begin with the first request."""
    app.extensions["his_reporter"] = reporter = Reporter(app)

    @app.before_request
    def begin() -> None:
        reporter.begin()


def report(kind: str = "web", holder: str = "") -> None:
    """Write the figures of this process now."""
    holder = (holder or f"{socket.gethostname()}:{os.getpid()}")[:100]
    facts = {"kind": kind, "seen_at": clock.server_time(), "figures": _figures()}
    with kernel_unit(""):
        if update_rows(update(ProcessFigures).where(ProcessFigures.holder == holder).values(**facts)) == 0:
            db.session.add(ProcessFigures(holder=holder, **facts))
            old = ProcessFigures.seen_at < clock.server_time() - KEPT
            db.session.execute(delete(ProcessFigures).where(old))
        try:
            db.session.commit()
        except IntegrityError:
            return  # the thread of before a restart wrote the same row


def present() -> list[ProcessFigures]:
    """Processes of the last minute, by name. One statement."""
    recent = clock.server_time() - SEEN_WITHIN
    query = select(ProcessFigures).where(ProcessFigures.seen_at >= recent).order_by(ProcessFigures.holder)
    with control_reading():
        return list(db.session.scalars(query))


def _figures() -> dict[str, Any]:
    replicas = [
        {
            "partition": name,
            "replica": replica.key,
            "state": replica.state.value,
            "lag": f"{replica.lag or 0:.1f}",
            "reason": replica.reason,
        }
        for name, found in routes().replicas.items()
        for replica in found
    ]
    return {"counted": figures.snapshot(), "replicas": replicas}
