"""What the cashier's window promises when money goes back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.errors import DomainError, InvalidInput
from app.records import EventRow
from app.use_cases import command, use_case
from modules.charging import queries, services
from modules.charging.errors import (
    NotRefundable,
    RefundChannelWrong,
    RefundSumWrong,
    RefundTooLarge,
    VisitSeen,
)
from modules.charging.models import ChargeStatus, Settlement, SettlementKind
from modules.charging.rules.tenders import TenderMethod
from modules.charging.services import RefundLineInput, TenderInput

D = Decimal


@use_case("tests.pharmacy.note")
def hand_out(*, visit_id: int, prescription_id: int, by: Actor) -> None:
    """What the pharmacy's transaction tells the bill."""
    services.note_dispensed(visit_id=visit_id, prescription_id=prescription_id)


@use_case("tests.pharmacy.note")
def bring_back(*, visit_id: int, prescription_id: int, item_id: int, quantity: Decimal, by: Actor) -> None:
    services.note_returned(
        visit_id=visit_id,
        prescription_id=prescription_id,
        quantities={item_id: quantity},
        reason="皮疹",
        by=by,
    )


@use_case("tests.desk.note")
def see(*, visit_id: int, by: Actor) -> None:
    services.note_visit_seen(visit_id=visit_id)


def system(by: Actor) -> Actor:
    from app.actor import system_actor

    return system_actor(by.tenant_id)


@pytest.fixture
def refund(ours: dict[str, Any], cashier: Actor) -> Any:
    """Refund lines of a receipt: pairs of the line's place on the bill and a quantity."""

    def give_back(
        receipt: Settlement, *lines: tuple[int, Any], reason: str = "患者要求", **tenders: str
    ) -> Settlement:
        with tenant_unit(ours["tenant_id"]):
            charges = queries.bill_view(receipt.bill_id).charges
        return services.refund_lines(
            settlement_id=receipt.id,
            lines=[
                RefundLineInput(charge_id=charges[place].id, quantity=D(quantity))
                for place, quantity in lines
            ],
            tenders=[TenderInput(method=method, amount=D(amount)) for method, amount in tenders.items()],
            reason=reason,
            by=cashier,
        )

    return give_back


