"""What a centre feels of a neighbour that asks without end: its p95 alone, beside it, and without any budgets."""

import http.client
import multiprocessing
import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from flask import Flask

from app.accounts import services as accounts
from app.actor import system_actor
from bench.place import Place, served
from bench.town import Built

ASKED, PAUSE = 150, 0.05
RUSHING = 24  # connections of the neighbour, each with an account of its own
NO_BUDGETS = {"HIS_CENTRE_REQUESTS": "0"}


def measure(place: Place, app: Flask, built: Built, neighbour: int) -> dict[str, Any]:
    """The quiet centre's searches and the neighbour's searches go to the same two processes."""
    with app.app_context():
        tokens = [_token(neighbour, number) for number in range(RUSHING)]
    figures: dict[str, Any] = {}
    with served(place) as server:
        _p95(server.host, built)
        alone = _p95(server.host, built)
        with _rushing(server.host, tokens):
            beside = _p95(server.host, built)
    with served(place, **NO_BUDGETS) as server:
        _p95(server.host, built)
        with _rushing(server.host, tokens):
            helpless = _p95(server.host, built)
    figures["a search alone, p95 ms"] = alone
    figures["beside a rushing neighbour, p95 ms"] = beside
    figures["beside it without budgets, p95 ms"] = helpless
    figures["beside / alone (wanted 2)"] = beside / alone
    return figures


def _token(tenant_id: int, number: int) -> str:
    by = system_actor(tenant_id)
    program = accounts.create_program(
        sign_in_name=f"rush.{number}", display_name=f"程序{number}", roles=["registrar"], by=by
    )
    return accounts.issue_token(account_id=program.id, label="bench", by=by)


def _p95(host: str, built: Built) -> float:
    line, dice, times = http.client.HTTPConnection(host, timeout=60), random.Random(3), []
    for _ in range(ASKED):
        _, name = dice.choice(built.plan.residents)
        began = time.perf_counter()
        status = _ask(line, built.plan.tokens["registrar"], name)
        times.append((time.perf_counter() - began) * 1000)
        if status != 200:
            raise SystemExit(f"the quiet centre was answered {status}")
        time.sleep(PAUSE)
    return statistics.quantiles(times, n=20)[-1]


def _ask(line: http.client.HTTPConnection, token: str, name: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    line.request("GET", f"/api/v1/patients/search?text={quote(name)}", headers=headers)
    answer = line.getresponse()
    answer.read()
    return answer.status


@contextmanager
def _rushing(host: str, tokens: list[str]) -> Iterator[None]:
    """The neighbour, in a process of its own."""
    rusher = multiprocessing.get_context("spawn").Process(target=_rush, args=(host, tokens), daemon=True)
    rusher.start()
    time.sleep(4.0)
    try:
        yield
    finally:
        rusher.terminate()
        rusher.join()


def _rush(host: str, tokens: list[str]) -> None:
    """Ask again as soon as there is an answer; after a refusal, after a tenth of a second, whatever it says."""

    def rush(token: str) -> None:
        line = http.client.HTTPConnection(host, timeout=60)
        while True:
            if _ask(line, token, "张") == 429:
                time.sleep(0.1)

    threads = [threading.Thread(target=rush, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
