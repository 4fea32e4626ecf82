"""Appointments: book a place for a later day, move or give it back."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from modules.patients import queries as patients
from modules.registration import queries, services
from modules.registration.models import Appointment, SessionStatus
from modules.registration.views.blueprint import blueprint, perform_and_return
from modules.registration.views.visits import day_of


@blueprint.get("/appointments")
@requires("registration.appointment.book")
def show_appointments() -> ResponseReturnValue:
    """The places of a day, and who has booked."""
    start = {"patient_id": request.args.get("patient_id", "")}
    return _page(Form(services.book_appointment, start=start))


@blueprint.post("/appointments")
@requires("registration.appointment.book")
def book_appointment() -> ResponseReturnValue:
    """Keep a place."""
    form = Form(services.book_appointment, request.form)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_appointments", on=_day()), 303)
    return _page(form), 422


@blueprint.post("/appointments/<int:appointment_id>/transfer")
@requires("registration.appointment.book")
def transfer_appointment(appointment_id: int) -> ResponseReturnValue:
    """Move an appointment to the chosen window."""
    form = Form(services.transfer_appointment, request.form, appointment_id=appointment_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_appointments", on=_day()), 303)
    return _page(form, queries.get_appointment(appointment_id)), 422


@blueprint.post("/appointments/<int:appointment_id>/cancel")
@requires("registration.appointment.book")
def cancel_appointment(appointment_id: int) -> ResponseReturnValue:
    """Give an appointment back."""
    form = Form(services.cancel_appointment, request.form, appointment_id=appointment_id)
    return perform_and_return(form, url_for(".show_appointments", on=_day()))


@blueprint.post("/appointments/<int:appointment_id>/arrive")
@requires("registration.visit.register")
def take_number(appointment_id: int) -> ResponseReturnValue:
    """The patient has come: registering takes the number of the appointment."""
    appointment = queries.get_appointment(appointment_id)
    form = Form(
        services.register_visit,
        request.form,
        appointment_id=appointment_id,
        patient_id=appointment.patient_id,
    )
    if visit := form.perform(by=current_actor()):
        return redirect(url_for(".show_window", registered=visit.id), 303)
    return _page(form), 422


def _day() -> str:
    return day_of(request.args.get("on", "")).isoformat()


def _page(form: Form, moved: Appointment | None = None) -> str:
    on = day_of(request.args.get("on", ""))
    moving = moved or _find_moving()
    sessions = queries.list_sessions(
        on, department_id=request.args.get("department", type=int), statuses=(SessionStatus.PUBLISHED,)
    )
    page = queries.list_appointments(on, before=request.args.get("before", type=int))
    names = queries.names_for(
        [*(s.practitioner_id for s in sessions), *(a.practitioner_id for a in page.rows)]
    )
    wanted = {row.patient_id for row in page.rows} | ({moving.patient_id} if moving else set())
    picked = request.form.get("patient_id") or form.value("patient_id")
    if str(picked).isdigit():
        wanted.add(int(picked))
    people = patients.patients_by_id(wanted)
    return render_template(
        "registration/appointments.html",
        form=form,
        on=on,
        boards=queries.board_of([s for s in sessions if s.ends_at > clock.now()], names),
        page=links(page),
        people=people,
        picked=people.get(int(picked)) if str(picked).isdigit() else None,
        names=names,
        moving=moving,
        last_day=queries.settings_of(current_actor().tenant_id).book_days_ahead,
    )


def _find_moving() -> Appointment | None:
    appointment_id = request.args.get("move", type=int)
    return queries.get_appointment(appointment_id) if appointment_id else None
