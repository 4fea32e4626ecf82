"""Signing in: locked after failures, one answer for every reason, a fresh session each time."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, request
from support import world

from app import clock
from app.accounts import services
from app.accounts.errors import SignInRefused
from app.actor import Actor
from app.config import SAMPLE_MASTER_KEY, SAMPLE_SECRET, Settings
from app.errors import InvalidInput
from app.web.limits import trust_proxies


def _sign_in(name: str = "doctor@c1", password: str = world.PASSWORD) -> str:
    return services.sign_in(name=name, password=password, address="10.0.0.1")


def test_a_name_is_taken_whatever_its_letters(app: Flask) -> None:
    assert services.find_signed_in(_sign_in(" Doctor@C1 "), address="") is not None


@pytest.mark.control("IDN-04")
def test_the_sixth_try_is_refused_even_with_the_right_password(app: Flask) -> None:
    for _ in range(services.FAILURES):
        with pytest.raises(SignInRefused):
            _sign_in(password="wrong")
    with pytest.raises(SignInRefused):
        _sign_in()
    clock.stop(clock.now() + timedelta(minutes=services.LOCK_MINUTES, seconds=1))
    assert _sign_in()


@pytest.mark.control("IDN-06")
def test_an_idle_and_an_old_sign_in_end(app: Flask) -> None:
    token = _sign_in()
    clock.stop(clock.now() + timedelta(minutes=31))
    assert services.find_signed_in(token, address="") is None


@pytest.mark.control("IDN-06")
def test_signing_out_ends_the_token(app: Flask) -> None:
    token = _sign_in()
    services.sign_out(token)
    assert services.find_signed_in(token, address="") is None


@pytest.mark.control("ACC-13")
def test_rights_taken_away_are_gone_with_the_next_click(
    app: Flask, ours: dict[str, Any], security_administrator: Actor, sign_in: Any
) -> None:
    from tenants.services import change_grant

    client = sign_in("security_administrator")
    change_grant(
        role="security_administrator",
        permission="accounts.account.manage",
        is_granted=False,
        by=security_administrator,
    )
    token = _sign_in("security_administrator@c1")
    found = services.find_signed_in(token, address="")
    assert found is not None
    assert not found.actor.may("accounts.account.manage")
    assert client.get("/home").status_code == 200


def test_other_roles_end_the_sign_ins_of_an_account(
    ours: dict[str, Any], security_administrator: Actor
) -> None:
    token = _sign_in()
    account_id = ours["people"]["doctor"]["account_id"]
    services.change_roles(account_id=account_id, roles=["registrar"], by=security_administrator)
    assert services.find_signed_in(token, address="") is None


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "password", "doctor@c9 is me"])
def test_a_weak_password_is_refused(security_administrator: Actor, password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.create_account(
            sign_in_name="doctor@c9",
            display_name="新人",
            password=password,
            roles=["doctor"],
            by=security_administrator,
        )
    assert "password" in refusal.value.complaints


def test_a_page_without_a_sign_in_leads_to_it_and_back(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/home")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/home"
    assert client.get("/lookup/drugs?q=a").status_code == 401


@pytest.mark.control("IDN-06")
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


@pytest.mark.control("APP-05")
def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/healthz", "/nowhere", "/home", "/static/no.css", "/api/v1/no", "/jobs/", "/metrics"],
)
@pytest.mark.control("APP-04")
def test_every_answer_carries_the_security_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] in {"no-store", "no-cache"}


@pytest.mark.parametrize(
    "target", ["/\t\\elsewhere.example", "/home\r\nX-Forged: 1", "/a\\b", "javascript:alert(1)"]
)
def test_a_twisted_address_is_not_followed_after_sign_in(app: Flask, target: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post(
        "/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD, "next": target}
    )
    assert answer.headers["Location"] == "/"
    assert "X-Forged" not in answer.headers


@pytest.mark.parametrize(
    "name", ["doctor\0@c1", "' OR 1=1 --", "医" * 5000, "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_name_no_account_could_have_is_refused_like_any_other(app: Flask, name: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post("/sign-in", data={"name": name, "password": "x" * 300})
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/jobs/?before=", "/jobs/", "/lookup/stock-drugs?q=a&location_id="])
def test_an_id_no_database_could_hold_is_not_found(sign_in: Any, path: str) -> None:
    assert sign_in("storekeeper").get(path + "9" * 40).status_code == 404


@pytest.fixture
def counting(app: Flask) -> Any:
    """Failures are counted from zero."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.extensions["his_limiter"].reset()
    yield
    app.extensions["his_limiter"].reset()


