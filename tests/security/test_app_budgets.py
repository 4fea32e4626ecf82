"""One centre in a hurry: its own requests wait or are refused, another centre's desk finds its place."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from support import world

from app import printing
from app.db.statements import count_statements
from app.printing import PaperMaker
from app.web import budgets

GATE = threading.Event()


@pytest.fixture
def jam(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The first page now waits at a gate; returns what lets so many people of a centre run into it."""
    GATE.clear()
    plain = app.view_functions["home.show_home"]

    def slow(**values: Any) -> Any:
        GATE.wait(20)
        return plain(**values)

    monkeypatch.setitem(app.view_functions, "home.show_home", slow)
    monkeypatch.setattr(budgets, "PATIENCE", 0.2)
    monkeypatch.setattr(budgets, "ACTIVE", 0.0)  # nobody counts as asking beside the jammed centre
    running: list[threading.Thread] = []

    def rush(clients: list[Any]) -> list[int]:
        answers: list[int] = []
        for client in clients:
            thread = threading.Thread(target=lambda one=client: answers.append(one.get("/home").status_code))
            running.append(thread)
            thread.start()
        return answers

    yield rush
    GATE.set()
    for thread in running:
        thread.join(20)


def _wait_until(reached: Any) -> None:
    deadline = time.monotonic() + 10
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_app_09_a_jammed_centre_leaves_the_next_one_its_places(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any], sign_in: Any, jam: Any
) -> None:
    places: budgets.Places = app.extensions["his_places"]
    most = app.extensions["his_settings"].centre_requests
    clients = [sign_in("registrar") for _ in range(most)]
    late, other = sign_in("cashier"), sign_in("registrar", "c2")
    answers = jam(clients)
    _wait_until(lambda: places.running("all", ours["tenant_id"]) == most)

    refused = late.get("/registration/window")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "2"
    assert "请稍后再试" in refused.text
    assert other.get("/registration/window").status_code == 200

    GATE.set()
    _wait_until(lambda: len(answers) == most)
    assert answers == [200] * most
    assert late.get("/").status_code == 303
    assert places.running("all", ours["tenant_id"]) == 0
    assert places.running("all", theirs["tenant_id"]) == 0


def test_app_09_who_comes_a_moment_too_early_waits_for_a_place(
    app: Flask, ours: dict[str, Any], sign_in: Any, jam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "PATIENCE", 10.0)
    most = app.extensions["his_settings"].centre_requests
    late = sign_in("cashier")
    jam([sign_in("registrar") for _ in range(most)])
    _wait_until(lambda: app.extensions["his_places"].running("all", ours["tenant_id"]) == most)
    threading.Timer(0.3, GATE.set).start()
    assert late.get("/registration/window").status_code == 200


def test_app_09_who_waits_holds_no_more_than_half_as_many_places(app: Flask) -> None:
    places = budgets.Places()
    assert all(places.take("all", 1, 4) for _ in range(4))
    outcomes: list[bool] = []
    waiting = [threading.Thread(target=lambda: outcomes.append(places.take("all", 1, 4))) for _ in range(2)]
    for thread in waiting:
        thread.start()
    _wait_until(lambda: places._waiting["all", 1] == 2)
    began = time.monotonic()
    assert not places.take("all", 1, 4)
    assert time.monotonic() - began < budgets.PATIENCE / 2
    assert places.take("all", 2, 4)
    places.give_back("all", 1)
    places.give_back("all", 1)
    for thread in waiting:
        thread.join(10)
    assert outcomes == [True, True]


