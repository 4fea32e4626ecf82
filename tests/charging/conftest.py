"""Bills for tests: visits and prescriptions are announced by their events."""

import itertools
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from support.saying import said
from support.world import TODAY

from app import clock, ids
from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries, services
from modules.charging.models import Bill, Price, Settlement
from modules.charging.services import TenderInput
from modules.prescriptions.events import PrescriptionSigned, SignedLine
from modules.registration.events import VisitRegistered

D = Decimal
AMOXICILLIN, HUANGQI, GANCAO, ECG = "D0001", "D0169", "D0170", "X0020"
_numbers = itertools.count(1)


@pytest.fixture
def prices(administrator: Actor) -> None:
    """The demonstration price list is in force."""
    services.load_demo_prices(by=administrator)


@pytest.fixture
def find_price(ours: dict[str, Any], prices: None) -> Callable[[str], Price]:
    """The price in force of an item, by its code."""

    def find(code: str) -> Price:
        with tenant_unit(ours["tenant_id"]):
            return next(price for price in queries.search_prices(code) if price.item_code == code)

    return find


@pytest.fixture
def make_bill(ours: dict[str, Any], registrar: Actor, prices: None) -> Callable[..., Bill]:
    """Open the bill of a new visit, with the fees named."""

    def make(fee_codes: Iterable[str] = ("X0001",), patient_id: int = 1) -> Bill:
        visit = VisitRegistered(
            visit_id=ids.new_id(),
            visit_number=f"V261120{next(_numbers):04d}",
            patient_id=patient_id,
            department_id=ours["departments"]["general"],
            practitioner_id=ours["people"]["doctor"]["practitioner_id"],
            on=clock.today(),
            fee_codes=tuple(fee_codes),
        )
        said(visit, registrar)
        with tenant_unit(ours["tenant_id"]):
            bill = queries.find_bill(visit.visit_id)
            assert bill is not None
            return bill

    return make


@pytest.fixture
def prescribe(ours: dict[str, Any], doctor: Actor, find_price: Any) -> Callable[..., PrescriptionSigned]:
    """Sign a prescription for a bill: pairs of drug code and quantity in minimum units."""

    def sign(bill: Bill, *drugs: tuple[str, Any], **given: Any) -> PrescriptionSigned:
        lines = tuple(
            SignedLine(
                item_id=ids.new_id(),
                line_no=number,
                drug_id=find_price(code).item_id,
                drug_code=code,
                drug_name=find_price(code).item_name,
                quantity=D(quantity),
                is_whole_packs=False,
            )
            for number, (code, quantity) in enumerate(drugs, start=1)
        )
        day = clock.day_bounds(TODAY)
        event = PrescriptionSigned(
            **{
                "prescription_id": ids.new_id(),
                "number": f"P261120{next(_numbers):05d}",
                "kind": "western",
                "visit_id": bill.visit_id,
                "patient_id": bill.patient_id,
                "practitioner_id": ours["people"]["doctor"]["practitioner_id"],
                "department_id": ours["departments"]["general"],
                "valid_until": day[1],
                "on": TODAY,
                "lines": lines,
                **given,
            }
        )
        return said(event, doctor)

    return sign


@pytest.fixture
def settle(ours: dict[str, Any], cashier: Actor) -> Callable[..., Settlement]:
    """Settle what is due, in cash unless other tenders are named."""

    def take(bill: Bill, by: Actor = cashier, **tenders: str) -> Settlement:
        with tenant_unit(ours["tenant_id"]):
            due = queries.bill_view(bill.id).due_amount
        handed = tenders or {"cash": str(due)}
        return services.settle_bill(
            bill_id=bill.id,
            expected_amount=due,
            tenders=[TenderInput(method=method, amount=D(amount)) for method, amount in handed.items()],
            by=by,
        )

    return take


@pytest.fixture
def view(ours: dict[str, Any]) -> Callable[[Bill], queries.BillView]:
    """A bill as it stands now."""

    def look(bill: Bill) -> queries.BillView:
        with tenant_unit(ours["tenant_id"]):
            return queries.bill_view(bill.id)

    return look


@pytest.fixture
def money_holds(ours: dict[str, Any]) -> Callable[[], bool]:
    """Whether every identity of ``flask check`` holds."""

    def holds() -> bool:
        findings = queries.check_money(ours["tenant_id"])
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return holds
