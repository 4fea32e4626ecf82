"""The pages of administration: they open in both languages and cost a fixed number of statements."""

import re
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import select
from support import world

from app import audit, relay
from app.accounts import services as accounts
from app.accounts.models import Account
from app.actor import Actor
from app.db import Mode, control_unit, db, tenant_unit
from app.db.statements import count_statements
from app.records import AuditRow, Delivery, DeliveryStatus
from tenants import services as tenants

PAGES = [
    ("administrator", "/home"),
    ("administrator", "/staff/"),
    ("administrator", "/staff/new"),
    ("administrator", "/places/"),
    ("administrator", "/places/stations/new"),
    ("administrator", "/places/departments/new"),
    ("administrator", "/centre/settings"),
    ("administrator", "/centre/modules"),
    ("security_administrator", "/centre/grants"),
    ("security_administrator", "/accounts/"),
    ("security_administrator", "/accounts/new"),
    ("security_administrator", "/accounts/tokens"),
    ("security_administrator", "/accounts/offers/new"),
    ("doctor", "/my-account/"),
    ("district_operator", "/district/centres"),
    ("district_operator", "/district/centres/new"),
    ("district_operator", "/district/partitions"),
    ("district_operator", "/district/plans"),
    ("district_operator", "/district/plans/new"),
    ("district_operator", "/district/exports"),
    ("district_operator", "/district/tasks"),
    ("district_operator", "/district/usage"),
    ("supervisor", "/district/usage"),
    ("district_security", "/accounts/"),
    ("district_security", "/accounts/new"),
    ("district_security", "/accounts/offers/new"),
    ("district_security", "/accounts/tokens"),
    ("district_security", "/accounts/policy"),
    ("district_auditor", "/trail/"),
    ("supervisor", "/district/centres"),
    ("administrator", "/trail/outbox"),
    ("administrator", "/trail/outbox?where=district&status=dead"),
    ("administrator", "/jobs/"),
    ("administrator", "/api/v1/"),
    ("administrator", "/catalogue/drugs?q=amxl"),
    ("administrator", "/catalogue/dictionaries"),
    ("administrator", "/catalogue/dictionaries?name=diagnosis&q=gxy"),
    ("auditor", "/trail/"),
    ("auditor", "/trail/?where=district&on=2026-11-20&actor=系&action=account.&outcome=done"),
]


@pytest.mark.parametrize(("role", "path"), PAGES)
@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_a_page_opens_in_both_languages_with_few_statements(
    app: Flask, sign_in: Any, role: str, path: str, language: str
) -> None:
    client = sign_in(role, "district" if role in world.DISTRICT else "c1")
    client.set_cookie("his_language", language)
    client.get(path)  # the tenant is known from here on
    with count_statements() as counted:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert counted.count <= 12, counted.statements
    assert "style=" not in answer.text
    assert not re.search(r"<script(?! type=\"application/json\")(?![^>]* src=)", answer.text)


@pytest.mark.parametrize(
    "path",
    sorted({path for role, path in PAGES if "administrator" in role and "/catalogue" not in path}),
)
def test_a_page_of_administration_is_closed_to_a_doctor(sign_in: Any, path: str) -> None:
    status = sign_in("doctor").get(path).status_code
    assert status == (200 if path in {"/home", "/jobs/", "/api/v1/"} else 403)


def test_the_trail_is_closed_to_the_administrator(sign_in: Any) -> None:
    assert sign_in("administrator").get("/trail/").status_code == 403


def test_an_account_for_somebody_elses_staff_is_refused(sign_in: Any, theirs: dict[str, Any]) -> None:
    typed = {
        "sign_in_name": "spy",
        "display_name": "旁人",
        "practitioner_id": str(theirs["people"]["doctor"]["practitioner_id"]),
        "roles": ["doctor"],
    }
    assert sign_in("security_administrator").post("/accounts/new", data=typed).status_code == 422


