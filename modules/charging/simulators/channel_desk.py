"""The played channels as a program of their own: HTTP on this machine, reports in the background."""

import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from modules.charging.simulators.channel_wire import Answer, NoAnswer


class Played(Protocol):
    """What can be asked, and reports by itself."""

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request; raises NoAnswer."""

    def deliver(self) -> int:
        """Send what is to be reported now."""

    def keep(self) -> None:
        """Write down what is not written yet."""


def server(channels: Played, port: int) -> ThreadingHTTPServer:
    """Serve on this machine only."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                answer = channels.handle("POST", self.path, dict(self.headers), body)
            except NoAnswer:
                self.close_connection = True
                return
            with suppress(ConnectionError):  # who asked may have gone
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    return ThreadingHTTPServer(("127.0.0.1", port), Desk)


def report_on(channels: Played, stopping: threading.Event) -> None:
    """Send reports until stopped."""
    while not stopping.wait(0.5):
        channels.deliver()
        channels.keep()


def end_with_parent(channels: Played, parent: int) -> None:
    """End the program when its parent has gone, however it went."""
    while os.getppid() == parent:
        time.sleep(1)
    channels.keep()
    os._exit(0)
