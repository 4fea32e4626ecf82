"""Discounts and exemptions: full prices stay, what is taken off stands beside them, only what was paid goes back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from support import world
from support.racing import at_once

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.db.statements import count_statements
from app.use_cases import command
from modules.charging import queries, services
from modules.charging.errors import (
    BenefitOverlaps,
    BillChanged,
    ItemsUnknown,
    ReductionAgesWrong,
    WaiverNeedsSecond,
    WaiverTooLarge,
)
from modules.charging.models import BenefitKind, ReductionRule
from modules.charging.services import RefundLineInput, TenderInput
from modules.invoices.rules.foot import foot_of
from modules.patients import services as patients
from tenants.services import change_settings

D = Decimal
EVERYTHING = {"percent": D(50), "basis": "区卫健〔2026〕1号"}


@pytest.fixture
def reduces(administrator: Actor) -> Any:
    """The centre reduces by rule; makes one."""
    change_settings(settings={"reduces_by_rule": True}, by=administrator)

    def make(**given: Any) -> ReductionRule:
        facts = {"name": "半价", "valid_from": clock.today()} | EVERYTHING | given
        rule: ReductionRule = services.add_reduction_rule(**facts, by=administrator)
        return rule

    return make


def _ways(view: Any, settlement: Any) -> dict[str, Decimal]:
    return {tender.method.value: tender.amount for tender in view.tenders[settlement.id]}


def test_the_full_price_stays_and_what_is_taken_off_stands_beside_it(
    reduces: Any, make_bill: Any, settle: Any, view: Any, money_holds: Any, ours: Any
) -> None:
    rule = reduces(item_codes="x0001")
    bill = make_bill()
    before = view(bill)
    charge = before.charges[0]
    assert (before.full_amount, before.due_amount) == (D("10.00"), D("5.00"))
    assert [(one.rule_id, one.amount) for one in before.reductions[charge.id]] == [(rule.id, D("5.00"))]
    receipt = settle(bill)
    after = view(bill)
    assert (receipt.amount, after.charges[0].amount) == (D("10.00"), D("10.00"))
    assert _ways(after, receipt) == {"cash": D("5.00"), "reduced": D("5.00")}
    foot = foot_of(receipt.amount, _ways(after, receipt))
    assert (foot.other, foot.cash, foot.holds) == (D("5.00"), D("5.00"), True)
    assert money_holds()


def test_a_shift_with_reductions_closes_with_what_was_paid(
    reduces: Any, make_bill: Any, settle: Any, cashier: Actor, ours: Any
) -> None:
    reduces()
    settle(make_bill())
    shift = services.close_shift(counted_cash=D("5.00"), by=cashier)
    assert (shift.net_amount, shift.expected_cash) == (D("10.00"), D("5.00"))
    with tenant_unit(ours["tenant_id"]):
        sums = {row.code: row.receipts_amount for row in queries.shift_sums(shift.id) if row.by == "tender"}
    assert sums == {"cash": D("5.00"), "reduced": D("5.00")}


def test_the_window_must_have_shown_what_is_due_after_the_reduction(
    reduces: Any, make_bill: Any, cashier: Actor
) -> None:
    reduces()
    bill = make_bill()
    with pytest.raises(BillChanged):
        services.settle_bill(
            bill_id=bill.id,
            expected_amount=D("10.00"),
            tenders=[TenderInput(method="cash", amount=D("10.00"))],
            by=cashier,
        )


def test_who_is_exempt_pays_nothing(
    reduces: Any, make_bill: Any, settle: Any, view: Any, money_holds: Any
) -> None:
    reduces(percent=D(100))
    bill = make_bill()
    receipt = settle(bill, cash="0.00")
    assert _ways(view(bill), receipt) == {"reduced": D("10.00")}
    assert money_holds()


def test_an_entitlement_counts_from_its_first_to_its_last_day(
    reduces: Any, make_bill: Any, view: Any, cashier: Actor
) -> None:
    reduces(benefit=BenefitKind.MINIMUM_LIVING)
    bill = make_bill()
    assert view(bill).due_amount == D("10.00")
    today = clock.today()
    services.enter_benefit(
        patient_id=bill.patient_id,
        kind=BenefitKind.MINIMUM_LIVING,
        evidence="低保证 0001",
        valid_from=today,
        valid_to=today,
        by=cashier,
    )
    assert view(bill).due_amount == D("5.00")
    with clock.at(clock.now() + timedelta(days=1)):
        assert view(bill).due_amount == D("10.00")
    with pytest.raises(BenefitOverlaps):
        services.enter_benefit(
            patient_id=bill.patient_id,
            kind=BenefitKind.MINIMUM_LIVING,
            evidence="低保证 0001",
            valid_from=today,
            by=cashier,
        )


def test_a_cap_of_the_day_is_new_after_midnight_and_what_is_refunded_counts_no_more(
    reduces: Any, make_bill: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    reduces(percent=D(100), cap_day=D("15.00"), cap_year=D("40.00"))
    first = make_bill()
    patient_id = first.patient_id
    receipt = settle(first, cash="0.00")
    second = make_bill(patient_id=patient_id)
    assert view(second).due_amount == D("5.00")
    services.refund_lines(
        settlement_id=receipt.id,
        lines=[RefundLineInput(charge_id=view(first).charges[0].id, quantity=D(1))],
        reason="患者离开",
        by=cashier,
    )
    assert view(second).due_amount == D("0.00")
    settle(second, cash="0.00")
    third = make_bill(["X0001", "X0002"], patient_id=patient_id)
    assert view(third).due_amount == D("10.00")  # 15.00 less the 5.00 that today's cap leaves
    with clock.at(clock.now() + timedelta(days=1)):
        assert view(third).due_amount == D("0.00")
        settle(third, cash="0.00")
        fourth = make_bill(["X0001", "X0002"], patient_id=patient_id)
        assert view(fourth).due_amount == D("15.00")  # the day's cap is used up
    with clock.at(clock.now() + timedelta(days=2)):
        assert view(fourth).due_amount == D("0.00")  # the year has 15.00 left
    assert money_holds()


def test_entitlements_and_caps_of_a_merged_file_are_those_of_the_patient(
    reduces: Any, make_bill: Any, settle: Any, view: Any, cashier: Actor, administrator: Actor
) -> None:
    reduces(percent=D(100), benefit=BenefitKind.DISABLED, cap_day=D("15.00"))
    old, kept = make_bill(), make_bill()
    services.enter_benefit(
        patient_id=old.patient_id,
        kind=BenefitKind.DISABLED,
        evidence="残疾证 1",
        valid_from=clock.today(),
        by=cashier,
    )
    settle(old, cash="0.00")
    assert view(kept).due_amount == D("10.00")
    merge = patients.propose_merge(
        survivor_id=kept.patient_id, merged_id=old.patient_id, reason="同一人", by=administrator
    )
    second = replace(administrator, account_id=administrator.account_id + 1)
    patients.decide_merge(merge_id=merge.id, is_approved=True, by=second)
    assert view(kept).due_amount == D("5.00")


def test_a_refund_frees_the_cap_of_the_day_on_which_it_was_used(
    reduces: Any, make_bill: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    reduces(percent=D(100), cap_day=D("15.00"))
    first = make_bill(["X0001", "X0002"])
    receipt = settle(first, cash="0.00")
    with clock.at(clock.now() + timedelta(days=1)):
        services.refund_lines(
            settlement_id=receipt.id,
            lines=[RefundLineInput(charge_id=view(first).charges[0].id, quantity=D(1))],
            reason="患者离开",
            by=cashier,
        )
        settle(make_bill(["X0001", "X0002"], patient_id=first.patient_id), cash="0.00")
        assert view(make_bill(patient_id=first.patient_id)).due_amount == D("10.00")
    assert money_holds()


def test_a_settlement_on_its_way_uses_the_cap_up_until_it_is_given_up(
    reduces: Any, make_bill: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    reduces(percent=D(100), cap_day=D("15.00"))
    first = make_bill()
    second = make_bill(patient_id=first.patient_id)
    begin = partial(services.begin_checkout, bill_id=first.id, expected_amount=D("0.00"), by=cashier)
    given_up = begin()
    assert view(second).due_amount == D("5.00")
    services.give_up_checkout(checkout_id=given_up.id, by=cashier)
    assert view(second).due_amount == D("0.00")
    services.confirm_checkout(checkout_id=begin().id, expected_personal=D("0.00"), tenders=[], by=cashier)
    assert view(second).due_amount == D("5.00")
    settle(second)
    assert view(make_bill(patient_id=first.patient_id)).due_amount == D("10.00")
    assert money_holds()


def test_two_bills_of_a_patient_do_not_use_the_same_cap(
    app: Flask, reduces: Any, make_bill: Any, cashier: Actor, money_holds: Any
) -> None:
    reduces(percent=D(100), cap_day=D("10.00"))
    first = make_bill()
    bills = [first, make_bill(patient_id=first.patient_id)]
    outcomes = at_once(
        app,
        *(
            partial(services.settle_bill, bill_id=bill.id, expected_amount=D("0.00"), tenders=[], by=cashier)
            for bill in bills
        ),
    )
    assert sum(isinstance(outcome, BillChanged) for outcome in outcomes) == 1, outcomes
    assert money_holds()


def test_a_refund_of_a_reduced_line_gives_back_what_was_paid_for_it(
    reduces: Any, make_bill: Any, prescribe: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    reduces(percent=D(30))
    bill = make_bill()
    prescribe(bill, ("D0001", 42), ("D0004", 20))
    receipt = settle(bill)
    drug = view(bill).charges[1]
    paid = view(bill).paid_amount
    services.refund_lines(
        settlement_id=receipt.id,
        lines=[RefundLineInput(charge_id=drug.id, quantity=D(21))],
        reason="退一半",
        by=cashier,
    )
    shown = view(bill)
    mirror, again = shown.settlements[1:]
    ways, was = _ways(shown, again), _ways(shown, receipt)
    off = D("0.00") + (drug.amount * 30 / 100).quantize(D("0.01"))
    back = was["cash"] - ways["cash"]
    line_back = paid - again.amount
    assert 0 < back < line_back
    assert was["reduced"] - ways["reduced"] == line_back - back
    assert abs((was["reduced"] - ways["reduced"]) - off / 2) <= D("0.01")
    assert _ways(shown, mirror) == {method: -amount for method, amount in was.items()}
    services.refund_lines(
        settlement_id=again.id,
        lines=[
            RefundLineInput(charge_id=charge.id, quantity=charge.refundable_quantity)
            for charge in shown.charges
            if charge.refundable_quantity
        ],
        reason="全退",
        by=cashier,
    )
    assert view(bill).paid_amount == 0
    assert money_holds()


def test_a_rule_that_has_ended_takes_nothing_off_and_what_was_settled_stays(
    reduces: Any, make_bill: Any, settle: Any, view: Any, administrator: Actor, money_holds: Any
) -> None:
    rule = reduces()
    settled = make_bill()
    receipt = settle(settled)
    services.end_reduction_rule(reduction_rule_id=rule.id, by=administrator)
    assert view(make_bill()).due_amount == D("10.00")
    assert _ways(view(settled), receipt)["reduced"] == D("5.00")
    assert money_holds()


def test_a_waiver_needs_a_reason_and_above_the_limit_a_second_person(
    make_bill: Any, settle: Any, view: Any, cashier: Actor, money_holds: Any, ours: Any, administrator: Actor
) -> None:
    change_settings(settings={"waiver_limit": 4}, by=administrator)
    bill = make_bill(["X0001", "X0002"])
    one, other = view(bill).charges
    with pytest.raises(WaiverTooLarge):
        services.waive_charge(charge_id=one.id, amount=D("99.00"), reason="困难", by=cashier)
    services.waive_charge(charge_id=one.id, amount=D("3.00"), reason="困难", by=cashier)
    with pytest.raises(WaiverNeedsSecond):  # the limit is one of the bill
        services.waive_charge(charge_id=other.id, amount=D("2.00"), reason="困难", by=cashier)
    services.waive_charge(
        charge_id=other.id,
        amount=D("2.00"),
        reason="困难",
        second_name="administrator@c1",
        second_password=world.PASSWORD,
        by=cashier,
    )
    assert view(bill).due_amount == D("10.00")
    receipt = settle(bill)
    assert _ways(view(bill), receipt) == {"cash": D("10.00"), "reduced": D("5.00")}
    assert money_holds()


def test_a_channel_is_asked_for_what_is_left_only(
    reduces: Any, make_bill: Any, view: Any, cashier: Actor, money_holds: Any
) -> None:
    reduces()
    bill = make_bill()
    checkout = services.begin_checkout(bill_id=bill.id, expected_amount=D("5.00"), by=cashier)
    assert (checkout.amount, checkout.personal_amount, checkout.taken_off) == (
        D("10.00"),
        D("5.00"),
        D("5.00"),
    )
    done = services.confirm_checkout(
        checkout_id=checkout.id,
        expected_personal=D("5.00"),
        tenders=[TenderInput(method="cash", amount=D("5.00"))],
        by=cashier,
    )
    assert done.settlement_id
    shown = view(bill)
    assert _ways(shown, shown.settlements[0]) == {"cash": D("5.00"), "reduced": D("5.00")}
    assert money_holds()


@pytest.mark.parametrize(
    "caps", [{}, {"cap_day": D("500.00"), "cap_year": D("900.00")}], ids=["open", "capped"]
)
def test_settling_with_rules_takes_at_most_16_statements(
    caps: dict[str, Decimal],
    reduces: Any,
    make_bill: Any,
    prescribe: Any,
    settle: Any,
    view: Any,
    cashier: Actor,
    money_holds: Any,
) -> None:
    reduces(**caps)
    reduces(name="只有残疾人", benefit=BenefitKind.DISABLED, place=1, **caps)
    first = make_bill()
    settle(first)
    bill = make_bill(patient_id=first.patient_id)
    prescribe(bill, ("D0001", 42), ("D0004", 20), ("D0005", 10))
    due = view(bill).due_amount
    with count_statements() as counted, command("counted"):
        services.settle_bill(
            bill_id=bill.id,
            expected_amount=due,
            tenders=[TenderInput(method="cash", amount=due)],
            by=cashier,
        )
    assert counted.count <= 16, "\n".join(counted.statements)
    assert _ways(view(bill), view(bill).settlements[0])["cash"] == due
    assert money_holds()


def test_a_rule_that_ends_while_a_settlement_is_on_its_way_does_not_change_what_was_shown(
    reduces: Any, make_bill: Any, view: Any, cashier: Actor, administrator: Actor, money_holds: Any
) -> None:
    rule = reduces()
    bill = make_bill()
    begun = services.begin_checkout(bill_id=bill.id, expected_amount=D("5.00"), by=cashier)
    services.end_reduction_rule(reduction_rule_id=rule.id, by=administrator)
    services.confirm_checkout(
        checkout_id=begun.id,
        expected_personal=D("5.00"),
        tenders=[TenderInput(method="cash", amount=D("5.00"))],
        by=cashier,
    )
    shown = view(bill)
    assert _ways(shown, shown.settlements[0]) == {"cash": D("5.00"), "reduced": D("5.00")}
    other = make_bill()
    with pytest.raises(BillChanged):
        services.begin_checkout(bill_id=other.id, expected_amount=D("5.00"), by=cashier)
    assert money_holds()


def test_wrong_ages_and_unknown_items_of_a_rule_are_refused_on_their_field(
    prices: None, reduces: Any
) -> None:
    with pytest.raises(ReductionAgesWrong) as ages:
        reduces(age_from=70, age_to=60)
    assert ages.value.field == "age_to"
    with pytest.raises(ItemsUnknown) as items:
        reduces(item_codes="X0001 x9999, Y1")
    assert (items.value.field, items.value.details) == ("item_codes", {"codes": "X9999 Y1"})
    assert reduces(item_codes="x0001 d0001", age_from=60, age_to=60).item_codes == ["X0001", "D0001"]


def test_the_page_says_why(reduces: Any, make_bill: Any, sign_in: Any, ours: Any) -> None:
    reduces(name="困难减半")
    bill = make_bill()
    desk = sign_in("cashier")
    with count_statements() as counted:
        page = desk.get(f"/charging/desk/{bill.id}")
    assert counted.count <= 12, counted.statements
    assert "困难减半" in page.text
    office = sign_in("administrator")
    assert "困难减半" in office.get("/charging/reductions").text
    typed = {
        "name": "老人",
        "age_from": "65",
        "percent": "20",
        "valid_from": clock.today().isoformat(),
        "basis": "院发1号",
        "fee_classes": ["02", "12"],
    }
    assert "老人" in office.post("/charging/reductions", data=typed, follow_redirects=True).text
    assert office.post("/charging/reductions", data=typed | {"percent": "0"}).status_code == 422
    assert desk.post("/charging/reductions", data=typed).status_code == 403
    entitled = {"kind": "disabled", "evidence": "残疾证 1", "valid_from": clock.today().isoformat()}
    url = f"/charging/benefits/{bill.patient_id}"
    assert "残疾证 1" in desk.post(url, data=entitled, follow_redirects=True).text