def test_a_locked_account_is_shown_and_unlocked_by_a_reset(
    app: Flask, sign_in: Any, ours: dict[str, Any]
) -> None:
    for _ in range(accounts.FAILURES):
        app.test_client().post("/sign-in", data={"name": "doctor@c1", "password": "wrong"})
    client = sign_in("security_administrator")
    account_id = ours["people"]["doctor"]["account_id"]
    client.set_cookie("his_language", "en")
    assert "Locked until" in client.get(f"/accounts/{account_id}").text
    answer = client.post(f"/accounts/{account_id}/password", data={})
    assert "data-one-time-code" in answer.text
    with control_unit():
        account = db.session.get_one(Account, account_id)
    assert (account.locked_until, account.password_hash) == (None, "")


def test_roles_changed_on_the_page_hold_with_the_next_click(sign_in: Any, ours: dict[str, Any]) -> None:
    doctor, client = sign_in("doctor"), sign_in("security_administrator")
    account_id = ours["people"]["doctor"]["account_id"]
    client.post(f"/accounts/{account_id}", data={"roles": ["auditor"], "is_enabled": "1"})
    assert doctor.get("/home").status_code == 303  # signed out
    assert sign_in("doctor").get("/trail/").status_code == 200


def test_a_token_is_shown_once_and_ends_at_once(app: Flask, sign_in: Any, ours: dict[str, Any]) -> None:
    client = sign_in("security_administrator")
    data = {"account_id": str(ours["people"]["security_administrator"]["account_id"]), "label": "化验系统"}
    nothing = client.post("/accounts/tokens", data={"label": "检验仪器"})
    assert nothing.status_code == 422
    assert 'id="f-account_id-error"' in nothing.text
    assert 'value="检验仪器"' in nothing.text
    assert 'id="f-label-error"' not in nothing.text
    page = client.post("/accounts/tokens", data=data).text
    token = re.search(r"data-fresh-token>([^<]+)<", page)
    assert token is not None
    assert token[1] not in client.get("/accounts/tokens").text
    bearer = {"Authorization": f"Bearer {token[1]}"}
    assert app.test_client().get("/api/v1/openapi.json", headers=bearer).status_code == 200
    ended = re.search(r"/accounts/tokens/(\d+)/end", page)
    assert ended is not None
    assert client.post(ended[0]).status_code == 303
    assert app.test_client().get("/api/v1/openapi.json", headers=bearer).status_code == 401


def test_the_trail_shows_what_stood_before_and_after(
    sign_in: Any, administrator: Actor, ours: dict[str, Any]
) -> None:
    tenants.change_station(station_id=ours["station_id"], name="新名字中心", by=administrator)
    client = sign_in("auditor")
    listed = client.get("/trail/?action=station.changed").text
    row = re.search(r"/trail/(\d+)\?where=centre", listed)
    assert row is not None
    drawer = client.get(f"/trail/{row[1]}").text
    assert "新名字中心" in drawer
    assert sign_in("auditor", "c2").get(f"/trail/{row[1]}").status_code == 404


def test_an_auditor_sees_only_the_own_centre(sign_in: Any, administrator: Actor) -> None:
    tenants.add_station(code="S9", name="桥北站", by=administrator)
    assert "新增站点" in sign_in("auditor").get("/trail/?actor=" + administrator.name).text
    with tenant_unit(administrator.tenant_id or 0):
        own = db.session.scalars(select(AuditRow).where(AuditRow.action == "station.added")).all()
    foreign = sign_in("auditor", "c2").get("/trail/").text
    assert all(f"/trail/{row.id}?" not in foreign for row in own if row.tenant_id == administrator.tenant_id)


