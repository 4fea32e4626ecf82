"""The process that turns HTML into PDF for a worker: ``python -m app.paper_maker``, spoken to through its pipes.

Typesetting holds the interpreter for a fifth of a second and font files of 20 MB apiece; in a process of its own it
delays nobody's request and a worker stays small. Each message is its length in eight bytes and its text; an answer
begins with a byte that says whether a paper or a fault follows. The end of the input ends the process, so none
outlives its worker.
"""

import gc
import struct
import sys
from typing import BinaryIO

from app.memory import keep_small

LENGTH = struct.Struct(">Q")
PAPER, FAULT = b"P", b"F"


def send(stream: BinaryIO, message: bytes) -> None:
    """Write one message."""
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one message; None at the end of the stream, also when it breaks off half way."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    body = stream.read(size)
    return body if len(body) == size else None


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer messages until the input ends."""
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    fonts = FontConfiguration()
    fetcher = URLFetcher(
        allowed_protocols={"data"}, fail_on_errors=True
    )  # papers carry their pictures inside
    keep_small()
    while (html := receive(source)) is not None:
        try:
            document = HTML(string=html.decode(), base_url="his:", url_fetcher=fetcher)
            answer = PAPER + document.write_pdf(font_config=fonts)
            del document
        except (Exception, FatalURLFetchingError) as error:
            answer = FAULT + f"{type(error).__name__}: {error}".encode()
        send(target, answer)
        gc.collect()  # documents hold copies of their font files in circles that counting references never frees


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
