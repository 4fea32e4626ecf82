"""Electronic invoices: the list with those that were refused, one invoice with its code, and trying again."""

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.charging import queries as charging
from modules.invoices import queries, services
from modules.invoices.rules.states import OWED, TAGS, SendingState
from modules.invoices.services import conduct
from modules.invoices.views.pages import blueprint
from modules.patients import queries as patients


@blueprint.get("/electronic")
@requires("invoices.electronic.view")
@fresh
def list_electronic() -> ResponseReturnValue:
    """Electronic invoices, the newest first; of a state, or of a number."""
    state, number = request.args.get("state", ""), request.args.get("q", "").strip()
    page = queries.list_electronic(
        state=SendingState(state) if state in set(SendingState) else None,
        number=number,
        before=request.args.get("before", type=int),
    )
    return render_template(
        "invoices/electronic.html",
        page=links(page),
        state=state,
        q=number,
        states=SendingState.options(),
        receipts=charging.receipt_numbers({row.settlement_id for row in page.rows}),
        kinds=TAGS,
    )


@blueprint.get("/electronic/<int:invoice_id>")
@requires("invoices.electronic.view")
@audit.reading("electronic.read")
@fresh
def show_electronic(invoice_id: int) -> ResponseReturnValue:
    """One electronic invoice: its numbers, its foot, its QR code, what reverses it, and its paper."""
    return _page(invoice_id)


@blueprint.post("/electronic/<int:invoice_id>/try")
@requires("invoices.electronic.issue")
def retry_electronic(invoice_id: int) -> ResponseReturnValue:
    """Try it now."""
    form = Form(services.retry_electronic, request.form, invoice_id=invoice_id)
    if form.perform(by=current_actor()) is None:
        return _page(invoice_id, form), 422
    row = conduct.carry(invoice_id, by=current_actor())
    flash(gettext("Electronic invoice: %(state)s", state=row.state.label), "ok")
    return redirect(url_for(".show_electronic", invoice_id=invoice_id), 303)


def qr_of(text: str, scale: int = 3) -> str:
    """A QR code as a drawing."""
    drawing: str = segno.make(text, micro=False, error="m").svg_inline(
        scale=scale, border=2, dark="#000", light="#fff"
    )
    return drawing


def _page(invoice_id: int, form: Form | None = None) -> str:
    row = queries.get_electronic(invoice_id)
    settlement, bill = charging.get_settlement(row.settlement_id), charging.get_bill(row.bill_id)
    audit.seen(row, patient_id=bill.patient_id)
    exchange = queries.exchange_of(row.id)
    is_open = row.state in (*OWED, SendingState.REFUSED)
    return render_template(
        "invoices/invoice.html",
        row=row,
        settlement=settlement,
        bill=bill,
        person=patients.get_patient(bill.patient_id),
        red=queries.red_of(row.id),
        exchange=exchange,
        paper=queries.get_paper(exchange.paper_id) if exchange else None,
        kinds=TAGS,
        qr=qr_of(row.url) if row.url else "",
        may_try=is_open and current_actor().may("invoices.electronic.issue"),
        form=form or Form(services.retry_electronic, invoice_id=invoice_id),
    )