def test_a_broken_chain_is_named_by_the_verification(app: Flask, sign_in: Any, as_owner: Any) -> None:
    from app.jobs import runner

    made = app.extensions["his_jobs"] = runner.ThreadRunner(app)
    for partition in audit.partitions():
        audit.seal(partition)
    client = sign_in("auditor")
    answer = client.post("/trail/verification")
    made.finish()
    assert "BROKEN" not in _english(client, answer.headers["Location"])
    victim = as_owner("p1", "SELECT id FROM kernel_audit WHERE sealed_no = 1")[0][0]
    as_owner("p1", f"UPDATE kernel_audit SET action = 'station.forged' WHERE id = {victim}")
    answer = client.post("/trail/verification")
    made.finish()
    assert f"BROKEN at row {victim}" in _english(client, answer.headers["Location"])


def test_a_trail_cut_off_at_its_end_is_said_by_the_verification(
    app: Flask, sign_in: Any, as_owner: Any
) -> None:
    from app.crypto import heads
    from app.jobs import runner

    made = app.extensions["his_jobs"] = runner.ThreadRunner(app)
    audit.seal("p1")
    heads.sign("p1")
    as_owner("p1", "DELETE FROM kernel_audit WHERE sealed_no = (SELECT max(sealed_no) FROM kernel_audit)")
    client = sign_in("auditor")
    answer = client.post("/trail/verification")
    made.finish()
    assert (
        "有 1 个签名链头不一致" in client.get(answer.headers["Location"]).text
    )  # in the language of who asked


def _english(client: Any, path: str) -> str:
    client.set_cookie("his_language", "en")
    text: str = client.get(path).text
    return text


def test_a_dead_delivery_is_shown_and_sent_again(
    sign_in: Any, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    numbers = {}
    relay.run_until_empty()
    for centre in (ours, theirs):
        with tenant_unit(centre["tenant_id"], Mode.WRITE):
            row = _dead(centre["tenant_id"])
            db.session.add(row)
            db.session.commit()
            numbers[centre["tenant_id"]] = row.id
    own, foreign = numbers[ours["tenant_id"]], numbers[theirs["tenant_id"]]
    client = sign_in("administrator")
    page = client.get("/trail/outbox").text
    assert f'name="delivery_ids" value="{own}"' in page
    assert str(foreign) not in page
    assert client.post(f"/trail/outbox/{foreign}/sending").status_code == 404
    assert client.post(f"/trail/outbox/{own}/sending").status_code == 303
    assert relay.unfinished("p1")[DeliveryStatus.WAITING.value] == 1


def _dead(tenant_id: int) -> Delivery:
    from app import clock

    return Delivery(
        tenant_id=tenant_id,
        event_id=1,
        event_name="PatientCreated",
        subscriber="patients.subscribers.follow_in_index",
        status=DeliveryStatus.DEAD.value,
        attempts=8,
        due_at=clock.now(),
        last_error="ConnectionError",
    )


def test_the_first_page_after_sign_in_is_the_centres_choice(sign_in: Any, administrator: Actor) -> None:
    tenants.change_settings(settings={"start_page": "catalogue.show_drugs"}, by=administrator)
    assert sign_in("doctor").get("/").headers["Location"] == "/catalogue/drugs"
    tenants.change_settings(settings={"start_page": "trail.show_trail"}, by=administrator)
    assert sign_in("doctor").get("/").headers["Location"] == "/home"


def test_without_fetched_assets_every_page_says_what_to_do(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    client = sign_in("doctor")
    monkeypatch.setattr("app.web.assets.are_missing", lambda: True)
    settings = app.extensions["his_settings"]
    app.extensions["his_settings"] = replace(settings, environment="demo")
    try:
        answer = client.get("/home")
        assert (answer.status_code, "deploy/assets.py" in answer.text) == (503, True)
        assert client.get("/healthz").json["parts"]["assets"] == "missing"
    finally:
        app.extensions["his_settings"] = settings


def test_every_menu_entry_leads_to_a_page(app: Flask) -> None:
    with app.test_request_context():
        for module in app.extensions["his_registry"].modules.values():
            for entry in module.menu:
                assert url_for(entry.endpoint)
