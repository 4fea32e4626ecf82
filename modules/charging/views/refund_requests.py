"""Requests for refunds: the doctor asks, the department confirms, everybody sees where each one stands."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app import audit
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.charging import queries, services
from modules.charging.errors import BillMissing
from modules.charging.views.desk import chosen_lines
from modules.charging.views.pages import blueprint
from modules.patients import queries as patients


@blueprint.get("/refund-requests")
@requires("charging.request.view")
@fresh
def list_refund_requests() -> ResponseReturnValue:
    """Requests by where they stand: to refund, to confirm, or all; the latest first."""
    kind = request.args.get("list", "refund")
    page = queries.list_requests(kind=kind, before=request.args.get("before", type=int))
    people = patients.patients_by_id(row.patient_id for row in page.rows) if page.rows else {}
    return render_template("charging/refund_requests.html", page=links(page), people=people, chosen=kind)


@blueprint.get("/refund-requests/<int:request_id>")
@requires("charging.request.view")
@audit.reading("refund_request.read")
@fresh
def show_refund_request(request_id: int) -> ResponseReturnValue:
    """One request: what is asked, how it went on, and what the reader may do."""
    return _request(request_id)


@blueprint.get("/visits/<int:visit_id>/refund-request")
@requires("charging.request.ask")
@audit.reading("refund_request.read")
@fresh
def ask_refund(visit_id: int) -> ResponseReturnValue:
    """What may be asked back of a prescription, or of the services of the visit."""
    return _asking(visit_id, request.args.get("prescription_id", type=int))


@blueprint.post("/visits/<int:visit_id>/refund-request")
@requires("charging.request.ask")
def request_refund(visit_id: int) -> ResponseReturnValue:
    """Ask for it; then the request as it stands."""
    form = Form(services.request_refund, chosen_lines(request.form), visit_id=visit_id)
    made = form.perform(by=current_actor())
    if made is None:
        return _asking(visit_id, request.form.get("prescription_id", type=int), form), 422
    flash(gettext("Asked for: request %(number)s", number=made.number), "ok")
    return redirect(url_for(".show_refund_request", request_id=made.id), 303)


@blueprint.post("/refund-requests/<int:request_id>/withdraw")
@requires("charging.request.ask")
def withdraw_refund_request(request_id: int) -> ResponseReturnValue:
    """Take the request back."""
    form = Form(services.withdraw_refund_request, request.form, request_id=request_id)
    return _done(form, request_id, gettext("Withdrawn"))


@blueprint.post("/refund-requests/<int:request_id>/read")
@requires("charging.request.ask")
def note_refusal_read(request_id: int) -> ResponseReturnValue:
    """The refusal is read."""
    form = Form(services.note_refusal_read, request.form, request_id=request_id)
    return _done(form, request_id, gettext("Noted"))


@blueprint.post("/refund-requests/<int:request_id>/confirm")
@requires("charging.request.confirm")
def confirm_refund_request(request_id: int) -> ResponseReturnValue:
    """The department has not done it, or undoes it."""
    form = Form(services.confirm_refund_request, chosen_lines(request.form), request_id=request_id)
    return _done(form, request_id, gettext("Confirmed"))


@blueprint.post("/refund-requests/<int:request_id>/refuse")
@requires("charging.request.confirm")
def refuse_refund_request(request_id: int) -> ResponseReturnValue:
    """The department has done it."""
    form = Form(services.refuse_refund_request, request.form, request_id=request_id)
    return _done(form, request_id, gettext("Sent back to the doctor"))


def ask_refund_link(sheet: Any, **_: Any) -> Markup:
    """The way from a paid prescription on the doctor's desk to asking it back."""
    if not sheet.is_paid or not current_actor().may("charging.request.ask"):
        return Markup()
    return _link(sheet.visit_id, sheet.id)


def ask_services_link(encounter: Any, **_: Any) -> Markup:
    """The way from the doctor's desk to asking back the fees and services of the visit."""
    if not current_actor().may("charging.request.ask"):
        return Markup()
    return _link(encounter.visit_id, None)


def _link(visit_id: int, prescription_id: int | None) -> Markup:
    page = render_template(
        "charging/ask_refund_link.html", visit_id=visit_id, prescription_id=prescription_id
    )
    return Markup(page)  # noqa: S704  a rendered template


def _done(form: Form, request_id: int, said: str) -> ResponseReturnValue:
    if form.perform(by=current_actor()) is None:
        return _request(request_id, form), 422
    flash(said, "ok")
    return redirect(url_for(".show_refund_request", request_id=request_id), 303)


def _request(request_id: int, form: Form | None = None) -> str:
    view, by = queries.request_view(request_id), current_actor()
    audit.seen(view.request)
    return render_template(
        "charging/refund_request.html",
        view=view,
        banner=patients.banner(patients.get_patient(view.request.patient_id)),
        form=form or Form(services.confirm_refund_request, start=_as_asked(view), request_id=request_id),
        is_asker=view.request.asked_by_id == by.account_id,
        is_department=view.request.department_id == by.department_id,
    )


def _as_asked(view: queries.RequestView) -> dict[str, Any]:
    return {f"lines-{place}-quantity": row.line.quantity for place, row in enumerate(view.lines)}


def _asking(visit_id: int, prescription_id: int | None, form: Form | None = None) -> str:
    bill = queries.find_bill(visit_id)
    if bill is None:
        raise BillMissing(field="visit_id")
    audit.seen(bill)
    charges = [
        charge
        for charge in queries.charges_of(bill.id)
        if charge.prescription_id == prescription_id
        and (charge.asked_quantity or queries.requestable(charge))
    ]
    return render_template(
        "charging/ask_refund.html",
        banner=patients.banner(patients.get_patient(bill.patient_id)),
        visit_id=visit_id,
        prescription_id=prescription_id,
        charges=charges,
        requestable=queries.requestable,
        made=[
            row
            for row in queries.requests_of_visit(visit_id)
            if row.request.prescription_id == prescription_id
        ],
        form=form or Form(services.request_refund, visit_id=visit_id),
    )
