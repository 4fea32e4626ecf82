"""The triage desk: who waits, who is called, who has left (分诊台)."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.use_cases import case_of
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.patients import queries as patients
from modules.registration import queries, services
from modules.registration.models import ClinicSession, SessionStatus
from modules.registration.rules.queue import PriorityReason
from modules.registration.views.blueprint import blueprint, perform_and_return

STEPS: dict[str, Callable[..., Any]] = {
    "check-in": services.check_in,
    "call": services.call_visit,
    "recall": services.recall,
    "pass-over": services.pass_over,
    "leave": services.leave_queue,
    "return": services.return_to_queue,
    "priority": services.change_priority,
}


@blueprint.get("/queue")
@requires("registration.visit.view")
@fresh
def show_queue() -> ResponseReturnValue:
    """The queues of today's sessions; one is open."""
    shown = (SessionStatus.PUBLISHED, SessionStatus.STOPPED)
    day = queries.list_sessions(clock.today(), statuses=shown)
    current = _current(day, request.args.get("session", type=int))
    queue = queries.queue_of([current] if current else [])
    listed = [*queue.called, *queue.waiting, *queue.to_report, *queue.away, *queue.in_consultation]
    return render_template(
        "registration/queue.html",
        sessions=day,
        current=current,
        queue=queue,
        listed=listed,
        waiting=queries.waiting_by_session(clock.today()),
        people=patients.patients_by_id(visit.patient_id for visit in listed),
        names=queries.names_for(session.practitioner_id for session in day),
        age_text=patients.age_text,
        reasons=list(PriorityReason),
    )


@blueprint.post("/sessions/<int:session_id>/call-next")
@requires("registration.queue.call")
def call_next(session_id: int) -> ResponseReturnValue:
    """Call who is next in this session."""
    form = Form(services.call_next, request.form, session_id=session_id)
    return perform_and_return(form, url_for(".show_queue", session=session_id))


def _current(day: list[ClinicSession], session_id: int | None) -> ClinicSession | None:
    """The session that was asked for; else the actor's own, the department's, or the first that runs."""
    actor, now = current_actor(), clock.now()
    wishes: list[Callable[[ClinicSession], bool]] = [
        lambda s: s.id == session_id,
        lambda s: s.practitioner_id == actor.practitioner_id and s.ends_at > now,
        lambda s: s.department_id == actor.department_id and s.ends_at > now,
        lambda s: s.ends_at > now,
        lambda s: True,
    ]
    return next((session for wish in wishes for session in day if wish(session)), None)


def _add_step(path: str, service: Callable[..., Any]) -> None:
    """One step of a visit through the queue: a button on the triage desk."""

    def take_step(visit_id: int) -> ResponseReturnValue:
        form = Form(service, request.form, visit_id=visit_id)
        return perform_and_return(form, url_for(".show_queue"))

    blueprint.add_url_rule(
        f"/visits/<int:visit_id>/{path}",
        endpoint=path.replace("-", "_"),
        view_func=requires(case_of(service).permission)(take_step),
        methods=["POST"],
    )


for _path, _service in STEPS.items():
    _add_step(_path, _service)
