"""IDN-05: a second factor for administrators, by codes of the clock, each good once."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from support import world

from app import clock
from app.accounts import queries, services
from app.accounts.errors import AccountElsewhere, OwnRoles
from app.accounts.models import Membership, RecoveryCode, SecondFactor
from app.accounts.services import CodeRefused
from app.actor import Actor
from app.config import Settings
from app.db import Mode, control_unit, db
from app.errors import NotFound
from app.registry import ADMINISTRATORS

PROTECTED = 60
OPEN_TO_HALF = {"sessions.sign_out", "sessions.show_unlock", "sessions.unlock"}


@pytest.fixture
def policy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation wants a second factor of its administrators."""
    settings = replace(app.extensions["his_settings"], second_factor="administrators")
    monkeypatch.setitem(app.extensions, "his_settings", settings)


@pytest.fixture
def counting(app: Flask) -> Iterator[None]:
    """Failures of an address are counted from zero."""
    app.extensions["his_limiter"].reset()
    yield
    app.extensions["his_limiter"].reset()


def _password_step(name: str = "auditor@c1") -> str:
    return services.sign_in(name=name, password=world.PASSWORD, address="10.0.0.1")


def _found(token: str) -> services.SignedIn:
    found = services.find_signed_in(token, address="")
    assert found is not None
    return found


def _secret(actor: Actor) -> pyotp.TOTP:
    return pyotp.parse_uri(services.begin_enrolment(by=actor))  # type: ignore[return-value]