def test_app_09_an_account_in_a_hurry_is_told_to_wait(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurried, calm = sign_in("registrar"), sign_in("cashier")
    settings = app.extensions["his_settings"]
    monkeypatch.setitem(app.extensions, "his_settings", replace(settings, account_requests=5))
    answers = [hurried.get("/home").status_code for _ in range(12)]
    assert 429 in answers
    assert calm.get("/home").status_code == 200
    with hurried.get("/static/css/his.css") as plain:
        assert plain.status_code == 200


def test_app_09_a_program_in_a_hurry_gets_a_problem_document(
    app: Flask, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["his_settings"]
    token = world.program_token(ours, "registrar")
    headers = {"Authorization": f"Bearer {token}"}
    monkeypatch.setitem(app.extensions, "his_settings", replace(settings, account_requests=3))
    answers = [app.test_client().get("/api/v1/patients/search?q=x", headers=headers) for _ in range(9)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].get_json()["code"] == "budget.spent"
    assert refused[0].headers["Retry-After"] == "15"
    with count_statements() as counted:
        again = app.test_client().get("/api/v1/patients/search?q=x", headers=headers)
    assert again.status_code == 429
    assert counted.count == 0
    assert 1 <= int(again.headers["Retry-After"]) <= 15
    app.extensions["his_hasty"].clear()


def test_app_09_the_pages_that_read_much_are_marked(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if getattr(view, "is_heavy", False)}
    assert {"trail.show_trail", "patients.show_readers", "patients.print_readers"} <= marked


def test_app_09_many_papers_of_one_centre_keep_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, order, maker = threading.Event(), [], PaperMaker()

    def ask(process: Any, html: str) -> bytes:
        gate.wait(20)
        order.append(html)
        return b"P"

    monkeypatch.setattr(maker, "_ask", ask)
    papers = [("ours", 1)] * 8 + [("theirs", 2)]
    running = [
        threading.Thread(target=maker.make, args=(name,), kwargs={"tenant_id": n}) for name, n in papers
    ]
    for number, thread in enumerate(running):
        thread.start()
        _wait_until(lambda number=number: maker.turns.waiting() == number)
    gate.set()
    for thread in running:
        thread.join(20)
    maker.stop()
    assert len(order) == 9
    assert order.index("theirs") <= 2  # after the one that is set, and the one whose turn it was
    assert maker.turns.waiting() == 0


def test_app_09_a_paper_stands_in_the_row_of_its_centre(
    app: Flask, ours: dict[str, Any], sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []
    make = printing._maker.make
    monkeypatch.setattr(
        printing._maker, "make", lambda html, tenant_id: (rows.append(tenant_id), make(html))[1]
    )
    assert sign_in("auditor").get("/rights/paper").data.startswith(b"%PDF")
    assert sign_in("district_auditor", "district").get("/rights/paper").data.startswith(b"%PDF")
    assert rows == [ours["tenant_id"], 0]


def test_app_09_a_centre_alone_runs_all_it_asks_and_among_others_two() -> None:
    kept, now = budgets.Places(), 100.0
    assert not kept.asks(1, now)
    assert not kept.asks(1, now + 1)
    assert kept.asks(2, now + 1)
    assert kept.asks(1, now + 1 + budgets.ACTIVE / 2)
    assert not kept.asks(1, now + 1 + budgets.ACTIVE)


def test_app_09_what_does_not_run_at_once_waits_and_is_refused_when_too_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budgets, "PATIENCE", 0.3)
    kept = budgets.Places()
    assert kept.take("all", 1, 1, waiters=1)
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(kept.take("all", 1, 1, waiters=1)))
    waiting.start()
    while not kept.waiting("all", 1):
        time.sleep(0.001)
    assert not kept.take("all", 1, 1, waiters=1)
    kept.give_back("all", 1)
    waiting.join()
    assert answers == [True]


def test_app_09_a_neighbour_that_asks_leaves_a_centre_two_requests_at_once(
    app: Flask, ours: dict[str, Any], sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "PATIENCE", 0.1)
    kept: budgets.Places = app.extensions["his_places"]
    mine, other = sign_in("registrar"), sign_in("registrar", "c2")
    for _ in range(budgets.AMONG_OTHERS):
        assert kept.take("all", ours["tenant_id"], 8)
    try:
        assert other.get("/home").status_code == 200
        assert mine.get("/home").status_code == 429
        monkeypatch.setattr(budgets, "ACTIVE", 0.0)
        assert mine.get("/home").status_code == 200
    finally:
        for _ in range(budgets.AMONG_OTHERS):
            kept.give_back("all", ours["tenant_id"])
