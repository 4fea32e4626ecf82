"""Limits of items hold at every door where a line is born, and under two windows at once."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from support.outpatients import make_patient
from support.racing import at_once

from app import clock
from app.actor import Actor
from app.db.statements import count_statements
from app.errors import DomainError, InvalidInput, PermissionDenied
from app.use_cases import command
from modules.charging import services
from modules.charging.errors import LimitAge, LimitDay, LimitDays, LimitSex, ReductionAgesWrong
from modules.charging.models import AgeUnit, ChargeStatus, ItemKind
from modules.charging.models import LimitSex as Sex
from modules.charging.services import RefundLineInput
from modules.patients import services as patients

D = Decimal
ECG, TEST = "X0019", "X0016"


@pytest.fixture
def limit(find_price: Any, administrator: Actor) -> Any:
    """Limit an item of the price list, by its code."""

    def put(code: str, **given: Any) -> Any:
        price = find_price(code)
        return services.set_limit(item_kind=price.item_kind, item_id=price.item_id, **given, by=administrator)

    return put


@pytest.fixture
def add(find_price: Any, cashier: Actor) -> Any:
    """Add an item to a bill at the window."""

    def put(bill: Any, code: str = ECG, quantity: int = 1) -> Any:
        return services.add_charge(
            bill_id=bill.id, item_id=find_price(code).item_id, quantity=D(quantity), by=cashier
        )

    return put


def test_an_item_for_one_sex_is_refused_on_its_field(
    limit: Any, add: Any, make_bill: Any, registrar: Actor
) -> None:
    limit(TEST, sex=Sex.FEMALE)
    with pytest.raises(LimitSex) as refused:
        add(make_bill(), TEST)
    assert (refused.value.field, refused.value.details["item"]) == ("item_id", "尿妊娠试验")
    add(make_bill(patient_id=make_patient(registrar, sex="2").id), TEST)
    add(make_bill(patient_id=make_patient(registrar, sex="0").id), TEST)


def test_an_item_for_an_age_counts_from_the_birthday_to_the_eve_of_the_next(
    limit: Any, add: Any, make_bill: Any, registrar: Actor
) -> None:
    limit(ECG, age_from=6, age_to=36, age_unit=AgeUnit.MONTHS)
    today = clock.today()
    born = date(today.year - 3, today.month, today.day)
    add(make_bill(patient_id=make_patient(registrar, born_on=born, guardian_name="张父").id))
    older = date(today.year - 4, today.month, today.day)
    with pytest.raises(LimitAge) as refused:
        add(make_bill(patient_id=make_patient(registrar, born_on=older, guardian_name="张父").id))
    assert "6–36" in refused.value.text
    limit(ECG, age_to=3)
    with pytest.raises(LimitAge) as refused:
        add(make_bill(patient_id=make_patient(registrar, born_on=older, guardian_name="张父").id))
    assert "≤ 3 " in refused.value.text
    limit(ECG, age_from=5)
    with pytest.raises(LimitAge) as refused:
        add(make_bill(patient_id=make_patient(registrar, born_on=older, guardian_name="张父").id))
    assert "≥ 5 " in refused.value.text


def test_once_a_day_is_once_a_day_on_all_bills_of_a_patient_and_new_after_midnight(
    limit: Any, add: Any, make_bill: Any
) -> None:
    limit(ECG, most=1)
    first = make_bill()
    with pytest.raises(LimitDay):
        add(first, quantity=2)
    add(first)
    other = make_bill(patient_id=first.patient_id)
    with pytest.raises(LimitDay) as refused:
        add(other)
    assert (refused.value.field, refused.value.details["most"]) == ("item_id", "1 次")
    add(make_bill())  # somebody else's
    with clock.at(clock.now() + timedelta(days=1)):
        add(other)


def test_a_voided_or_refunded_line_frees_the_limit(
    limit: Any, add: Any, make_bill: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    limit(ECG, most=2, days=30)
    bill = make_bill()
    charge = add(bill, quantity=2)
    with pytest.raises(LimitDays):
        add(bill)
    services.void_charge(charge_id=charge.id, reason="错录", by=cashier)
    add(bill, quantity=2)
    receipt = settle(bill)
    paid = next(one for one in view(bill).charges if one.status == ChargeStatus.PAID and one.quantity == 2)
    with clock.at(clock.now() + timedelta(days=29)):
        with pytest.raises(LimitDays) as refused:
            add(bill)
        assert refused.value.details["days"] == 30
        services.refund_lines(
            settlement_id=receipt.id,
            lines=[RefundLineInput(charge_id=paid.id, quantity=D(1))],
            reason="做了一次",
            by=cashier,
        )
        add(bill)
        with pytest.raises(LimitDays):
            add(bill)
    assert money_holds()


def test_lines_of_a_merged_file_count_as_the_patients(
    limit: Any, add: Any, make_bill: Any, administrator: Actor, cashier: Actor
) -> None:
    from dataclasses import replace

    limit(ECG, most=1)
    old, kept = make_bill(), make_bill()
    line = add(old)
    merge = patients.propose_merge(
        survivor_id=kept.patient_id, merged_id=old.patient_id, reason="同一人", by=administrator
    )
    second = replace(administrator, account_id=administrator.account_id + 1)
    patients.decide_merge(merge_id=merge.id, is_approved=True, by=second)
    with pytest.raises(LimitDay):
        add(kept)
    services.void_charge(charge_id=line.id, reason="错录", by=cashier)
    add(kept)
    with pytest.raises(LimitDay):  # the bill of the file that went: the patient is the same
        add(old)


def test_two_windows_never_both_add_what_is_allowed_once(
    app: Flask, limit: Any, find_price: Any, make_bill: Any, view: Any, cashier: Actor
) -> None:
    limit(ECG, most=1)
    first = make_bill()
    bills = [first, make_bill(patient_id=first.patient_id), first, make_bill(patient_id=first.patient_id)]
    item = find_price(ECG).item_id
    outcomes = at_once(
        app, *(partial(services.add_charge, bill_id=bill.id, item_id=item, by=cashier) for bill in bills)
    )
    assert sum(isinstance(outcome, LimitDay) for outcome in outcomes) == 3, outcomes
    lines = [line for bill in {bill.id: bill for bill in bills}.values() for line in view(bill).charges]
    assert sum(line.item_code == ECG for line in lines) == 1


def test_a_doctor_and_a_registrar_meet_the_limit_too(
    limit: Any, make_bill: Any, prescribe: Any, view: Any
) -> None:
    limit("D0001", most=30, days=7)
    limit("X0001", most=1)
    bill = make_bill()
    with pytest.raises(LimitDays) as refused:
        prescribe(bill, ("D0004", 20), ("D0001", 31))
    assert refused.value.field == "lines-1-drug_id"
    prescribe(bill, ("D0001", 20))
    with pytest.raises(LimitDays):
        prescribe(bill, ("D0001", 12))
    with pytest.raises(LimitDay) as fee:
        make_bill(patient_id=bill.patient_id)
    assert fee.value.field == "fee_codes"
    assert [line.item_code for line in view(bill).charges] == ["X0001", "D0001"]


def test_a_limit_is_changed_with_its_history_and_taken_away(
    limit: Any, add: Any, make_bill: Any, ours: Any, find_price: Any
) -> None:
    from app.db import tenant_unit
    from modules.charging import queries

    limit(ECG, most=1)
    limit(ECG, most=2)
    bill = make_bill()
    add(bill, quantity=2)
    with pytest.raises(LimitDay):
        add(bill)
    assert limit(ECG) is None
    add(bill)
    with tenant_unit(ours["tenant_id"]):
        history = queries.limit_history(ItemKind.SERVICE, find_price(ECG).item_id)
    assert [(row.most, row.valid_to is None) for row in history] == [(2, False), (1, False)]


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"age_from": 10, "age_to": 9}, ReductionAgesWrong, "age_to"),
        ({"most": 0}, InvalidInput, "most"),
        ({"most": 1, "days": 0}, InvalidInput, "days"),
        ({"age_from": -1}, InvalidInput, "age_from"),
    ],
)
def test_wrong_limits_are_refused_on_their_field(
    limit: Any, given: dict[str, int], refusal: type[DomainError], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        limit(ECG, **given)
    named = refused.value.field or next(iter(getattr(refused.value, "complaints", {})))
    assert named == field


def test_only_who_keeps_prices_sets_limits(find_price: Any, cashier: Actor) -> None:
    price = find_price(ECG)
    with pytest.raises(PermissionDenied):
        services.set_limit(item_kind=price.item_kind, item_id=price.item_id, most=1, by=cashier)


def test_adding_takes_a_fixed_number_of_statements(
    limit: Any, make_bill: Any, find_price: Any, cashier: Actor
) -> None:
    bill, item = make_bill(), find_price(ECG).item_id

    def count(name: str) -> int:
        with count_statements() as counted, command(name):
            services.add_charge(bill_id=bill.id, item_id=item, by=cashier)
        return counted.count

    free = count("free")
    limit(ECG, sex=Sex.MALE)
    by_file = count("file")
    limit(ECG, most=100)
    by_count = count("count")
    assert (free, by_file - free, by_count - free) == (5, 1, 2)


def test_limits_are_set_on_the_price_list(find_price: Any, sign_in: Any) -> None:
    item_id = find_price(ECG).item_id
    url = f"/charging/prices/service/{item_id}"
    office = sign_in("administrator")
    refused = office.post(f"{url}/limit", data={"age_from": "70", "age_to": "60"})
    assert refused.status_code == 422
    assert "起始年龄大于截止年龄" in refused.text
    assert 'value="70"' in refused.text
    page = office.post(f"{url}/limit", data={"sex": "2", "most": "1", "days": "7"}, follow_redirects=True)
    assert "7 日内 1 次" in page.text
    with count_statements() as counted:
        office.get(url)
    assert counted.count <= 12, counted.statements
    desk = sign_in("cashier")
    assert "7 日内 1 次" in desk.get(url).text
    assert desk.post(f"{url}/limit", data={"most": "1"}).status_code == 403
    emptied = office.post(f"{url}/limit", data={"most": ""}, follow_redirects=True)
    assert emptied.status_code == 200


def test_the_window_names_the_item_and_the_limit(
    limit: Any, find_price: Any, make_bill: Any, sign_in: Any
) -> None:
    limit(TEST, sex=Sex.FEMALE)
    bill = make_bill()
    answer = sign_in("cashier").post(
        f"/charging/desk/{bill.id}/charges", data={"item_id": str(find_price(TEST).item_id), "quantity": "1"}
    )
    assert answer.status_code == 422
    assert "尿妊娠试验仅限性别：女" in answer.text
