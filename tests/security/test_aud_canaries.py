"""AUD-05: values that must never stand in a technical log, put through every form and operation, and into faults."""

import itertools
import logging
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import select
from structlog import PrintLogger
from support import samples, twins, world
from support.rights import grant_everything, path_of, rules_of

from app import relay
from app.db import db
from app.db.units import across_tenants, control_unit
from app.events import subscriptions
from app.faults import fault_of, plain_text
from app.jobs import runner
from app.jobs.registry import DESK, LONG
from app.jobs.services import start_job
from app.records import ControlDelivery, Delivery
from app.tasks import DistrictTask
from app.web.forms import Form
from modules.patients.events import PatientCreated
from modules.patients.services import create_patient

ROOT = Path(__file__).resolve().parents[2]
CANARIES = {
    "identity number": "990000199107083312",
    "phone": "19977760041",
    "name": "金丝雀娘",
    "diagnosis": "杜鹃状红斑综合征",
    "password": "Canary-quiet-heron-77",
    "token": "hisk_5f0c9canaryd1b2e7",
    "line break": 'canary-line\n{"event": "forged"}',
    "ansi": "\x1b[31mcanary-ansi\x9b2J",
}
OF_THE_SIGN_IN = {"sessions", "own_account", "welcome", "second_factor"}
_NUMBER = re.compile(r"[-\d.:TZ]*")


class Lines:
    """All that the process said to its log, whichever way."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def found(self) -> set[str]:
        """Names of the canaries that stand in it, plain or escaped, and of lines that were forged."""
        everything = "\n".join(self.said)
        forms = {
            name: {value, value.encode("unicode_escape").decode(), repr(value)[1:-1]}
            for name, value in CANARIES.items()
        }
        found = {name for name, shapes in forms.items() if any(shape in everything for shape in shapes)}
        if any("\x1b" in line or "\x9b" in line or "\n" in line.rstrip("\n") for line in self.said):
            found.add("control character")
        return found


class _Kept(logging.Handler):
    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.said.append(self.format(record))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What is said from now on: the product's own lines as they are rendered, and those of libraries."""
    kept = Lines()
    for name in ("msg", "debug", "info", "warning", "error", "critical", "exception"):
        monkeypatch.setattr(PrintLogger, name, lambda _self, text: kept.said.append(text))
    handler = _Kept(kept)
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def centre(app: Flask, ours: dict[str, Any]) -> dict[str, Any]:
    twins.furnish(ours, "林间", 1)
    app.extensions["his_jobs"].finish()
    grant_everything(app, ours)
    app.config["PROPAGATE_DEFECTS"] = False
    return ours


def _own_for(centre: dict[str, Any]) -> Callable[[str], int | None]:
    keys = twins.keys_of(centre)

    def own(name: str) -> int:
        noun = re.sub(r"_ids?$", "", name)
        table = next((one for one in keys if one.split("_", 1)[1] == noun and keys[one]), "patients_patient")
        return keys[table][0]

    return own


def _laden(body: Any, canaries: Iterator[str], *, every: bool) -> Any:
    """The sample with a canary in each text, or in each field whatever it takes."""
    if isinstance(body, dict):
        return {name: _laden(value, canaries, every=every) for name, value in body.items()}
    if isinstance(body, list):
        return [_laden(value, canaries, every=every) for value in body]
    is_text = isinstance(body, str) and not _NUMBER.fullmatch(body)
    return next(canaries) if every or is_text else body


def _rounds() -> Iterator[tuple[Iterator[str], bool]]:
    """Each canary comes to stand in each field, once among fitting values and once among nothing but canaries."""
    values = list(CANARIES.values())
    for start in range(len(values)):
        turned = [*values[start:], *values[:start]]
        yield itertools.cycle(turned), start % 2 == 1