def _code(totp: pyotp.TOTP, drift: int = 0) -> str:
    return totp.generate_otp(int(clock.now().timestamp()) // 30 + drift)


@pytest.fixture
def enrolled(policy: None, auditor: Actor) -> tuple[pyotp.TOTP, services.Enrolled]:
    """The auditor has set up an authenticator; a minute has gone by."""
    totp, token = _secret(auditor), _password_step()
    made = services.confirm_enrolment(token=token, code=_code(totp), by=auditor)
    clock.stop(clock.now() + timedelta(minutes=1))
    return totp, made


def test_idn_05_a_code_is_good_once(enrolled: Any, auditor: Actor) -> None:
    totp, token = enrolled[0], _password_step()
    assert _found(token).missing == "code"
    fresh = services.give_code(token=token, code=_code(totp), by=auditor)
    assert _found(fresh).missing == ""
    with pytest.raises(CodeRefused):
        services.give_code(token=_password_step(), code=_code(totp), by=auditor)


def test_idn_05_the_code_that_confirmed_the_enrolment_is_spent(policy: None, auditor: Actor) -> None:
    totp = _secret(auditor)
    services.confirm_enrolment(token=_password_step(), code=_code(totp), by=auditor)
    with pytest.raises(CodeRefused):
        services.give_code(token=_password_step(), code=_code(totp), by=auditor)


@pytest.mark.parametrize(("drift", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_idn_05_a_clock_may_be_one_step_off(
    enrolled: Any, auditor: Actor, drift: int, *, is_good: bool
) -> None:
    clock.stop(clock.now() + timedelta(minutes=5))
    token, code = _password_step(), _code(enrolled[0], drift)
    if is_good:
        assert services.give_code(token=token, code=code, by=auditor)
    else:
        with pytest.raises(CodeRefused):
            services.give_code(token=token, code=code, by=auditor)


def test_idn_05_an_earlier_code_is_worth_nothing_after_a_later_one(enrolled: Any, auditor: Actor) -> None:
    services.give_code(token=_password_step(), code=_code(enrolled[0], 1), by=auditor)
    with pytest.raises(CodeRefused):
        services.give_code(token=_password_step(), code=_code(enrolled[0]), by=auditor)


def test_idn_05_the_fresh_token_replaces_the_half_one(enrolled: Any, auditor: Actor) -> None:
    half = _password_step()
    assert services.give_code(token=half, code=_code(enrolled[0]), by=auditor) != half
    assert services.find_signed_in(half, address="") is None


def test_idn_05_nobody_gives_a_code_with_the_token_of_another(enrolled: Any, auditor: Actor) -> None:
    with pytest.raises(NotFound):
        services.give_code(token=_password_step("doctor@c1"), code=_code(enrolled[0]), by=auditor)


def test_idn_05_wrong_codes_lock_the_account_as_wrong_passwords_do(enrolled: Any, auditor: Actor) -> None:
    token = _password_step()
    for _ in range(services.FAILURES):
        with pytest.raises(CodeRefused):
            services.give_code(token=token, code="000000", by=auditor)
    with pytest.raises(CodeRefused):
        services.give_code(token=token, code=_code(enrolled[0]), by=auditor)
    with pytest.raises(services.SignInRefused):
        _password_step()


def test_idn_05_the_right_password_between_wrong_codes_does_not_begin_the_count_anew(
    enrolled: Any, auditor: Actor
) -> None:
    for _ in range(services.FAILURES):
        with pytest.raises(CodeRefused):
            services.give_code(token=_password_step(), code="000000", by=auditor)
    with pytest.raises(services.SignInRefused):
        _password_step()


def test_idn_05_a_recovery_code_opens_once_and_stands_nowhere_in_the_clear(
    enrolled: Any, auditor: Actor
) -> None:
    codes = enrolled[1].recovery_codes
    assert len(set(codes)) == len(codes) == 10
    with control_unit():
        stored = {row.code_hash for row in db.session.scalars(select(RecoveryCode))}
    assert not stored & {code.replace("-", "") for code in codes}
    assert services.give_code(token=_password_step(), code=f" {codes[0].upper()} ", by=auditor)
    with pytest.raises(CodeRefused):
        services.give_code(token=_password_step(), code=codes[0], by=auditor)
    factor = queries.find_factor(auditor.account_id)
    assert factor is not None
    assert factor.codes_left == 9


@pytest.mark.parametrize("role", [*ADMINISTRATORS, "supervisor", "doctor"])
def test_idn_05_the_policy_wants_it_of_all_six_administrators_and_of_nobody_else(
    policy: None, role: str
) -> None:
    place = "district" if role in world.DISTRICT else "c1"
    found = _found(_password_step(f"{role}@{place}"))
    assert found.missing == ("enrolment" if role in ADMINISTRATORS else "")
    assert bool(found.actor.permissions) == (role not in ADMINISTRATORS)


def test_idn_05_without_the_policy_nobody_must_but_who_has_one_is_asked(app: Flask, doctor: Actor) -> None:
    assert _found(_password_step("administrator@c1")).missing == ""
    totp = _secret(doctor)
    services.confirm_enrolment(token=_password_step("doctor@c1"), code=_code(totp), by=doctor)
    assert _found(_password_step("doctor@c1")).missing == "code"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [("production", "administrators"), ("demo", "nobody"), ("test", "nobody")],
)
def test_idn_05_production_wants_it_unless_the_operator_says_otherwise(environment: str, wanted: str) -> None:
    assert Settings(environment=environment).factor_policy == wanted
    assert Settings(environment=environment, second_factor="nobody").factor_policy == "nobody"
    assert Settings(second_factor="some").problems()


@pytest.fixture
def half(policy: None, sign_in: Any, enrolled: Any) -> FlaskClient:
    """The auditor's browser after the password and before the code."""
    client: FlaskClient = sign_in("auditor")
    return client


def test_idn_05_a_missing_factor_is_refused_on_every_protected_route(app: Flask, half: FlaskClient) -> None:
    tried = 0
    for rule in app.url_map.iter_rules():
        needed = getattr(app.view_functions[rule.endpoint], "required_permission", "public")
        if needed == "public" or rule.endpoint.startswith("second_factor.") or rule.endpoint in OPEN_TO_HALF:
            continue
        path = re.sub(r"<int:\w+>", "1", rule.rule)
        path = re.sub(r"<\w+:\w+>", "x", path)
        for method in sorted({"GET", "POST"} & rule.methods):
            answer = half.open(path, method=method)
            tried += 1
            if path.startswith("/api/"):
                assert answer.status_code == 403, path
                assert answer.json["code"] == "sign_in.second_factor"
            else:
                assert (answer.status_code, answer.headers["Location"]) == (303, "/second-factor/"), path
    assert tried > PROTECTED


def test_idn_05_half_a_sign_in_counts_as_none_for_open_pages(half: FlaskClient) -> None:
    assert half.get("/session").status_code == 401


@pytest.mark.usefixtures("counting")
def test_idn_05_the_two_steps_in_the_browser(half: FlaskClient, enrolled: Any) -> None:
    assert half.get("/second-factor/").status_code == 200
    assert half.post("/second-factor/", data={"code": "12"}).status_code == 422
    answer = half.post("/second-factor/", data={"code": _code(enrolled[0])})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert half.get("/trail/").status_code == 200
    assert half.get("/second-factor/").headers["Location"] == "/"


@pytest.mark.usefixtures("counting")
def test_idn_05_an_address_that_guesses_codes_is_stopped(
    app: Flask, half: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [half.post("/second-factor/", data={"code": "1"}).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_idn_05_an_administrator_sets_it_up_at_the_first_sign_in(
    sign_in: Any, administrator: Actor, language: str
) -> None:
    client = sign_in("administrator")
    client.set_cookie("his_language", language)
    assert client.get("/centre/settings").headers["Location"] == "/second-factor/new"
    page = client.get("/second-factor/new").text
    assert "<svg" in page
    assert "style=" not in page
    assert client.get("/second-factor/new").text.partition("<svg")[2][:900] == page.partition("<svg")[2][:900]
    assert client.post("/second-factor/new", data={"code": "000000"}).status_code == 422
    totp = _secret(administrator)
    done = client.post("/second-factor/new", data={"code": _code(totp)})
    assert done.text.count("data-recovery-code") == 10
    assert client.get("/centre/settings").status_code == 200
    assert client.get("/second-factor/new").status_code == 404
    assert client.get("/my-account/").status_code == 200


def test_idn_05_a_lost_factor_is_taken_away_by_another_security_administrator(
    enrolled: Any, auditor: Actor, security_administrator: Actor, theirs: dict[str, Any]
) -> None:
    with pytest.raises(OwnRoles):
        services.reset_factor(account_id=security_administrator.account_id, by=security_administrator)
    with pytest.raises(NotFound):
        services.reset_factor(account_id=auditor.account_id, by=world.actor(theirs, "security_administrator"))
    services.reset_factor(account_id=auditor.account_id, by=security_administrator)
    assert services.find_signed_in(enrolled[1].token, address="") is None
    assert _found(_password_step()).missing == "enrolment"


def test_idn_05_no_single_centre_takes_away_the_factor_of_an_account_that_works_elsewhere_too(
    enrolled: Any, auditor: Actor, security_administrator: Actor, theirs: dict[str, Any]
) -> None:
    with control_unit(Mode.WRITE):
        db.session.add(
            Membership(account_id=auditor.account_id, tenant_id=theirs["tenant_id"], roles=["doctor"])
        )
        db.session.commit()
    with pytest.raises(AccountElsewhere):
        services.reset_factor(account_id=auditor.account_id, by=security_administrator)


def test_idn_05_the_secret_is_kept_in_a_column_that_is_encrypted() -> None:
    from app.db.types import Sensitive

    assert isinstance(SecondFactor.sealed_secret.type, Sensitive)
