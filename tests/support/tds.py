"""A double of SQL Server's listener: it speaks as much TDS 7.4 as a login and a one-cell answer need.

Written after [MS-TDS]. It shows what pymssql and SQLAlchemy do when a listener routes, refuses, falls silent or
hangs up; it is no database and proves nothing about one.
"""

import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

READ_INTENT = 0x20
_DONE = b"\xfd" + struct.pack("<HHQ", 0, 0, 0)
_DONE_ATTENTION = b"\xfd" + struct.pack("<HHQ", 0x20, 0, 0)
_DONE_ERROR = b"\xfd" + struct.pack("<HHQ", 0x02, 0, 0)
_VERSION = "Microsoft SQL Server 2019 - 15.0.2000.5 (a double)"


@dataclass(frozen=True)
class Login:
    """What a client said of itself."""

    database: str
    appname: str
    has_read_intent: bool


@dataclass(frozen=True)
class Refusal:
    """An ERROR token."""

    number: int
    text: str = "no"


CUT = object()  # hang up instead of answering
Answer = object


@dataclass
class Listener:
    """Listens on a port of its own until ``close``."""

    refusals: deque[int] = field(default_factory=deque)  # numbers for the next logins
    redirect: tuple[str, int] | None = None  # where a login with read intent is sent
    is_silent: bool = False  # takes connections and never answers
    refuses_all: int = 0  # every login, with this number
    answer: Callable[[str], Answer] = lambda statement: None  # value, Refusal, CUT or None
    logins: list[Login] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"mssql+pymssql://his:secret@127.0.0.1:{self.port}/his"

    def cut(self) -> None:
        """Hang up on everybody who is connected now."""
        lines, self._lines = self._lines, []
        for line in lines:
            with suppress(OSError):  # hung up before
                line.shutdown(socket.SHUT_RDWR)
            if self.is_silent:  # no thread holds it
                line.close()

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        finally:
            self._socket.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self._lines.append(line)
            if not self.is_silent:
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line:
                if self._greet(line):
                    self._work(line)
        except (OSError, EOFError):
            return

    def _greet(self, line: socket.socket) -> bool:
        _receive(line)  # PRELOGIN
        offsets = b"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff"
        _send(line, offsets + b"\x0f\x00\x07\xd0\x00\x00" + b"\x02")  # version; no encryption here
        login = _login(_receive(line)[1])
        self.logins.append(login)
        number = self.refusals.popleft() if self.refusals else self.refuses_all
        if number:
            _send(line, _error(Refusal(number)) + _DONE_ERROR)
            return False
        route = _route(*self.redirect) if self.redirect and login.has_read_intent else b""
        _send(line, _login_ack() + route + _DONE)
        return not route

    def _work(self, line: socket.socket) -> None:
        while True:
            kind, body = _receive(line)
            if kind == 6:  # attention
                _send(line, _DONE_ATTENTION)
                continue
            statement = body[struct.unpack("<I", body[:4])[0] :].decode("utf-16-le").strip()
            self.said.append(statement)
            found = self.answer(statement)
            if found is CUT:
                line.shutdown(socket.SHUT_RDWR)
                return
            _send(line, _tokens(statement, found))


def _tokens(statement: str, found: Answer) -> bytes:
    if isinstance(found, Refusal):
        return _error(found) + _DONE_ERROR
    if found is None and "@@version" in statement.lower():
        found = _VERSION
    elif found is None and statement.upper().startswith("SELECT"):
        found = "1"
    return _DONE if found is None else _cell(str(found))


def _receive(line: socket.socket) -> tuple[int, bytes]:
    body = b""
    while True:
        kind, status, length = struct.unpack(">BBH", _exactly(line, 8)[:4])
        body += _exactly(line, length - 8)
        if status & 1:
            return kind, body


def _exactly(line: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = line.recv(count - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found


def _send(line: socket.socket, body: bytes) -> None:
    line.sendall(struct.pack(">BBHHBB", 4, 1, len(body) + 8, 0, 1, 0) + body)


def _login(body: bytes) -> Login:
    def text(place: int) -> str:
        offset, length = struct.unpack_from("<HH", body, place)
        return body[offset : offset + 2 * length].decode("utf-16-le")

    return Login(
        database=text(68), appname=text(48), has_read_intent=bool(body[26] & READ_INTENT)
    )  # offsets of LOGIN7


def _short(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def _byte(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")


def _error(refusal: Refusal) -> bytes:
    body = struct.pack("<iBB", refusal.number, 1, 16)
    body += _short(refusal.text) + _byte("double") + _byte("") + struct.pack("<i", 1)
    return b"\xaa" + struct.pack("<H", len(body)) + body


def _login_ack() -> bytes:
    body = b"\x01\x74\x00\x00\x04" + _byte("double") + b"\x0f\x00\x07\xd0"
    return b"\xad" + struct.pack("<H", len(body)) + body


def _route(host: str, port: int) -> bytes:
    target = struct.pack("<BH", 0, port) + _short(host)
    body = b"\x14" + struct.pack("<H", len(target)) + target + b"\x00\x00"
    return b"\xe3" + struct.pack("<H", len(body)) + body


def _cell(text: str) -> bytes:
    """One row with one NVARCHAR column."""
    column = (
        struct.pack("<IH", 0, 9) + b"\xe7" + struct.pack("<H", 8000) + b"\x09\x04\xd0\x00\x34" + _byte("x")
    )
    value = text.encode("utf-16-le")
    row = b"\xd1" + struct.pack("<H", len(value)) + value
    return b"\x81" + struct.pack("<H", 1) + column + row + b"\xfd" + struct.pack("<HHQ", 0x10, 0xC1, 1)
