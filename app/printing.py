"""Papers: HTML to PDF through WeasyPrint in a process of its own, with nothing fetched from outside."""

import atexit
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, render_template

from app import paper_maker
from app.config import ROOT
from app.db import current_unit
from app.errors import Unavailable

SECONDS = 60  # a shift report of thousands of lines takes a few
PAPERS = 1_000  # then a fresh process, so that nothing it may keep grows for ever


class PaperFault(RuntimeError):
    """A template made something that cannot be set: a programming error."""


class Turns:
    """Who has the one process next: centre after centre, so that many papers of one are nobody else's wait (APP-09)."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[
            int, deque[object]
        ] = {}  # centre → its papers; the centre that had its turn goes last
        self._is_taken = False

    @contextmanager
    def turn(self, tenant_id: int) -> Iterator[None]:
        """Wait for the turn, and have it."""
        paper = object()
        with self._changed:
            self._waiting.setdefault(tenant_id, deque()).append(paper)
            try:
                self._changed.wait_for(lambda: not self._is_taken and self._next() is paper)
                self._is_taken = True
            finally:
                self._leave(tenant_id, paper)
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def waiting(self) -> int:
        """How many papers wait for their turn."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def _next(self) -> object:
        return next(iter(self._waiting.values()))[0]

    def _leave(self, tenant_id: int, paper: object) -> None:
        others = self._waiting.pop(tenant_id)
        others.remove(paper)
        if others:
            self._waiting[tenant_id] = others
        self._changed.notify_all()


class PaperMaker:
    """The process of this worker; made on the first paper, made anew when it has died or served its time."""

    def __init__(self) -> None:
        self.turns = Turns()
        self._process: Any = None
        self._owner = self._made = 0

    def make(self, html: str, *, tenant_id: int = 0) -> bytes:
        """Set one paper, of a centre or (0) of none.

        Raises:
            Unavailable: the process died or did not answer in time; the next paper gets a fresh one.
            PaperFault: the HTML cannot be set.
        """
        with self.turns.turn(tenant_id):
            process = self._running()
            watch = threading.Timer(SECONDS, process.kill)
            watch.start()
            try:
                answer = self._ask(process, html)
            finally:
                watch.cancel()
            if answer is None:
                self.stop()
                raise Unavailable
            self._made += 1
        if answer[:1] == paper_maker.FAULT:
            raise PaperFault(answer[1:].decode())
        return answer[1:]

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.communicate()
        self._process = None

    def _running(self) -> Any:
        is_ours = self._process is not None and self._owner == os.getpid()  # a forked worker makes its own
        if not is_ours or self._made >= PAPERS or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.paper_maker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._owner, self._made = os.getpid(), 0
        return self._process

    @staticmethod
    def _ask(process: Any, html: str) -> bytes | None:
        try:
            paper_maker.send(process.stdin, html.encode())
            return paper_maker.receive(process.stdout)
        except OSError:
            return None


_maker = PaperMaker()
atexit.register(_maker.stop)


def to_pdf(template: str, **facts: Any) -> bytes:
    """Render a template as a PDF."""
    unit = current_unit()
    tenant_id = (unit.tenant_id if unit else None) or 0
    return _maker.make(render_template(template, **facts), tenant_id=tenant_id)


def paper_answer(paper: bytes, name: str) -> Response:
    """A PDF shown in the browser's own viewer."""
    answer = Response(paper, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
