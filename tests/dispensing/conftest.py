"""Stock and paid prescriptions for tests of the pharmacy."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from support import outpatient
from support.world import TODAY

from app.actor import Actor
from app.db import db, tenant_unit
from modules.catalogue import queries as catalogue
from modules.charging import queries as charging_queries
from modules.charging import services as charging
from modules.charging.models import Bill
from modules.dispensing import queries, services
from modules.dispensing.models import Balance, Batch, Document, Task
from modules.dispensing.rules.review import ReviewCheck
from modules.dispensing.services import StockLineInput
from modules.prescriptions.events import PrescriptionSigned

D = Decimal


@pytest.fixture
def drug_id(ours: dict[str, Any]) -> Callable[[str], int]:
    """Id of a drug, by its code."""

    def find(code: str) -> int:
        with tenant_unit(ours["tenant_id"]):
            return catalogue.search_drugs(code)[0].id

    return find


@pytest.fixture
def make_stock(ours: dict[str, Any], storekeeper: Actor, drug_id: Any) -> Callable[..., Document]:
    """Put a batch of loose minimum units into the pharmacy."""

    def put(
        code: str,
        quantity: Any,
        *,
        batch_no: str = "A1",
        days: int = 400,
        expires_on: date | None = None,
        unit_cost: str = "1",
        location: str = "pharmacy",
    ) -> Document:
        with tenant_unit(ours["tenant_id"]):
            factor = catalogue.get_drug(drug_id(code)).pack_factor
        return services.receive_stock(
            location_id=ours["locations"][location],
            supplier="城东医药",
            lines=[
                StockLineInput(
                    drug_id=drug_id(code),
                    batch_no=batch_no,
                    expires_on=expires_on or TODAY + timedelta(days=days),
                    loose=D(quantity),
                    pack_cost=D(unit_cost) * factor,
                )
            ],
            by=storekeeper,
        )

    return put


@pytest.fixture
def make_bill(ours: dict[str, Any], registrar: Actor) -> Callable[..., Bill]:
    """The bill of a new visit without fees."""
    return partial(outpatient.make_bill, ours, registrar, ())


@pytest.fixture
def prescribe(ours: dict[str, Any], doctor: Actor, make_bill: Any) -> Callable[..., PrescriptionSigned]:
    """Sign a prescription on a bill of its own: pairs of drug code and quantity in minimum units."""

    def sign(*drugs: tuple[str, Any], bill: Bill | None = None, **given: Any) -> PrescriptionSigned:
        return outpatient.prescribe(ours, doctor, bill or make_bill(), *drugs, **given)

    return sign


@pytest.fixture
def pay(ours: dict[str, Any], cashier: Actor) -> Callable[[PrescriptionSigned], int]:
    """Settle the bill of a prescription in cash; returns the receipt's id."""

    def settle(signed: PrescriptionSigned) -> int:
        with tenant_unit(ours["tenant_id"]):
            bill = charging_queries.find_bill(signed.visit_id)
            assert bill is not None
            due = charging_queries.bill_view(bill.id).due_amount
        tender = charging.TenderInput(method="cash", amount=due)
        return charging.settle_bill(bill_id=bill.id, expected_amount=due, tenders=[tender], by=cashier).id

    return settle


@pytest.fixture
def review(pharmacist: Actor) -> Callable[[PrescriptionSigned], Task]:
    """Pass the four checks."""

    def check(signed: PrescriptionSigned, by: Actor = pharmacist) -> Task:
        return services.review_prescription(
            prescription_id=signed.prescription_id, checks=list(ReviewCheck), by=by
        )

    return check


@pytest.fixture
def prepare(pharmacist: Actor, review: Any) -> Callable[[PrescriptionSigned], Task]:
    """Review and take from the shelf."""

    def take(signed: PrescriptionSigned, by: Actor = pharmacist) -> Task:
        review(signed, by)
        return services.prepare_prescription(prescription_id=signed.prescription_id, by=by)

    return take


@pytest.fixture
def dispense(prepare: Any, other_pharmacist: Actor) -> Callable[[PrescriptionSigned], Task]:
    """Review, prepare, and hand out by a second pharmacist."""

    def hand_out(signed: PrescriptionSigned) -> Task:
        prepare(signed)
        return services.dispense_prescription(prescription_id=signed.prescription_id, by=other_pharmacist)

    return hand_out


@pytest.fixture
def stock_of(ours: dict[str, Any], drug_id: Any) -> Callable[..., dict[str, tuple[Decimal, Decimal]]]:
    """Batch number → on hand and held, of a drug at a place."""

    def look(code: str, location: str = "pharmacy") -> dict[str, tuple[Decimal, Decimal]]:
        with tenant_unit(ours["tenant_id"]):
            rows = db.session.execute(
                db.select(Batch.batch_no, Balance.on_hand, Balance.held)
                .join(Balance, Balance.batch_id == Batch.id)
                .where(Batch.drug_id == drug_id(code), Balance.location_id == ours["locations"][location])
            )
            return {row[0]: (row[1], row[2]) for row in rows}

    return look


@pytest.fixture
def books_hold(ours: dict[str, Any]) -> Callable[[], bool]:
    """Whether every identity of ``flask check`` holds, in stock and in money."""

    def hold() -> bool:
        findings = queries.check_stock(ours["tenant_id"]) + charging_queries.check_money(ours["tenant_id"])
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return hold
