"""What signing promises about stock: all of it or none, the nearest expiry first, never twice."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from support.saying import said
from support.world import TODAY

from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.db.statements import count_statements
from app.errors import Conflict, DomainError
from app.use_cases import use_case
from modules.charging import queries as charging_queries
from modules.dispensing import queries
from modules.dispensing.errors import OutOfStock, PharmacyMissing
from modules.dispensing.models import Balance, LocationKind, TaskStatus
from modules.prescriptions.events import (
    PrescriptionExpired,
    PrescriptionSigned,
    PrescriptionVoided,
    PrescriptionWithdrawn,
)

D = Decimal
DRUG, OTHER = "D0160", "D0161"


def test_a_signed_prescription_holds_its_drugs(
    prescribe: Any, make_stock: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 100)
    prescribe((DRUG, 40))
    assert stock_of(DRUG) == {"A1": (D(100), D(40))}
    assert books_hold()


def test_the_nearest_expiry_is_held_first_and_split_across_batches(
    prescribe: Any, make_stock: Any, stock_of: Any, ours: Any
) -> None:
    make_stock(DRUG, 30, batch_no="A", expires_on=date(2027, 3, 31))
    make_stock(DRUG, 12, batch_no="B", expires_on=date(2027, 1, 31))
    make_stock(DRUG, 20, batch_no="C", expires_on=date(2026, 12, 10))
    signed = prescribe((DRUG, 40))
    assert stock_of(DRUG) == {"A": (D(30), D(28)), "B": (D(12), D(12)), "C": (D(20), D(0))}
    with tenant_unit(ours["tenant_id"]):
        held = [
            (found.batch.batch_no, found.hold.quantity)
            for found in queries.task_view(queries.get_task(signed.prescription_id))
        ]
    assert held == [("B", D(12)), ("A", D(28))]


def test_stock_for_half_a_prescription_refuses_the_whole_and_says_which_drug(
    prescribe: Any, make_stock: Any, make_bill: Any, stock_of: Any, ours: Any
) -> None:
    make_stock(DRUG, 100)
    make_stock(OTHER, 5)
    bill = make_bill()
    with pytest.raises(OutOfStock) as refusal:
        prescribe((DRUG, 40), (OTHER, 6), bill=bill)
    assert refusal.value.field == "lines-1-drug_id"
    assert refusal.value.details == {"drug": "桂枝茯苓胶囊", "requested": "6 粒", "available": "5 粒"}
    assert (stock_of(DRUG), stock_of(OTHER)) == ({"A1": (D(100), D(0))}, {"A1": (D(5), D(0))})
    with tenant_unit(ours["tenant_id"]):
        assert charging_queries.bill_view(bill.id).charges == []


def test_a_centre_without_a_pharmacy_is_told_so(prescribe: Any, ours: Any) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        for location in queries.list_locations(LocationKind.PHARMACY):
            location.kind = LocationKind.STOREROOM
        db.session.commit()
    with pytest.raises(PharmacyMissing):
        prescribe((DRUG, 1))


def test_one_drug_in_two_lines_is_counted_together(prescribe: Any, make_stock: Any) -> None:
    make_stock(DRUG, 10)
    with pytest.raises(OutOfStock):
        prescribe((DRUG, 6), (DRUG, 6))


@pytest.mark.parametrize("ending", [PrescriptionWithdrawn, PrescriptionVoided, PrescriptionExpired])
def test_what_is_taken_back_is_released(
    prescribe: Any, make_stock: Any, stock_of: Any, doctor: Actor, books_hold: Any, ours: Any, ending: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    reason = {"reason": "开错"} if ending is PrescriptionVoided else {}
    said(ending(prescription_id=signed.prescription_id, visit_id=signed.visit_id, **reason), doctor)
    assert stock_of(DRUG) == {"A1": (D(100), D(0))}
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_task(signed.prescription_id).status == TaskStatus.CANCELLED
    assert books_hold()


def test_32_doctors_race_for_the_last_ten_boxes(
    app: Flask, prescribe: Any, make_stock: Any, make_bill: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 30, batch_no="A")
    make_stock(DRUG, 20, batch_no="B", days=500)
    bills = [make_bill() for _ in range(32)]
    outcomes: list[Any] = [None] * 32
    together = threading.Barrier(32)

    def sign(number: int) -> None:
        with app.app_context():
            together.wait()
            try:
                outcomes[number] = prescribe((DRUG, 5), bill=bills[number])
            except DomainError as refusal:
                outcomes[number] = refusal

    threads = [threading.Thread(target=sign, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, PrescriptionSigned) for outcome in outcomes) == 10, outcomes
    assert {type(outcome) for outcome in outcomes} == {PrescriptionSigned, OutOfStock}
    assert stock_of(DRUG) == {"A": (D(30), D(30)), "B": (D(20), D(20))}
    assert books_hold()


@pytest.mark.parametrize("change", [{"on_hand": D(-1), "held": D(-1)}, {"held": D(11)}, {"held": D(-1)}])
def test_the_database_itself_refuses_negative_or_overpromised_stock(
    make_stock: Any, drug_id: Any, ours: Any, storekeeper: Actor, change: dict[str, Decimal]
) -> None:
    make_stock(DRUG, 10)

    @use_case("dispensing.stock.receive")
    def falsify(*, by: Actor) -> None:
        statement = db.update(Balance).where(Balance.drug_id == drug_id(DRUG)).values(**change)
        db.session.execute(statement)

    with pytest.raises(Conflict) as refusal:
        falsify(by=storekeeper)
    assert isinstance(refusal.value.__cause__, IntegrityError)


def test_another_centres_stock_is_not_promised(prescribe: Any, ours: Any, theirs: Any, drug_id: Any) -> None:
    from support.world import actor

    from modules.dispensing import services
    from modules.dispensing.services import StockLineInput

    line = StockLineInput(
        drug_id=drug_id(DRUG),
        batch_no="T1",
        expires_on=TODAY + timedelta(days=400),
        loose=D(100),
        pack_cost=D(9),
    )
    services.receive_stock(
        location_id=theirs["locations"]["pharmacy"],
        supplier="城西医药",
        lines=[line],
        by=actor(theirs, "storekeeper"),
    )
    with pytest.raises(OutOfStock):
        prescribe((DRUG, 1))


def test_holding_and_charging_three_lines_takes_few_statements(prescribe: Any, make_bill: Any) -> None:
    bill = make_bill()
    prescribe(("D0001", 10), bill=bill)
    with count_statements() as counted:
        prescribe(("D0001", 10), ("D0004", 10), ("D0005", 10), bill=bill)
    own = [text for text in counted.statements if "charging_" in text or "dispensing_" in text]
    assert len(own) <= 6, own


@given(
    lots=st.lists(st.integers(1, 40), min_size=1, max_size=4), wanted=st.lists(st.integers(1, 30), max_size=6)
)
@budget(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_signed_held_never_exceeds_what_is_there(
    prescribe: Any, make_stock: Any, stock_of: Any, books_hold: Any, lots: list[int], wanted: list[int]
) -> None:
    for number, lot in enumerate(lots):
        make_stock(OTHER, lot, batch_no=f"L{number}", days=100 + number)
    for quantity in wanted:
        free = sum(on_hand - held for on_hand, held in stock_of(OTHER).values())
        if quantity <= free:
            prescribe((OTHER, quantity))
        else:
            with pytest.raises(OutOfStock):
                prescribe((OTHER, quantity))
    assert all(0 <= held <= on_hand for on_hand, held in stock_of(OTHER).values())
    assert books_hold()
