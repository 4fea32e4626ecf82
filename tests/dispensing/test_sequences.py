"""What happens when the pharmacy and the cashier act on the same drugs, one after the other or at once."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once

from app.actor import Actor
from app.db import tenant_unit
from app.errors import DomainError
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.models import Charge, Settlement
from modules.charging.services import RefundLineInput
from modules.dispensing import services
from modules.dispensing.models import Document, Task
from modules.dispensing.services import ReturnLineInput

DRUG = "D0160"
HUANGQI, GANCAO = "D0169", "D0170"
D = Decimal


@pytest.fixture
def charges_of(ours: dict[str, Any]) -> Any:
    """Lines on the bill of a signed prescription, in the order of the sheet."""

    def look(signed: Any) -> list[Charge]:
        with tenant_unit(ours["tenant_id"]):
            return charging_queries.charges_of_prescription(signed.prescription_id)

    return look


@pytest.fixture
def refund(cashier: Actor) -> Any:
    """Give the money of some of a line back."""

    def give_back(receipt_id: int, charge: Charge, quantity: Any) -> Settlement:
        line = RefundLineInput(charge_id=charge.id, quantity=D(quantity))
        return charging.refund_lines(settlement_id=receipt_id, lines=[line], reason="患者要求", by=cashier)

    return give_back


@pytest.fixture
def bring_back(pharmacist: Actor) -> Any:
    """Take some of a line back from the patient."""

    def take(signed: Any, item_id: int, quantity: Any) -> Document:
        return services.return_drugs(
            prescription_id=signed.prescription_id,
            lines=[ReturnLineInput(item_id=item_id, quantity=D(quantity))],
            reason="患者要求",
            is_intact=True,
            by=pharmacist,
        )

    return take


def test_returned_herbs_do_not_give_back_the_decoction(
    prescribe: Any, pay: Any, dispense: Any, bring_back: Any, charges_of: Any, refund: Any, books_hold: Any
) -> None:
    signed = prescribe((HUANGQI, 105), (GANCAO, 42), kind="herbal", doses=7, decoction="clinic")
    receipt = pay(signed)
    dispense(signed)
    first = signed.lines[0].item_id
    bring_back(signed, first, 5)
    herb, _, decoction = charges_of(signed)
    assert (herb.refundable_quantity, decoction.refundable_quantity) == (5, 0)
    with pytest.raises(DomainError):
        refund(receipt, decoction, 1)
    bring_back(signed, first, 100)
    assert charges_of(signed)[0].refundable_quantity == 105
    assert books_hold()


def test_a_line_of_another_prescription_does_not_come_back_on_this_one(
    prescribe: Any, make_stock: Any, pay: Any, dispense: Any, bring_back: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 100)
    mine, other = prescribe((DRUG, 40)), prescribe((DRUG, 20))
    for signed in (mine, other):
        pay(signed)
        dispense(signed)
    with pytest.raises(DomainError) as refusal:
        bring_back(mine, other.lines[0].item_id, 5)
    assert refusal.value.status == 404
    assert stock_of(DRUG) == {"A1": (D(40), D(0))}
    assert books_hold()


def test_parts_come_back_and_are_refunded_until_nothing_is_left(
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    dispense: Any,
    bring_back: Any,
    charges_of: Any,
    refund: Any,
    ours: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    receipt = pay(signed)
    dispense(signed)
    bring_back(signed, signed.lines[0].item_id, 10)
    with pytest.raises(DomainError):
        refund(receipt, charges_of(signed)[0], 11)
    refund(receipt, charges_of(signed)[0], 10)
    with pytest.raises(DomainError):
        bring_back(signed, signed.lines[0].item_id, 31)
    bring_back(signed, signed.lines[0].item_id, 30)
    with tenant_unit(ours["tenant_id"]):
        bill = charging_queries.find_bill(signed.visit_id)
        assert bill is not None
        again = charging_queries.bill_view(bill.id).refundable[0]
    refund(again.id, charges_of(signed)[0], 30)
    with tenant_unit(ours["tenant_id"]):
        assert charging_queries.bill_view(bill.id).paid_amount == 0
    assert books_hold()


def test_drugs_are_handed_out_or_refunded_at_once_but_never_both(
    app: Flask,
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    prepare: Any,
    other_pharmacist: Actor,
    charges_of: Any,
    refund: Any,
    stock_of: Any,
    books_hold: Any,
    administrator: Actor,
) -> None:
    from tenants.services import change_settings

    change_settings(settings={"single_pharmacist": True}, by=administrator)
    make_stock(DRUG, 100)
    for _ in range(3):
        signed = prescribe((DRUG, 10))
        receipt, charge = pay(signed), charges_of(signed)[0]
        before = stock_of(DRUG)["A1"][0]

        def hand_out(prescription_id: int = signed.prescription_id) -> Any:
            return services.dispense_prescription(prescription_id=prescription_id, by=other_pharmacist)

        def give_back(receipt_id: int = receipt, charge: Charge = charge) -> Any:
            return refund(receipt_id, charge, 10)

        given, refunded = at_once(app, hand_out, give_back)
        assert isinstance(given, Task) != isinstance(refunded, Settlement), (given, refunded)
        assert all(isinstance(found, Task | Settlement | DomainError) for found in (given, refunded))
        assert stock_of(DRUG)["A1"] == (before - (10 if isinstance(given, Task) else 0), D(0))
    assert books_hold()


def test_two_windows_take_the_same_drugs_back_at_once_and_they_come_back_once(
    app: Flask,
    prescribe: Any,
    make_stock: Any,
    pay: Any,
    dispense: Any,
    bring_back: Any,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    dispense(signed)
    outcomes = at_once(app, *[lambda: bring_back(signed, signed.lines[0].item_id, 30)] * 3)
    assert sum(isinstance(found, Document) for found in outcomes) == 1, outcomes
    assert all(isinstance(found, Document | DomainError) for found in outcomes), outcomes
    assert stock_of(DRUG) == {"A1": (D(90), D(0))}
    assert books_hold()