@pytest.mark.slow
@pytest.mark.one_engine
def test_aud_05_no_form_of_any_page_lets_a_canary_into_a_log(
    app: Flask,
    sign_in: Any,
    centre: dict[str, Any],
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Any,
) -> None:
    client, keys, own = sign_in("doctor"), twins.keys_of(centre), _own_for(centre)
    rules = [rule for rule in rules_of(app, "POST") if rule.endpoint.split(".")[0] not in OF_THE_SIGN_IN]
    sent = 0
    for rule in rules:
        path = path_of(rule, keys, centre)
        for case in _cases_of(client, path, monkeypatch):
            body = samples.sample(case.schema, own)
            for canaries, every in _rounds():
                sent += 1
                client.post(path, data=samples.flat(_laden(body, canaries, every=every)))
    assert lines.found() == set()
    assert sent > 400
    record_property(
        "walked", f"forms: {len(rules)} routes, {sent} times sent, {len(lines.said)} lines of log"
    )


def _cases_of(client: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The use cases a page makes forms of, seen while it is sent nothing."""
    found: dict[str, Any] = {}
    made = Form.__init__

    def watch(self: Form, use_case: Any, *args: Any, **given: Any) -> None:
        found[use_case.use_case.name] = use_case.use_case
        made(self, use_case, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Form, "__init__", watch)
        client.post(path)
    return list(found.values())


@pytest.mark.slow
@pytest.mark.one_engine
def test_aud_05_the_sign_in_and_every_search_keep_canaries_to_themselves(
    app: Flask, sign_in: Any, centre: dict[str, Any], lines: Lines
) -> None:
    client, reader = sign_in("doctor"), sign_in("other_doctor")
    stranger, keys = app.test_client(), twins.keys_of(centre)
    pages = [path_of(rule, keys, centre) for rule in rules_of(app, "GET") if "stream" not in rule.endpoint]
    for value in CANARIES.values():
        stranger.post("/sign-in", data={"name": value, "password": value})
        stranger.post("/welcome", data={"code": value, "password": value, "again": value})
        client.post("/unlock", data={"password": value})
        client.get(
            "/home", headers={"X-Request-Id": value.replace("\n", " ").encode("utf-8").decode("latin-1")}
        )
    for path, value in zip(pages, itertools.cycle(CANARIES.values()), strict=False):
        client.get(
            path, query_string={"q": value, "name": value, "on": value, "actor": value, "subject": value}
        )
        reader.get(f"/{value}")
    assert lines.found() == set()


@pytest.mark.slow
@pytest.mark.one_engine
def test_aud_05_no_operation_of_the_api_lets_a_canary_into_a_log(
    app: Flask, centre: dict[str, Any], lines: Lines, record_property: Any
) -> None:
    bearer = {"Authorization": f"Bearer {world.program_token(centre, 'doctor')}"}
    client, own, sent = app.test_client(), _own_for(centre), 0
    for operation in app.extensions["his_operations"]:
        if operation.path.startswith("tests/"):
            continue
        if operation.case is None:
            for value in CANARIES.values():
                client.get(f"/api/v1/{operation.path}", query_string={"text": value}, headers=bearer)
            continue
        body = samples.sample(operation.case.schema, own)
        for canaries, every in _rounds():
            sent += 1
            client.post(f"/api/v1/{operation.path}", json=_laden(body, canaries, every=every), headers=bearer)
    for value in CANARIES.values():
        if value.isascii() and value.isprintable():
            client.get("/api/v1/patients/1", headers={"Authorization": f"Bearer {value}"})
    assert lines.found() == set()
    assert sent > 400
    record_property("walked", f"operations: {sent} times sent, {len(lines.said)} lines of log")


class Unexpected(Exception):
    """What nobody foresaw."""


def _raise(*_arguments: object, **_named: object) -> None:
    try:
        raise ValueError(" ".join(CANARIES.values()))
    except ValueError as first:
        raise Unexpected(*CANARIES.values()) from first


@pytest.mark.one_engine
def test_aud_05_a_fault_of_a_page_is_told_by_kind_and_place(
    app: Flask, sign_in: Any, centre: dict[str, Any], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("doctor")
    monkeypatch.setattr("modules.patients.queries.page_of_patients", _raise)
    answer = client.get("/patients/")
    assert answer.status_code == 500
    assert not any(value in answer.text for value in CANARIES.values())
    (line,) = [text for text in lines.said if "request.defect" in text]
    assert "Unexpected" in line
    assert "ValueError" in line
    assert "modules/patients/views/files.py" in line
    assert lines.found() == set()


@pytest.mark.one_engine
def test_aud_05_a_fault_of_a_job_a_delivery_and_a_task_is_told_by_kind_and_place(
    app: Flask, centre: dict[str, Any], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    registrar = world.actor(centre, "registrar")
    monkeypatch.setattr("app.audit.verify", _raise)
    start_job(kind="accounts.trail.verify", arguments={}, by=world.actor(centre, "auditor"))
    app.extensions["his_jobs"].finish()
    for queue in (LONG, DESK):
        while runner.use_ticket("p1", queue):
            pass
    relay.run_until_empty()
    monkeypatch.setitem(subscriptions.by_name, "modules.patients.subscribers.follow_in_index", _raise)
    for name in list(subscriptions.by_name):
        monkeypatch.setitem(subscriptions.by_name, name, _raise)
    create_patient(name="王测试", sex="1", born_on=date(1980, 5, 17), by=registrar)
    relay.run_once("p1")
    assert PatientCreated in subscriptions.later
    with across_tenants("p1"):
        errors = " ".join(db.session.scalars(select(Delivery.last_error)))
    with control_unit():
        errors += " ".join(db.session.scalars(select(ControlDelivery.last_error)))
        errors += " ".join(str(one) for one in db.session.scalars(select(DistrictTask.facts)))
    assert "Unexpected at tests/security/test_aud_canaries.py" in errors
    assert not any(value in errors for value in CANARIES.values())
    assert any("job.failed" in text for text in lines.said)
    assert any("delivery.failed" in text for text in lines.said)
    assert lines.found() == set()


@pytest.mark.one_engine
def test_aud_05_a_statement_that_fails_does_not_repeat_its_values(
    app: Flask, sign_in: Any, centre: dict[str, Any], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import ProgrammingError

    def broken(*_arguments: object, **_named: object) -> None:
        raise ProgrammingError("SELECT", {"phone": CANARIES["phone"]}, Exception(CANARIES["name"]))

    client = sign_in("doctor")
    monkeypatch.setattr("modules.patients.queries.page_of_patients", broken)
    assert client.get("/patients/").status_code == 500
    assert lines.found() == set()
    assert all(engine.hide_parameters for engine in app.extensions["his_engines"].values())


@pytest.mark.one_engine
def test_aud_05_a_line_of_the_log_stays_one_line(app: Flask, lines: Lines) -> None:
    structlog.get_logger("fresh").warning("tried", path="/a\nforged \x1b[31m\x9b2J\u2028end")
    (line,) = lines.said
    assert "forged" in line
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028]", line)
    assert plain_text("a\tb") == "a\tb"


@pytest.mark.one_engine
def test_aud_05_the_web_servers_log_has_neither_questions_nor_cookies() -> None:
    nginx = (ROOT / "deploy" / "nginx" / "his.conf").read_text(encoding="utf-8")
    formats = "".join(re.findall(r"log_format[^;]*;", nginx))
    assert "$uri" in formats
    assert not re.search(r"\$(request|args|query_string|request_uri|http_cookie|http_referer)\b", formats)
    assert set(re.findall(r"access_log\s+\S+\s*(\w*);", nginx)) <= {"his", ""}
    assert "accesslog" not in (ROOT / "deploy" / "gunicorn.conf.py").read_text(encoding="utf-8")


@pytest.mark.one_engine
def test_aud_05_a_fault_without_a_place_is_named_by_its_kind() -> None:
    assert fault_of(Unexpected(CANARIES["name"])) == "Unexpected"


@pytest.mark.one_engine
@pytest.mark.parametrize("name", [name for name, value in CANARIES.items() if value.isprintable()])
def test_aud_05_the_walks_would_see_a_canary_that_got_out(app: Flask, lines: Lines, name: str) -> None:
    assert lines.found() == set()
    structlog.get_logger().warning("planted", text=CANARIES[name])
    assert name in lines.found()
