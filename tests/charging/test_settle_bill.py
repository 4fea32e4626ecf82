"""What the cashier's window promises when money is taken."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from support.saying import said

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.append_only import RecordMayNotChange
from app.db.statements import count_statements
from app.errors import DomainError, InvalidInput, NotFound, PermissionDenied
from app.events import subscriptions
from app.use_cases import command, use_case
from modules.charging import queries, services
from modules.charging.errors import (
    BillChanged,
    ChangeOnlyFromCash,
    NothingToSettle,
    PriceMissing,
    TenderRepeated,
    TenderTooLittle,
)
from modules.charging.events import BillSettled
from modules.charging.models import ChargeStatus, Settlement
from modules.charging.services import TenderInput
from modules.prescriptions.events import PrescriptionVoided, PrescriptionWithdrawn
from modules.registration.events import VisitCancelled

D = Decimal


def test_a_new_visit_has_its_fee_on_the_bill(make_bill: Any, view: Any) -> None:
    bill = view(make_bill(["X0001"]))
    assert [(line.item_name, line.amount, line.status) for line in bill.charges] == [
        ("一般诊疗费", D("10.00"), ChargeStatus.UNPAID)
    ]


def test_a_visit_whose_fee_has_no_price_is_not_registered(make_bill: Any, reading: None) -> None:
    with pytest.raises(PriceMissing):
        make_bill(["X9999"])
    assert db.session.scalar(select(func.count()).select_from(queries.Bill)) == 0


def test_an_item_without_a_price_is_refused_by_its_name(
    make_bill: Any, find_price: Any, cashier: Actor
) -> None:
    bill, price = make_bill([]), find_price("X0001")
    with clock.at(clock.moment_of(date(2019, 1, 1), time(9))), pytest.raises(PriceMissing) as refusal:
        services.add_charge(bill_id=bill.id, item_id=price.item_id, by=cashier)
    assert refusal.value.details["item"] == price.item_name == "一般诊疗费"


def test_42_capsules_of_a_9_60_box_of_24_cost_16_80(make_bill: Any, prescribe: Any, view: Any) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0001", 42))
    assert view(bill).due_amount == D("16.80")


def test_two_whole_boxes_cost_19_20(make_bill: Any, prescribe: Any, view: Any) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0001", 48))
    assert view(bill).due_amount == D("19.20")


def test_a_herbal_sheet_is_priced_per_gram_with_its_decoction(
    make_bill: Any, prescribe: Any, view: Any
) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0169", 15 * 7), ("D0170", 6 * 7), kind="herbal", doses=7, decoction="clinic")
    assert [line.amount for line in view(bill).charges] == [D("8.93"), D("2.65"), D("21.00")]
    assert view(bill).due_amount == D("32.58")


def test_a_sheet_the_patient_decocts_has_no_decoction_charge(
    make_bill: Any, prescribe: Any, view: Any
) -> None:
    bill = make_bill([])
    prescribe(bill, ("D0169", 105), kind="herbal", doses=7, decoction="self")
    assert len(view(bill).charges) == 1


def test_an_exact_bill_is_settled_and_gets_a_number(
    make_bill: Any, settle: Any, view: Any, money_holds: Any
) -> None:
    bill = make_bill()
    receipt = settle(bill, wechat="10.00")
    assert receipt.number == "S26112000001"
    assert view(bill).due_amount == 0
    assert view(bill).paid_amount == D("10.00")
    assert money_holds()


def test_cash_gets_change_and_only_the_due_is_booked(make_bill: Any, settle: Any, view: Any) -> None:
    bill = make_bill()
    receipt = settle(bill, cash="50.00")
    assert receipt.change_amount == D("40.00")
    assert [tender.amount for tender in view(bill).tenders[receipt.id]] == [D("10.00")]


def test_several_ways_of_paying_make_one_receipt(make_bill: Any, settle: Any, money_holds: Any) -> None:
    receipt = settle(make_bill(), wechat="4.00", cash="10.00")
    assert receipt.change_amount == D("4.00")
    assert money_holds()


@pytest.mark.parametrize(
    ("tenders", "refusal"),
    [
        ({"cash": "9.99"}, TenderTooLittle),
        ({"wechat": "10.01"}, ChangeOnlyFromCash),
        ({"bank_card": "15.00", "cash": "1.00"}, ChangeOnlyFromCash),
    ],
)
def test_tenders_that_do_not_fit_are_refused_and_nothing_is_booked(
    make_bill: Any, settle: Any, view: Any, tenders: dict[str, str], refusal: type[DomainError]
) -> None:
    bill = make_bill()
    with pytest.raises(refusal):
        settle(bill, **tenders)
    assert view(bill).settlements == []
    assert view(bill).due_amount == D("10.00")


def test_one_way_of_paying_stands_once(make_bill: Any, cashier: Actor) -> None:
    twice = [TenderInput(method="cash", amount=D("5.00"))] * 2
    with pytest.raises(TenderRepeated):
        services.settle_bill(bill_id=make_bill().id, expected_amount=D("10.00"), tenders=twice, by=cashier)


@pytest.mark.parametrize(("field", "value"), [("amount", "-1"), ("amount", "1.005"), ("method", "shells")])
def test_a_wrong_tender_is_refused_on_its_field(
    make_bill: Any, cashier: Actor, field: str, value: str
) -> None:
    line = {"method": "cash", "amount": "10.00", field: value}
    with pytest.raises(InvalidInput) as refusal:
        services.settle_bill(bill_id=make_bill().id, expected_amount=D("10.00"), tenders=[line], by=cashier)
    assert f"tenders-0-{field}" in refusal.value.complaints


def test_a_bill_that_changed_after_the_page_was_opened_is_not_settled(
    make_bill: Any, prescribe: Any, cashier: Actor, view: Any
) -> None:
    bill = make_bill()
    prescribe(bill, ("D0001", 42))
    with pytest.raises(BillChanged) as refusal:
        services.settle_bill(
            bill_id=bill.id,
            expected_amount=D("10.00"),
            tenders=[TenderInput(method="cash", amount=D("10.00"))],
            by=cashier,
        )
    assert refusal.value.details == {"due": "26.80"}
    assert view(bill).settlements == []


def test_a_double_click_settles_once_and_shows_the_same_receipt(
    make_bill: Any, cashier: Actor, view: Any
) -> None:
    bill = make_bill()
    receipts = []
    for _ in range(2):
        with command("double-click"):
            receipts.append(
                services.settle_bill(
                    bill_id=bill.id,
                    expected_amount=D("10.00"),
                    tenders=[TenderInput(method="cash", amount=D("10.00"))],
                    by=cashier,
                ).id
            )
    assert receipts[0] == receipts[1]
    assert len(view(bill).settlements) == 1


def test_two_clicks_with_two_ids_settle_once(make_bill: Any, settle: Any, cashier: Actor, view: Any) -> None:
    bill = make_bill()
    settle(bill)
    with pytest.raises(NothingToSettle):
        services.settle_bill(
            bill_id=bill.id,
            expected_amount=D("10.00"),
            tenders=[TenderInput(method="cash", amount=D("10.00"))],
            by=cashier,
        )
    assert len(view(bill).settlements) == 1


def _in_threads(app: Flask, count: int, act: Callable[[int], Any]) -> list[Any]:
    outcomes: list[Any] = [None] * count
    together = threading.Barrier(count)

    def run(number: int) -> None:
        with app.app_context():
            together.wait()
            try:
                outcomes[number] = act(number)
            except DomainError as refusal:
                outcomes[number] = refusal

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_ten_windows_at_once_settle_a_bill_once_and_see_no_lock_error(
    app: Flask, make_bill: Any, cashier: Actor, registrar: Actor, view: Any, money_holds: Any
) -> None:
    bill = make_bill()

    def take(number: int) -> Settlement:
        return services.settle_bill(
            bill_id=bill.id,
            expected_amount=D("10.00"),
            tenders=[TenderInput(method="cash", amount=D("10.00"))],
            by=(cashier, registrar)[number % 2],
        )

    outcomes = _in_threads(app, 10, take)
    assert sum(isinstance(outcome, Settlement) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes} == {Settlement, NothingToSettle}
    assert len(view(bill).settlements) == 1
    assert money_holds()


def test_two_cashiers_settle_different_bills_at_once_without_a_raw_lock_error(
    app: Flask, make_bill: Any, cashier: Actor, registrar: Actor, money_holds: Any
) -> None:
    bills = [make_bill() for _ in range(8)]

    def take(number: int) -> Settlement:
        return services.settle_bill(
            bill_id=bills[number].id,
            expected_amount=D("10.00"),
            tenders=[TenderInput(method="alipay", amount=D("10.00"))],
            by=(cashier, registrar)[number % 2],
        )

    outcomes = _in_threads(app, 8, take)
    assert all(isinstance(outcome, Settlement) for outcome in outcomes), outcomes
    assert len({outcome.number for outcome in outcomes}) == 8
    assert money_holds()


def test_a_kill_in_the_middle_of_settling_leaves_nothing(
    make_bill: Any, settle: Any, view: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(RuntimeError):
        pass

    def die(event: BillSettled) -> None:
        raise Killed

    bill = make_bill()
    monkeypatch.setitem(subscriptions.now, BillSettled, [die])
    with pytest.raises(Killed):
        settle(bill)
    monkeypatch.undo()
    assert view(bill).settlements == []
    assert [line.status for line in view(bill).charges] == [ChargeStatus.UNPAID]
    assert settle(bill).number == "S26112000001"


def test_an_early_morning_bill_carries_the_centres_day(make_bill: Any, settle: Any) -> None:
    with clock.at(datetime(2026, 11, 20, 17, 10, tzinfo=UTC)):  # ten past one on the 21st in Shanghai
        bill = make_bill()
        receipt = settle(bill)
    assert (bill.on, receipt.on, receipt.number[:7]) == (date(2026, 11, 21), date(2026, 11, 21), "S261121")


def test_settling_takes_at_most_16_statements(
    make_bill: Any, prescribe: Any, settle: Any, cashier: Actor
) -> None:
    settle(make_bill())
    bill = make_bill()
    prescribe(bill, ("D0001", 42), ("D0004", 20), ("D0005", 10))
    due = D("0.00")
    with tenant_unit(cashier.tenant_id or 0):
        due = queries.bill_view(bill.id).due_amount
    with count_statements() as counted, command("counted"):
        services.settle_bill(
            bill_id=bill.id,
            expected_amount=due,
            tenders=[TenderInput(method="cash", amount=due)],
            by=cashier,
        )
    assert counted.count <= 16, counted.statements


def test_another_centre_does_not_see_the_bill(make_bill: Any, theirs: dict[str, Any]) -> None:
    from support.world import actor

    bill = make_bill()
    with pytest.raises(NotFound):
        services.settle_bill(
            bill_id=bill.id, expected_amount=D("10.00"), tenders=[], by=actor(theirs, "cashier")
        )


def test_a_doctor_does_not_take_money(make_bill: Any, doctor: Actor) -> None:
    with pytest.raises(PermissionDenied):
        services.settle_bill(bill_id=make_bill().id, expected_amount=D("10.00"), tenders=[], by=doctor)


def test_a_withdrawn_prescription_leaves_its_lines_voided(
    make_bill: Any, prescribe: Any, doctor: Actor, view: Any
) -> None:
    bill = make_bill([])
    signed = prescribe(bill, ("D0001", 42))
    said(PrescriptionWithdrawn(prescription_id=signed.prescription_id, visit_id=bill.visit_id), doctor)
    assert view(bill).due_amount == 0
    assert [line.status for line in view(bill).charges] == [ChargeStatus.VOIDED]


def test_a_cancelled_visit_owes_nothing(make_bill: Any, registrar: Actor, view: Any) -> None:
    bill = make_bill()
    said(VisitCancelled(visit_id=bill.visit_id, reason="临时有事"), registrar)
    assert view(bill).due_amount == 0


def test_a_paid_prescription_cannot_be_voided(
    make_bill: Any, prescribe: Any, settle: Any, doctor: Actor, view: Any
) -> None:
    bill = make_bill([])
    signed = prescribe(bill, ("D0001", 42))
    settle(bill)
    with pytest.raises(DomainError) as refusal:
        said(
            PrescriptionVoided(prescription_id=signed.prescription_id, visit_id=bill.visit_id, reason="x"),
            doctor,
        )
    assert refusal.value.code == "charging.prescription_paid"
    assert [line.status for line in view(bill).charges] == [ChargeStatus.PAID]


def test_rows_of_money_cannot_be_changed(make_bill: Any, settle: Any, cashier: Actor) -> None:
    receipt = settle(make_bill())

    @use_case("charging.bill.settle")
    def falsify(*, settlement_id: int, by: Actor) -> None:
        queries.get_settlement(settlement_id).amount = D("1.00")
        db.session.flush()

    with pytest.raises(RecordMayNotChange):
        falsify(settlement_id=receipt.id, by=cashier)


def test_a_receipt_printed_again_is_counted_as_a_copy(make_bill: Any, settle: Any, cashier: Actor) -> None:
    receipt = settle(make_bill())
    copies = [services.print_receipt(settlement_id=receipt.id, by=cashier).copy_no for _ in range(3)]
    assert copies == [1, 2, 3]


def test_a_service_item_is_added_at_the_window_and_taken_off_again(
    make_bill: Any, find_price: Any, cashier: Actor, view: Any
) -> None:
    bill = make_bill([])
    price = find_price("X0002")
    charge = services.add_charge(bill_id=bill.id, item_id=price.item_id, quantity=D(2), by=cashier)
    assert view(bill).due_amount == D("10.00")
    services.void_charge(charge_id=charge.id, reason="多录一次", by=cashier)
    assert view(bill).due_amount == 0
    with pytest.raises(DomainError) as refusal:
        services.void_charge(charge_id=charge.id, reason="多录一次", by=cashier)
    assert refusal.value.code == "charging.charge_not_voidable"


def test_the_fee_of_a_visit_is_not_voided_at_the_window(make_bill: Any, cashier: Actor, view: Any) -> None:
    charge = view(make_bill()).charges[0]
    with pytest.raises(DomainError) as refusal:
        services.void_charge(charge_id=charge.id, reason="免费", by=cashier)
    assert refusal.value.code == "charging.charge_not_voidable"
