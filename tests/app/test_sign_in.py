"""Signing in: locked after failures, one answer for every reason, a fresh session each time."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from support import world

from app import clock
from app.accounts import services
from app.accounts.services import SignInRefused
from app.actor import Actor
from app.errors import InvalidInput


def _sign_in(name: str = "doctor@c1", password: str = world.PASSWORD) -> str:
    return services.sign_in(name=name, password=password, address="10.0.0.1")


def test_a_name_is_taken_whatever_its_letters(app: Flask) -> None:
    assert services.find_signed_in(_sign_in(" Doctor@C1 "), address="") is not None


def test_the_sixth_try_is_refused_even_with_the_right_password(app: Flask) -> None:
    for _ in range(services.FAILURES):
        with pytest.raises(SignInRefused):
            _sign_in(password="wrong")
    with pytest.raises(SignInRefused):
        _sign_in()
    clock.stop(clock.now() + timedelta(minutes=services.LOCK_MINUTES, seconds=1))
    assert _sign_in()


def test_an_idle_and_an_old_sign_in_end(app: Flask) -> None:
    token = _sign_in()
    clock.stop(clock.now() + timedelta(minutes=31))
    assert services.find_signed_in(token, address="") is None


def test_signing_out_ends_the_token(app: Flask) -> None:
    token = _sign_in()
    services.sign_out(token)
    assert services.find_signed_in(token, address="") is None


def test_rights_taken_away_are_gone_with_the_next_click(
    app: Flask, ours: dict[str, Any], administrator: Actor, sign_in: Any
) -> None:
    from tenants.services import change_grant

    client = sign_in("administrator")
    change_grant(
        role="administrator", permission="accounts.account.manage", is_granted=False, by=administrator
    )
    token = _sign_in("administrator@c1")
    found = services.find_signed_in(token, address="")
    assert found is not None
    assert not found.actor.may("accounts.account.manage")
    assert client.get("/home").status_code == 200


def test_other_roles_end_the_sign_ins_of_an_account(ours: dict[str, Any], administrator: Actor) -> None:
    token = _sign_in()
    account_id = ours["people"]["doctor"]["account_id"]
    services.change_roles(account_id=account_id, roles=["registrar"], by=administrator)
    assert services.find_signed_in(token, address="") is None


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "password", "doctor@c9 is me"])
def test_a_weak_password_is_refused(administrator: Actor, password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.create_account(
            sign_in_name="doctor@c9",
            display_name="新人",
            password=password,
            roles=["doctor"],
            by=administrator,
        )
    assert "password" in refusal.value.complaints


def test_a_page_without_a_sign_in_leads_to_it_and_back(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/home")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/home"
    assert client.get("/lookup/drugs?q=a").status_code == 401


def test_the_session_changes_at_sign_in(app: Flask, sign_in: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as session:
        session["planted"] = "by an attacker"
    client.post("/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD})
    with client.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"]
)
def test_a_sign_in_never_leads_elsewhere(app: Flask, target: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post(
        "/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD, "next": target}
    )
    assert answer.headers["Location"] == "/"


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD})
    assert answer.status_code == 400


def test_every_page_carries_the_security_headers(app: Flask) -> None:
    for path in ("/sign-in", "/healthz", "/nowhere", "/home"):
        headers = app.test_client().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
