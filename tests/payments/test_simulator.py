"""The played channels: the wire, their statement files, and that they are nobody's copy."""

import ast
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app import outgoing as wire
from app.crypto import shared_secrets
from modules.charging.simulators import channels as played
from modules.charging.simulators.channel_books import Merchant
from modules.charging.simulators.channel_wire import sign
from modules.payments.gateways import channels as gateway
from modules.payments.rules.protocol import body_of
from modules.payments.rules.states import Outcome, Verb

D = Decimal
pytestmark = pytest.mark.one_engine
SECRET = "sixteen or more letters"
NIGHT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # 23:00 in China


@pytest.fixture
def now() -> list[datetime]:
    return [NIGHT]


@pytest.fixture
def shop(now: list[datetime], tmp_path: Path) -> played.Channels:
    """One WeChat merchant, a stopped clock, books in a folder."""
    made = played.Channels(
        folder=tmp_path, now=lambda: now[0], send=lambda *given: 200, wait=lambda seconds: None
    )
    made.books.merchants["M1"] = Merchant("M1", "wechat", SECRET)
    return made


def _ask(shop: played.Channels, verb: str, **told: Any) -> bytes:
    body, moment = body_of(**told), str(int(shop._now().timestamp()))
    headers = {"X-Pay-Merchant": "M1", "X-Pay-Time": moment, "X-Pay-Nonce": "n"}
    headers["X-Pay-Signature"] = sign(SECRET, moment, "n", f"/v1/{verb}", body)
    answer = shop.handle("POST", f"/v1/{verb}", headers, body.encode())
    assert answer.status == 200
    return answer.body


def _day_of_g9(shop: played.Channels, now: list[datetime]) -> None:
    """Clinic.md G9: 62.40, 30.00, 15.00 at 23:59:59, 18.00, and 20.00 given back."""
    for number, fen in (("O1", 6240), ("O2", 3000), ("O5", 1800)):
        _ask(shop, "pay", out_trade_no=number, total_fen=fen, payer_code="9")
        now[0] += timedelta(minutes=1)
    _ask(shop, "refund", out_trade_no="O1", out_refund_no="O4", refund_fen=2000)
    shop.misbehave("midnight")
    _ask(shop, "pay", out_trade_no="O3", total_fen=1500, payer_code="9")


def test_the_statement_of_a_day_is_there_the_day_after(shop: Any, now: list[datetime]) -> None:
    _day_of_g9(shop, now)
    assert b"NOT_READY" in _ask(shop, "statement", day="2026-11-20")
    now[0] += timedelta(hours=11)
    lines = _ask(shop, "statement", day="2026-11-20").decode().split("\r\n")
    assert lines[-2] == "TOTAL,4,110.40,20.00,0.54,89.86"
    assert [line.split(",")[1] for line in lines[1:-2]] == ["O1", "O2", "O5", "O1"]
    assert D("110.40") - D("20.00") - D("0.54") == D("89.86")
    fees = sum(D(line.split(",")[6]) for line in lines[1:-2] if line.split(",")[4] == "PAY")
    assert fees == D("0.66")
    assert b"O3" not in _ask(shop, "statement", day="2026-11-20")


def test_a_payment_at_midnight_stands_in_the_file_of_the_next_day(shop: Any, now: list[datetime]) -> None:
    _day_of_g9(shop, now)
    now[0] += timedelta(days=2)
    text = _ask(shop, "statement", day="2026-11-21", format="pipe").decode()
    assert "2026-11-20T23:59:59+08:00|O3||" in text


def test_the_file_comes_in_three_forms_and_cut_or_with_a_line_twice(shop: Any, now: list[datetime]) -> None:
    _day_of_g9(shop, now)
    now[0] += timedelta(days=1)
    assert "商户订单号" in _ask(shop, "statement", day="2026-11-20", format="csv-gbk").decode("gbk")
    whole = _ask(shop, "statement", day="2026-11-20")
    shop.misbehave("cut_statement")
    assert _ask(shop, "statement", day="2026-11-20") == whole[: len(whole) // 2]
    shop.misbehave("duplicate_line")
    lines = _ask(shop, "statement", day="2026-11-20").split(b"\r\n")
    assert lines[1] == lines[2]
    assert _ask(shop, "statement", day="2026-11-20") == whole


def test_the_books_outlive_the_program(shop: Any, now: list[datetime], tmp_path: Path) -> None:
    _day_of_g9(shop, now)
    shop.keep()
    again = played.Channels(folder=tmp_path, now=lambda: now[0])
    assert again.books.trades == shop.books.trades
    assert again.books.refunds == shop.books.refunds


def test_a_report_is_sent_until_it_is_taken(now: list[datetime]) -> None:
    statuses = iter([0, 500, 200])
    shop = played.Channels(now=lambda: now[0], send=lambda *given: next(statuses))
    shop.books.merchants["M1"] = Merchant("M1", "wechat", SECRET, "http://his.example/x")
    _ask(shop, "pay", out_trade_no="O1", total_fen=1, payer_code="9")
    for seconds in (0, 14, 1, 60):
        now[0] += timedelta(seconds=seconds)
        shop.deliver()
    assert shop.reports == []
    assert next(statuses, "all sent") == "all sent"


def test_chance_by_the_same_seed_gives_the_same_bad_days(now: list[datetime]) -> None:
    def play(seed: int) -> list[bool]:
        shop = played.Channels(seed=seed, rate=0.5, now=lambda: now[0])
        return [shop._does("dead") for _ in range(200)]

    assert play(7) == play(7)
    assert play(7) != play(8)
    assert any(play(7))


def test_over_the_wire_answers_are_proven_and_time_runs_out(app: Any, monkeypatch: Any) -> None:
    clock.stop(None)
    shop = played.Channels(seed=1)
    shop.books.merchants["M1"] = Merchant("M1", "wechat", SECRET)
    desk = played.server(shop, 0)
    threading.Thread(target=desk.serve_forever, daemon=True).start()
    access = gateway.Access(f"http://127.0.0.1:{desk.server_port}", "M1", SECRET)
    try:
        body = body_of(out_trade_no="O1", total_fen=6240, payer_code="9")
        answer = gateway.call(access, Verb.PAY, body)
        assert (answer.outcome, answer.status) == (Outcome.ANSWERED, 200)
        stranger = gateway.Access(access.base_url, "M1", "another secret of ours")
        assert gateway.call(stranger, Verb.PAY, body).fault == "NotSigned"
        shop.misbehave("lost")
        assert gateway.call(access, Verb.PAY, body).outcome is Outcome.UNKNOWN
        monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.2)
        shop.misbehave("slow", seconds=0.6)
        assert gateway.call(access, Verb.PAY, body).outcome is Outcome.UNKNOWN
        time.sleep(0.8)
        assert shop.seen["pay O1"] == 3  # it came, late
    finally:
        desk.shutdown()
        desk.server_close()
    nobody = gateway.call(access, Verb.PAY, body)
    assert (nobody.outcome, nobody.fault) == (Outcome.UNKNOWN, "ConnectionRefusedError")


def test_both_sides_sign_alike_and_neither_is_the_others_copy() -> None:
    assert shared_secrets.sign(SECRET, "1", "n", "/v1/pay", "{}") == sign(SECRET, "1", "n", "/v1/pay", "{}")
    folder = Path(played.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = [node.module] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in named:
                root = str(name).split(".")[0]
                assert root not in {"app", "tenants"}
                assert root != "modules" or str(name).startswith("modules.charging.simulators")
