"""The pharmacy's window: review, prepare, hand out, take back."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import audit
from app.errors import DomainError, NotFound
from app.i18n import gettext
from app.money import format_quantity
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.charging import queries as charging
from modules.dispensing import documents, queries, services
from modules.dispensing.models import OPEN_STATUSES, TaskStatus
from modules.dispensing.rules.batches import split_into_packs
from modules.dispensing.rules.review import FOUR_CHECKS
from modules.dispensing.views.pages import blueprint
from modules.dispensing.views.scanning import scan_facts
from modules.patients import queries as patients
from modules.prescriptions import queries as prescriptions
from modules.prescriptions.queries import Prescription
from modules.prescriptions.services import return_by_pharmacist

OWED = (TaskStatus.PARTLY_DISPENSED,)
DONE = (TaskStatus.DISPENSED, TaskStatus.PARTLY_RETURNED, TaskStatus.RETURNED)
LISTS = {"open": OPEN_STATUSES, "unpaid": (TaskStatus.UNPAID,), "owed": OWED, "done": DONE}


@blueprint.get("/window")
@requires("dispensing.prescription.view")
@fresh
def show_window() -> ResponseReturnValue:
    """Work that waits; a scanned slip opens its prescription at once."""
    typed = request.args.get("q", "").strip()
    if typed and (task := queries.find_task_by_number(typed)):
        return redirect(url_for(".show_prescription", prescription_id=task.prescription_id), 303)
    return _window(None, is_missed=bool(typed))


@blueprint.get("/window/<int:prescription_id>")
@requires("dispensing.prescription.view")
@audit.reading("prescription.read_at_pharmacy")
@fresh
def show_prescription(prescription_id: int) -> ResponseReturnValue:
    """One prescription at the window."""
    return _window(prescription_id)


@blueprint.post("/window/<int:prescription_id>/review")
@requires("dispensing.prescription.review")
def review_prescription(prescription_id: int) -> ResponseReturnValue:
    """Pass the four checks."""
    return _act(services.review_prescription, prescription_id, gettext("Review passed"))


@blueprint.post("/window/<int:prescription_id>/prepare")
@requires("dispensing.prescription.prepare")
def prepare_prescription(prescription_id: int) -> ResponseReturnValue:
    """The drugs are taken from the shelf."""
    return _act(services.prepare_prescription, prescription_id, gettext("Prepared"))


@blueprint.post("/window/<int:prescription_id>/put-back")
@requires("dispensing.prescription.prepare")
def put_back_prescription(prescription_id: int) -> ResponseReturnValue:
    """The drugs are put back on the shelf."""
    return _act(services.put_back_prescription, prescription_id, gettext("Put back"))


@blueprint.post("/window/<int:prescription_id>/rehold")
@requires("dispensing.prescription.prepare")
def rehold_prescription(prescription_id: int) -> ResponseReturnValue:
    """Other batches are taken for a recalled one."""
    return _act(services.rehold_prescription, prescription_id, gettext("Other batches are taken"))


@blueprint.post("/window/<int:prescription_id>/dispense")
@requires("dispensing.prescription.dispense")
def dispense_prescription(prescription_id: int) -> ResponseReturnValue:
    """Hand the drugs out; what is short stays owed."""
    return _act(services.dispense_prescription, prescription_id, gettext("Handed out"))


@blueprint.post("/window/<int:prescription_id>/rest")
@requires("dispensing.prescription.dispense")
def hand_out_rest(prescription_id: int) -> ResponseReturnValue:
    """Hand out what stayed owed."""
    return _act(services.hand_out_rest, prescription_id, gettext("Handed out"))


@blueprint.post("/window/<int:prescription_id>/send-back")
@requires("prescriptions.prescription.review")
def send_back_prescription(prescription_id: int) -> ResponseReturnValue:
    """Send a prescription that does not pass the review back to its doctor, with the reason."""
    form = Form(return_by_pharmacist, request.form, prescription_id=prescription_id)
    if form.perform(by=current_actor()) is None:
        return _window(prescription_id, send_back_form=form), 422
    flash(gettext("Sent back to the doctor"), "ok")
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


@blueprint.post("/window/<int:prescription_id>/return")
@requires("dispensing.drugs.return")
def return_drugs(prescription_id: int) -> ResponseReturnValue:
    """Take drugs back."""
    form = Form(services.return_drugs, _chosen_lines(request.form), prescription_id=prescription_id)
    document = form.perform(by=current_actor())
    if document is None:
        return _window(prescription_id, return_form=form), 422
    flash(gettext("Taken back: document %(number)s", number=document.number), "ok")
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


@blueprint.post("/window/<int:prescription_id>/refuse-return")
@requires("dispensing.drugs.return")
def refuse_return(prescription_id: int) -> ResponseReturnValue:
    """Nothing comes back of what the doctor asked to be refunded."""
    form = Form(services.refuse_return, request.form, prescription_id=prescription_id)
    if form.perform(by=current_actor()) is None:
        return _window(prescription_id, refuse_form=form), 422
    flash(gettext("Sent back to the doctor"), "ok")
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


@blueprint.post("/window/<int:prescription_id>/scan")
@requires("dispensing.prescription.dispense")
def scan_code(prescription_id: int) -> ResponseReturnValue:
    """A pack is scanned; what is refused as an alarm is kept."""
    by = current_actor()
    form = Form(services.scan_code, request.form, prescription_id=prescription_id)
    try:
        services.scanning(lambda: form.perform_or_raise(by=by), prescription_id=prescription_id, by=by)
    except DomainError as refusal:
        form.reject(refusal)
        return _window(prescription_id, scan_form=form), 422
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


@blueprint.post("/window/<int:prescription_id>/no-code")
@requires("dispensing.prescription.dispense")
def pass_without_code(prescription_id: int) -> ResponseReturnValue:
    """A line goes out without a code, with the reason."""
    form = Form(services.pass_without_code, request.form, prescription_id=prescription_id)
    if form.perform(by=current_actor()) is None:
        return _window(prescription_id, no_code_form=form), 422
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


@blueprint.post("/window/<int:prescription_id>/scans/<int:use_id>/remove")
@requires("dispensing.prescription.dispense")
def remove_scan(prescription_id: int, use_id: int) -> ResponseReturnValue:
    """A scanned pack is taken off again."""
    services.remove_scan(prescription_id=prescription_id, use_id=use_id, by=current_actor())
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


@blueprint.get("/window/<int:prescription_id>/labels.pdf")
@requires("dispensing.prescription.prepare")
def print_labels(prescription_id: int) -> ResponseReturnValue:
    """A label for each drug."""
    return _paper(prescription_id, documents.bag_labels, "labels")


@blueprint.get("/window/<int:prescription_id>/decoction.pdf")
@requires("dispensing.prescription.prepare")
def print_decoction(prescription_id: int) -> ResponseReturnValue:
    """The slip for who decocts."""
    if prescriptions.get_prescription(prescription_id).kind.value != "herbal":
        raise NotFound(field="prescription_id")
    return _paper(prescription_id, documents.decoction_slip, "decoction")


def _paper(prescription_id: int, make: Callable[[Prescription], bytes], name: str) -> ResponseReturnValue:
    queries.get_task(prescription_id)
    prescription = prescriptions.get_prescription(prescription_id)
    audit.note(
        "labels.printed" if name == "labels" else "decoction.printed",
        by=current_actor(),
        subject=prescription,
    )
    return paper_answer(make(prescription), f"{name}-{prescription.number}")


def _act(use_case: Callable[..., Any], prescription_id: int, done: str) -> ResponseReturnValue:
    form = Form(use_case, _chosen_lines(request.form, "owed"), prescription_id=prescription_id)
    if form.perform(by=current_actor()) is None:
        return _window(prescription_id, act_form=form), 422
    flash(done, "ok")
    return redirect(url_for(".show_prescription", prescription_id=prescription_id), 303)


def _chosen_lines(typed: "MultiDict[str, str]", lines: str = "lines") -> "MultiDict[str, str]":
    """Lines without a quantity were not chosen."""
    kept = typed.copy()
    for name in list(typed):
        if name.startswith(f"{lines}-") and name.endswith("-quantity") and typed[name].strip() in ("", "0"):
            kept.pop(name)
            kept.pop(name.replace("-quantity", "-item_id"), None)
    return kept


def _window(prescription_id: int | None, *, is_missed: bool = False, **forms: Form) -> str:
    by = current_actor()
    chosen = request.args.get("list", "open")
    location_id = queries.find_pharmacy(by.station_id)
    reviews_first = services.reviews_first(by)
    tasks = (
        queries.list_tasks(
            location_id,
            LISTS.get(chosen, OPEN_STATUSES),
            reviews_first=reviews_first and chosen == "open",
        )
        if location_id
        else []
    )
    asked_back = queries.tasks_asked_back(location_id) if location_id and prescription_id is None else []
    facts: dict[str, Any] = {
        "tasks": tasks,
        "asked_back": asked_back,
        "chosen": chosen,
        "is_missed": is_missed,
        "task": None,
    }
    if prescription_id is not None:
        facts |= _task_facts(prescription_id)
    people = {task.patient_id for task in (*tasks, *asked_back, *([facts["task"]] if facts["task"] else []))}
    return render_template(
        "dispensing/window.html",
        people=patients.patients_by_id(people),
        is_single=services.is_single_pharmacist(by.tenant_id),
        actor=by,
        reviews_first=reviews_first,
        four_checks=FOUR_CHECKS,
        **{**facts, **forms},
    )


def _task_facts(prescription_id: int) -> dict[str, Any]:
    task = queries.get_task(prescription_id)
    prescription = prescriptions.get_prescription(prescription_id)
    audit.seen(prescription)
    items = prescriptions.list_items(prescription)
    asked = charging.open_request_of(prescription_id)
    return {
        "task": task,
        "asked": asked,
        "opens_return": "asked" in request.args and any(row.to_come_back for _, row in asked),
        "banner": patients.banner(patients.get_patient(task.patient_id)),
        "prescription": prescription,
        "items": items,
        "holds": (holds := queries.task_view(task)),
        "split": split_into_packs,
        "act_form": Form(services.dispense_prescription, prescription_id=prescription_id),
        "return_form": Form(
            services.return_drugs, start=_as_asked(items, asked), prescription_id=prescription_id
        ),
        "refuse_form": Form(services.refuse_return, prescription_id=prescription_id),
        "send_back_form": Form(return_by_pharmacist, prescription_id=prescription_id),
        **scan_facts(task, holds, current_actor()),
    }


def _as_asked(items: list[Any], asked: list[tuple[Any, Any]]) -> dict[str, Any]:
    """The return filled with what the doctor asks back of what the patient has."""
    wanted = {row.charge.source_id: row.to_come_back for _, row in asked if row.to_come_back}
    if not wanted:
        return {}
    start: dict[str, Any] = {
        f"lines-{place}-quantity": format_quantity(wanted[item.id])
        for place, item in enumerate(items)
        if item.id in wanted
    }
    return {**start, "reason": asked[0][0].reason}
