"""A simulator that signs its answers as a program of its own: HTTP on this machine, and orders by hand."""

import argparse
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class LineClosed(Exception):
    """The caller gets no answer."""


class Handler(BaseHTTPRequestHandler):
    """One connection: signed answers to messages, 204 or 422 to orders."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.hear(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_GET(self) -> None:
        self.show()

    def hear(self, body: bytes) -> None:
        """Answer what was sent."""
        raise NotImplementedError

    def show(self) -> None:
        """Answer whoever only looks: there is nothing to be seen."""
        self.send(404, b"")

    def answer_with(self, answer: Callable[[], tuple[bytes, str]]) -> None:
        """Send body and signature, or close the line."""
        try:
            made, proof = answer()
        except LineClosed:
            self.close_connection = True
        else:
            self.send(200, made, {"X-Signature": proof})

    def obey(self, body: bytes, order: Callable[[dict[str, Any]], None]) -> None:
        """Carry out an order that somebody gave by hand."""
        try:
            order(json.loads(body or b"{}"))
        except (ValueError, TypeError, KeyError) as fault:
            self.send(422, str(fault).encode())
        else:
            self.send(204, b"")

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """One whole answer, JSON unless the headers say otherwise."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: messages carry people's names and numbers."""


class Server(ThreadingHTTPServer):
    """Listens on this machine only; a caller that went away is no fault of ours."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[Handler], port: int) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@contextmanager
def listening(server: Server) -> Iterator[str]:
    """Serve while the block runs; gives the address."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def given_on_start(description: str | None, port: int) -> argparse.Namespace:
    """What the program is started with: port, data (a folder that is there), seed, rate, with_parent."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--rate", type=float, default=0.0, help="share of messages with which something goes wrong"
    )
    parser.add_argument("--with-parent", action="store_true", help="end when whoever started it has ended")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    return given
