"""Papers: HTML to PDF through WeasyPrint in a process of its own, with nothing fetched from outside."""

import atexit
import os
import subprocess
import sys
import threading
from typing import Any

from flask import Response, render_template

from app import paper_maker
from app.config import ROOT
from app.errors import Unavailable

SECONDS = 60  # a shift report of thousands of lines takes a few
PAPERS = 1_000  # then a fresh process, so that nothing it may keep grows for ever


class PaperFault(RuntimeError):
    """A template made something that cannot be set: a programming error."""


class PaperMaker:
    """The process of this worker; made on the first paper, made anew when it has died or served its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Any = None
        self._owner = self._made = 0

    def make(self, html: str) -> bytes:
        """Set one paper.

        Raises:
            Unavailable: the process died or did not answer in time; the next paper gets a fresh one.
            PaperFault: the HTML cannot be set.
        """
        with self._lock:
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
    return _maker.make(render_template(template, **facts))


def paper_answer(paper: bytes, name: str) -> Response:
    """A PDF shown in the browser's own viewer."""
    answer = Response(paper, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer
