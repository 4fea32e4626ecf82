"""An insured bill at the desk: the split before any money, the insurer first, then the patient's part."""

import re
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from support import outpatients
from support.einvoice import PlayedPlatform, issuing, platform
from support.insurer import NUMBER

from app import clock
from app.account_hints import stock_sides
from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.statements import count_statements
from app.pursuit import pursue_all
from app.records import EventRow
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.charging import queries, services
from modules.charging.errors import (
    BillChanged,
    CheckoutMoved,
    CheckoutUnderway,
    InsuranceBooked,
    InsuranceStands,
    InsuredRefund,
    NotInsured,
    PrescriptionUnpaid,
)
from modules.charging.models import Bill, Charge, ChargeSource, ChargeStatus, Checkout, CheckoutState
from modules.charging.rules.tenders import TenderMethod
from modules.charging.services import RefundLineInput, TenderInput, conduct
from modules.insurance import queries as insured
from modules.insurance import services as insurance
from modules.insurance.errors import AnswerMissing, InsurerAway, InsurerRefused, TotalsWrong, WrongState
from modules.insurance.models import Outcome
from modules.insurance.services.talking import Conversation
from modules.invoices import services as invoices
from modules.invoices.rules.foot import Foot
from modules.invoices.services import conduct as platform_desk
from modules.payments import queries as payments
from tenants.services import change_settings

__all__ = ["issuing", "platform"]

D = Decimal
POOR = "134567890123456781"  # a payer's code without money behind it
TYPES = "134567890123456782"  # whose payer types a password first
CASH, POOL, ACCOUNT = TenderMethod.CASH, TenderMethod.POOLED_FUND, TenderMethod.PERSONAL_ACCOUNT


@pytest.fixture
def bill(
    ours: dict[str, Any],
    registrar: Actor,
    doctor: Actor,
    cashier: Actor,
    prices: None,
    connected: None,
    prescribe: Any,
) -> Bill:
    """The bill of G4: 10.00 + 120.00 + 80.00 + 60.00 + 16.00, and the insured person read from the card."""
    encounter = outpatients.open_encounter(ours, registrar=registrar, doctor=doctor)
    with tenant_unit(ours["tenant_id"]):
        found = queries.find_bill(encounter.visit_id)
        assert found is not None
        items = {row.code: row.id for row in catalogue.all_services()}
        known = {charge.item_code for charge in queries.bill_view(found.id).charges}
    wanted = {"X0001": 1, "X0024": 1, "X0018": 16}
    assert known <= set(wanted), "the fee of the visit is part of the sum of G4"
    for code in set(wanted) - known:
        services.add_charge(bill_id=found.id, item_id=items[code], quantity=D(wanted[code]), by=cashier)
    prescribe(found, ("D0001", 300), ("D0007", 32))
    insurance.read_person(
        patient_id=found.patient_id, card_type="02", card_no=NUMBER, name="王测试", by=cashier
    )
    return found


@pytest.fixture
def begun(bill: Bill, cashier: Actor) -> Checkout:
    """The bill is held and reckoned by the insurer."""
    checkout = services.begin_checkout(
        bill_id=bill.id, expected_amount=D("286.00"), is_insured=True, by=cashier
    )
    return conduct.reckon(checkout.id, by=cashier)


def confirm(checkout: Checkout, by: Actor, personal: str | Decimal = "62.40", **tenders: str) -> Checkout:
    handed = tenders or {"cash": str(personal)}
    insurance_id = checkout.insurance_id if personal != "286.00" else None

    def agree(msgid: str) -> Checkout:
        return services.confirm_checkout(
            checkout_id=checkout.id,
            expected_personal=D(personal),
            tenders=[TenderInput(method=method, amount=D(amount)) for method, amount in handed.items()],
            insurance_id=insurance_id,
            msgid=msgid,
            by=by,
        )

    return conduct.settle(checkout.id, agree, POOR, insurance_id=insurance_id, by=by)


@pytest.fixture
def paid(view: Any) -> Any:
    """Ways of paying of a bill's settlements, the latest last."""

    def look(bill: Bill) -> list[dict[TenderMethod, Decimal]]:
        seen = view(bill)
        return [{row.method: row.amount for row in seen.tenders[one.id]} for one in seen.settlements]

    return look


def books(insurer: Any) -> list[Any]:
    return [one for one in insurer.books.settlements.values() if not one["is_cancelled"]]


def test_the_split_of_g4_is_shown_before_any_money_moves(begun: Checkout, view: Any, bill: Bill) -> None:
    assert (begun.state, begun.fund_amount, begun.account_amount) == (
        CheckoutState.SHOWN,
        D("123.60"),
        D("100.00"),
    )
    assert begun.personal_amount == D("62.40")
    assert view(bill).settlements == []


def test_an_insured_bill_is_settled_with_the_insurer_and_in_cash(
    begun: Checkout, cashier: Actor, paid: Any, bill: Bill, insurer: Any, money_holds: Any
) -> None:
    done = confirm(begun, cashier, cash="70.00")
    assert done.state == CheckoutState.SETTLED
    assert paid(bill) == [{CASH: D("62.40"), POOL: D("123.60"), ACCOUNT: D("100.00")}]
    assert len(books(insurer)) == 1
    assert money_holds()


def test_a_second_press_settles_nothing_twice(
    begun: Checkout, cashier: Actor, paid: Any, bill: Bill, insurer: Any
) -> None:
    confirm(begun, cashier)
    with pytest.raises(CheckoutMoved):
        confirm(begun, cashier)
    assert len(paid(bill)) == len(books(insurer)) == 1


def test_an_answer_lost_after_the_insurer_settled_is_found_again(
    begun: Checkout, cashier: Actor, paid: Any, bill: Bill, insurer: Any, money_holds: Any
) -> None:
    insurer.misbehave("lose_answer", infno="2207")
    insurer.misbehave("dead", infno="5203")
    with pytest.raises(AnswerMissing):
        confirm(begun, cashier)
    assert paid(bill) == []
    done = conduct.ask(begun.id, by=cashier)
    assert done.state == CheckoutState.SETTLED
    assert len(books(insurer)) == len(paid(bill)) == 1
    assert money_holds()


def test_nobody_looks_and_the_lost_answer_is_found_all_the_same(
    begun: Checkout, cashier: Actor, paid: Any, bill: Bill, insurer: Any
) -> None:
    from datetime import timedelta

    from app import clock

    insurer.misbehave("lose_answer", infno="2207")
    insurer.misbehave("dead", infno="5203")
    with pytest.raises(AnswerMissing):
        confirm(begun, cashier)
    clock.stop(clock.now() + timedelta(minutes=2))
    pursue_all()
    assert len(paid(bill)) == 1
    assert paid(bill)[0][POOL] == D("123.60")


def test_an_insurer_that_refuses_leaves_the_cashier_the_choice(
    begun: Checkout,
    cashier: Actor,
    paid: Any,
    bill: Bill,
    insurer: Any,
    ours: dict[str, Any],
    money_holds: Any,
) -> None:
    insurer.misbehave("refuse", infno="2207")
    with pytest.raises(InsurerRefused):
        confirm(begun, cashier)
    with tenant_unit(ours["tenant_id"]):
        now = queries.get_checkout(begun.id)
        assert (now.state, now.personal_amount) == (CheckoutState.SHOWN, D("286.00"))
    services.pay_without_insurer(checkout_id=begun.id, by=cashier)
    done = confirm(begun, cashier, "286.00")
    assert done.state == CheckoutState.SETTLED
    assert paid(bill) == [{CASH: D("286.00")}]
    assert books(insurer) == []
    assert money_holds()


def test_an_insurer_that_is_away_holds_nobody_up(bill: Bill, cashier: Actor, insurer: Any, paid: Any) -> None:
    insurer.misbehave("dead", times=20)
    checkout = services.begin_checkout(
        bill_id=bill.id, expected_amount=D("286.00"), is_insured=True, by=cashier
    )
    with pytest.raises(InsurerAway):
        conduct.reckon(checkout.id, by=cashier)
    assert not services.pay_without_insurer(checkout_id=checkout.id, by=cashier).is_insured
    confirm(checkout, cashier, "286.00")
    assert paid(bill) == [{CASH: D("286.00")}]


def test_wrong_totals_settle_nothing(bill: Bill, cashier: Actor, insurer: Any, view: Any) -> None:
    insurer.misbehave("wrong_totals", infno="2206")
    checkout = services.begin_checkout(
        bill_id=bill.id, expected_amount=D("286.00"), is_insured=True, by=cashier
    )
    with pytest.raises(TotalsWrong):
        conduct.reckon(checkout.id, by=cashier)
    assert view(bill).settlements == []
    assert conduct.reckon(checkout.id, by=cashier).personal_amount == D("62.40")


def test_another_sum_than_was_shown_is_asked_for_anew(
    begun: Checkout, cashier: Actor, bill: Bill, insurer: Any, paid: Any
) -> None:
    with pytest.raises(BillChanged):
        confirm(begun, cashier, "60.00")
    insurer.books.enrol(NUMBER, balance=90)
    now = confirm(begun, cashier)
    assert (now.state, now.personal_amount) == (CheckoutState.COLLECTING, D("72.40"))
    services.collect_checkout(
        checkout_id=begun.id,
        expected_personal=D("72.40"),
        tenders=[TenderInput(method="cash", amount=D("80.00"))],
        by=cashier,
    )
    assert paid(bill) == [{CASH: D("72.40"), POOL: D("123.60"), ACCOUNT: D("90.00")}]


def test_giving_up_takes_the_settlement_back_at_the_insurer(
    begun: Checkout, cashier: Actor, bill: Bill, insurer: Any, view: Any, merchant: Any
) -> None:
    waiting = confirm(begun, cashier, wechat="62.40")
    assert waiting.state == CheckoutState.COLLECTING
    with pytest.raises(InsuranceStands):
        services.give_up_checkout(checkout_id=begun.id, by=cashier)
    closed = conduct.give_up(begun.id, reason="患者改日再来", by=cashier)
    assert closed.state == CheckoutState.CLOSED
    assert books(insurer) == []
    assert view(bill).due_amount == D("286.00")


@pytest.fixture
def settled(begun: Checkout, cashier: Actor) -> Checkout:
    """The bill of G4, settled."""
    return confirm(begun, cashier)


def refund_b(bill: Bill, view: Any, by: Actor) -> Checkout:
    """Drug B of G5 goes back."""
    seen = view(bill)
    (charge,) = [charge for charge in seen.charges if charge.item_code == "D0007"]
    begun = services.begin_refund(
        settlement_id=seen.refundable[-1].id,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(32))],
        reason="患者退药",
        by=by,
    )
    return conduct.refund(begun.id, by=by)


def test_the_partial_refund_of_g5(
    settled: Checkout, bill: Bill, cashier: Actor, paid: Any, view: Any, insurer: Any, money_holds: Any
) -> None:
    done = refund_b(bill, view, cashier)
    assert done.state == CheckoutState.SETTLED
    charged, mirror, again = paid(bill)
    assert mirror == {CASH: D("-62.40"), POOL: D("-123.60"), ACCOUNT: D("-100.00")}
    assert again == {CASH: D("25.60"), POOL: D("80.40"), ACCOUNT: D("100.00")}
    assert charged[CASH] - again[CASH] == D("36.80")
    assert charged[POOL] - again[POOL] == D("43.20")
    assert len(books(insurer)) == 1
    assert view(bill).paid_amount == D("206.00")
    assert money_holds()


def test_a_reduction_lowers_the_patients_part_alone_and_a_refund_keeps_its_share(
    bill: Bill,
    administrator: Actor,
    cashier: Actor,
    paid: Any,
    view: Any,
    insurer: Any,
    money_holds: Any,
) -> None:
    change_settings(settings={"reduces_by_rule": True}, by=administrator)
    services.add_reduction_rule(
        name="八折", percent=D(20), valid_from=clock.today(), basis="院发1号", by=administrator
    )
    begun = services.begin_checkout(bill_id=bill.id, expected_amount=D("228.80"), is_insured=True, by=cashier)
    begun = conduct.reckon(begun.id, by=cashier)
    assert (begun.fund_amount, begun.taken_off, begun.personal_amount) == (
        D("123.60"),
        D("57.20"),
        D("5.20"),
    )
    confirm(begun, cashier, "5.20")
    refund_b(bill, view, cashier)
    charged, _, again = paid(bill)
    reduced = TenderMethod.REDUCED
    assert charged == {CASH: D("5.20"), POOL: D("123.60"), ACCOUNT: D("100.00"), reduced: D("57.20")}
    assert again == {POOL: D("80.40"), ACCOUNT: D("100.00"), reduced: D("25.60")}
    assert len(books(insurer)) == 1
    assert money_holds()


def test_a_refund_of_what_stayed_goes_on_from_there(
    settled: Checkout, bill: Bill, cashier: Actor, paid: Any, view: Any, insurer: Any, money_holds: Any
) -> None:
    refund_b(bill, view, cashier)
    seen = view(bill)
    rest = [
        RefundLineInput(charge_id=charge.id, quantity=charge.refundable_quantity)
        for charge in seen.charges
        if charge.refundable_quantity
    ]
    seen_fee = [line for line in rest if line.charge_id != seen.charges[0].id]
    begun = services.begin_refund(
        settlement_id=seen.refundable[-1].id, lines=seen_fee, reason="全部退", by=cashier
    )
    conduct.refund(begun.id, by=cashier)
    assert money_holds()
    assert len(books(insurer)) == 1


def test_an_insurer_away_in_the_middle_of_a_refund_is_asked_again_until_it_is_done(
    settled: Checkout, bill: Bill, cashier: Actor, paid: Any, view: Any, insurer: Any, money_holds: Any
) -> None:
    seen = view(bill)
    (charge,) = [charge for charge in seen.charges if charge.item_code == "D0007"]
    begun = services.begin_refund(
        settlement_id=seen.refundable[-1].id,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(32))],
        reason="患者退药",
        by=cashier,
    )
    insurer.misbehave("dead", infno="2204", times=1)
    with pytest.raises(InsurerAway):
        conduct.refund(begun.id, by=cashier)
    assert len(paid(bill)) == 1
    with pytest.raises(CheckoutUnderway):
        services.give_up_refund(checkout_id=begun.id, by=cashier)
    assert conduct.refund(begun.id, by=cashier).state == CheckoutState.SETTLED
    assert paid(bill)[-1] == {CASH: D("25.60"), POOL: D("80.40"), ACCOUNT: D("100.00")}
    assert money_holds()


def test_what_is_about_to_go_back_is_not_handed_out(
    settled: Checkout, bill: Bill, cashier: Actor, view: Any, insurer: Any
) -> None:
    seen = view(bill)
    (charge,) = [charge for charge in seen.charges if charge.item_code == "D0007"]
    begun = services.begin_refund(
        settlement_id=seen.refundable[-1].id,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(32))],
        reason="患者退药",
        by=cashier,
    )
    with pytest.raises(PrescriptionUnpaid):
        _hand_out(visit_id=bill.visit_id, prescription_id=charge.prescription_id, by=cashier)
    services.give_up_refund(checkout_id=begun.id, by=cashier)
    assert {one.status for one in view(bill).charges} == {ChargeStatus.PAID}
    _hand_out(visit_id=bill.visit_id, prescription_id=charge.prescription_id, by=cashier)


def test_money_of_an_insurer_does_not_go_back_unasked(
    settled: Checkout, bill: Bill, cashier: Actor, view: Any
) -> None:
    seen = view(bill)
    line = RefundLineInput(charge_id=seen.charges[-1].id, quantity=D(1))
    with pytest.raises(InsuredRefund):
        services.refund_lines(
            settlement_id=seen.refundable[-1].id, lines=[line], reason="患者退药", by=cashier
        )


def test_what_stays_below_the_deductible_is_the_insurers_to_take_back_as_well(
    bill: Bill, cashier: Actor, paid: Any, view: Any, insurer: Any, money_holds: Any
) -> None:
    insurer.told_to("/people", {"certno": NUMBER, "deductible": -9800, "balance": 0})
    begun = services.begin_checkout(bill_id=bill.id, expected_amount=D("286.00"), is_insured=True, by=cashier)
    confirm(conduct.reckon(begun.id, by=cashier), cashier, D("286.00"))
    assert paid(bill) == [{CASH: D("286.00")}]
    assert len(books(insurer)) == 1
    seen = view(bill)
    line = RefundLineInput(charge_id=seen.charges[-1].id, quantity=seen.charges[-1].quantity)
    with pytest.raises(InsuredRefund):
        services.refund_lines(
            settlement_id=seen.refundable[-1].id, lines=[line], reason="患者退药", by=cashier
        )
    begun = services.begin_refund(
        settlement_id=seen.refundable[-1].id, lines=[line], reason="患者退药", by=cashier
    )
    assert conduct.refund(begun.id, by=cashier).state == CheckoutState.SETTLED
    assert sum(paid(bill)[-1].values()) == D("286.00") - seen.charges[-1].amount
    assert [one["info"]["medfee_sumamt"] for one in books(insurer)] == [view(bill).paid_amount]
    assert money_holds()


@pytest.mark.one_engine
@pytest.mark.parametrize("by_rule", [False, True], ids=["full price", "reduced by rule"])
def test_an_insured_settlement_takes_at_most_thirty_statements(
    by_rule: bool, bill: Bill, cashier: Actor, administrator: Actor, make_bill: Any, settle: Any, paid: Any
) -> None:
    settle(make_bill())  # the shift and the first numbers of the day
    if by_rule:
        change_settings(settings={"reduces_by_rule": True}, by=administrator)
        services.add_reduction_rule(
            name="八折",
            percent=D(20),
            cap_year=D("500.00"),
            valid_from=clock.today(),
            basis="院发1号",
            by=administrator,
        )
    due, personal = (D("228.80"), "5.20") if by_rule else (D("286.00"), "62.40")
    begun = services.begin_checkout(bill_id=bill.id, expected_amount=due, is_insured=True, by=cashier)
    begun = conduct.reckon(begun.id, by=cashier)
    with count_statements() as counted:
        confirm(begun, cashier, personal)
    assert counted.count <= 30, "\n".join(counted.statements)
    assert paid(bill)[0][CASH] == D(personal)


def _hand_out(*, visit_id: int, prescription_id: int | None, by: Actor) -> None:
    from app.actor import system_actor

    assert prescription_id is not None
    _note(visit_id=visit_id, prescription_id=prescription_id, by=system_actor(by.tenant_id))


@use_case("tests.desk.note")
def _note(*, visit_id: int, prescription_id: int, by: Actor) -> None:
    services.note_dispensed(visit_id=visit_id, prescription_id=prescription_id)


def test_the_desk_shows_the_split_then_settles_and_refunds(
    bill: Bill, sign_in: Any, paid: Any, view: Any, insurer: Any, money_holds: Any
) -> None:
    client = sign_in("cashier")
    page = client.get(f"/charging/desk/{bill.id}").text
    assert "医保预结算" in page
    split = client.post(
        f"/charging/desk/{bill.id}/split", data={"expected_amount": "286.00"}, follow_redirects=True
    )
    assert all(amount in split.text for amount in ("123.60", "100.00", "62.40", "14.00", "256.00"))
    checkout_id = re.search(r"/charging/checkouts/(\d+)/confirm", split.text)[1]  # type: ignore[index]
    insurance_id = re.search(r'name="insurance_id" value="(\d+)"', split.text)[1]  # type: ignore[index]
    typed = {
        "expected_personal": "62.40",
        "insurance_id": insurance_id,
        "tenders-0-method": "cash",
        "tenders-0-amount": "62.40",
    }
    done = client.post(f"/charging/checkouts/{checkout_id}/confirm", data=typed, follow_redirects=True)
    receipt = view(bill).settlements[0]
    assert receipt.number in done.text
    (charge,) = [charge for charge in view(bill).charges if charge.item_code == "D0007"]
    typed = {"lines-0-charge_id": str(charge.id), "lines-0-quantity": "32", "reason": "患者退药"}
    back = client.post(
        f"/charging/desk/{bill.id}/settlements/{receipt.id}/refund", data=typed, follow_redirects=True
    )
    assert back.status_code == 200
    assert paid(bill)[-1] == {CASH: D("25.60"), POOL: D("80.40"), ACCOUNT: D("100.00")}
    assert money_holds()


def test_the_desk_offers_a_way_on_when_the_insurer_is_away(
    bill: Bill, sign_in: Any, paid: Any, insurer: Any
) -> None:
    insurer.misbehave("dead", times=20)
    client = sign_in("cashier")
    page = client.post(
        f"/charging/desk/{bill.id}/split", data={"expected_amount": "286.00"}, follow_redirects=True
    ).text
    assert "重新预结算" in page
    checkout_id = re.search(r"/charging/checkouts/(\d+)/without-insurer", page)[1]  # type: ignore[index]
    page = client.post(f"/charging/checkouts/{checkout_id}/without-insurer", follow_redirects=True).text
    assert 'name="expected_personal" value="286.00"' in page
    typed = {"expected_personal": "286.00", "tenders-0-method": "cash", "tenders-0-amount": "300.00"}
    client.post(f"/charging/checkouts/{checkout_id}/confirm", data=typed, follow_redirects=True)
    assert paid(bill) == [{CASH: D("286.00")}]


def test_insurance_is_read_by_the_identity_number_of_the_file(
    ours: dict[str, Any], registrar: Actor, doctor: Actor, prices: None, connected: None, sign_in: Any
) -> None:
    patient = outpatients.make_patient(
        registrar, document_number=NUMBER, name="王测试", sex="2", born_on=date(1985, 6, 15)
    )
    encounter = outpatients.open_encounter(ours, registrar=registrar, doctor=doctor, patient=patient)
    with tenant_unit(ours["tenant_id"]):
        found = queries.find_bill(encounter.visit_id)
        assert found is not None
    page = sign_in("cashier").post(f"/charging/desk/{found.id}/insured-person", follow_redirects=True).text
    assert "医保 310，个人账户 ¥ 100.00" in page


def test_what_was_paid_while_the_insurer_was_away_is_settled_with_it_later(
    bill: Bill, cashier: Actor, insurer: Any, paid: Any, view: Any, money_holds: Any, ours: dict[str, Any]
) -> None:
    insurer.misbehave("dead", infno="2206", times=1)
    checkout = services.begin_checkout(
        bill_id=bill.id, expected_amount=D("286.00"), is_insured=True, by=cashier
    )
    with pytest.raises(InsurerAway) as away:
        conduct.reckon(checkout.id, by=cashier)
    services.pay_without_insurer(checkout_id=checkout.id, is_later=True, by=cashier)
    confirm(checkout, cashier, "286.00")
    assert books(insurer) == []
    insurance.settle_deferred(away.value.details["settlement_id"], by=cashier)
    charged, mirror, again = paid(bill)
    assert (charged, mirror) == ({CASH: D("286.00")}, {CASH: D("-286.00")})
    assert again == {CASH: D("62.40"), POOL: D("123.60"), ACCOUNT: D("100.00")}
    assert {charge.status for charge in view(bill).charges} == {ChargeStatus.PAID}
    assert len(books(insurer)) == 1
    assert money_holds()
    done = refund_b(bill, view, cashier)
    assert done.state == CheckoutState.SETTLED
    assert paid(bill)[-1] == {CASH: D("25.60"), POOL: D("80.40"), ACCOUNT: D("100.00")}
    assert money_holds()


def test_what_is_paid_without_the_insurer_for_good_is_dropped_there(
    begun: Checkout, cashier: Actor, insurer: Any, paid: Any, bill: Bill
) -> None:
    services.pay_without_insurer(checkout_id=begun.id, by=cashier)
    confirm(begun, cashier, "286.00")
    assert paid(bill) == [{CASH: D("286.00")}]
    with pytest.raises(WrongState):
        insurance.settle_deferred(begun.insurance_id, by=cashier)


@pytest.fixture
def state_of(ours: dict[str, Any]) -> Any:
    """How a checkout and its insured settlement stand."""

    def look(checkout: Checkout) -> tuple[str, str]:
        with tenant_unit(ours["tenant_id"]):
            now = queries.get_checkout(checkout.id)
            number = now.insurance_id or checkout.insurance_id
            row = insured.get_settlement(number) if number else None
            return now.state.value, row.state.value if row else ""

    return look


def test_a_second_window_without_the_insurer_lets_no_split_go_that_is_being_settled(
    begun: Checkout, cashier: Actor, monkeypatch: pytest.MonkeyPatch, state_of: Any, paid: Any, bill: Bill
) -> None:
    def away(*_: Any) -> None:
        raise InsurerAway

    def dies(*_: Any, **__: Any) -> None:
        raise Crash

    with monkeypatch.context() as crash:
        crash.setattr(Conversation, "try_to", dies)
        with pytest.raises(Crash):
            confirm(begun, cashier)
    with monkeypatch.context() as second:
        second.setattr("modules.insurance.services.conduct.sign_in", away)
        with pytest.raises(InsurerAway):
            confirm(begun, cashier)
    assert state_of(begun) == ("insuring", "settling")
    for leave in (services.pay_without_insurer, services.give_up_checkout):
        with pytest.raises((CheckoutMoved, InsuranceStands)):
            leave(checkout_id=begun.id, by=cashier)
    clock.stop(clock.now() + timedelta(minutes=2))
    pursue_all()
    assert state_of(begun) == ("shown", "reversed")
    assert paid(bill) == []


@pytest.mark.parametrize("leave", ["pay_without_insurer", "give_up_checkout"])
def test_what_was_left_out_is_not_settled_later(
    begun: Checkout, cashier: Actor, leave: str, state_of: Any, paid: Any, bill: Bill, insurer: Any
) -> None:
    getattr(services, leave)(checkout_id=begun.id, by=cashier)
    assert state_of(begun)[1] == "dropped"
    with pytest.raises(WrongState):
        insurance.defer_settlement(settlement_id=begun.insurance_id or 0, by=cashier)
    for settle_there in (insurance.settle_deferred, insurance.settle):
        with pytest.raises(WrongState):
            settle_there(begun.insurance_id or 0, by=cashier)
    assert books(insurer) == []
    assert paid(bill) == []


def test_a_split_is_settled_by_its_checkout_alone(
    begun: Checkout, cashier: Actor, state_of: Any, insurer: Any
) -> None:
    with pytest.raises(CheckoutMoved):
        insurance.settle(begun.insurance_id or 0, by=cashier)
    insurance.defer_settlement(settlement_id=begun.insurance_id or 0, by=cashier)
    with pytest.raises(CheckoutMoved):
        insurance.settle_deferred(begun.insurance_id or 0, by=cashier)
    assert state_of(begun)[0] == "shown"
    assert books(insurer) == []


def test_an_insurer_who_is_not_reached_and_a_crash_lock_nothing(
    begun: Checkout, cashier: Actor, monkeypatch: pytest.MonkeyPatch, insurer: Any, state_of: Any
) -> None:
    def dies(**_: Any) -> None:
        raise Crash

    real = Conversation.try_to

    def unreached(self: Conversation, infno: str, *args: Any, **more: Any) -> Any:
        said = real(self, infno, *args, **more) if infno != "2207" else None
        return said or SimpleNamespace(outcome=Outcome.UNREACHABLE)

    with monkeypatch.context() as crash:
        crash.setattr(Conversation, "try_to", unreached)
        crash.setattr(Conversation, "kept", lambda self: [])
        crash.setattr(conduct, "reopen_checkout", dies)
        with pytest.raises(Crash):
            confirm(begun, cashier)
    assert state_of(begun) == ("insuring", "presettled")
    clock.stop(clock.now() + timedelta(minutes=10))
    pursue_all()
    assert state_of(begun) == ("shown", "presettled")
    assert confirm(begun, cashier).state == CheckoutState.SETTLED


def test_money_that_comes_while_the_insurer_takes_its_part_back_settles_nothing(
    begun: Checkout,
    cashier: Actor,
    insurer: Any,
    merchant: Any,
    paid: Any,
    bill: Bill,
    money_holds: Any,
    world_outside: Any,
    ours: dict[str, Any],
    state_of: Any,
) -> None:
    def agree(msgid: str) -> Checkout:
        tender = TenderInput(method="wechat", amount=D("62.40"))
        return services.confirm_checkout(
            checkout_id=begun.id,
            expected_personal=D("62.40"),
            tenders=[tender],
            insurance_id=begun.insurance_id,
            msgid=msgid,
            by=cashier,
        )

    conduct.settle(begun.id, agree, TYPES, insurance_id=begun.insurance_id, by=cashier)
    insurer.misbehave("lose_answer", infno="2208")
    with pytest.raises(AnswerMissing):
        conduct.give_up(begun.id, reason="患者改日再来", by=cashier)
    with tenant_unit(ours["tenant_id"]):
        (part,) = queries.parts_of(begun.id)
        number = part.reference
    world_outside.scan("M1001", number)
    world_outside.deliver()
    assert paid(bill) == []
    assert conduct.give_up(begun.id, reason="患者改日再来", by=cashier).state == CheckoutState.CLOSED
    with tenant_unit(ours["tenant_id"]):
        order = payments.find_order_by_number(number)
        assert order is not None
        assert order.refunded_amount == D("62.40")
    assert books(insurer) == []
    assert money_holds()


def test_an_insured_receipt_is_cancelled_by_a_refund_alone(
    settled: Checkout, cashier: Actor, insurer: Any, state_of: Any
) -> None:
    with pytest.raises(InsuranceBooked):
        insurance.cancel(settled.insurance_id or 0, reason="测试", by=cashier)
    assert len(books(insurer)) == 1
    assert state_of(settled) == ("settled", "settled")


def begun_refund(bill: Bill, view: Any, by: Actor) -> Checkout:
    """Drug B of G5 is about to go back."""
    seen = view(bill)
    (charge,) = [charge for charge in seen.charges if charge.item_code == "D0007"]
    return services.begin_refund(
        settlement_id=seen.refundable[-1].id,
        lines=[RefundLineInput(charge_id=charge.id, quantity=D(32))],
        reason="患者退药",
        by=by,
    )


def test_nobody_gets_cash_back_while_the_insurer_still_pays(
    settled: Checkout, bill: Bill, cashier: Actor, view: Any, paid: Any, insurer: Any
) -> None:
    refund = begun_refund(bill, view, cashier)
    with pytest.raises(InsuranceStands):
        services.pay_without_insurer(checkout_id=refund.id, by=cashier)
    assert len(paid(bill)) == len(books(insurer)) == 1


def test_a_refund_that_was_given_up_in_another_window_cancels_nothing(
    settled: Checkout, bill: Bill, cashier: Actor, view: Any, insurer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modules.insurance.services import cancelling

    refund = begun_refund(bill, view, cashier)
    real = cancelling.sign_in

    def first_the_other_window(*args: Any) -> None:
        services.give_up_refund(checkout_id=refund.id, by=cashier)
        real(*args)

    monkeypatch.setattr(cancelling, "sign_in", first_the_other_window)
    with pytest.raises(InsuranceBooked):
        conduct.refund(refund.id, by=cashier)
    assert len(books(insurer)) == 1
    assert {one.status for one in view(bill).charges} == {ChargeStatus.PAID}


def test_a_cancellation_whose_answer_was_lost_carries_the_refund_to_its_end(
    settled: Checkout, bill: Bill, cashier: Actor, view: Any, paid: Any, insurer: Any, money_holds: Any
) -> None:
    refund = begun_refund(bill, view, cashier)
    insurer.misbehave("lose_answer", infno="2208")
    with pytest.raises(AnswerMissing):
        conduct.refund(refund.id, by=cashier)
    for _ in range(3):
        clock.stop(clock.now() + timedelta(minutes=10))
        pursue_all()
    assert paid(bill)[-1] == {CASH: D("25.60"), POOL: D("80.40"), ACCOUNT: D("100.00")}
    assert len(books(insurer)) == 1
    assert money_holds()


def test_a_refund_that_nobody_carried_on_is_given_up_by_itself(
    settled: Checkout, bill: Bill, cashier: Actor, view: Any, state_of: Any
) -> None:
    refund = begun_refund(bill, view, cashier)
    clock.stop(clock.now() + timedelta(hours=3))
    pursue_all()
    assert state_of(refund)[0] == "closed"
    assert {one.status for one in view(bill).charges} == {ChargeStatus.PAID}


def test_an_uninsured_receipt_is_no_insured_refund(
    make_bill: Any, settle: Any, view: Any, cashier: Actor
) -> None:
    bill = make_bill()
    receipt = settle(bill)
    line = RefundLineInput(charge_id=view(bill).charges[0].id, quantity=D(1))
    with pytest.raises(NotInsured):
        services.begin_refund(settlement_id=receipt.id, lines=[line], reason="患者要求", by=cashier)
    assert view(bill).charges[0].status == ChargeStatus.PAID


def test_a_split_nobody_agreed_to_closes_by_itself(
    begun: Checkout, bill: Bill, view: Any, state_of: Any
) -> None:
    clock.stop(clock.now() + timedelta(minutes=90))
    pursue_all()
    assert state_of(begun)[0] == "shown"
    clock.stop(clock.now() + timedelta(minutes=31))
    pursue_all()
    assert state_of(begun) == ("closed", "dropped")
    assert view(bill).due_amount == D("286.00")


def test_what_the_insurer_has_settled_waits_for_people(
    begun: Checkout, cashier: Actor, merchant: Any, state_of: Any
) -> None:
    confirm(begun, cashier, wechat="62.40")
    clock.stop(clock.now() + timedelta(hours=5))
    pursue_all()
    assert state_of(begun) == ("collecting", "settled")


class Crash(Exception):
    """The process dies here."""


def _told(ours: dict[str, Any], name: str) -> dict[str, Any]:
    with tenant_unit(ours["tenant_id"]):
        payload = db.session.scalar(
            db.select(EventRow.payload)
            .where(EventRow.name == name, EventRow.tenant_id == ours["tenant_id"])
            .order_by(EventRow.id.desc())
            .limit(1)
        )
        assert payload is not None
        return payload


def _lines(rows: list[dict[str, Any]], *accounts: str) -> dict[str, Decimal]:
    """Account → amount, of the named accounts of each row."""
    found: dict[str, Decimal] = {}
    for row in rows:
        for account in accounts:
            if row[account]:
                found[row[account]] = found.get(row[account], D(0)) + D(row["amount"])
    return found


def test_the_event_of_g4_carries_the_voucher_of_g11(
    begun: Checkout, cashier: Actor, ours: dict[str, Any]
) -> None:
    confirm(begun, cashier)
    told = _told(ours, "BillSettled")
    assert _lines(told["tenders"], "account") == {"1001": D("62.40"), "12120201": D("223.60")}
    assert _lines(told["fees"], "income_account") == {
        "4101010109": D("10.00"),
        "41010101080101": D("200.00"),
        "4101010103": D("60.00"),
        "4101010107": D("16.00"),
    }
    assert _lines(told["tenders"], "budget_debit_account", "budget_credit_account") == {
        "800102": D("62.40"),
        "61010101": D("62.40"),
    }
    assert _lines(told["fees"], "pending_account") == {  # under R2, and then no budget entry
        "23080109": D("10.00"),
        "230801080101": D("200.00"),
        "23080103": D("60.00"),
        "23080107": D("16.00"),
    }


def test_the_cost_of_what_g4_hands_out_is_the_entry_of_g11() -> None:
    sides = stock_sides("W", "location", "patient", date(2026, 11, 20))
    assert (sides.debit, sides.credit) == ("500101", "13020101")


def test_the_electronic_invoice_of_g4_names_who_paid_what(
    begun: Checkout, cashier: Actor, issuing: PlayedPlatform
) -> None:
    done = confirm(begun, cashier)
    row = invoices.note_settled(settlement_id=done.settlement_id or 0, by=cashier)
    assert row is not None
    assert row.foot == Foot(
        total=D("286.00"),
        pool=D("123.60"),
        account=D("100.00"),
        cash=D("62.40"),
        self_pay=D("146.40"),
        full_own=D("16.00"),
    )
    assert platform_desk.carry(row.id, by=cashier).state.value == "issued"


@pytest.mark.parametrize("gives_up", [False, True])
def test_a_patient_taken_while_the_fee_goes_back_neither_stops_nor_loses_it(
    gives_up: bool, settled: Checkout, bill: Bill, cashier: Actor, view: Any, money_holds: Any
) -> None:
    fee = next(charge for charge in view(bill).charges if charge.source_kind == ChargeSource.VISIT)
    with tenant_unit(cashier.tenant_id, Mode.WRITE):
        db.session.get_one(Charge, fee.id).executed_quantity = D(0)
        db.session.commit()
    begun = services.begin_refund(
        settlement_id=view(bill).refundable[-1].id,
        lines=[RefundLineInput(charge_id=fee.id, quantity=fee.quantity)],
        reason="退号",
        by=cashier,
    )
    with tenant_unit(cashier.tenant_id, Mode.WRITE):
        services.note_visit_seen(visit_id=bill.visit_id)
        db.session.commit()
    if gives_up:
        done = services.give_up_refund(checkout_id=begun.id, by=cashier)
    else:
        done = conduct.refund(begun.id, by=cashier)
    assert not done.is_open
    now = next(charge for charge in view(bill).charges if charge.id == fee.id)
    wanted = (fee.quantity, D(0)) if gives_up else (D(0), fee.quantity)
    assert (now.executed_quantity, now.refunded_quantity) == wanted
    assert money_holds()
