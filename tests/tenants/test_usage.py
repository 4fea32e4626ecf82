"""How much each centre uses, for the operator."""

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from support import world

from app import usage as counting
from app.actor import system_actor
from app.daily import do_one
from app.db import control_unit, db, tenant_unit
from app.db.statements import count_statements
from app.tenancy import directory
from tenants import usage
from tenants.models import Usage

YESTERDAY = world.TODAY - timedelta(days=1)


def test_a_day_is_written_down_once(app: Flask, ours: dict[str, Any]) -> None:
    tenant = directory().get(ours["tenant_id"])
    assert do_one(tenant, "tenants.note_usage").state == "done"
    assert usage.note_usage(by=system_actor(tenant.id)) is None
    with tenant_unit(tenant.id):
        row = db.session.scalars(select(Usage)).one()
    assert (row.on, row.visits) == (YESTERDAY, 0)
    assert row.rooms["tenants"] > len(world.STAFF)
    assert row.rows == sum(row.rooms.values())
    assert row.size > 100 * row.rows


def test_only_the_centres_own_rows_are_counted(
    app: Flask, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    for centre in (ours, theirs):
        usage.note_usage(by=system_actor(centre["tenant_id"]))
    rows = {row.code: row for row in usage.of_day(YESTERDAY)}
    assert (
        rows["C1"].rooms["tenants"]
        == rows["C2"].rooms["tenants"]
        == 1 + len(world.DEPARTMENTS) + len(world.STAFF)
    )


def test_requests_of_processes_are_added(app: Flask, sign_in: Any, ours: dict[str, Any]) -> None:
    first, second = counting.Counter(), counting.Counter()
    for milliseconds in (10, 10, 30, 5000):
        first.add(ours["tenant_id"], world.TODAY, milliseconds)
    second.add(ours["tenant_id"], world.TODAY, 60_000)
    assert first.tell() == 0  # not yet a minute
    assert (first.tell(now=True), second.tell(now=True), first.tell(now=True)) == (1, 1, 0)
    with control_unit():
        row = db.session.scalars(select(counting.RequestCount)).one()
    assert (row.requests, row.buckets) == (5, [2, 1, 0, 0, 0, 0, 0, 0, 1, 1])
    app.extensions["his_usage"].tell(now=True)
    client = sign_in("doctor")
    client.get("/home")
    assert app.extensions["his_usage"].tell(now=True) == 1


def test_the_percentile_is_the_bound_of_its_bucket() -> None:
    assert counting.percentile([0] * 10) is None
    assert counting.percentile([95, 5, 0, 0, 0, 0, 0, 0, 0, 0]) == 25
    assert counting.percentile([94, 6, 0, 0, 0, 0, 0, 0, 0, 0]) == 50
    assert counting.percentile([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) == 6400


def test_the_page_and_the_file_say_the_same(app: Flask, sign_in: Any, ours: dict[str, Any]) -> None:
    usage.note_usage(by=system_actor(ours["tenant_id"]))
    counter = counting.Counter()
    counter.add(ours["tenant_id"], YESTERDAY, 30)
    counter.tell(now=True)
    client = sign_in("district_operator", "district")
    client.get("/district/usage")
    with count_statements() as counted:
        page = client.get("/district/usage")
    assert page.status_code == 200
    assert counted.count <= 4, counted.statements
    assert "data-chart" in page.text
    assert client.post("/district/usage/sheet", data={"on": str(YESTERDAY)}).status_code == 422
    answer = client.post("/district/usage/sheet", data={"on": str(YESTERDAY), "purpose": "季度汇总"})
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert answer.mimetype == "text/csv"
    assert ("区运维" in lines[0], "季度汇总" in lines[0]) == (True, True)
    assert lines[2].startswith("C1,城东社区卫生服务中心,0,1,50,")
    assert client.get("/district/usage?on=nonsense").status_code == 200
    assert sign_in("district_security", "district").get("/district/usage").status_code == 403
