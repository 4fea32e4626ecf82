"""What re-packing promises: nothing is gained or lost, bags are found by their batch, packs are counted on."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.racing import at_once
from support.world import PASSWORD, TODAY

from app.accounts.errors import SecondPersonSame
from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from modules.dispensing import queries, services
from modules.dispensing.errors import (
    BatchRecalled,
    OutOfStock,
    PackExceeded,
    RepackedAlready,
    SecondPersonMissing,
)
from modules.dispensing.models import Repacking
from modules.dispensing.rules.repacking import bag_expiry, lot_number
from modules.dispensing.services import ReturnLineInput
from modules.storeroom import services as storeroom
from tenants.services import change_settings

D = Decimal
DRUG, AMOXICILLIN = "D0160", "D0001"
SECOND = "81000010000000010002"


@pytest.fixture
def lying(ours: Any, drug_id: Any) -> Callable[..., dict[str, Any]]:
    """Batch number → what lies of a drug at the pharmacy."""

    def look(code: str = DRUG) -> dict[str, Any]:
        with tenant_unit(ours["tenant_id"]):
            lines = queries.balances_at(ours["locations"]["pharmacy"])
            return {line.batch.batch_no: line for line in lines if line.batch.drug_id == drug_id(code)}

    return look


@pytest.fixture
def bag(pharmacist: Actor, lying: Any) -> Callable[..., Repacking]:
    """Put so many bags of so much from a batch, checked by the other pharmacist."""

    def put(bags: int, size: Any, batch: str = "", code: str = DRUG, **given: Any) -> Repacking:
        lines = lying(code)
        line = lines[batch] if batch else next(iter(lines.values()))
        told = {"second_name": "other_pharmacist@c1", "second_password": PASSWORD, **given}
        return services.repack(balance_id=line.balance.id, bags=bags, bag_size=D(size), by=pharmacist, **told)

    return put


@pytest.fixture
def books_hold(ours: Any) -> Callable[[], None]:
    """Every identity of the stock holds."""

    def hold() -> None:
        findings = queries.check_stock(ours["tenant_id"])
        assert [finding for finding in findings if not finding.holds] == []

    return hold


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("today", "batch_ends", "bag_ends"),
    [
        (date(2026, 11, 22), date(2028, 1, 31), date(2027, 5, 22)),
        (date(2026, 11, 22), date(2027, 1, 31), date(2027, 1, 31)),
        (date(2026, 8, 31), date(2028, 1, 31), date(2027, 2, 28)),
    ],
)
def test_bags_end_after_six_months_and_never_after_their_batch(
    today: date, batch_ends: date, bag_ends: date
) -> None:
    assert bag_expiry(today, batch_ends, months=6) == bag_ends
    assert len(lot_number("B" * 40, today)) == 40


def test_bags_are_a_lot_of_their_own_at_the_same_cost(
    make_stock: Any, bag: Any, lying: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 108, batch_no="B1")
    row = bag(10, 6)
    lot = lying()[lot_number("B1", TODAY)]
    assert (lying()["B1"].balance.on_hand, lot.balance.on_hand) == (D(48), D(60))
    assert (lot.batch.unit_cost, lot.batch.origin_no) == (lying()["B1"].batch.unit_cost, "B1")
    assert lot.batch.expires_on < lying()["B1"].batch.expires_on
    assert (row.by_name != row.checked_by_name, bool(row.checked_by_name)) == (True, True)
    bag(1, 6, "B1")
    assert lying()[lot.batch.batch_no].balance.on_hand == 66
    books_hold()


def test_somebody_else_checks_and_signs(make_stock: Any, bag: Any, administrator: Actor) -> None:
    make_stock(DRUG, 108, batch_no="B1")
    with pytest.raises(SecondPersonMissing):
        bag(1, 6, second_name="", second_password="")
    with pytest.raises(SecondPersonSame):
        bag(1, 6, second_name="pharmacist@c1")
    change_settings(settings={"single_pharmacist": True}, by=administrator)
    assert bag(1, 6, second_name="", second_password="").checked_by_name == ""


def test_no_more_than_is_free_no_bags_of_bags_nothing_recalled(
    make_stock: Any, bag: Any, lying: Any, storekeeper: Actor
) -> None:
    make_stock(DRUG, 54, batch_no="B1")
    with pytest.raises(OutOfStock):
        bag(10, 6)
    bag(2, 6)
    lot = lot_number("B1", TODAY)
    with pytest.raises(RepackedAlready):
        bag(1, 6, lot)
    storeroom.recall_batch(batch_id=lying()["B1"].batch.id, reason="抽检不合格", by=storekeeper)
    with pytest.raises(BatchRecalled):
        bag(1, 6, "B1")
    assert lying()[lot].batch.is_recalled


def test_a_recall_finds_the_bags_that_are_being_made_at_that_moment(
    app: Flask, make_stock: Any, bag: Any, lying: Any, storekeeper: Actor, books_hold: Any
) -> None:
    make_stock(DRUG, 54, batch_no="B1")
    batch_id = lying()["B1"].batch.id
    made, _ = at_once(
        app,
        lambda: bag(2, 6, "B1"),
        lambda: storeroom.recall_batch(batch_id=batch_id, reason="抽检不合格", by=storekeeper),
    )
    assert isinstance(made, Repacking | BatchRecalled), made
    assert all(line.batch.is_recalled for line in lying().values())
    books_hold()


def test_bags_go_out_first_and_come_back_into_their_lot(
    make_stock: Any,
    bag: Any,
    lying: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    dispense: Any,
    pharmacist: Actor,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 108, batch_no="B1")
    bag(5, 6)
    lot = lot_number("B1", TODAY)
    signed = prescribe((DRUG, 12))
    pay(signed)
    dispense(signed)
    assert (lying()["B1"].balance.on_hand, lying()[lot].balance.on_hand) == (D(78), D(18))
    services.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(12))],
        reason="患者要求",
        is_intact=True,
        by=pharmacist,
    )
    assert lying()[lot].balance.on_hand == 30
    books_hold()


def test_the_code_of_an_opened_pack_goes_on_counting_for_bags(
    ours: Any,
    make_stock: Any,
    bag: Any,
    lying: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    other_pharmacist: Actor,
) -> None:
    before = next(iter(lying(AMOXICILLIN)))
    bag(20, 5, before, AMOXICILLIN)
    lot = lot_number(before, TODAY)

    def hand_out(quantity: int) -> None:
        signed = prescribe((AMOXICILLIN, quantity))
        pay(signed)
        prepare(signed)
        act = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
        services.scan_code(code=SECOND, item_id=signed.lines[0].item_id, **act)
        services.dispense_prescription(**act)

    hand_out(10)
    hand_out(10)
    with pytest.raises(PackExceeded):
        hand_out(6)
    with tenant_unit(ours["tenant_id"]):
        life = queries.life_of(SECOND)
        sold = queries.list_uploads("pending").rows
    assert (life.pack.used, life.batch.batch_no) == (D(20), before)
    assert {row.content["manu_lotnum"] for row in sold} == {before}
    assert lying(AMOXICILLIN)[lot].balance.on_hand == 80


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 9)), min_size=1, max_size=6))
def test_re_packing_neither_makes_nor_loses_anything(
    ours: Any, lying: Any, bag: Any, books_hold: Any, acts: list[tuple[int, int]]
) -> None:
    code, before = AMOXICILLIN, sum(line.balance.on_hand for line in lying(AMOXICILLIN).values())
    source = next(no for no, line in lying(code).items() if line.batch.origin_id is None)
    for bags, size in acts:
        bag(bags, size, source, code)
    lines = lying(code).values()
    assert sum(line.balance.on_hand for line in lines) == before
    assert {line.batch.unit_cost for line in lines} == {lying(code)[source].batch.unit_cost}
    books_hold()


def test_pages_and_labels(make_stock: Any, bag: Any, lying: Any, sign_in: Any) -> None:
    make_stock(DRUG, 108, batch_no="B1")
    row = bag(2, 6)
    client = sign_in("pharmacist")
    assert client.get(f"/dispensing/balances/{lying()['B1'].balance.id}/repack").status_code == 200
    assert row.number in client.get("/dispensing/repackings").text
    answer = client.get(f"/dispensing/repackings/{row.id}/labels.pdf")
    assert (answer.status_code, answer.data[:4]) == (200, b"%PDF")
    with count_statements() as counted:
        client.get("/dispensing/repackings")
    assert counted.count <= 12
