"""A part that a centre gets later is prepared in it as in a new centre, and works."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import relay, tasks
from app.actor import system_actor
from app.db import control_unit, db, tenant_unit
from app.jobs.models import JobStatus
from app.registry import installed
from app.tenancy import directory
from app.use_cases import perform
from modules.charging.models import Price
from modules.dispensing import queries as dispensing
from tenants import parts, plans, provisioning, services
from tenants.models import Centre

BY = system_actor(None)


def _old_centre(plan: str, code: str = "C9") -> int:
    """A centre that has worked for a while without pharmacy and cashier."""
    centre = provisioning.provision_centre(
        code=code,
        name=f"{code}社区卫生服务中心",
        district="示范区",
        administrator="郑新",
        security_administrator="严新",
        plan=plan,
        by=BY,
    )
    relay.run_until_empty()
    assert _made(centre.id) == (0, 0)
    return centre.id


def _made(tenant_id: int) -> tuple[int, int]:
    """Places of stock and prices."""
    with tenant_unit(tenant_id):
        return len(dispensing.list_locations()), len(db.session.scalars(select(Price.id)).all())


def _tasks() -> list[tasks.DistrictTask]:
    with control_unit():
        return list(db.session.scalars(select(tasks.DistrictTask).order_by(tasks.DistrictTask.id)))


@pytest.fixture(autouse=True)
def small(app: Flask) -> None:
    plans.save_plan(code="small", name="小型", modules=[], by=BY)


def test_a_plan_that_is_widened_prepares_the_new_parts_in_its_centres(app: Flask) -> None:
    first, second = _old_centre("small"), _old_centre("small", "C8")
    assert _tasks() == []
    plans.save_plan(code="small", name="小型", modules=["payments", "charging", "dispensing"], by=BY)
    [task] = _tasks()
    assert (sorted(task.arguments["centres"]), task.arguments["modules"]) == (
        sorted([first, second]),
        ["charging", "dispensing"],
    )
    assert tasks.do_next()
    [task] = _tasks()
    assert (task.status, task.done, task.total, task.facts) == (JobStatus.DONE, 2, 2, {"count": 2})
    for centre in (first, second):
        places, prices = _made(centre)
        assert places == 2
        assert prices > 100


def test_another_plan_prepares_what_the_centre_has_not_had(app: Flask) -> None:
    centre = _old_centre("small")
    plans.change_plan(tenant_id=centre, plan="outpatient", by=BY)
    [task] = _tasks()
    assert (task.tenant_id, task.arguments["modules"]) == (centre, ["charging", "dispensing"])
    assert tasks.do_next()
    before = _made(centre)
    assert before[0] == 2
    plans.change_plan(tenant_id=centre, plan="small", by=BY)  # a narrower one asks for nothing
    assert len(_tasks()) == 1
    plans.change_plan(tenant_id=centre, plan="outpatient", by=BY)
    assert tasks.do_next()
    assert _made(centre) == before  # and nothing is made twice


def test_a_part_switched_on_later_works_in_an_old_centre(app: Flask) -> None:
    centre = _old_centre("small")
    admin = system_actor(centre)
    plans.save_plan(code="small", name="小型", modules=["payments", "charging", "dispensing"], by=BY)
    services.switch_module(module="dispensing", is_on=False, by=admin)
    assert tasks.do_next()
    places, prices = _made(centre)
    assert places == 0  # switched off, so not prepared
    assert prices > 100
    services.switch_module(module="dispensing", is_on=True, by=admin)
    assert tasks.do_next()
    with tenant_unit(centre):
        pharmacy = next(place for place in dispensing.list_locations() if place.kind.value == "pharmacy")
        drug_id = db.session.scalar(select(Price.item_id).where(Price.item_code == "D0001"))
    line = {
        "drug_id": drug_id,
        "batch_no": "B1",
        "expires_on": "2028-01-01",
        "packs": "10",
        "pack_cost": "1",
    }
    received = perform(
        "dispensing.receive_stock",
        {"location_id": pharmacy.id, "supplier": "城东医药", "lines": [line]},
        by=admin,
    )
    assert received.id
    assert "dispensing" in directory().get(centre).modules


def test_a_centre_that_fails_keeps_nobody_back_and_is_prepared_again_from_its_page(
    app: Flask, sign_in: Any, monkeypatch: Any
) -> None:
    bad, fine = _old_centre("small"), _old_centre("small", "C8")
    good = installed().modules["dispensing"].prepares
    assert good is not None

    def fail(taken: dict[str, Any], by: Any) -> None:
        if by.tenant_id == bad:
            raise RuntimeError("no shelves")
        good.fill(taken, by)

    broken = replace(good, fill=fail)
    monkeypatch.setitem(vars(installed().modules["dispensing"]), "prepares", broken)
    plans.save_plan(code="small", name="小型", modules=["payments", "charging", "dispensing"], by=BY)
    assert tasks.do_next()
    [task] = _tasks()
    assert task.status is JobStatus.FAILED
    client = sign_in("district_operator", "district")
    client.set_cookie("his_language", "en")
    page = client.get(f"/district/tasks/{task.id}").text
    assert "1 centres prepared, 1 not: C9 (RuntimeError)" in page
    assert (_made(bad)[0], _made(fine)[0]) == (0, 2)
    monkeypatch.setitem(vars(installed().modules["dispensing"]), "prepares", good)
    assert client.post(f"/district/centres/{bad}/parts", data={"command_id": "x" * 9}).status_code == 303
    assert client.post(f"/district/centres/{bad}/parts", data={"command_id": "x" * 9}).status_code == 303
    assert len(_tasks()) == 2
    assert tasks.do_next()
    assert _made(bad)[0] == 2
    assert sign_in("district_auditor", "district").post(f"/district/centres/{bad}/parts").status_code == 403


def test_a_part_that_needs_no_preparation_asks_for_no_task(app: Flask) -> None:
    centre = _old_centre("small")
    with control_unit():
        row = db.session.get_one(Centre, centre)
    prepared = {name for name, module in installed().modules.items() if module.prepares}
    others = [n for n, m in installed().modules.items() if m.is_optional and n not in prepared]
    assert parts.ask([row], others, about="", by=BY) is None
    assert _tasks() == []
