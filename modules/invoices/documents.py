"""The paper invoice (医疗门诊收费票据) as it goes onto a sheet."""

from app.printing import to_pdf
from modules.charging import queries as charging
from modules.invoices import queries
from modules.patients import queries as patients
from tenants.style import letterhead


def paper_invoice(print_id: int) -> bytes:
    """One printing of a paper invoice with its detail list; copies are marked (补打), red ones so named."""
    printed = queries.get_print(print_id)
    paper = queries.get_paper(printed.paper_id)
    view = charging.settlement_view(paper.settlement_id or 0)
    electronic = queries.electronic_of(view.settlement.id)
    return to_pdf(
        "invoices/paper.html",
        printed=printed,
        paper=paper,
        original=queries.get_paper(paper.reds_id) if paper.reds_id else None,
        electronic=electronic if electronic and electronic.number else None,
        view=view,
        patient=patients.get_patient(view.bill.patient_id),
        centre=letterhead(view.settlement.tenant_id),
    )