def test_a_whole_refund_mirrors_the_receipt_and_settles_nothing_again(
    make_bill: Any, settle: Any, refund: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    receipt = settle(bill, wechat="10.00")
    mirror = refund(receipt, (0, 1))
    seen = view(bill)
    assert (mirror.amount, mirror.mirrors_id, mirror.kind) == (D("-10.00"), receipt.id, SettlementKind.MIRROR)
    assert [(tender.method, tender.amount) for tender in seen.tenders[mirror.id]] == [
        (TenderMethod.WECHAT, D("-10.00"))
    ]
    assert (len(seen.settlements), seen.paid_amount) == (2, D("0.00"))
    assert seen.charges[0].status == ChargeStatus.REFUNDED
    assert money_holds()


def test_a_partial_refund_settles_again_what_stays(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    receipt = settle(bill, cash="26.80")
    refund(receipt, (1, 12))
    _, mirror, again = view(bill).settlements
    assert (mirror.amount, again.amount, again.resettles_id) == (D("-26.80"), D("22.00"), receipt.id)
    assert view(bill).charges[1].status == ChargeStatus.PARTLY_REFUNDED
    assert view(bill).paid_amount == D("22.00")
    assert money_holds()


def test_what_was_settled_again_may_be_refunded_further(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    refund(settle(bill), (1, 12))
    refund(view(bill).refundable[0], (1, 30), (0, 1))
    assert view(bill).paid_amount == 0
    assert {line.status for line in view(bill).charges} == {ChargeStatus.REFUNDED}
    assert money_holds()


def test_more_than_was_paid_is_refused(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, view: Any
) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0001", 42))
    receipt = settle(bill)
    with pytest.raises(RefundTooLarge) as refusal:
        refund(receipt, (0, 43))
    assert refusal.value.details["quantity"] == "42 粒"
    with pytest.raises(RefundTooLarge):
        refund(receipt, (0, 30), (0, 13))
    assert len(view(bill).settlements) == 1


def test_drugs_with_the_patient_are_not_refunded_until_they_come_back(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, cashier: Actor, money_holds: Any
) -> None:
    bill = make_bill([])
    signed = prescribe(bill, ("D0001", 42))
    receipt = settle(bill)
    sheet = {"visit_id": bill.visit_id, "prescription_id": signed.prescription_id}
    drug = sheet | {"item_id": signed.lines[0].item_id}
    hand_out(**sheet, by=system(cashier))
    with pytest.raises(RefundTooLarge):
        refund(receipt, (0, 1))
    bring_back(**drug, quantity=D(10), by=system(cashier))
    with pytest.raises(RefundTooLarge):
        refund(receipt, (0, 11))
    refund(receipt, (0, 10))
    assert money_holds()


def test_more_than_was_handed_out_does_not_come_back(
    make_bill: Any, prescribe: Any, settle: Any, cashier: Actor
) -> None:
    bill = make_bill([])
    signed = prescribe(bill, ("D0001", 42))
    settle(bill)
    sheet = {"visit_id": bill.visit_id, "prescription_id": signed.prescription_id}
    drug = sheet | {"item_id": signed.lines[0].item_id}
    hand_out(**sheet, by=system(cashier))
    with pytest.raises(RefundTooLarge):
        bring_back(**drug, quantity=D(43), by=system(cashier))


def test_unpaid_drugs_are_not_handed_out(make_bill: Any, prescribe: Any, cashier: Actor) -> None:
    bill = make_bill([])
    signed = prescribe(bill, ("D0001", 42))
    with pytest.raises(DomainError) as refusal:
        hand_out(visit_id=bill.visit_id, prescription_id=signed.prescription_id, by=system(cashier))
    assert refusal.value.code == "charging.prescription_unpaid"


def test_the_fee_goes_back_only_until_the_patient_is_seen(
    make_bill: Any, settle: Any, refund: Any, cashier: Actor
) -> None:
    bill = make_bill()
    receipt = settle(bill)
    see(visit_id=bill.visit_id, by=system(cashier))
    with pytest.raises(VisitSeen):
        refund(receipt, (0, 1))


def test_a_refund_cannot_be_refunded_nor_a_receipt_twice(
    make_bill: Any, settle: Any, refund: Any, view: Any
) -> None:
    bill = make_bill()
    receipt = settle(bill)
    mirror = refund(receipt, (0, 1))
    for settlement in (receipt, mirror):
        with pytest.raises(NotRefundable):
            refund(settlement, (0, 1))
    assert len(view(bill).settlements) == 2


def test_a_double_click_refunds_once(make_bill: Any, settle: Any, cashier: Actor, view: Any) -> None:
    bill = make_bill()
    receipt = settle(bill)
    line = RefundLineInput(charge_id=view(bill).charges[0].id, quantity=D(1))
    for _ in range(2):
        with command("refund-click"):
            services.refund_lines(settlement_id=receipt.id, lines=[line], reason="患者要求", by=cashier)
    assert len(view(bill).settlements) == 2


def test_a_refund_needs_a_reason(make_bill: Any, settle: Any, refund: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        refund(settle(make_bill()), (0, 1), reason=" ")
    assert "reason" in refusal.value.complaints


def test_money_goes_back_the_way_it_came(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    receipt = settle(bill, wechat="20.00", cash="6.80")
    with pytest.raises(RefundChannelWrong):
        refund(receipt, (1, 42), alipay="16.80")
    with pytest.raises(RefundChannelWrong):
        refund(receipt, (1, 42), cash="16.80")
    with pytest.raises(RefundSumWrong):
        refund(receipt, (1, 42), wechat="16.00")
    refund(receipt, (1, 42), wechat="10.00", cash="6.80")
    again = view(bill).settlements[-1]
    assert [(tender.method, tender.amount) for tender in view(bill).tenders[again.id]] == [
        (TenderMethod.WECHAT, D("10.00"))
    ]
    assert money_holds()


def test_a_mixed_payment_goes_back_electronically_first(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, view: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    refund(settle(bill, wechat="12.00", cash="14.80"), (1, 42))
    again = view(bill).settlements[-1]
    assert [(tender.method, tender.amount) for tender in view(bill).tenders[again.id]] == [
        (TenderMethod.CASH, D("10.00"))
    ]


def test_a_refund_on_another_day_stands_in_that_days_books(
    make_bill: Any, settle: Any, refund: Any, view: Any
) -> None:
    bill = make_bill()
    receipt = settle(bill)
    with clock.at(datetime(2026, 11, 23, 1, 0, tzinfo=UTC)):
        mirror = refund(receipt, (0, 1))
    assert (view(bill).settlements[0].on, mirror.on) == (date(2026, 11, 20), date(2026, 11, 23))


def test_the_refund_says_what_went_back(
    make_bill: Any, prescribe: Any, settle: Any, refund: Any, ours: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    refund(settle(bill), (1, 12))
    with tenant_unit(ours["tenant_id"]):
        told = db.session.query(EventRow).filter_by(name="BillRefunded").one().payload
    assert told["refunded_amount"] == "4.80"
    assert [(line["quantity"], line["amount"]) for line in told["refunded_lines"]] == [("12", "4.80")]
    assert told["tenders"] == [
        {
            "method": "cash",
            "amount": "-4.80",
            "account": "1001",
            "budget_debit_account": "800102",
            "budget_credit_account": "61010101",
        }
    ]
    assert [(row["income_account"], row["amount"]) for row in told["fees"]] == [("41010101080101", "-4.80")]


@given(
    quantities=st.lists(st.integers(1, 60), min_size=1, max_size=3),
    share=st.lists(st.integers(0, 60), min_size=3, max_size=3),
    wechat=st.decimals("0", "1", places=2),
)
@budget(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_refunded_the_sums_agree(
    make_bill: Any,
    prescribe: Any,
    settle: Any,
    refund: Any,
    view: Any,
    money_holds: Any,
    quantities: list[int],
    share: list[int],
    wechat: Decimal,
) -> None:
    bill = make_bill()
    prescribe(bill, *zip(("D0001", "D0004", "D0005"), quantities, strict=False))
    due = view(bill).due_amount
    electronic = (due * wechat).quantize(D("0.01"))
    parts = {"wechat": electronic, "cash": due - electronic}
    receipt = settle(bill, **{method: str(amount) for method, amount in parts.items() if amount})
    lines = [
        (place, min(part, whole))
        for place, (part, whole) in enumerate(zip(share, quantities, strict=False), 1)
        if part
    ]
    if lines:
        refund(receipt, *lines)
    kept = sum(
        (line.price_amount * (line.quantity - line.refunded_quantity) / line.per).quantize(
            D("0.01"), "ROUND_HALF_UP"
        )
        for line in view(bill).charges
    )
    assert view(bill).paid_amount == kept
    assert money_holds()
