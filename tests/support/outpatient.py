"""Bills and signed prescriptions for tests of money and stock: exact quantities, no doctor's desk."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

from support.outpatients import make_patient
from support.saying import said

from app import clock, ids
from app.actor import Actor
from app.db import db, tenant_unit
from app.events import emit
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.charging import queries as charging
from modules.charging.models import Bill
from modules.prescriptions.events import PrescriptionSigned, SignedLine
from modules.prescriptions.models import DecoctionWay, Kind, Prescription, Sheet, Status
from modules.registration.events import VisitRegistered

_numbers = count(1)


def make_bill(
    centre: dict[str, Any],
    registrar: Actor,
    fee_codes: Iterable[str] = ("X0001",),
    patient_id: int | None = None,
) -> Bill:
    """The bill of a visit that is announced as registered."""
    visit = VisitRegistered(
        visit_id=ids.new_id(),
        visit_number=f"V261120{next(_numbers):04d}",
        patient_id=patient_id or make_patient(registrar).id,
        department_id=centre["departments"]["general"],
        practitioner_id=centre["people"]["doctor"]["practitioner_id"],
        on=clock.today(),
        fee_codes=tuple(fee_codes),
    )
    said(visit, registrar)
    with tenant_unit(centre["tenant_id"]):
        bill = charging.find_bill(visit.visit_id)
        assert bill is not None
        return bill


@use_case("tests.prescription.sign")
def sign(*, event: Any, by: Actor) -> None:
    """Store a signed prescription and say so, in one transaction."""
    db.session.add(
        Prescription(
            id=event.prescription_id,
            number=event.number,
            kind=Kind(event.kind),
            sheet=Sheet.ORDINARY,
            status=Status.SUBMITTED,
            revision=1,
            visit_id=event.visit_id,
            visit_number="",
            patient_id=event.patient_id,
            practitioner_id=event.practitioner_id,
            practitioner_name=by.name,
            department_id=event.department_id,
            on=event.on,
            signed_at=clock.now(),
            valid_until=event.valid_until,
            doses=event.doses,
            decoction=DecoctionWay(event.decoction) if event.decoction else None,
        )
    )
    db.session.flush()
    emit(event)


def prescribe(
    centre: dict[str, Any], doctor: Actor, bill: Bill, *drugs: tuple[str, Any], **given: Any
) -> PrescriptionSigned:
    """A prescription signed for a bill's visit: pairs of drug code and quantity in minimum units."""
    with tenant_unit(centre["tenant_id"]):
        known = {code: catalogue.search_drugs(code)[0] for code, _ in drugs}
    lines = tuple(
        SignedLine(
            item_id=ids.new_id(),
            line_no=number,
            drug_id=known[code].id,
            drug_code=code,
            drug_name=known[code].name,
            quantity=Decimal(quantity),
            is_whole_packs=False,
        )
        for number, (code, quantity) in enumerate(drugs, start=1)
    )
    values: dict[str, Any] = {
        "prescription_id": ids.new_id(),
        "number": f"P261120{next(_numbers):05d}",
        "kind": "western",
        "visit_id": bill.visit_id,
        "patient_id": bill.patient_id,
        "practitioner_id": centre["people"]["doctor"]["practitioner_id"],
        "department_id": centre["departments"]["general"],
        "valid_until": clock.day_bounds(clock.today())[1],
        "on": clock.today(),
        "lines": lines,
    }
    event = PrescriptionSigned(**(values | given))
    sign(event=event, by=replace(doctor, is_system=True))
    return event
