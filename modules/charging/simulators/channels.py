"""Payment channels, played: one protocol for WeChat, Alipay, bank card and digital yuan, with books of their own.

``python -m modules.charging.simulators.channels --port 8090 --data FOLDER --seed 1`` serves it; tests call ``handle``.
It imports nothing of the product. What goes wrong in the world goes wrong here: on command (``POST /misbehave
{"what": …, "times": …, "seconds": …}``) or at random by seed (``--rate``). See ``MISDEEDS``.

The last digit of a payer's code says what happens: 0 is no valid code, 1 has too little money, 2 has to type a password
(until ``POST /simulate/scan``), every other pays at once.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from modules.charging.simulators.channel_books import (
    CHINA,
    Books,
    Merchant,
    Refund,
    Trade,
    day_after,
    day_of,
    statement,
)
from modules.charging.simulators.channel_desk import end_with_parent, report_on, server
from modules.charging.simulators.channel_wire import (
    Answer,
    NoAnswer,
    Refused,
    Report,
    Send,
    post,
    sign,
    wall_clock,
)

MISDEEDS = (
    "slow",  # the answer comes, late
    "dead",  # nothing arrives here
    "lost",  # it was done, the answer is lost
    "duplicate_callback",  # a report comes three times
    "no_callback",  # a report never comes
    "late_success",  # closed, and paid all the same
    "wrong_amount",  # the answer names another amount
    "wrong_signature",  # the answer is signed with another secret
    "midnight",  # paid at 23:59:59, in the file of the next day
    "cut_statement",
    "duplicate_line",
)
AT_RANDOM = ("slow", "dead", "lost", "duplicate_callback", "no_callback", "wrong_signature")
RETRIES = (0, 15, 60, 300, 1800)  # seconds between reports until one is taken
OLDEST = 300


class Channels:
    """All channels at once; a merchant number says which one is meant."""

    def __init__(
        self,
        *,
        folder: Path | None = None,
        seed: int = 0,
        rate: float = 0.0,
        now: Callable[[], datetime] = wall_clock,
        send: Send = post,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.books = Books(folder)
        self.reports: list[Report] = []
        self.misdeeds: Counter[str] = Counter()
        self.seconds = 10.0
        self.seen: Counter[str] = Counter()  # verb and order → how often it arrived
        self._chance, self._rate = random.Random(seed), rate  # noqa: S311  the same seed gives the same bad days
        self._now, self._send, self._wait = now, send, wait
        self._lock = threading.RLock()

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One request over the wire.

        Raises:
            NoAnswer: the line is dead, or the answer was lost.
        """
        if method != "POST":
            return _plain(405, {"code": "METHOD"})
        if path == "/misbehave" or path.startswith("/simulate/"):
            return _plain(200, self._told_by_hand(path, json.loads(body or b"{}")))
        given = {name.lower(): value for name, value in headers.items()}
        merchant = self.books.merchants.get(given.get("x-pay-merchant", ""))
        if self._does("dead"):
            raise NoAnswer(path)
        if merchant is None or not self._is_proven(merchant, path, given, body):
            return _plain(401, {"code": "NOT_PROVEN"})
        if self._does("slow"):
            self._wait(self.seconds)
        return self._answer(merchant, path, given, body)

    def misbehave(self, what: str, times: int = 1, seconds: float = 10.0) -> None:
        """Do one of ``MISDEEDS`` the next so many times it can be done."""
        if what not in MISDEEDS:
            raise ValueError(what)
        self.misdeeds[what] += times
        self.seconds = seconds

    def deliver(self) -> int:
        """Send the reports whose time has come; returns how many were tried."""
        with self._lock:
            due = [report for report in self.reports if report.due_at <= self._now()]
        for report in due:
            self._report(report)
        return len(due)

    def keep(self) -> None:
        """Write down what is not written yet."""
        with self._lock:
            self.books.keeper.finish()

    def scan(self, merchant_no: str, out_trade_no: str) -> Trade:
        """A payer scans a code that is shown, or types the password."""
        with self._lock:
            trade = self.books.trades[f"{merchant_no}/{out_trade_no}"]
            if trade.state in {"WAITING", "PAYING"}:
                self._take(trade)
            self.books.save()
            return trade

    # Protocol

    def _is_proven(self, merchant: Merchant, path: str, given: Mapping[str, str], body: bytes) -> bool:
        moment, nonce = given.get("x-pay-time", "0"), given.get("x-pay-nonce", "")
        if abs(self._now().timestamp() - int(moment)) > OLDEST:
            return False
        wanted = sign(merchant.secret, moment, nonce, path, body.decode())
        return hmac.compare_digest(wanted, given.get("x-pay-signature", ""))

    def _answer(self, merchant: Merchant, path: str, given: Mapping[str, str], body: bytes) -> Answer:
        asked = json.loads(body)
        verb = path.rpartition("/")[2]
        with self._lock:
            self.seen[f"{verb} {asked.get('out_refund_no') or asked.get('out_trade_no', '')}"] += 1
            if verb == "statement":
                told = self._statement(merchant, asked)
            else:
                told = _text(self._do(merchant, verb, asked)).encode()
            self.books.save()
            if self._does("lost"):
                raise NoAnswer(path)
            secret = "another secret" if self._does("wrong_signature") else merchant.secret
        moment, nonce = str(int(self._now().timestamp())), given.get("x-pay-nonce", "")
        shown = told.decode("utf-8", "replace") if verb != "statement" else hashlib.sha256(told).hexdigest()
        headers = {
            "Content-Type": "application/json" if verb != "statement" else "application/octet-stream",
            "X-Pay-Time": moment,
            "X-Pay-Nonce": nonce,
            "X-Pay-Signature": sign(secret, moment, nonce, path, shown),
        }
        return Answer(200, headers, told)

    def _do(self, merchant: Merchant, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
        acts = {
            "pay": self._pay,
            "precreate": self._precreate,
            "query": self._query,
            "close": self._close,
            "refund": self._refund,
            "refund-query": self._refund_query,
        }
        act = acts.get(verb)
        if act is None:
            return {"code": "UNKNOWN_VERB", "message": verb}
        try:
            return {"code": "OK", "message": "", **act(merchant, asked)}
        except Refused as refusal:
            return refusal.told

    def _pay(self, merchant: Merchant, asked: dict[str, Any]) -> dict[str, Any]:
        trade = self._trade(merchant, asked)
        if trade.state == "WAITING":
            code = str(asked["payer_code"])
            if code.endswith("0"):
                trade.state = "FAILED"
                raise Refused("CODE_INVALID", "付款码无效", trade=self._shown(trade))
            if code.endswith("1"):
                trade.state = "FAILED"
                raise Refused("NOT_ENOUGH", "余额不足", trade=self._shown(trade))
            if code.endswith("2"):
                trade.state = "PAYING"
            else:
                self._take(trade)
        return {"trade": self._shown(trade)}

    def _precreate(self, merchant: Merchant, asked: dict[str, Any]) -> dict[str, Any]:
        trade = self._trade(merchant, asked)
        trade.qr = trade.qr or f"https://pay.example/{merchant.channel}/{trade.trade_no}"
        return {"trade": self._shown(trade)}

    def _query(self, merchant: Merchant, asked: dict[str, Any]) -> dict[str, Any]:
        return {"trade": self._shown(self._found(merchant, asked))}

    def _close(self, merchant: Merchant, asked: dict[str, Any]) -> dict[str, Any]:
        trade = self._found(merchant, asked)
        if trade.state == "SUCCESS":
            raise Refused("ENDED", "订单已支付", trade=self._shown(trade))
        trade.state = "CLOSED"
        shown = self._shown(trade)
        if self._does("late_success"):
            self._take(trade)
        return {"trade": shown}

    def _refund(self, merchant: Merchant, asked: dict[str, Any]) -> dict[str, Any]:
        trade, key = self._found(merchant, asked), f"{merchant.merchant_no}/{asked['out_refund_no']}"
        known = self.books.refunds.get(key)
        fen = int(asked["refund_fen"])
        if known is None:
            if trade.state != "SUCCESS" or trade.refunded_fen + fen > trade.total_fen:
                raise Refused("REFUSED", "超过可退金额")
            trade.refunded_fen += fen
            moment = self._now()
            known = Refund(
                merchant.merchant_no,
                trade.out_trade_no,
                asked["out_refund_no"],
                fen,
                "SUCCESS",
                self.books.next_no("F"),
                moment.astimezone(CHINA).isoformat(timespec="seconds"),
                day_of(moment),
            )
            self.books.refunds[key] = known
        return {"refund": _returned(known)}

    def _refund_query(self, merchant: Merchant, asked: dict[str, Any]) -> dict[str, Any]:
        known = self.books.refunds.get(f"{merchant.merchant_no}/{asked['out_refund_no']}")
        if known is None:
            raise Refused("NOT_EXIST", "退款单不存在")
        return {"refund": _returned(known)}

    def _statement(self, merchant: Merchant, asked: dict[str, Any]) -> bytes:
        if asked["day"] >= day_of(self._now()):
            return _text({"code": "NOT_READY", "message": "账单尚未生成"}).encode()
        cut, double = self._does("cut_statement"), self._does("duplicate_line")
        return statement(
            self.books, merchant, asked["day"], asked.get("format", "csv"), cut=cut, double=double
        )

    # Money

    def _trade(self, merchant: Merchant, asked: dict[str, Any]) -> Trade:
        """The trade of this number, made when there is none: the number is the key of everything."""
        key = f"{merchant.merchant_no}/{asked['out_trade_no']}"
        known = self.books.trades.get(key)
        if known is not None:
            if known.total_fen != int(asked["total_fen"]):
                raise Refused("REFUSED", "订单号重复, 金额不同")
            return known
        made = Trade(
            merchant.merchant_no,
            asked["out_trade_no"],
            int(asked["total_fen"]),
            "WAITING",
            self.books.next_no("T"),
            asked.get("description", ""),
            asked.get("expires_at", ""),
        )
        self.books.trades[key] = made
        return made

    def _found(self, merchant: Merchant, asked: dict[str, Any]) -> Trade:
        known = self.books.trades.get(f"{merchant.merchant_no}/{asked['out_trade_no']}")
        if known is None:
            raise Refused("NOT_EXIST", "订单不存在")
        return known

    def _take(self, trade: Trade) -> None:
        """The money is the channel's; the merchant hears of it."""
        moment = self._now()
        day = day_of(moment)
        trade.state = "SUCCESS"
        trade.paid_at = moment.astimezone(CHINA).isoformat(timespec="seconds")
        trade.file_day = day
        if self._does("midnight"):
            trade.paid_at, trade.file_day = f"{day}T23:59:59+08:00", day_after(day)
        if self._does("no_callback"):
            return
        body = _text({"code": "OK", "message": "", "trade": _told(trade)})
        for _ in range(3 if self._does("duplicate_callback") else 1):
            self.reports.append(Report(trade.merchant_no, body, moment))

    def _report(self, report: Report) -> None:
        merchant = self.books.merchants.get(report.merchant_no)
        moment, nonce = str(int(self._now().timestamp())), secrets.token_hex(16)
        status = 200
        if merchant is not None and merchant.notify_url:
            headers = {
                "Content-Type": "application/json",
                "X-Pay-Time": moment,
                "X-Pay-Nonce": nonce,
                "X-Pay-Signature": sign(merchant.secret, moment, nonce, "callback", report.body),
            }
            status = self._send(merchant.notify_url, headers, report.body.encode())
        with self._lock:
            report.tries += 1
            if status == http.client.OK or report.tries >= len(RETRIES):
                self.reports.remove(report)
            else:
                report.due_at = self._now() + timedelta(seconds=RETRIES[report.tries])

    def _shown(self, trade: Trade) -> dict[str, Any]:
        shown = _told(trade)
        if trade.state == "SUCCESS" and self._does("wrong_amount"):
            shown["total_fen"] += 100
        return shown

    def _does(self, what: str) -> bool:
        if self.misdeeds[what] > 0:
            self.misdeeds[what] -= 1
            return True
        return what in AT_RANDOM and self._rate > 0 and self._chance.random() < self._rate / len(AT_RANDOM)

    # What a person does by hand

    def _told_by_hand(self, path: str, told: Any) -> dict[str, Any]:
        if path == "/misbehave":
            self.misbehave(told["what"], int(told.get("times", 1)), float(told.get("seconds", 10)))
        elif path == "/simulate/merchants":
            with self._lock:
                self.books.merchants[told["merchant_no"]] = Merchant(**told)
                self.books.save()
        elif path == "/simulate/history":
            with self._lock:
                for row in told:
                    self.books.remember(**row)
                self.books.save()
        elif path == "/simulate/scan":
            trade = self.scan(told["merchant_no"], told["out_trade_no"])
            return {"code": "OK", "trade": _told(trade)}
        elif path == "/simulate/clock":
            moment = datetime.fromisoformat(told["now"])
            self._now = lambda: moment
        else:
            return {"code": "UNKNOWN"}
        return {"code": "OK"}


def _told(trade: Trade) -> dict[str, Any]:
    names = ("out_trade_no", "state", "total_fen", "trade_no", "paid_at", "qr")
    return {name: getattr(trade, name) for name in names}


def _returned(refund: Refund) -> dict[str, Any]:
    names = ("out_trade_no", "out_refund_no", "state", "refund_fen", "refund_trade_no", "done_at")
    return {name: getattr(refund, name) for name in names}


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _plain(status: int, told: dict[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, _text(told).encode())


def main() -> None:
    """Serve until Ctrl C or SIGTERM."""
    parser = argparse.ArgumentParser(description="Payment channels, played.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rate", type=float, default=0.0, help="share of requests with which something goes wrong"
    )
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the program that started it ends"
    )
    told = parser.parse_args()
    channels, stopping = Channels(folder=told.data, seed=told.seed, rate=told.rate), threading.Event()
    threading.Thread(target=report_on, args=(channels, stopping), daemon=True).start()
    if told.with_parent:
        threading.Thread(target=end_with_parent, args=(channels, os.getppid()), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listening = server(channels, told.port)
    sys.stdout.write(f"Payment channels on http://127.0.0.1:{told.port}\n")
    sys.stdout.flush()
    try:
        listening.serve_forever()
    except KeyboardInterrupt:
        stopping.set()
    finally:
        channels.keep()


if __name__ == "__main__":
    main()
