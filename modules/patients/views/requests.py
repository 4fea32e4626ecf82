"""Requests of residents: taken at a desk, answered by their day, listed with what came of them (PII-04)."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.errors import NotFound
from app.i18n import gettext
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from modules.patients import documents, queries, services
from modules.patients.models import CorrectedField, RequestedBy, RequestKind, RequestStatus
from modules.patients.views.blueprint import blueprint

STATES = ("", "late", *RequestStatus)


@blueprint.get("/requests")
@requires("patients.request.view")
def show_requests() -> ResponseReturnValue:
    """Every request with its day and what was answered."""
    state = request.args.get("state", RequestStatus.OPEN.value)
    if state not in STATES:
        abort(404)
    page = queries.page_of_requests(
        state,
        patient_id=request.args.get("patient_id", type=int),
        before=request.args.get("before", type=int),
    )
    return render_template(
        "patients/requests.html",
        page=links(page),
        state=state,
        states=RequestStatus.options(),
        names=queries.masked_names(row.patient_id for row in page.rows),
        present_day=clock.today(),
    )


@blueprint.route("/<int:patient_id>/requests/new", methods=["GET", "POST"])
@requires("patients.request.take")
@audit.reading("patient.read")
def take_request(patient_id: int) -> ResponseReturnValue:
    """Take a request of the resident: a copy of the file, or a correction."""
    patient = queries.get_patient(patient_id)
    typed = request.form if request.method == "POST" else None
    if typed is None:
        audit.seen(patient)
    is_correction = typed is not None and typed.get("kind") == RequestKind.CORRECTION.value
    case = services.ask_correction if is_correction else services.ask_copy
    start = {"requested_by": RequestedBy.SELF.value}
    form = Form(case, typed, start=start, patient_id=patient_id)
    if typed is not None and (taken := form.perform(by=current_actor())):
        return redirect(url_for(".show_request", request_id=taken.id), 303)
    page = render_template(
        "patients/new_request.html",
        patient=patient,
        banner=queries.banner(patient),
        copy_form=Form(services.ask_copy, start=start) if is_correction else form,
        correction_form=form if is_correction else Form(services.ask_correction, start=start),
        requesters=RequestedBy.options(),
        fields_of_file=CorrectedField.options(),
    )
    return page, 200 if typed is None else 422


@blueprint.get("/requests/<int:request_id>")
@requires("patients.request.view")
@audit.reading("request.read")
def show_request(request_id: int) -> ResponseReturnValue:
    """One request and its answer."""
    audit.seen(queries.get_request(request_id))
    return _request_page(request_id)


@blueprint.post("/requests/<int:request_id>/copy")
@requires("patients.request.take")
def hand_out_copy(request_id: int) -> ResponseReturnValue:
    """The copy is handed out."""
    form = Form(services.hand_out_copy, request.form, request_id=request_id)
    if form.perform(by=current_actor()):
        flash(gettext("Noted. Please print the copy now."), "success")
        return redirect(url_for(".show_request", request_id=request_id), 303)
    return _request_page(request_id, form)


@blueprint.post("/requests/<int:request_id>/decision")
@requires("patients.request.decide")
def decide_request(request_id: int) -> ResponseReturnValue:
    """Make the correction or refuse the request."""
    form = Form(services.decide_request, request.form, request_id=request_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_request", request_id=request_id), 303)
    return _request_page(request_id, form)


@blueprint.get("/requests/<int:request_id>/copy.pdf")
@requires("patients.request.take")
@audit.reading("request.copy_printed")
def print_copy(request_id: int) -> ResponseReturnValue:
    """The paper for the resident; only of a request that was answered."""
    asked = queries.get_request(request_id)
    if asked.kind is not RequestKind.COPY or asked.status is not RequestStatus.ANSWERED:
        raise NotFound(field="request_id")
    patient = queries.get_patient(asked.patient_id)
    audit.seen(asked)
    return paper_answer(documents.copy_paper(patient, asked, by=current_actor()), f"copy-{patient.record_no}")


def _request_page(request_id: int, form: Form | None = None) -> ResponseReturnValue:
    asked = queries.get_request(request_id)
    patient = queries.get_patient(asked.patient_id)
    page = render_template(
        "patients/request.html",
        asked=asked,
        patient=patient,
        banner=queries.banner(patient),
        form=form,
        present_day=clock.today(),
        actor=current_actor(),
    )
    return page, 200 if form is None else 422
