"""Pages of requisitions: what a pharmacy asks for, and what came of it."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.dispensing.queries import LocationKind
from modules.storeroom import queries, services
from modules.storeroom.models import Outcome
from modules.storeroom.views.pages import act, blueprint, paged


@blueprint.get("/requisitions")
@requires("storeroom.requisition.view")
def list_requisitions() -> ResponseReturnValue:
    """Requisitions: the open ones, or all."""
    only_open = request.args.get("list", "open") == "open"
    page = queries.list_requisitions(only_open=only_open, before=request.args.get("before", type=int))
    given = {} if only_open else {"list": "all"}
    return render_template(
        "storeroom/requisitions.html",
        page=page,
        urls=paged(".list_requisitions", page, **given),
        only_open=only_open,
        places=_places(),
    )


@blueprint.get("/requisitions/new")
@requires("storeroom.requisition.apply")
def new_requisition() -> ResponseReturnValue:
    """An empty requisition."""
    return _entry(Form(services.apply_requisition))


@blueprint.post("/requisitions")
@requires("storeroom.requisition.apply")
def apply_requisition() -> ResponseReturnValue:
    """Ask the storeroom."""
    form = Form(services.apply_requisition, request.form)
    requisition = form.perform(by=current_actor())
    if requisition is None:
        return _entry(form), 422
    return redirect(url_for(".show_requisition", requisition_id=requisition.id), 303)


def _entry(form: Form) -> str:
    by = current_actor()
    pharmacies = stock.list_locations(LocationKind.PHARMACY)
    own = next((place.id for place in pharmacies if place.department_id == by.department_id), "")
    return render_template(
        "storeroom/requisition_entry.html",
        form=form,
        own=own,
        storerooms=stock.list_locations(LocationKind.STOREROOM),
        pharmacies=pharmacies,
        lines=form.lines("lines"),
    )


@blueprint.get("/requisitions/<int:requisition_id>")
@requires("storeroom.requisition.view")
def show_requisition(requisition_id: int) -> ResponseReturnValue:
    """One requisition."""
    return _requisition(requisition_id, Form(services.receive_requisition, requisition_id=requisition_id))


@blueprint.post("/requisitions/<int:requisition_id>/approve")
@requires("storeroom.requisition.approve")
def approve_requisition(requisition_id: int) -> ResponseReturnValue:
    """Approve it, whole or less."""
    return _on(services.approve_requisition, requisition_id, gettext("Approved"))


@blueprint.post("/requisitions/<int:requisition_id>/reject")
@requires("storeroom.requisition.approve")
def reject_requisition(requisition_id: int) -> ResponseReturnValue:
    """Reject it."""
    return _on(services.reject_requisition, requisition_id, gettext("Rejected"))


@blueprint.post("/requisitions/<int:requisition_id>/ship")
@requires("storeroom.requisition.ship")
def ship_requisition(requisition_id: int) -> ResponseReturnValue:
    """Send it on its way."""
    return _on(services.ship_requisition, requisition_id, gettext("On the way"))


@blueprint.post("/requisitions/<int:requisition_id>/give-up")
@requires("storeroom.requisition.ship")
def give_requisition_up(requisition_id: int) -> ResponseReturnValue:
    """It cannot be sent."""
    return _on(services.give_requisition_up, requisition_id, gettext("Not sent"))


@blueprint.post("/requisitions/<int:requisition_id>/receive")
@requires("storeroom.requisition.receive")
def receive_requisition(requisition_id: int) -> ResponseReturnValue:
    """Take in what came."""
    return _on(services.receive_requisition, requisition_id, gettext("Received"))


def _on(use_case: Callable[..., Any], requisition_id: int, done: str) -> ResponseReturnValue:
    target = url_for(".show_requisition", requisition_id=requisition_id)
    return act(
        use_case,
        lambda form: _requisition(requisition_id, form),
        target,
        done,
        requisition_id=requisition_id,
    )


def _requisition(requisition_id: int, form: Form) -> str:
    requisition = queries.get_requisition(requisition_id)
    lines = queries.lines_of_requisition(requisition_id)
    parts = queries.shipped_parts(requisition_id)
    return render_template(
        "storeroom/requisition.html",
        requisition=requisition,
        lines=lines,
        parts=parts,
        batches=stock.batches_by_id(part.batch_id for part in parts),
        there=stock.stock_at(requisition.from_location_id, (line.drug_id for line in lines)),
        places=_places(),
        outcomes=Outcome.options(),
        form=form,
    )


def _places() -> dict[int, str]:
    return {place.id: place.name for place in stock.list_locations()}
