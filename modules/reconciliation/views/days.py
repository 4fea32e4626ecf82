"""A day: its formula, its differences with their next steps, its statement and what arrived at the bank."""

import base64
import json
from collections.abc import Callable
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.actor import Actor
from app.errors import DomainError, NotFound
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.reconciliation import queries, services
from modules.reconciliation.rules.statements import LARGEST
from modules.reconciliation.rules.states import Fault, Step
from modules.reconciliation.rules.states import Form as StatementForm
from modules.reconciliation.services import conduct
from modules.reconciliation.views.pages import CLASS_KINDS, DAY_KINDS, ENTRY_KINDS, blueprint


@blueprint.get("/days/<int:day_id>")
@requires("reconciliation.day.view")
@fresh
def show_day(day_id: int) -> ResponseReturnValue:
    """One day of a channel or of the insurer."""
    return render_template("reconciliation/day.html", **_facts(day_id))


@blueprint.post("/days/<int:day_id>/fetch")
@requires("reconciliation.day.compare")
def fetch_day(day_id: int) -> ResponseReturnValue:
    """Get the statement, or the insurer's word, and compare."""
    return _after(day_id, lambda by: conduct.fetch_day(day_id, by=by), gettext("Compared"))


@blueprint.post("/days/<int:day_id>/statement")
@requires("reconciliation.day.compare")
def bring_statement(day_id: int) -> ResponseReturnValue:
    """Take a statement file that was brought by hand."""
    upload = request.files.get("content")
    content = base64.b64encode(upload.stream.read(LARGEST + 1) if upload else b"").decode()
    chosen = request.form.get("form", "")
    form = StatementForm(chosen) if chosen in set(StatementForm) else StatementForm.CSV

    def take(by: Actor) -> Any:
        return conduct.bring_statement(day_id, content, form, by=by)

    return _after(day_id, take, gettext("The statement is compared"))


@blueprint.post("/days/<int:day_id>/confirm")
@requires("reconciliation.day.confirm")
def confirm_day(day_id: int) -> ResponseReturnValue:
    """Tie the day out."""
    form = Form(services.confirm_day, request.form, day_id=day_id)
    return _after(day_id, lambda by: form.perform_or_raise(by=by), gettext("The day is tied out"))


@blueprint.post("/days/<int:day_id>/arrivals")
@requires("reconciliation.arrival.enter")
def note_arrival(day_id: int) -> ResponseReturnValue:
    """What the bank says arrived."""
    form = Form(services.note_arrival, request.form, day_id=day_id)
    if form.perform(by=current_actor()) is None:
        return _fragment(day_id, arrival_form=form), 422
    return _said(day_id, gettext("The arrival is noted"))


@blueprint.post("/arrivals/<int:arrival_id>/take-back")
@requires("reconciliation.arrival.enter")
def take_back_arrival(arrival_id: int) -> ResponseReturnValue:
    """An arrival was noted by mistake."""
    day_id = queries.get_arrival(arrival_id).day_id
    form = Form(services.take_back_arrival, request.form, arrival_id=arrival_id)
    return _after(day_id, lambda by: form.perform_or_raise(by=by), gettext("The arrival is taken back"))


@blueprint.post("/entries/<int:entry_id>/step")
@requires("reconciliation.difference.handle")
def do_step(entry_id: int) -> ResponseReturnValue:
    """Do the next step of a difference."""
    day_id = queries.get_entry(entry_id).day_id
    chosen = request.form.get("step", "")
    step = Step(chosen) if chosen in set(Step) else Step.EXPLAIN
    reason = request.form.get("reason", "").strip()
    return _after(day_id, lambda by: conduct.do_step(entry_id, step, reason, by=by), step.label)


@blueprint.post("/entries/<int:entry_id>/review")
@requires("reconciliation.difference.review")
def review_difference(entry_id: int) -> ResponseReturnValue:
    """Agree to how another person has handled it."""
    day_id = queries.get_entry(entry_id).day_id
    form = Form(services.review_difference, request.form, entry_id=entry_id)
    return _after(day_id, lambda by: form.perform_or_raise(by=by), gettext("The handling is reviewed"))


@blueprint.post("/entries/<int:entry_id>/send-back")
@requires("reconciliation.difference.review")
def send_back_difference(entry_id: int) -> ResponseReturnValue:
    """Put it back on the list."""
    day_id = queries.get_entry(entry_id).day_id
    form = Form(services.send_back_difference, request.form, entry_id=entry_id)
    return _after(day_id, lambda by: form.perform_or_raise(by=by), gettext("Sent back"))


def _after(day_id: int, act: Callable[[Actor], Any], said: str) -> ResponseReturnValue:
    """Do one thing about a day, and show the day as it is then; a refusal stands above it."""
    try:
        act(current_actor())
    except NotFound:
        raise
    except DomainError as refusal:
        return _fragment(day_id, message=refusal.text), 409 if refusal.status == 409 else 422
    return _said(day_id, said)


def _said(day_id: int, text: str) -> ResponseReturnValue:
    if not request.headers.get("HX-Request"):
        flash(text, "ok")
        return redirect(url_for(".show_day", day_id=day_id), 303)
    answer = make_response(_fragment(day_id))
    answer.headers["HX-Trigger"] = json.dumps({"his:toast": {"text": text, "kind": "o"}})
    return answer


def _fragment(day_id: int, **given: Any) -> str:
    is_part = bool(request.headers.get("HX-Request"))
    name = "reconciliation/day_body.html" if is_part else "reconciliation/day.html"
    return render_template(name, **_facts(day_id, **given))


def _facts(day_id: int, *, message: str = "", arrival_form: Form | None = None) -> dict[str, Any]:
    view = queries.day_view(day_id, before=request.args.get("before", type=int))
    return {
        "view": view,
        "day": view.day,
        "label": queries.channel_label(view.day.channel),
        "page": links(view.matched),
        "message": message,
        "note": _words_of(view.day.note),
        "arrival_form": arrival_form or Form(services.note_arrival, day_id=day_id),
        "day_kinds": DAY_KINDS,
        "entry_kinds": ENTRY_KINDS,
        "class_kinds": CLASS_KINDS,
        "forms": StatementForm.options(),
        "me": current_actor().account_id,
    }


def _words_of(note: str) -> str:
    """Why a day does not go on, in words."""
    if note in set(Fault):
        return Fault(note).label
    if note == "NotReady":
        return gettext("The channel has no statement of this day yet.")
    if note == "NotSigned":
        return gettext("The answer was not signed by the channel.")
    return gettext("The other side has not answered; it is asked again by itself.")
