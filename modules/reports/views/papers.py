"""The papers behind the figures. Whoever opens one that tells of a resident leaves a row in the centre's trail."""

from dataclasses import replace

from flask.typing import ResponseReturnValue

from app import audit
from app.actor import Actor
from app.i18n import gettext
from app.web.access import current_actor, requires
from modules.charging import queries as charging
from modules.dispensing import queries as pharmacy
from modules.prescriptions import queries as prescriptions
from modules.reports import queries
from modules.reports.queries import Reach
from modules.reports.views.pages import asked, blueprint, one_centre, page_of
from tenants import queries as tenants


@blueprint.get("/receipts/<int:settlement_id>")
@requires("reports.paper.open")
def show_receipt(settlement_id: int) -> ResponseReturnValue:
    """A receipt with its lines and how it was paid."""
    reach = one_centre()
    return _receipt(settlement_id, reach, by=_there(reach))


@blueprint.get("/documents/<int:document_id>")
@requires("reports.report.view")
def show_document(document_id: int) -> ResponseReturnValue:
    """A stock document with its lines."""
    reach = one_centre()
    with queries.reading(reach.centres[0].id):
        document = pharmacy.get_document(document_id)
        table = queries.document_table(document_id)
        facts = [(gettext("Day"), document.on.isoformat()), (gettext("By"), document.by_name)]
    return page_of("stock", reach, asked(), table, facts=facts)


@blueprint.get("/prescriptions/<int:prescription_id>")
@requires("reports.paper.open")
def show_prescription(prescription_id: int) -> ResponseReturnValue:
    """A prescription as it was signed, without the resident's name."""
    reach = one_centre()
    return _prescription(prescription_id, reach, by=_there(reach))


def _there(reach: Reach) -> Actor:
    """The reader as the centre's trail is to name them."""
    return replace(current_actor(), tenant_id=reach.centres[0].id)


@audit.reading("receipt.read_in_report")
def _receipt(settlement_id: int, reach: Reach, *, by: Actor) -> str:
    with queries.reading(reach.centres[0].id):
        view = charging.settlement_view(settlement_id)
        audit.seen(view.settlement, patient_id=view.bill.patient_id)
        table = queries.receipt_table(view)
        facts = [
            (gettext("Day"), view.settlement.on.isoformat()),
            (gettext("Kind"), view.settlement.kind.label),
            (gettext("Visit no."), view.bill.visit_number),
            (gettext("Cashier"), view.settlement.cashier_name),
            *((tender.method.label, f"{tender.amount:,.2f}") for tender in view.tenders),
        ]
    return page_of("income", reach, asked(), table, facts=facts)


@audit.reading("prescription.read_in_report")
def _prescription(prescription_id: int, reach: Reach, *, by: Actor) -> str:
    with queries.reading(reach.centres[0].id):
        found = prescriptions.get_prescription(prescription_id)
        audit.seen(found)
        table = queries.prescription_table(found)
        facts = [
            (gettext("Day"), found.on.isoformat()),
            (gettext("Kind"), found.sheet.label),
            (gettext("State"), found.status.label),
            (gettext("Department"), tenants.get_department(found.department_id).name),
            (gettext("Doctor"), found.practitioner_name),
            (gettext("Reviewed by"), found.reviewer_name),
            (gettext("Handed out by"), found.dispenser_name),
            (gettext("Visit no."), found.visit_number),
        ]
    return page_of("stock", reach, asked(), table, facts=facts)
