"""The insurer as a program of its own, a centre that is connected to it, and a visit to settle."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support import outpatients
from support.insurer import NUMBER, connected, insurer, insurer_address

from app.actor import Actor
from app.db import tenant_unit
from modules.insurance import queries, services
from modules.insurance.models import InsurancePerson, InsuranceSettlement
from modules.insurance.services import DiagnosisFact, FeeLine, VisitFacts

D = Decimal
__all__ = ["NUMBER", "connected", "insurer", "insurer_address"]
COLD = DiagnosisFact(code="J00.x00", name="急性鼻咽炎［感冒］")
OF_G4 = (
    ("service", "X0001", "一般诊疗费", "1", "10.00", "12"),
    ("drug", "D0001", "西药甲", "10", "12.00", "09"),
    ("drug", "D0007", "西药乙", "1", "80.00", "09"),
    ("service", "X0024", "泌尿系彩超", "1", "60.00", "03"),
    ("service", "X0018", "一次性真空采血管", "16", "1.00", "08"),
)


@pytest.fixture
def patient_id(registrar: Actor) -> int:
    """A resident's file."""
    return outpatients.make_patient(registrar).id


@pytest.fixture
def person(connected: None, patient_id: int, cashier: Actor) -> InsurancePerson:
    """The insured person, read from the identity card."""
    return services.read_person(
        patient_id=patient_id, card_type="02", card_no=NUMBER, name="王测试", by=cashier
    )


def fee_lines(rows: Any = OF_G4) -> list[FeeLine]:
    """Lines as the checkout hands them in."""
    return [
        FeeLine(
            line_id=number,
            item_kind=kind,
            item_code=code,
            name=name,
            quantity=D(quantity),
            price=D(price),
            amount=D(quantity) * D(price),
            fee_class=fee_class,
        )
        for number, (kind, code, name, quantity, price, fee_class) in enumerate(rows, start=1)
    ]


@pytest.fixture
def visit(patient_id: int) -> VisitFacts:
    """A visit as the checkout describes it."""
    return VisitFacts(
        visit_id=4711,
        patient_id=patient_id,
        begun_at=datetime(2026, 11, 20, 1, 0, tzinfo=UTC),
        department_code="GP",
        department_name="全科",
        doctor_code="D110105000001",
        doctor_name="李静",
        diagnoses=(COLD,),
    )


@pytest.fixture
def reckon(person: InsurancePerson, visit: VisitFacts, cashier: Actor) -> Callable[..., InsuranceSettlement]:
    """Ask the insurer to reckon the lines of G4, or others."""

    def ask(rows: Any = OF_G4, subject_id: int = 1, by: Actor = cashier) -> InsuranceSettlement:
        return services.presettle(
            subject_kind="charging_bill", subject_id=subject_id, visit=visit, lines=fee_lines(rows), by=by
        )

    return ask


@pytest.fixture
def look(ours: dict[str, Any]) -> Callable[[int], InsuranceSettlement]:
    """A settlement as it stands now."""

    def at(settlement_id: int) -> InsuranceSettlement:
        with tenant_unit(ours["tenant_id"]):
            return queries.get_settlement(settlement_id)

    return at
