"""Programs that sign what they ask: nothing is played twice, changed on the way, or asked with an ended key."""

import json
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from support import world
from support.outpatients import make_patient

from app import clock
from app.accounts import services
from app.accounts.errors import KeyNotReadable, NotAProgram
from app.actor import Actor
from app.crypto.signed_requests import Asked, NotProven, check, sign
from app.crypto.suites import SUITES, Suite
from app.errors import InvalidInput, NotFound
from tenants.queries import list_stations

INTL = SUITES["intl"]
STATION = {"code": "SG", "name": "签名站"}


class Program:
    """A program with a key of its own; it may sign one thing and send another."""

    def __init__(self, app: Flask, by: Actor, name: str = "p.signs", roles: tuple[str, ...] = ()) -> None:
        self.app, self.by = app, by
        wanted = list(roles) or ["administrator"]
        self.account = services.create_program(
            sign_in_name=name, display_name="签名程序", roles=wanted, by=by
        )
        self.private, self.key_id = b"", ""
        self.change_key()

    def change_key(self) -> str:
        """Register a new key and sign with it from now on."""
        self.private = INTL.new_signing_key()
        row = services.register_key(
            account_id=self.account.id,
            label="key",
            public_key=INTL.public_key(self.private).decode(),
            by=self.by,
        )
        self.key_id = str(row.id)
        return self.key_id

    def signed(self, path: str, body: dict[str, Any] | None = None, **options: Any) -> Asked:
        """A request with its signature."""
        headers = {"content-type": "application/json", "idempotency-key": uuid.uuid4().hex}
        content = json.dumps(body).encode() if body is not None else b""
        asked = Asked("POST" if content else "GET", f"http://localhost{path}", headers, content)
        values = {"nonce": secrets.token_urlsafe(24), "key_id": self.key_id, **options}
        sign(asked, private_key=self.private, suite=INTL, **values)
        return asked

    def send(self, asked: Asked) -> Any:
        """What the product answers."""
        path = asked.url.removeprefix("http://localhost")
        return self.app.test_client().open(
            path, method=asked.method, headers=dict(asked.headers), data=asked.body
        )


@pytest.fixture
def program(app: Flask, ours: dict[str, Any], security_administrator: Actor) -> Program:
    return Program(app, security_administrator)


def _add(program: Program, **options: Any) -> Asked:
    return program.signed("/api/v1/tenants/add-station", STATION, **options)


def test_idn_10_a_signed_request_is_carried_out_as_its_program(program: Program, reading: None) -> None:
    answer = program.send(_add(program))
    assert answer.status_code == 200, answer.text
    assert "签名站" in {station.name for station in list_stations()}


def test_idn_10_names_and_blanks_in_the_address_are_signed_as_they_are_sent(
    app: Flask, security_administrator: Actor
) -> None:
    registrar = Program(app, security_administrator, "p.reads", ("registrar",))
    asked = registrar.signed("/api/v1/patients/search?text=%E7%8E%8B%20%26+%2B")
    assert registrar.send(asked).status_code == 200


def test_idn_10_what_is_played_again_is_refused(program: Program) -> None:
    asked = _add(program)
    assert program.send(asked).status_code == 200
    assert program.send(asked).status_code == 401


def test_idn_10_a_failed_request_is_not_played_again_either(program: Program) -> None:
    asked = program.signed("/api/v1/tenants/add-station", {"code": ""})
    assert program.send(asked).status_code == 422
    assert program.send(asked).status_code == 401


@pytest.mark.parametrize("minutes", [-6, 2])
def test_idn_10_an_old_or_a_future_signature_is_refused(program: Program, minutes: int) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    assert program.send(_add(program, created=moment)).status_code == 401


def _other_body(asked: Asked) -> None:
    asked.body = asked.body.replace(b"SG", b"SX")


def _other_path(asked: Asked) -> None:
    asked.url = asked.url.replace("add-station", "add-department")


def _other_query(asked: Asked) -> None:
    asked.url += "?more=1"


def _other_key_of_the_act(asked: Asked) -> None:
    asked.headers["idempotency-key"] = uuid.uuid4().hex


def _no_digest(asked: Asked) -> None:
    del asked.headers["content-digest"]


def _no_signature(asked: Asked) -> None:
    del asked.headers["signature"]


def _rubbish(asked: Asked) -> None:
    asked.headers["signature-input"] = "=?\x01"


@pytest.mark.parametrize(
    "change",
    [_other_body, _other_path, _other_query, _other_key_of_the_act, _no_digest, _no_signature, _rubbish],
)
def test_idn_10_whatever_is_changed_on_the_way_is_refused(program: Program, change: Any) -> None:
    asked = _add(program)
    asked.headers = {name.lower(): value for name, value in asked.headers.items()}
    change(asked)
    assert program.send(asked).status_code == 401


