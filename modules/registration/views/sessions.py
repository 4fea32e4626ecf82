"""Clinic sessions (出诊): publish, stop, let another doctor stand in, add numbers."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.patients import queries as patients
from modules.registration import queries, services
from modules.registration.models import AppointmentStatus, ClinicSession
from modules.registration.views.blueprint import blueprint
from modules.registration.views.visits import day_of
from tenants import queries as tenants

DAYS = 7
OPEN_APPOINTMENTS = (AppointmentStatus.BOOKED, AppointmentStatus.STOPPED)


@blueprint.get("/sessions")
@requires("registration.visit.view")
def list_sessions() -> ResponseReturnValue:
    """The sessions of a week."""
    since = day_of(request.args.get("since", ""))
    sessions = queries.list_sessions(
        since, since + timedelta(days=DAYS - 1), department_id=request.args.get("department", type=int)
    )
    return render_template(
        "registration/sessions.html",
        sessions=sessions,
        since=since,
        earlier=since - timedelta(days=DAYS),
        later=since + timedelta(days=DAYS),
        taken=queries.taken_by_session([session.id for session in sessions]),
        names=queries.names_for(session.practitioner_id for session in sessions),
    )


@blueprint.get("/sessions/<int:session_id>")
@requires("registration.visit.view")
def show_session(session_id: int) -> ResponseReturnValue:
    """One session: its windows, who has booked, who is registered."""
    return _page(session_id)


@blueprint.post("/sessions/<int:session_id>/publish")
@requires("registration.session.manage")
def publish_session(session_id: int) -> ResponseReturnValue:
    """Open a draft, or take an untouched session back to one."""
    return _perform(session_id, Form(services.publish_session, request.form, session_id=session_id))


@blueprint.post("/sessions/<int:session_id>/stop")
@requires("registration.session.manage")
def stop_session(session_id: int) -> ResponseReturnValue:
    """Stop the session; the page then lists whom to call."""
    return _perform(session_id, Form(services.stop_session, request.form, session_id=session_id))


@blueprint.post("/sessions/<int:session_id>/substitute")
@requires("registration.session.manage")
def substitute_practitioner(session_id: int) -> ResponseReturnValue:
    """Let another doctor hold the session."""
    return _perform(session_id, Form(services.substitute_practitioner, request.form, session_id=session_id))


@blueprint.post("/sessions/<int:session_id>/add-ons")
@requires("registration.visit.add_on")
def register_add_on(session_id: int) -> ResponseReturnValue:
    """Give an add-on number."""
    form = Form(services.register_add_on, request.form, session_id=session_id)
    if visit := form.perform(by=current_actor()):
        return redirect(url_for(".show_visit", visit_id=visit.id), 303)
    return _page(session_id, form)


def _perform(session_id: int, form: Form) -> ResponseReturnValue:
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_session", session_id=session_id), 303)
    return _page(session_id, form)


def _page(session_id: int, form: Form | None = None) -> ResponseReturnValue:
    session: ClinicSession = queries.get_session(session_id)
    appointments = queries.appointments_of_session(session_id, *OPEN_APPOINTMENTS)
    visits = queries.visits_of_session(session_id)
    wanted = {row.patient_id for row in appointments} | {row.patient_id for row in visits}
    staff = tenants.list_practitioners()
    page = render_template(
        "registration/session.html",
        session=session,
        slots=queries.list_slots([session_id]),
        appointments=appointments,
        visits=visits,
        people=patients.patients_by_id(wanted) if wanted else {},
        names=queries.names_for([session.practitioner_id, session.regular_practitioner_id]),
        practitioners=[(p.id, f"{p.name} {p.staff_no}") for p in staff if p.may_prescribe],
        form=form or Form(services.register_add_on),
        regular=next((p.name for p in staff if p.id == session.regular_practitioner_id), ""),
    )
    return page, 422 if form is not None else 200
