"""An insurer to test against: the national interface's trades over HTTP, with books and tempers of its own.

    python -m modules.charging.simulators.insurer --port 8091 --data /tmp/insurer --seed 7

``POST /misbehave {"infno": "2207", "how": "lose_answer", "times": 1}`` makes it behave badly; ``how`` is one of
``slow`` (answers after ``seconds``), ``dead`` (closes the line, nothing done), ``lose_answer`` (does it, closes the
line), ``wrong_totals``, ``wrong_signature``, ``refuse``. ``POST /people`` insures somebody, ``POST /benefits``
changes what an insurance pays. With ``--rate 0.02`` it misbehaves at random, by the seed.
"""

import hmac
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from modules.charging.simulators.insurer_books import Books
from modules.charging.simulators.insurer_catalogues import Refused
from modules.charging.simulators.insurer_split import Benefit
from modules.charging.simulators.serving import Handler, LineClosed, Server, given_on_start, listening

KEY = "demonstration key of the insurer"
TEMPERS = ("slow", "dead", "lose_answer", "wrong_totals", "wrong_signature", "refuse")
HASHES: dict[str, type[hashes.SM3] | type[hashes.SHA256]] = {"SM3": hashes.SM3, "SHA256": hashes.SHA256}


class Insurer:
    """The whole program without its socket."""

    def __init__(
        self, folder: Path | None = None, *, seed: int = 0, faults: float = 0.0, key: str = KEY
    ) -> None:
        self.books = Books(folder)
        self.books.read()
        self.orders: list[dict[str, Any]] = []  # how to misbehave next
        self.heard: list[str] = []  # trades as they came in
        self._key, self._faults = key.encode(), faults
        self._chance, self._lock = random.Random(seed), threading.Lock()  # noqa: S311  moods, no secrets

    def misbehave(self, how: str, *, infno: str = "", times: int = 1, seconds: float = 10.0) -> None:
        """Behave like this the next times (of this trade)."""
        if how not in TEMPERS:
            raise ValueError(how)
        self.orders += [{"how": how, "infno": infno, "seconds": seconds} for _ in range(times)]

    def sign(self, body: bytes, kind: str) -> str:
        """Keyed digest of a body."""
        maker = HMAC(self._key, HASHES[kind]())
        maker.update(body)
        return maker.finalize().hex()

    def answer(self, body: bytes, signature: str, kind: str) -> tuple[bytes, str]:
        """What a signed message gets: body and signature.

        Raises:
            LineClosed: nothing.
        """
        if kind not in HASHES or not hmac.compare_digest(self.sign(body, kind), signature):
            return self._sealed({"infcode": "-1", "err_msg": "签名验证失败", "output": {}}, "SHA256")
        message = json.loads(body)
        with self._lock:
            order = self._order_for(message["infno"])
            self.heard.append(message["infno"])
        how = order.get("how", "")
        if how == "slow":
            time.sleep(order["seconds"])
        if how == "dead":
            raise LineClosed
        with self._lock:
            told = self._told(message, how)
        if how == "lose_answer":
            raise LineClosed
        made, proof = self._sealed(told, kind)
        return made, "0" * len(proof) if how == "wrong_signature" else proof

    def _told(self, message: dict[str, Any], how: str) -> dict[str, Any]:
        told = {
            "infcode": "0",
            "inf_refmsgid": message["msgid"],
            "refmsg_time": message["inf_time"],
            "err_msg": "",
        }
        try:
            if how == "refuse":
                raise Refused("系统繁忙，请稍后再试")
            output = self.books.do(message)
            self.books.keep()
        except Refused as refusal:
            return told | {"infcode": "-1", "err_msg": str(refusal), "output": {}}
        if how == "wrong_totals" and isinstance(output.get("setlinfo"), dict):
            info = output["setlinfo"]
            output = {"setlinfo": info | {"hifp_pay": info["hifp_pay"] + Decimal("1.00")}}
        return told | {"output": output}

    def _sealed(self, told: dict[str, Any], kind: str) -> tuple[bytes, str]:
        body = json.dumps(told, default=str, ensure_ascii=False).encode()
        return body, self.sign(body, kind)

    def _order_for(self, infno: str) -> dict[str, Any]:
        for order in self.orders:
            if order["infno"] in ("", infno):
                self.orders.remove(order)
                return order
        if self._chance.random() < self._faults:
            return {"how": self._chance.choice(TEMPERS[1:]), "seconds": 0}
        return {}

    def finish(self) -> None:
        """Write down what is not written yet."""
        with self._lock:
            self.books.keeper.finish()

    def told_to(self, path: str, asked: dict[str, Any]) -> None:
        """An order from whoever runs the test."""
        if path == "/misbehave":
            self.misbehave(**asked)
        elif path == "/people":
            self.books.enrol(asked.pop("certno"), **asked)
        elif path == "/benefits":
            self.books.benefits[asked["insutype"]] = Benefit(
                Decimal(str(asked["deductible"])),
                Decimal(str(asked["ratio"])),
                Decimal(str(asked["cap"])),
                bool(asked.get("fund_includes_account")),
            )
        else:
            raise ValueError(path)


class _Handler(Handler):
    """One connection; the server's ``insurer`` answers."""

    server: "_Server"

    def hear(self, body: bytes) -> None:
        insurer = self.server.insurer
        if self.path == "/trade":
            kind = self.headers.get("X-Sign-Type", "")
            self.answer_with(lambda: insurer.answer(body, self.headers.get("X-Signature", ""), kind))
        else:
            self.obey(body, lambda asked: insurer.told_to(self.path, asked))


class _Server(Server):
    def __init__(self, insurer: Insurer, port: int) -> None:
        self.insurer = insurer
        super().__init__(_Handler, port)


@contextmanager
def serving(insurer: Insurer, port: int = 0) -> Iterator[str]:
    """Serve on the local machine while the block runs; gives the address."""
    with listening(_Server(insurer, port)) as address:
        yield f"{address}/trade"


def main() -> None:
    """Serve until stopped."""
    given = given_on_start(__doc__, 8091)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    insurer = Insurer(given.data, seed=given.seed, faults=given.rate)
    with serving(insurer, given.port) as address:
        sys.stdout.write(f"Insurer on {address}\n")
        sys.stdout.flush()
        parent = os.getppid()
        try:
            while not given.with_parent or os.getppid() == parent:
                time.sleep(1)
                insurer.finish()
        finally:
            insurer.finish()


if __name__ == "__main__":
    main()
