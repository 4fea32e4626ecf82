"""Pages of insurance: each opens for those who may, and acts."""

from typing import Any

import pytest
from fakeredis import FakeStrictRedis
from flask import Flask

from app.actor import Actor
from app.db import tenant_unit
from app.jobs import runner
from modules.charging.simulators.insurer import KEY, Insurer
from modules.insurance import queries, services
from modules.insurance.errors import InsurerAway

BASE = "/insurance"


def test_a_settlement_shows_who_pays_what_and_what_was_said(
    sign_in: Any, reckon: Any, cashier: Actor, ours: Any
) -> None:
    row = services.settle(reckon().id, by=cashier)
    client = sign_in("cashier")
    page = client.get(f"{BASE}/settlements/{row.id}").text
    assert all(text in page for text in ("286.00", "123.60", "100.00", "62.40", "2207", "泌尿系彩超"))
    assert "王测试" in client.get(f"{BASE}/settlements").text


def test_a_message_is_masked_for_those_who_may_not_see_numbers(sign_in: Any, reckon: Any, ours: Any) -> None:
    row = reckon()
    with tenant_unit(ours["tenant_id"]):
        told = next(one for one in queries.exchanges_of(row.id) if one.infno == "2206")
    page = sign_in("cashier").get(f"{BASE}/exchanges/{told.id}").text
    assert "123.60" in page
    assert "990000198506152462" not in page


def test_the_connection_is_set_up_on_its_page_and_its_key_never_shown(sign_in: Any) -> None:
    client = sign_in("administrator")
    assert client.get(f"{BASE}/connection").status_code == 200
    typed = {
        "institution_code": "H11010500001",
        "institution_name": "城东",
        "region": "110105",
        "base_url": "http://127.0.0.1:9/trade",
        "sign_type": "SM3",
        "is_active": "1",
    }
    assert client.post(f"{BASE}/connection", data=typed).status_code == 422
    assert client.post(f"{BASE}/connection", data={**typed, "key": KEY}).status_code == 303
    page = client.get(f"{BASE}/connection").text
    assert "H11010500001" in page
    assert KEY not in page


def test_a_rule_is_set_and_one_that_begins_no_later_is_refused(sign_in: Any) -> None:
    client = sign_in("administrator")
    typed = {
        "insutype": "310",
        "med_type": "11",
        "deductible_amount": "200",
        "ratio": "0.6",
        "cap_amount": "3000",
        "valid_from": "2026-01-01",
    }
    assert client.post(f"{BASE}/rules", data=typed).status_code == 303
    assert client.post(f"{BASE}/rules", data=typed).status_code == 422
    assert client.post(f"{BASE}/rules", data={**typed, "valid_from": "2027-01-01"}).status_code == 303
    assert "3,000.00" in client.get(f"{BASE}/connection").text


def test_the_auditor_sees_the_connection_and_changes_nothing(sign_in: Any) -> None:
    client = sign_in("auditor")
    assert client.get(f"{BASE}/connection").status_code == 200
    assert client.post(f"{BASE}/connection", data={}).status_code == 403


def test_what_was_put_off_is_settled_from_its_page(
    sign_in: Any, reckon: Any, insurer: Insurer, cashier: Actor, look: Any, person: Any, administrator: Actor
) -> None:
    from datetime import date
    from decimal import Decimal

    services.set_rule(
        insutype="310",
        med_type="11",
        deductible_amount=Decimal(200),
        ratio=Decimal("0.6"),
        cap_amount=Decimal(3000),
        valid_from=date(2026, 1, 1),
        by=administrator,
    )
    insurer.misbehave("dead", infno="2206")
    with pytest.raises(InsurerAway) as refusal:
        reckon()
    number = refusal.value.details["settlement_id"]
    services.defer_settlement(settlement_id=number, by=cashier)
    client = sign_in("cashier")
    assert "王测试" in client.get(f"{BASE}/settlements/deferred").text
    assert "33.60" in client.get(f"{BASE}/settlements/{number}").text  # (256 − 200) × 60 %, the estimate
    assert client.post(f"{BASE}/settlements/{number}/settlement").status_code == 303
    assert look(number).state.value == "settled"
    assert client.post(f"{BASE}/settlements/{number}/cancellation", data={"reason": ""}).status_code == 303
    assert look(number).state.value == "settled"
    client.post(f"{BASE}/settlements/{number}/cancellation", data={"reason": "退费"})
    assert look(number).state.value == "cancelled"
    assert client.post(f"{BASE}/settlements/{number}/question").status_code == 303


def test_coverage_counts_and_maps(
    sign_in: Any, connected: None, administrator: Actor, insurer: Insurer
) -> None:
    assert services.download_catalogue(by=administrator) == 236
    client = sign_in("administrator")
    page = client.get(f"{BASE}/coverage").text
    assert "已全部对照" in page or "Everything is mapped" in page
    typed = {"item_kind": "service", "item_code": "X0001", "national_code": "000000000000002"}
    assert client.post(f"{BASE}/mappings", data=typed).status_code == 303
    wrong = client.post(f"{BASE}/mappings", data={**typed, "national_code": "nothing"})
    assert wrong.status_code == 422
    assert services.upload_mappings(by=administrator) == 236
    assert insurer.books.mappings["H11010500001/X0001"]["med_list_codg"] == "000000000000002"
    assert client.get("/lookup/insurance-items?q=泌尿").json


def test_proposals_by_name_and_an_ended_mapping(
    sign_in: Any, connected: None, administrator: Actor, ours: Any, insurer: Insurer
) -> None:
    from datetime import timedelta

    from support import world

    from app import clock

    services.download_catalogue(by=administrator)
    services.upload_mappings(by=administrator)
    with tenant_unit(ours["tenant_id"]):
        mapping = next(row for row in queries.list_mappings() if row.item_code == "X0024")
    client = sign_in("administrator")
    assert client.post(f"{BASE}/mappings/{mapping.id}/end").status_code == 303
    assert "H11010500001/X0024" not in insurer.books.mappings
    clock.stop(world.NOW + timedelta(days=1))
    with tenant_unit(ours["tenant_id"]):
        assert queries.coverage().expired == 1
        assert [item.code for item in queries.unmapped()] == ["X0024"]
        assert queries.propose(queries.unmapped())["service", "X0024"].code == "000000000000024"


@pytest.mark.parametrize("work", ["download", "upload"])
def test_long_work_is_a_job(app: Flask, sign_in: Any, connected: None, work: str, ours: Any) -> None:
    before = app.extensions["his_jobs"]
    app.extensions["his_jobs"] = runner.RedisRunner("", connection=FakeStrictRedis(), is_async=False)
    client = sign_in("administrator")
    assert client.post(f"{BASE}/coverage/nothing").status_code == 404
    assert client.post(f"{BASE}/coverage/{work}").status_code == 303
    app.extensions["his_jobs"] = before
    with tenant_unit(ours["tenant_id"]):
        mappings = queries.list_mappings()
        assert {row.is_uploaded for row in mappings} == {work == "upload"}
        assert queries.catalogue_size() == (236 if work == "download" else 0)
