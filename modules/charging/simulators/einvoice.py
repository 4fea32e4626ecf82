"""A platform of electronic invoices to test against: over HTTP, with books and tempers of its own.

    python -m modules.charging.simulators.einvoice --port 8092 --data /tmp/einvoice --seed 7

``POST /misbehave {"service": "issue", "how": "lose_answer", "times": 1}`` makes it behave badly; ``how`` is one of
``slow`` (answers after ``seconds``), ``dead`` (closes the line, nothing done), ``lose_answer`` (does it, closes the
line), ``wrong_signature``, ``wrong_totals``, ``refuse``. With ``--rate 0.02`` it misbehaves at random, by the seed.
``GET /look/<code>/<number>/<check code>`` shows an invoice, as its QR code promises.
"""

import hashlib
import hmac
import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from modules.charging.simulators.einvoice_books import Books, Refused
from modules.charging.simulators.serving import Handler, LineClosed, Server, given_on_start, listening

KEY = "demonstration key of the invoice platform"
TEMPERS = ("slow", "dead", "lose_answer", "wrong_signature", "wrong_totals", "refuse")


class InvoicePlatform:
    """The whole program without its socket."""

    def __init__(
        self, folder: Path | None = None, *, seed: int = 0, faults: float = 0.0, key: str = KEY
    ) -> None:
        self.books = Books(folder, seed=seed)
        self.orders: list[dict[str, Any]] = []  # how to misbehave next
        self.heard: list[str] = []  # services as they were asked for
        self._key, self._faults = key.encode(), faults
        self._chance, self._lock = random.Random(seed), threading.Lock()  # noqa: S311  moods, no secrets

    def misbehave(self, how: str, *, service: str = "", times: int = 1, seconds: float = 10.0) -> None:
        """Behave like this the next times (of this service)."""
        if how not in TEMPERS:
            raise ValueError(how)
        self.orders += [{"how": how, "service": service, "seconds": seconds} for _ in range(times)]

    def sign(self, body: bytes) -> str:
        """HMAC-SHA-256 over a body."""
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()

    def answer(self, body: bytes, signature: str) -> tuple[bytes, str]:
        """What a signed message gets: body and signature.

        Raises:
            LineClosed: nothing.
        """
        if not hmac.compare_digest(self.sign(body), signature):
            return self._sealed({"code": "-1", "msgid": "", "message": "签名验证失败", "data": {}})
        message = json.loads(body)
        with self._lock:
            order = self._order_for(message["service"])
            self.heard.append(message["service"])
        how = order.get("how", "")
        if how == "slow":
            time.sleep(order["seconds"])
        if how == "dead":
            raise LineClosed
        with self._lock:
            told = self._told(message, how)
        if how == "lose_answer":
            raise LineClosed
        made, proof = self._sealed(told)
        return made, "0" * len(proof) if how == "wrong_signature" else proof

    def _told(self, message: dict[str, Any], how: str) -> dict[str, Any]:
        told: dict[str, Any] = {"code": "0", "msgid": message["msgid"], "message": ""}
        try:
            if how == "refuse":
                raise Refused("系统维护中，请稍后再试")
            data = self.books.do(message["service"], message["unit"], message["time"][2:4], message["data"])
            self.books.keep()
        except Refused as refusal:
            return told | {"code": "-1", "message": str(refusal), "data": {}}
        if how == "wrong_totals" and "totalAmt" in data:
            data = data | {"totalAmt": "0.01"}
        return told | {"data": data}

    def _sealed(self, told: dict[str, Any]) -> tuple[bytes, str]:
        body = json.dumps(told, ensure_ascii=False).encode()
        return body, self.sign(body)

    def _order_for(self, service: str) -> dict[str, Any]:
        for order in self.orders:
            if order["service"] in ("", service):
                self.orders.remove(order)
                return order
        if self._chance.random() < self._faults:
            return {"how": self._chance.choice(TEMPERS[1:]), "seconds": 0}
        return {}

    def look(self, path: str) -> str:
        """The page behind an invoice's QR code; empty when there is no such invoice."""
        for row in self.books.invoices.values():
            if path == f"/look/{row.code}/{row.number}/{row.check_code}":
                kind = "红字" if row.is_red else "已冲红" if row.reversed_by else "正常"
                return f"医疗门诊收费票据（电子） {row.code} {row.number} 校验码 {row.check_code} ¥{row.total} {kind}"
        return ""


class _Handler(Handler):
    """One connection; the server's ``platform`` answers."""

    server: "_Server"

    def hear(self, body: bytes) -> None:
        platform = self.server.platform
        if self.path == "/misbehave":
            self.obey(body, lambda asked: platform.misbehave(**asked))
        else:
            self.answer_with(lambda: platform.answer(body, self.headers.get("X-Signature", "")))

    def show(self) -> None:
        text = self.server.platform.look(self.path)
        page = f"<!doctype html><meta charset=utf-8><p>{escape(text or '没有这张票据')}"
        self.send(200 if text else 404, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


class _Server(Server):
    def __init__(self, platform: InvoicePlatform, port: int) -> None:
        self.platform = platform
        super().__init__(_Handler, port)


@contextmanager
def serving(platform: InvoicePlatform, port: int = 0) -> Iterator[str]:
    """Serve on the local machine while the block runs; gives the address."""
    with listening(_Server(platform, port)) as address:
        platform.books.address = address
        yield address


def main() -> None:
    """Serve until stopped."""
    given = given_on_start(__doc__, 8092)
    platform = InvoicePlatform(given.data, seed=given.seed, faults=given.rate)
    with serving(platform, given.port) as address:
        sys.stdout.write(f"Platform of invoices on {address}\n")
        sys.stdout.flush()
        parent = os.getppid()
        while not given.with_parent or os.getppid() == parent:
            time.sleep(1)


if __name__ == "__main__":
    main()
