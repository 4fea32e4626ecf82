"""A day of the insurer: totals first (3201), details where they differ (3202), in the same list of differences."""

from decimal import Decimal
from typing import Any

import pytest
from support import outpatients, world
from support.insurer import NUMBER
from support.reconciling import Till, moment

from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.charging import services as bills
from modules.charging.services import TenderInput
from modules.charging.services import conduct as desk
from modules.charging.simulators.channels import Channels
from modules.charging.simulators.insurer import Insurer
from modules.insurance import services as insurance
from modules.reconciliation import services
from modules.reconciliation.models import Day, Entry
from modules.reconciliation.rules.states import DayState, EntryState, Step

D = Decimal


@pytest.fixture
def settled(ours: dict[str, Any], registrar: Actor, doctor: Actor, cashier: Actor, connected: None) -> str:
    """A bill that was settled with the insurer on the 19th; its number there."""
    with moment("19 10:00:00"):
        encounter = outpatients.open_encounter(ours, registrar=registrar, doctor=doctor)
        with tenant_unit(ours["tenant_id"]):
            bill = charging.find_bill(encounter.visit_id)
            assert bill is not None
            due = charging.bill_view(bill.id).due_amount
        insurance.read_person(
            patient_id=bill.patient_id, card_type="02", card_no=NUMBER, name="王测试", by=cashier
        )
        checkout = bills.begin_checkout(bill_id=bill.id, expected_amount=due, is_insured=True, by=cashier)
        checkout = desk.reckon(checkout.id, by=cashier)
        personal = checkout.personal_amount

        def agree(msgid: str) -> Any:
            return bills.confirm_checkout(
                checkout_id=checkout.id,
                expected_personal=personal,
                tenders=[TenderInput(method="cash", amount=personal)] if personal else [],
                insurance_id=checkout.insurance_id,
                msgid=msgid,
                by=cashier,
            )

        done = desk.settle(checkout.id, agree, insurance_id=checkout.insurance_id, by=cashier)
    return done.insurance_reference


def entries(ours: dict[str, Any], till: Till) -> dict[str, Entry]:
    """Entries of the insurer's 19th."""
    return till.entries("19", "insurer")


@pytest.fixture
def till(ours: dict[str, Any], insurer: Insurer) -> Till:
    """Someone who compares; no channel is set up."""
    return Till(ours, {role: world.actor(ours, role) for role in world.STAFF}, Channels())


def compared(till: Till) -> Day:
    """The insurer's 19th, compared."""
    return till.compare("19", "insurer")


def kept(insurer: Insurer, number: str) -> dict[str, Any]:
    """A settlement in the insurer's own books."""
    return insurer.books.settlements[number]


def test_equal_totals_need_no_details(
    till: Till, insurer: Insurer, settled: str, ours: dict[str, Any]
) -> None:
    day = compared(till)
    assert (day.state, day.matched_count, day.formula.holds) == (DayState.EVEN, 1, True)
    assert day.his_amount == day.gross_amount > 0
    assert "3201" in insurer.heard
    assert "3202" not in insurer.heard
    assert [row.out_trade_no for row in entries(ours, till).values()] == [settled]


def test_another_amount_at_the_insurer_is_found_by_its_details(
    till: Till, insurer: Insurer, settled: str, ours: dict[str, Any]
) -> None:
    kept(insurer, settled)["info"]["fund_pay_sumamt"] += D("1.00")
    day = compared(till)
    (entry,) = entries(ours, till).values()
    assert (entry.kind.value, entry.difference, entry.state) == ("amount", D("1.00"), EntryState.OPEN)
    assert day.formula.holds
    assert "3202" in insurer.heard


def test_what_only_we_have_is_short(till: Till, insurer: Insurer, settled: str, ours: dict[str, Any]) -> None:
    kept(insurer, settled)["is_cancelled"] = True
    day = compared(till)
    (entry,) = entries(ours, till).values()
    assert (entry.kind.value, entry.difference) == ("short", -day.his_amount)
    assert day.gross_amount == D("0.00")
    assert day.formula.holds


def test_what_only_the_insurer_has_is_long_and_explained(
    till: Till, insurer: Insurer, settled: str, ours: dict[str, Any], accountant: Actor, administrator: Actor
) -> None:
    info = kept(insurer, settled)["info"]
    insurer.books.settlements["SETL999"] = {**kept(insurer, settled), "info": {**info, "setl_id": "SETL999"}}
    day = compared(till)
    long = entries(ours, till)["SETL999"]
    assert (long.kind.value, long.difference) == ("long", day.his_amount)
    assert day.formula.holds
    services.conduct.do_step(long.id, Step.EXPLAIN, "已报医保经办机构核查", by=accountant)
    services.review_difference(entry_id=long.id, by=administrator)
    services.confirm_day(day_id=day.id, by=accountant)
    assert till.day("19", "insurer").state is DayState.CONFIRMED


def test_an_insurer_that_does_not_answer_is_asked_again(
    till: Till, insurer: Insurer, settled: str, ours: dict[str, Any]
) -> None:
    insurer.misbehave("dead", infno="3201")
    day = compared(till)
    assert (day.state, day.note, day.tries) == (DayState.WAITING, "insurance.away", 1)
    with moment("20 09:40:00"):
        services.conduct.pursue(ours["tenant_id"])
        assert till.day("19", "insurer").state is DayState.EVEN
