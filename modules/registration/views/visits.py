"""One visit: its paper, taking it back, moving it; and the visits of a day."""

from datetime import date

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from modules.patients import queries as patients
from modules.registration import documents, queries, services
from modules.registration.models import VisitStatus
from modules.registration.views.blueprint import blueprint


@blueprint.get("/visits")
@requires("registration.visit.view")
def list_visits() -> ResponseReturnValue:
    """The visits of a day."""
    on = day_of(request.args.get("on", ""))
    status = request.args.get("status", "")
    page = queries.list_visits(
        on,
        department_id=request.args.get("department", type=int),
        status=VisitStatus(status) if status in set(VisitStatus) else None,
        before=request.args.get("before", type=int),
    )
    return render_template(
        "registration/visits.html",
        page=links(page),
        on=on,
        status=status,
        statuses=VisitStatus.options(),
        people=patients.patients_by_id(visit.patient_id for visit in page.rows),
        names=queries.names_for(visit.practitioner_id for visit in page.rows),
    )


@blueprint.get("/visits/<int:visit_id>")
@requires("registration.visit.view")
@audit.reading("visit.read")
def show_visit(visit_id: int) -> ResponseReturnValue:
    """One visit, with what may still be done about its registration."""
    return _visit_page(visit_id)


@blueprint.post("/visits/<int:visit_id>/cancel")
@requires("registration.visit.cancel")
def cancel_visit(visit_id: int) -> ResponseReturnValue:
    """Take the registration back."""
    form = Form(services.cancel_visit, request.form, visit_id=visit_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_visit", visit_id=visit_id), 303)
    return _visit_page(visit_id, form)


@blueprint.post("/visits/<int:visit_id>/transfer")
@requires("registration.visit.transfer")
def transfer_visit(visit_id: int) -> ResponseReturnValue:
    """Move the patient to another session."""
    form = Form(services.transfer_visit, request.form, visit_id=visit_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_visit", visit_id=visit_id), 303)
    return _visit_page(visit_id, form)


@blueprint.get("/visits/<int:visit_id>/ticket")
@requires("registration.visit.view")
def show_ticket(visit_id: int) -> ResponseReturnValue:
    """The queue ticket, 80 mm wide."""
    visit = queries.get_visit(visit_id)
    audit.note("ticket.printed", by=current_actor(), subject=visit)
    return paper_answer(documents.queue_ticket(queries.get_visit(visit_id)), f"ticket-{visit.number}")


def day_of(text: str) -> date:
    """A day from a URL; today when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return clock.today()


def _visit_page(visit_id: int, form: Form | None = None) -> ResponseReturnValue:
    visit = queries.get_visit(visit_id)
    audit.seen(visit)
    patient = patients.get_patient(visit.patient_id)
    may_move = visit.is_open and visit.began_at is None
    settings = queries.settings_of(current_actor().tenant_id)
    sessions = [s for s in queries.list_running_sessions() if s.id != visit.session_id] if may_move else []
    names = queries.names_for([visit.practitioner_id, *(s.practitioner_id for s in sessions)])
    page = render_template(
        "registration/visit.html",
        visit=visit,
        banner=patients.banner(patient),
        patient=patient,
        names=names,
        may_move=may_move,
        boards=queries.board_of(sessions, names, release_minutes=settings.release_minutes_before),
        form=form or Form(services.cancel_visit),
    )
    return page, 422 if form is not None else 200
