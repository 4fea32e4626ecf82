"""The blueprint that the pages of registration share."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from app.web.access import current_actor
from app.web.forms import Form
from modules.registration.models import AppointmentStatus, SessionStatus, VisitStatus

blueprint = Blueprint("registration", __name__, template_folder="../templates", url_prefix="/registration")
VISIT_COLOURS = {
    VisitStatus.REGISTERED: "w",
    VisitStatus.WAITING: "w",
    VisitStatus.CALLED: "i",
    VisitStatus.PASSED_OVER: "d",
    VisitStatus.IN_CONSULTATION: "i",
    VisitStatus.FINISHED: "o",
    VisitStatus.CANCELLED: "d",
}
SESSION_COLOURS = {SessionStatus.DRAFT: "w", SessionStatus.PUBLISHED: "o", SessionStatus.STOPPED: "d"}
APPOINTMENT_COLOURS = {
    AppointmentStatus.BOOKED: "w",
    AppointmentStatus.ARRIVED: "o",
    AppointmentStatus.STOPPED: "d",
    AppointmentStatus.NO_SHOW: "d",
}


@blueprint.context_processor
def words() -> dict[str, Any]:
    """What the templates of these pages may ask."""
    colours: dict[Any, str] = {**VISIT_COLOURS, **SESSION_COLOURS, **APPOINTMENT_COLOURS}
    return {"colour_of": lambda status: colours.get(status, "")}


def perform_and_return(form: Form, target: str) -> ResponseReturnValue:
    """Carry out one step of a list and go back to it; a refusal is said there."""
    form.perform(by=current_actor())
    for message in form.messages:
        flash(message, "error")
    return redirect(_local(request.form.get("back", "")) or target, 303)


def _local(path: str) -> str:
    """Only a path of these pages may follow a step."""
    return path if path.startswith(f"{blueprint.url_prefix}/") else ""
