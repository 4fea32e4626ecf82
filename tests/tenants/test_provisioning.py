"""A centre is opened from a template, by browser and by command; it is suspended and opened again."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support import world

from app import clock, daily, relay
from app.accounts import services as accounts
from app.actor import system_actor
from app.db import control_unit, db, tenant_unit
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.errors import ModuleOff
from app.records import ControlDelivery, Delivery, EventRow
from app.registry import installed
from app.tenancy import directory
from app.use_cases import perform
from modules.charging.models import Price
from modules.dispensing import queries as dispensing
from tenants import plans, provisioning, queries, services, templating
from tenants.models import Centre, CentreState, Department, Station, Template

BY = system_actor(None)
FORM = {
    "code": "C9",
    "name": "城南社区卫生服务中心",
    "district": "示范区",
    "administrator": "郑新",
    "security_administrator": "严新",
}


def _centre(code: str = "C9") -> Centre:
    with control_unit():
        return db.session.scalars(select(Centre).where(Centre.code == code)).one()


def _made(tenant_id: int) -> tuple[int, int, int, int]:
    """Stations, departments, prices and places of stock."""
    with tenant_unit(tenant_id):
        counts = [len(db.session.scalars(select(model)).all()) for model in (Station, Department, Price)]
        return (*counts, len(dispensing.list_locations()))


def test_an_operator_opens_a_centre_with_one_form_and_its_people_begin(app: Flask, sign_in: Any) -> None:
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", "en")
    page = client.get("/district/centres/new").text
    assert re.search(r'<option value="p1"[^>]* selected', page)
    answer = client.post("/district/centres/new", data=FORM)
    assert answer.status_code == 200, answer.text
    codes = re.findall(r"data-one-time-code>([a-z0-9-]+)<", answer.text)
    assert len(codes) == 2
    assert _centre().state is CentreState.PREPARING
    token = accounts.open_account(code=codes[0], password=world.PASSWORD, address="10.0.0.1")
    assert token
    admin = app.test_client()
    admin.post("/sign-in", data={"name": "admin@c9", "password": world.PASSWORD})
    admin.set_cookie("his_language", "en")
    early = admin.get("/home")
    assert (early.status_code, "being prepared" in early.text) == (403, True)

    assert relay.run_until_empty() >= 1
    centre = _centre()
    assert (centre.state, centre.is_active, centre.plan) == (CentreState.OPEN, True, "full")
    stations, departments, prices, places = _made(centre.id)
    assert (stations, departments, places) == (1, 8, 2)
    assert prices > 100
    assert admin.get("/places/").status_code == 200


def test_the_codes_are_shown_once_though_the_form_is_sent_twice(app: Flask, sign_in: Any) -> None:
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", "en")
    first = client.post("/district/centres/new", data={**FORM, "command_id": "same"})
    again = client.post("/district/centres/new", data={**FORM, "command_id": "same"})
    assert first.text.count("data-one-time-code") == 2
    assert again.text.count("data-one-time-code") == 0
    assert "shown already" in again.text


def test_a_refused_form_says_why_on_its_field_and_leaves_nothing(app: Flask, sign_in: Any) -> None:
    client = sign_in("district_operator", "district")
    with control_unit():
        before = len(db.session.scalars(select(ControlDelivery)).all())
    assert client.post("/district/centres/new", data={**FORM, "code": "C1"}).status_code == 422
    assert client.post("/district/centres/new", data={**FORM, "partition": "p7"}).status_code == 422
    assert client.post("/district/centres/new", data={**FORM, "template": "none"}).status_code == 422
    with control_unit():
        assert len(db.session.scalars(select(ControlDelivery)).all()) == before
        assert db.session.scalar(select(Centre.id).where(Centre.code == "C9")) is None


def test_only_the_operator_opens_suspends_and_changes_plans(sign_in: Any, ours: dict[str, Any]) -> None:
    address = f"/district/centres/{ours['tenant_id']}"
    for role in ("district_security", "district_auditor", "supervisor"):
        client = sign_in(role, "district")
        assert client.get("/district/centres/new").status_code == 403
        assert client.get(address).status_code == 200
        for act in ("suspension", "reopening", "plan", "template", "preparation"):
            assert client.post(f"{address}/{act}", data={}).status_code == 403, act
    assert sign_in("administrator").get(address).status_code == 403


def test_a_preparation_that_fails_says_why_and_is_tried_again(
    app: Flask, sign_in: Any, monkeypatch: Any
) -> None:
    def fail(taken: dict[str, Any], by: Any) -> None:
        raise RuntimeError("no shelves")

    centre = provisioning.provision_centre(**FORM, by=BY)
    good = installed().modules["dispensing"].prepares
    bad = type(good)(good.take, fail)
    monkeypatch.setitem(vars(installed().modules["dispensing"]), "prepares", bad)
    relay.run_once("")
    failed = _centre()
    assert (failed.state, failed.is_active) == (CentreState.FAILED, False)
    assert failed.state_reason.startswith("RuntimeError at tests/tenants/test_provisioning.py")
    client = sign_in("district_operator", "district")
    assert "RuntimeError at tests" in client.get(f"/district/centres/{centre.id}").text

    monkeypatch.setitem(vars(installed().modules["dispensing"]), "prepares", good)
    answer = client.post(f"/district/centres/{centre.id}/preparation", data={})
    assert answer.status_code == 303
    relay.run_once("")
    assert _centre().state is CentreState.OPEN
    made = _made(centre.id)
    provisioning.note_prepared(tenant_id=centre.id, by=BY)
    provisioning.fill_centre(template="standard", name=FORM["name"], by=system_actor(centre.id))
    assert _made(centre.id) == made


def test_a_template_of_a_centre_makes_its_like(app: Flask, ours: dict[str, Any], administrator: Any) -> None:
    services.change_settings(settings={"theme": "plum"}, by=administrator)
    services.change_grant(
        role="cashier",
        permission="charging.price.view",
        is_granted=False,
        by=system_actor(ours["tenant_id"]),
    )
    templating.save_template(code="likeC1", name="同城东", tenant_id=ours["tenant_id"], by=BY)
    centre = provisioning.provision_centre(**FORM, template="likeC1", by=BY)
    provisioning.prepare_centre(centre.id)
    tenant = directory().get(centre.id)
    assert tenant.settings["theme"] == "plum"
    assert "charging.price.view" not in tenant.grants["cashier"]
    assert _made(centre.id) == _made(ours["tenant_id"])
    with tenant_unit(centre.id), control_unit():
        body = db.session.scalars(select(Template.body)).one()
    assert "李静" not in str(body)  # no staff
    with tenant_unit(centre.id):
        assert db.session.scalars(select(Station.name)).all() == [FORM["name"]]


def test_the_least_loaded_partition_that_takes_centres_is_proposed(app: Flask, monkeypatch: Any) -> None:
    from dataclasses import replace

    settings = app.extensions["his_settings"]
    two = replace(settings, partition_urls={"p1": "sqlite://", "p2": "sqlite://"})
    monkeypatch.setitem(app.extensions, "his_settings", two)
    assert provisioning.least_loaded() == "p2"


# Plans


def test_a_plan_bounds_what_the_centre_may_switch_on(
    app: Flask, ours: dict[str, Any], administrator: Any, cashier: Any
) -> None:
    plans.save_plan(code="small", name="小型", modules=["payments", "charging"], by=BY)
    plans.change_plan(tenant_id=ours["tenant_id"], plan="small", by=BY)
    on = directory().get(ours["tenant_id"]).modules
    assert "charging" in on
    assert not on & {"dispensing", "demo"}
    with pytest.raises(plans.NotInPlan):
        services.switch_module(module="dispensing", is_on=True, by=administrator)
    services.switch_module(module="charging", is_on=False, by=administrator)
    with pytest.raises(ModuleOff):
        perform("charging.open_shift", {}, by=cashier)
    services.switch_module(module="charging", is_on=True, by=administrator)
    plans.save_plan(code="small", name="小型", modules=["payments", "charging", "dispensing"], by=BY)
    assert "dispensing" in directory().get(ours["tenant_id"]).modules


def test_a_plan_has_what_its_parts_need(app: Flask) -> None:
    from app.errors import InvalidInput

    with pytest.raises(InvalidInput):
        plans.save_plan(code="half", name="一半", modules=["dispensing"], by=BY)
    with pytest.raises(InvalidInput):
        plans.save_plan(code="full", name="全部", modules=[], by=BY)
    with control_unit():
        centre_id = db.session.scalar(select(Centre.id).limit(1))
    with pytest.raises(plans.PlanUnknown):
        plans.change_plan(tenant_id=centre_id, plan="none", by=BY)


# Suspension


def test_a_suspended_centre_is_closed_at_once_and_says_why(
    app: Flask, sign_in: Any, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    doctor, other = sign_in("doctor"), sign_in("doctor", "c2")
    program = world.program_token(ours, "doctor")
    operator = sign_in("district_operator", "district")
    address = f"/district/centres/{ours['tenant_id']}"
    assert operator.post(f"{address}/suspension", data={}).status_code == 422
    assert operator.post(f"{address}/suspension", data={"reason": "合同到期"}).status_code == 303
    assert doctor.get("/home").status_code == 303  # signed out
    assert other.get("/home").status_code == 200
    again = app.test_client()
    again.post("/sign-in", data={"name": "doctor@c1", "password": world.PASSWORD})
    closed = again.get("/home")
    assert (closed.status_code, "合同到期" in closed.text) == (403, True)
    bearer = {"Authorization": f"Bearer {program}"}
    assert app.test_client().get("/api/v1/openapi.json", headers=bearer).status_code in {401, 403}

    assert operator.post(f"{address}/reopening", data={}).status_code == 303
    assert again.get("/home").status_code == 200


def test_work_of_a_suspended_centre_rests(app: Flask, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    relay.run_until_empty()
    with kernel_unit("p1"):
        for centre in (ours, theirs):
            row = EventRow(
                tenant_id=centre["tenant_id"], name="X", at=clock.now(), on=world.TODAY, payload={}
            )
            db.session.add(row)
            db.session.flush()
            facts = {"event_id": row.id, "event_name": "X", "subscriber": "x", "due_at": clock.now()}
            db.session.add(Delivery(tenant_id=centre["tenant_id"], **facts))
        db.session.commit()
    provisioning.suspend_centre(tenant_id=ours["tenant_id"], reason="核查", by=BY)
    assert relay.run_once("p1") == 1
    assert {tenant.id for tenant in directory().all_active()} == {theirs["tenant_id"]}
    assert ours["tenant_id"] not in {
        tenant.id for tenant in directory().all_active() if daily.declared(tenant)
    }
    provisioning.reopen_centre(tenant_id=ours["tenant_id"], by=BY)
    assert relay.run_once("p1") == 1


def test_states_follow_each_other(app: Flask, ours: dict[str, Any]) -> None:
    tenant_id = ours["tenant_id"]
    with pytest.raises(provisioning.NotInThisState):
        provisioning.reopen_centre(tenant_id=tenant_id, by=BY)
    with pytest.raises(provisioning.NotPreparing):
        provisioning.order_again(tenant_id=tenant_id, by=BY)
    provisioning.suspend_centre(tenant_id=tenant_id, reason="核查", by=BY)
    with pytest.raises(provisioning.NotInThisState):
        provisioning.suspend_centre(tenant_id=tenant_id, reason="核查", by=BY)


# Commands


def test_a_centre_is_opened_by_command(app: Flask) -> None:
    runner = app.test_cli_runner()
    given = ["centre", "create", "C9", "城南中心", "示范区", "--administrator", "郑新"]
    result = runner.invoke(args=[*given, "--security-administrator", "严新"])
    assert result.exit_code == 0, result.output
    assert len(re.findall(r"@c9: \w{4}-\w{4}-\w{4}-\w{4}", result.output)) == 2
    assert _centre().state is CentreState.OPEN
    assert runner.invoke(args=[*given, "--security-administrator", "严新"]).exit_code == 1


def test_many_centres_are_opened_from_a_file_and_a_bad_line_stops_nobody(app: Flask, tmp_path: Path) -> None:
    source, codes = tmp_path / "centres.csv", tmp_path / "codes.csv"
    lines = ["code,name,district,administrator,security_administrator"]
    lines += [f"M{n},第{n}中心,示范区,管理{n},安全{n}" for n in range(3)]
    lines.insert(2, "C1,重复中心,示范区,管理,安全")
    source.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["centre", "create-many", str(source), "--codes", str(codes)])
    assert result.exit_code == 1
    assert "line 3, C1" in result.output
    assert "3 centres opened, 1 not" in result.output
    rows = list(csv.DictReader(codes.read_text(encoding="utf-8").splitlines()))
    assert [row["sign_in_name"] for row in rows][:2] == ["admin@m0", "security@m0"]
    assert codes.stat().st_mode & 0o077 == 0
    assert _centre("M2").state is CentreState.OPEN
    assert relay.run_until_empty() >= 3  # nothing is made twice
    assert _made(_centre("M2").id)[:2] == (1, 8)


def test_the_lists_of_centres_take_few_statements(app: Flask, sign_in: Any, ours: dict[str, Any]) -> None:
    client = sign_in("district_operator", "district")
    for address, most in (
        ("/district/centres", 4),
        (f"/district/centres/{ours['tenant_id']}", 4),
        ("/district/centres/new", 6),
    ):
        client.get(address)
        with count_statements() as counted:
            assert client.get(address).status_code == 200
        assert counted.count <= most, counted.statements
    assert {row.code for row in queries.list_centres()} == {"C1", "C2"}
