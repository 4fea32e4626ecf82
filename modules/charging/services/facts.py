"""What an insurer is told of a bill, as plain facts. Nothing here writes."""

from modules.charging import queries
from modules.charging.models import Bill, Checkout
from modules.clinic import queries as clinic
from modules.insurance.services import DiagnosisFact, FeeLine, VisitFacts
from modules.registration import queries as registration
from tenants import queries as tenants


def visit_facts(bill: Bill) -> VisitFacts:
    """The visit of a bill: where, with whom, and what for; diagnoses once the doctor has set them."""
    visit = registration.get_visit(bill.visit_id)
    department = tenants.get_department(visit.department_id)
    doctor = tenants.get_practitioner(visit.practitioner_id) if visit.practitioner_id else None
    encounter = clinic.find_encounter(bill.visit_id)
    return VisitFacts(
        visit_id=bill.visit_id,
        patient_id=bill.patient_id,
        begun_at=visit.registered_at,
        department_code=department.code,
        department_name=department.name,
        doctor_code=doctor.staff_no if doctor else "",
        doctor_name=doctor.name if doctor else "",
        diagnoses=tuple(
            DiagnosisFact(code=line["code"], name=line["name"])
            for line in (encounter.diagnoses if encounter else [])
        ),
    )


def fee_lines(checkout: Checkout) -> list[FeeLine]:
    """What a checkout will settle, line by line; what goes back whole is left out."""
    charges = {charge.id: charge for charge in queries.charges_of_checkout(checkout.id)}
    return [
        FeeLine(
            line_id=line.charge_id,
            item_kind=charges[line.charge_id].item_kind.value,
            item_code=charges[line.charge_id].item_code,
            name=charges[line.charge_id].item_name,
            quantity=line.quantity,
            price=charges[line.charge_id].unit_price,
            amount=line.amount,
            fee_class=charges[line.charge_id].fee_class.value,
        )
        for line in queries.lines_of(checkout.id)
        if line.quantity
    ]
