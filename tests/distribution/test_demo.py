"""The demo's district buys what is handed in, and its centres take it in."""

from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from support import distribution as district
from support import world

from app import relay
from app.accounts import services as accounts
from app.actor import system_actor
from app.db import control_unit, tenant_unit
from modules.demo.services import distributing
from modules.distribution import queries


def test_the_demo_plays_a_plan_through(ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.create_account(
        sign_in_name="second@district",
        display_name="区采购二",
        password=world.PASSWORD,
        roles=["district_purchaser"],
        must_change_password=False,
        by=system_actor(None),
    )
    monkeypatch.setattr(distributing, "BUYER", "district_purchaser@district")
    monkeypatch.setattr(distributing, "APPROVER", "second@district")
    desk = {role: world.actor(ours, role) for role in world.STAFF}
    town: Any = SimpleNamespace(
        centre=SimpleNamespace(tenant_id=ours["tenant_id"], actor=desk.__getitem__), dice=Random(1)
    )
    assert list(distributing.buy_and_send()) == []
    district.hand_in(ours, desk, ("D0160", 20), ("D0033", 2))
    list(distributing.buy_and_send())
    relay.run_until_empty()
    list(distributing.take_shipments(town, ours["locations"]["storeroom"]))
    relay.run_until_empty()
    with control_unit():
        (shipment,) = queries.list_shipments().rows
    with tenant_unit(ours["tenant_id"]):
        (delivery,) = queries.list_deliveries().rows
    assert (shipment.status.value, delivery.status.value) == ("received", "received")
    assert all(finding.holds for finding in queries.check_distribution(ours["tenant_id"]))