@pytest.mark.parametrize("nonce", ["", "short", "x" * 65])
def test_idn_10_a_nonce_that_could_come_twice_is_refused(program: Program, nonce: str) -> None:
    assert program.send(_add(program, nonce=nonce)).status_code == 401


def test_idn_10_keys_change_with_an_overlap_and_an_ended_one_is_refused(program: Program) -> None:
    old, old_private = program.key_id, program.private
    new = program.change_key()
    new_private = program.private
    program.key_id, program.private = old, old_private
    assert program.send(program.signed("/api/v1/patients/search?text=x")).status_code == 200
    services.end_key(key_id=int(old), by=program.by)
    assert program.send(program.signed("/api/v1/patients/search?text=x")).status_code == 401
    program.key_id, program.private = new, new_private
    assert program.send(_add(program)).status_code == 200


def test_idn_10_the_key_of_another_centre_acts_there_and_cannot_be_ended_here(
    app: Flask, program: Program, registrar: Actor, theirs: dict[str, Any]
) -> None:
    other = Program(app, world.actor(theirs, "security_administrator"), name="p.theirs", roles=("registrar",))
    path = f"/api/v1/patients/{make_patient(registrar).id}"
    assert other.send(other.signed(path)).status_code == 404
    with pytest.raises(NotFound):
        services.end_key(key_id=int(other.key_id), by=program.by)
    program.key_id = other.key_id  # signs with its own key and says that it is the other
    assert program.send(_add(program)).status_code == 401


@pytest.mark.parametrize("key_id", ["", "1", "x", "9" * 30, "-1"])
def test_idn_10_a_key_nobody_knows_is_refused(program: Program, key_id: str) -> None:
    assert program.send(_add(program, key_id=key_id)).status_code == 401


def test_idn_10_a_closed_program_signs_in_vain(program: Program) -> None:
    services.change_roles(
        account_id=program.account.id, roles=["administrator"], is_enabled=False, by=program.by
    )
    assert program.send(_add(program)).status_code == 401


def test_idn_10_only_programs_have_keys_and_only_readable_ones(
    ours: dict[str, Any], program: Program, registrar: Actor
) -> None:
    good = INTL.public_key(INTL.new_signing_key()).decode()
    with pytest.raises(NotAProgram):
        services.register_key(account_id=registrar.account_id, label="x", public_key=good, by=program.by)
    for bad in ("x", good[:60], INTL.new_signing_key().decode()):
        with pytest.raises(KeyNotReadable):
            services.register_key(account_id=program.account.id, label="x", public_key=bad, by=program.by)
    with pytest.raises(InvalidInput):
        services.register_key(account_id=program.account.id, label="", public_key=good, by=program.by)


def test_idn_10_numbers_used_once_are_forgotten_when_nothing_can_be_played_with_them(
    program: Program,
) -> None:
    assert program.send(_add(program)).status_code == 200
    assert services.forget_spent() == 0
    clock.stop(clock.now() + timedelta(minutes=30))
    assert services.forget_spent() == 1


def test_idn_10_the_page_registers_and_ends_a_key(program: Program, sign_in: Any) -> None:
    desk = sign_in("security_administrator")
    pem = INTL.public_key(INTL.new_signing_key()).decode()
    form = {"account_id": program.account.id, "label": "检验仪器", "public_key": pem}
    assert desk.post("/accounts/keys", data=form).status_code == 303
    page = desk.get("/accounts/keys").text
    assert "检验仪器" in page
    assert desk.post("/accounts/keys", data={**form, "public_key": "x"}).status_code == 422
    assert desk.post(f"/accounts/keys/{program.key_id}/end").status_code == 303
    assert program.send(_add(program)).status_code == 401


@pytest.mark.one_engine
@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_idn_10_both_suites_sign_requests(suite: Suite) -> None:
    private = suite.new_signing_key()
    public = suite.public_key(private)
    assert suite.is_public_key(public)
    assert not suite.is_public_key(b"x")
    assert not suite.is_public_key(private)
    asked = Asked("POST", "http://localhost/api/v1/x?a=1", {"content-type": "text/plain"}, b"body")
    sign(asked, key_id="7", private_key=private, nonce="n" * 20, suite=suite)
    proof = check(asked, {"7": public}.get, suite)
    assert (proof.key_id, proof.nonce) == ("7", "n" * 20)
    asked.body = b"other"
    with pytest.raises(NotProven):
        check(asked, {"7": public}.get, suite)
