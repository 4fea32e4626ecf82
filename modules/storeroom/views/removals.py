"""Pages of losses, returns to suppliers, quarantines and recalls."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.patients import queries as patients
from modules.storeroom import queries, services
from modules.storeroom.models import RemovalKind
from modules.storeroom.views.pages import act, blueprint, paged


@blueprint.get("/removals")
@requires("storeroom.stock.view")
def list_removals() -> ResponseReturnValue:
    """Losses and returns, and what is set apart."""
    return _removals(Form(services.reject_removal))


@blueprint.get("/batches")
@requires("storeroom.stock.view")
def find_batch() -> ResponseReturnValue:
    """Stock to be taken out, set apart or recalled: the batches at a place that match a search."""
    places = stock.list_locations()
    chosen = request.args.get("location", type=int) or (places[0].id if places else 0)
    typed = request.args.get("q", "")
    page = stock.list_balances(chosen, text=typed, before=request.args.get("before", type=int), size=40)
    return render_template(
        "storeroom/batches.html",
        places=places,
        chosen=chosen,
        q=typed,
        page=page,
        urls=paged(".find_batch", page, location=chosen, q=typed),
    )


@blueprint.get("/batches/<int:balance_id>")
@requires("storeroom.stock.view")
def show_balance(balance_id: int) -> ResponseReturnValue:
    """One batch at one place, and what may be done with it."""
    return _balance(balance_id, Form(services.apply_removal, balance_id=balance_id))


@blueprint.post("/batches/<int:balance_id>/remove")
@requires("storeroom.stock.remove")
def apply_removal(balance_id: int) -> ResponseReturnValue:
    """Apply for a loss or a return."""
    return _on_balance(services.apply_removal, balance_id, gettext("Applied for"))


@blueprint.post("/batches/<int:balance_id>/quarantine")
@requires("storeroom.stock.freeze")
def quarantine_stock(balance_id: int) -> ResponseReturnValue:
    """Set a quantity apart."""
    return _on_balance(services.quarantine_stock, balance_id, gettext("Set apart"))


@blueprint.post("/batches/<int:balance_id>/recall")
@requires("storeroom.batch.recall")
def recall_batch(balance_id: int) -> ResponseReturnValue:
    """Recall the batch, everywhere in the centre."""
    batch_id = stock.get_balance(balance_id).batch.id
    form = Form(services.recall_batch, request.form, batch_id=batch_id)
    recall = form.perform(by=current_actor())
    if recall is None:
        return _balance(balance_id, form), 422
    return redirect(url_for(".show_recall", recall_id=recall.id), 303)


def _on_balance(use_case: Callable[..., Any], balance_id: int, done: str) -> ResponseReturnValue:
    target = url_for(".list_removals")
    return act(use_case, lambda form: _balance(balance_id, form), target, done, balance_id=balance_id)


def _balance(balance_id: int, form: Form) -> str:
    places = {place.id: place.name for place in stock.list_locations()}
    return render_template(
        "storeroom/balance.html",
        line=stock.get_balance(balance_id),
        places=places,
        suppliers=queries.list_suppliers(),
        kinds=RemovalKind.options(),
        form=form,
    )


@blueprint.post("/removals/<int:removal_id>/approve")
@requires("storeroom.stock.approve")
def approve_removal(removal_id: int) -> ResponseReturnValue:
    """Approve and post it."""
    target = url_for(".list_removals")
    return act(services.approve_removal, _removals, target, gettext("Posted"), removal_id=removal_id)


@blueprint.post("/removals/<int:removal_id>/reject")
@requires("storeroom.stock.approve")
def reject_removal(removal_id: int) -> ResponseReturnValue:
    """Reject it."""
    target = url_for(".list_removals")
    return act(services.reject_removal, _removals, target, gettext("Rejected"), removal_id=removal_id)


@blueprint.post("/quarantines/<int:quarantine_id>/end")
@requires("storeroom.stock.freeze")
def end_quarantine(quarantine_id: int) -> ResponseReturnValue:
    """Let it go."""
    target = url_for(".list_removals")
    return act(services.end_quarantine, _removals, target, gettext("Free again"), quarantine_id=quarantine_id)


@blueprint.post("/quarantines/<int:quarantine_id>/remove")
@requires("storeroom.stock.remove")
def remove_quarantined(quarantine_id: int) -> ResponseReturnValue:
    """Apply for its loss or return."""
    target = url_for(".list_removals")
    return act(
        services.remove_quarantined, _removals, target, gettext("Applied for"), quarantine_id=quarantine_id
    )


def _removals(form: Form) -> str:
    page, removals = queries.list_removals(before=request.args.get("before", type=int))
    return render_template(
        "storeroom/removals.html",
        removals=removals,
        quarantines=queries.open_quarantines(),
        urls=paged(".list_removals", page),
        places={place.id: place.name for place in stock.list_locations()},
        suppliers=queries.list_suppliers(),
        kinds=RemovalKind.options(),
        form=form,
    )


@blueprint.get("/recalls")
@requires("storeroom.stock.view")
def list_recalls() -> ResponseReturnValue:
    """Recalled batches."""
    return render_template("storeroom/recalls.html", recalls=queries.list_recalls())


@blueprint.get("/recalls/<int:recall_id>")
@requires("storeroom.recall.view")
@audit.reading("recall.read")
def show_recall(recall_id: int) -> ResponseReturnValue:
    """A recall: where the batch lies, who waits for it and who has taken it home."""
    return _recall(recall_id, Form(services.end_recall, recall_id=recall_id))


@blueprint.post("/recalls/<int:recall_id>/end")
@requires("storeroom.batch.recall")
def end_recall(recall_id: int) -> ResponseReturnValue:
    """End a recall."""
    form = Form(services.end_recall, request.form, recall_id=recall_id)
    form.perform_or_raise(by=current_actor())
    return redirect(url_for(".list_recalls"), 303)


def _recall(recall_id: int, form: Form) -> str:
    recall = queries.get_recall(recall_id)
    lots = [recall.batch_id, *(lot.id for lot in stock.lots_of(recall.batch_id))]  # its bags too
    users = [user for lot_id in lots for user in stock.users_of_batch(lot_id)]
    shown = sorted({user.task.patient_id for user in users})
    audit.seen(recall, residents=[str(patient_id) for patient_id in shown])  # whose names the page shows
    return render_template(
        "storeroom/recall.html",
        recall=recall,
        lines=[line for lot_id in lots for line in stock.balances_of_batch(lot_id)],
        waiting=[user for user in users if user.waiting],
        taken=[user for user in users if user.with_patient],
        people=patients.patients_by_id(set(shown)),
        places={place.id: place.name for place in stock.list_locations()},
        form=form,
    )
