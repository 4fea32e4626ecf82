"""Narcotic and first-class psychotropic drugs: two people hand out, a register row, ampoules, the change of shifts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.world import PASSWORD

from app.accounts.errors import SecondPersonRefused, SecondPersonSame
from app.accounts.models import Account, Membership
from app.accounts.services import FAILURES
from app.actor import Actor
from app.db import Mode, control_unit, db, tenant_unit
from app.db.statements import count_statements
from app.use_cases import command
from modules.dispensing import queries, services
from modules.dispensing.errors import (
    AmpoulesTooMany,
    CountMissing,
    DifferenceUnexplained,
    SecondPersonMissing,
)
from modules.dispensing.models import Handover, RegisterEntry, TaskStatus
from modules.dispensing.services import CountInput
from modules.prescriptions.models import Prescription, Sheet

MORPHINE = "D0033"
D = Decimal
SECOND = {"second_name": "doctor@c1", "second_password": PASSWORD}


@pytest.fixture
def ready(ours: dict[str, Any], prescribe: Any, pay: Any, prepare: Any) -> Callable[[], Any]:
    """A red sheet with one ampoule of morphine, prepared."""

    def make(quantity: int = 1) -> Any:
        signed = prescribe((MORPHINE, quantity))
        with tenant_unit(ours["tenant_id"], Mode.WRITE):
            db.session.get_one(Prescription, signed.prescription_id).sheet = Sheet.NARCOTIC
            db.session.commit()
        pay(signed)
        prepare(signed)
        return signed

    return make


@pytest.fixture
def hand_out(other_pharmacist: Actor) -> Callable[..., Any]:
    """Hand a red sheet out."""

    def give(signed: Any, **second: str) -> Any:
        return services.dispense_prescription(
            prescription_id=signed.prescription_id, by=other_pharmacist, **second
        )

    return give


def test_special_drugs_are_handed_out_by_two_people_and_stand_in_the_register(
    ready: Any, hand_out: Any, ours: Any, books_hold: Any
) -> None:
    signed = ready(2)
    with pytest.raises(SecondPersonMissing):
        hand_out(signed)
    with pytest.raises(SecondPersonSame):
        hand_out(signed, second_name="other_pharmacist@c1", second_password=PASSWORD)
    task = hand_out(signed, **SECOND)
    assert (task.status, task.second_by_name) == (TaskStatus.DISPENSED, "李静")
    with tenant_unit(ours["tenant_id"]):
        (row,) = queries.list_register().rows
    assert (row.quantity, row.left_over, row.batch_no) == (D(2), D(4998), "W28")
    assert (row.handed_out_by_name, row.second_by_name) == ("许药", "李静")
    assert books_hold()


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("doctor@c1", "not the password"),
        ("nobody@c1", PASSWORD),
        ("doctor@c2", PASSWORD),  # of another centre
        ("cashier@c1", PASSWORD),  # may not sign for special drugs
    ],
)
def test_whoever_cannot_prove_it_does_not_sign(
    ready: Any, hand_out: Any, ours: Any, name: str, password: str
) -> None:
    signed = ready()
    with pytest.raises(SecondPersonRefused):
        hand_out(signed, second_name=name, second_password=password)
    with tenant_unit(ours["tenant_id"]):
        assert queries.list_register().rows == []
        assert queries.get_task(signed.prescription_id).status == TaskStatus.PREPARED


def test_a_second_account_of_the_same_person_does_not_sign(
    ready: Any, hand_out: Any, other_pharmacist: Actor, ours: Any
) -> None:
    signed = ready()
    with control_unit(Mode.WRITE):
        both = select(Membership).where(Membership.tenant_id == ours["tenant_id"])
        members = {row.account_id: row for row in db.session.scalars(both)}
        own = members[other_pharmacist.account_id].practitioner_id
        second = db.session.scalars(select(Account).where(Account.sign_in_name == "doctor@c1")).one()
        members[second.id].practitioner_id = own
        db.session.commit()
    assert own is not None
    with pytest.raises(SecondPersonSame):
        hand_out(signed, **SECOND)


def test_wrong_passwords_lock_the_second_person_as_at_the_sign_in(ready: Any, hand_out: Any) -> None:
    signed = ready()
    for _ in range(FAILURES):
        with pytest.raises(SecondPersonRefused):
            hand_out(signed, second_name="doctor@c1", second_password="wrong wrong")
    with pytest.raises(SecondPersonRefused):
        hand_out(signed, **SECOND)


def test_a_special_hand_out_takes_a_fixed_number_of_statements(ready: Any, hand_out: Any) -> None:
    hand_out(ready(), **SECOND)
    signed = ready()
    with count_statements() as counted, command("counted"):
        hand_out(signed, **SECOND)
    assert counted.count <= 22, counted.statements  # three of them for the second person


def test_empty_ampoules_come_back_and_no_more_than_were_handed_out(
    ready: Any, hand_out: Any, pharmacist: Actor, ours: Any
) -> None:
    hand_out(ready(2), **SECOND)
    with tenant_unit(ours["tenant_id"]):
        (row,) = queries.list_register().rows
    given = {"entry_id": row.id, "brought_by": "张护士", "by": pharmacist}
    services.take_ampoules_back(quantity=D(1), **given)
    with pytest.raises(AmpoulesTooMany):
        services.take_ampoules_back(quantity=D(2), **given)
    services.take_ampoules_back(quantity=D(1), **given)
    with tenant_unit(ours["tenant_id"]):
        assert queries.ampoules_of([row.id]) == {row.id: D(2)}


def test_the_cupboard_is_handed_over_when_every_batch_is_counted_and_differences_have_a_reason(
    ours: Any, pharmacist: Actor
) -> None:
    place = ours["locations"]["pharmacy"]
    with tenant_unit(ours["tenant_id"]):
        stock = queries.special_stock(place)
    assert {line.batch.drug_code for line in stock} >= {MORPHINE, "D0034"}
    counts = [CountInput(balance_id=line.balance.id, counted=line.balance.on_hand) for line in stock]
    given = {"location_id": place, "by": pharmacist, **SECOND}
    with pytest.raises(SecondPersonMissing):
        services.hand_over_cupboard(location_id=place, lines=counts, by=pharmacist)
    with pytest.raises(CountMissing):
        services.hand_over_cupboard(lines=counts[1:], **given)
    short = CountInput(balance_id=counts[0].balance_id, counted=counts[0].counted - 1)
    with pytest.raises(DifferenceUnexplained):
        services.hand_over_cupboard(lines=[short, *counts[1:]], **given)
    same = services.hand_over_cupboard(lines=counts, **given)
    assert (same.differing, same.taken_by_name) == (False, "李静")
    explained = CountInput(balance_id=short.balance_id, counted=short.counted, reason="破损一支，已报损")
    other = services.hand_over_cupboard(lines=[explained, *counts[1:]], **given)
    assert other.differing
    with tenant_unit(ours["tenant_id"]):
        lines = queries.lines_of_handovers([other.id])[other.id]
    assert [one.line.reason for one in lines].count("破损一支，已报损") == 1


def test_the_pages_of_special_drugs_answer_in_few_statements(ready: Any, sign_in: Any, ours: Any) -> None:
    signed = ready()
    desk = sign_in("other_pharmacist")
    url = f"/dispensing/window/{signed.prescription_id}"
    assert 'name="second_password"' in desk.get(url).text
    refused = desk.post(
        f"{url}/dispense", data={"second_name": "doctor@c1", "second_password": "wrong wrong"}
    )
    assert refused.status_code == 422
    assert "wrong wrong" not in refused.text
    assert desk.post(f"{url}/dispense", data=SECOND).status_code == 303
    for page in ("special", "special?on=2026-11-20", "special/handovers"):
        with count_statements() as counted:
            answer = desk.get(f"/dispensing/{page}")
        assert answer.status_code == 200
        assert counted.count <= 12, (page, counted.statements)
    assert signed.number in desk.get("/dispensing/special").text
    with tenant_unit(ours["tenant_id"]):
        entry = db.session.scalars(select(RegisterEntry)).one()
        stock = queries.special_stock(ours["locations"]["pharmacy"])
    typed = {"quantity": "1", "brought_by": "张护士"}
    assert desk.post(f"/dispensing/special/{entry.id}/ampoules", data=typed).status_code == 303
    assert desk.post(f"/dispensing/special/{entry.id}/ampoules", data=typed).status_code == 422
    counts = {}
    for place, line in enumerate(stock):
        counts[f"lines-{place}-balance_id"] = str(line.balance.id)
        counts[f"lines-{place}-counted"] = str(line.balance.on_hand)
    assert desk.post("/dispensing/special/handovers", data={**counts, **SECOND}).status_code == 303
    with tenant_unit(ours["tenant_id"]):
        assert db.session.scalars(select(Handover)).one().differing is False


def test_the_desk_of_another_centre_finds_none_of_it(
    ready: Any, hand_out: Any, sign_in: Any, ours: Any
) -> None:
    hand_out(ready(), **SECOND)
    signed = ready()
    with tenant_unit(ours["tenant_id"]):
        entry = db.session.scalars(select(RegisterEntry)).one()
    desk, window = sign_in("other_pharmacist", "c2"), f"/dispensing/window/{signed.prescription_id}"
    for page in (window, f"{window}/labels.pdf", f"{window}/decoction.pdf"):
        assert desk.get(page).status_code == 404, page
    code = {"code": "81000010000000010001", "item_id": str(signed.lines[0].item_id), "reason": "old_stock"}
    typed = {**SECOND, **code, "second_name": "doctor@c2", "quantity": "1", "brought_by": "张护士"}
    for act in (f"{window}/scan", f"{window}/no-code", f"{window}/rest", f"{window}/scans/1/remove"):
        assert desk.post(act, data=typed).status_code in (404, 422), act
    assert desk.post(f"/dispensing/special/{entry.id}/ampoules", data=typed).status_code in (404, 422)
    assert signed.number not in desk.get("/dispensing/special").text
    with tenant_unit(ours["tenant_id"]):
        assert queries.ampoules_of([entry.id]) == {}
        assert queries.get_task(signed.prescription_id).status == TaskStatus.PREPARED
