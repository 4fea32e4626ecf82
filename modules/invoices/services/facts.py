"""What the platform is told of an electronic invoice, read where everything else stands. Nothing here writes."""

from typing import Any

from modules.charging import queries as charging
from modules.charging.queries import SettlementView
from modules.insurance import queries as insurance
from modules.invoices import queries
from modules.invoices.models import ElectronicInvoice
from modules.invoices.rules.messages import Payer, blue_told, red_told
from modules.invoices.rules.states import ElectronicKind
from modules.patients import queries as patients


def told_of(invoice_id: int, institution_kind: str) -> dict[str, Any]:
    """The content of the message that has an invoice issued."""
    row = queries.get_electronic(invoice_id)
    if row.kind is ElectronicKind.RED:
        blue = queries.get_electronic(row.blue_id or 0)
        cashier = charging.get_settlement(row.settlement_id).cashier_name
        return red_told(business_no=row.business_no, blue=blue.issued, reason=row.reason, cashier=cashier)
    return _blue(row, institution_kind)


def _blue(row: ElectronicInvoice, institution_kind: str) -> dict[str, Any]:
    view = charging.settlement_view(row.settlement_id)
    return blue_told(
        business_no=row.business_no,
        payer=_payer(view, institution_kind),
        foot=row.foot,
        lines=[(fee_class.value, fee_class.label, amount) for fee_class, amount in view.classes],
        details=[
            {
                "name": charge.item_name,
                "quantity": str(line.quantity),
                "unit": charge.unit,
                "amt": str(line.amount),
            }
            for line, charge in view.lines
        ],
        cashier=view.settlement.cashier_name,
    )


def _payer(view: SettlementView, institution_kind: str) -> Payer:
    patient = patients.get_patient(view.bill.patient_id)
    insured_id = charging.insurance_of(view.settlement.id)
    person = (
        None if insured_id is None else insurance.person_of(insurance.get_settlement(insured_id).person_id)
    )
    return Payer(
        name=patient.name,
        sex=patient.sex.label,
        visit_number=view.bill.visit_number,
        visited_on=view.bill.on.isoformat(),
        institution_kind=institution_kind,
        insurance_kind=person.insutype if person else "",
        insurance_no=person.person_no if person else "",
    )