def _post(app: Flask, name: str, password: str, address: str) -> int:
    data = {"name": name, "password": password}
    answer = app.test_client().post("/sign-in", data=data, environ_base={"REMOTE_ADDR": address})
    return answer.status_code


@pytest.mark.usefixtures("counting")
@pytest.mark.control("IDN-04")
def test_an_address_that_guesses_many_names_is_stopped_before_it_locks_the_centre(app: Flask) -> None:
    answers = [_post(app, f"{role}@c1", "guessed wrong", "10.9.9.9") for role in list(world.STAFF)[:10]]
    assert set(answers) == {422}
    assert _post(app, "doctor@c1", world.PASSWORD, "10.9.9.9") == 429
    assert _post(app, "doctor@c1", world.PASSWORD, "10.0.0.5") == 303


@pytest.mark.usefixtures("counting")
def test_a_whole_centre_behind_one_address_signs_in_of_a_morning(app: Flask) -> None:
    assert {_post(app, "doctor@c1", world.PASSWORD, "10.0.0.5") for _ in range(15)} == {303}


def test_behind_our_own_proxy_the_address_of_the_desk_counts() -> None:
    made = Flask("behind")
    made.add_url_rule("/", "show", lambda: request.remote_addr or "")
    trust_proxies(made, 1)
    headers = {"X-Forwarded-For": "6.6.6.6, 10.1.2.3"}  # the first was made up by the caller
    assert made.test_client().get("/", headers=headers).text == "10.1.2.3"


@pytest.mark.parametrize("number", ["abc\nroot: forged", "<script>", "a" * 41, ""])
@pytest.mark.control("AUD-05")
def test_an_odd_trace_number_from_outside_is_not_taken(app: Flask, number: str) -> None:
    from app.tracing import begin_trace

    assert begin_trace(number) != number
    assert begin_trace("7f3a-22") == "7f3a-22"


@pytest.mark.parametrize(
    "given",
    [
        {"secret_key": "x" * 40, "master_key": SAMPLE_MASTER_KEY},
        {"secret_key": SAMPLE_SECRET},
        {"secret_key": "x" * 10},
        {"secret_key": "x" * 40, "index_key": "x" * 40},
        {"secret_key": "x" * 40, "master_key": "short"},
    ],
    ids=["sample master key", "sample secret", "short secret", "one secret for both", "short master key"],
)
@pytest.mark.control("APP-10")
def test_production_refuses_to_start_on_weak_secrets(given: dict[str, str]) -> None:
    urls: dict[str, Any] = {"control_url": "postgresql://x", "partition_urls": {"p1": "postgresql://x"}}
    fit = {"secret_key": "x" * 40, "master_key": base64.b64encode(b"m" * 32).decode(), **urls}
    assert Settings(environment="production", **fit).problems() == []
    assert Settings(environment="production", **{**fit, **given}).problems()


@pytest.mark.parametrize(
    ("environment", "password", "sent", "status"),
    [
        ("demo", "", None, 200),
        ("production", "", None, 404),
        ("production", "long enough", None, 404),
        ("production", "long enough", ("monitor", "long enougH"), 404),
        ("production", "long enough", ("monitor", ""), 404),
        ("production", "long enough", ("monitor", "long enough"), 200),
    ],
)
def test_figures_of_the_process_are_for_the_monitor(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    password: str,
    sent: tuple[str, str] | None,
    status: int,
) -> None:
    settings = replace(app.extensions["his_settings"], environment=environment, metrics_password=password)
    monkeypatch.setitem(app.extensions, "his_settings", settings)
    assert app.test_client().get("/metrics", auth=sent).status_code == status
