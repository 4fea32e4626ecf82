"""What an outside system that means ill can do to whoever calls it."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from app import outgoing

pytestmark = pytest.mark.one_engine


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends a letter of a header now and then, for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        wire, _ = server.accept()
        with wire:
            wire.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                try:
                    wire.sendall(b"x")
                except OSError:
                    return

    threading.Thread(target=drip, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    over.set()
    server.close()


def test_headers_that_drip_hold_nobody_up(app: Flask, dripping: str) -> None:
    began = time.monotonic()
    with app.app_context(), pytest.raises(outgoing.NothingCame):
        outgoing.post(dripping, {}, b"{}", seconds=0.5)
    assert time.monotonic() - began < 3
