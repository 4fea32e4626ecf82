"""A centre's pages of what the district sends, and the button with which it hands a plan in."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.dispensing.queries import LocationKind
from modules.distribution import queries, services
from modules.distribution.views.pages import act, blueprint, paged
from modules.storeroom.queries import Plan


def approved_plan(plan: Plan) -> str:
    """On an approved plan: let the district buy it."""
    return render_template("distribution/hand_in_place.html", plan=plan)


@blueprint.post("/plans/<int:plan_id>/hand-in")
@requires("storeroom.purchase.plan")
def hand_in_plan(plan_id: int) -> ResponseReturnValue:
    """Hand a plan in to the district."""
    form = Form(services.hand_in_plan, request.form, plan_id=plan_id)
    form.perform_or_raise(by=current_actor())
    flash(gettext("Handed in to the district"), "ok")
    return redirect(url_for("storeroom.show_plan", plan_id=plan_id), 303)


@blueprint.get("/deliveries")
@requires("distribution.delivery.view")
def list_deliveries() -> ResponseReturnValue:
    """Shipments of the district, the latest first."""
    page = queries.list_deliveries(before=request.args.get("before", type=int))
    return render_template("distribution/deliveries.html", page=page, urls=paged(".list_deliveries", page))


@blueprint.get("/deliveries/<int:delivery_id>")
@requires("distribution.delivery.view")
def show_delivery(delivery_id: int) -> ResponseReturnValue:
    """One shipment: to be inspected, or as it was."""
    return _delivery(delivery_id, Form(services.receive_shipment, delivery_id=delivery_id))


@blueprint.post("/deliveries/<int:delivery_id>")
@requires("distribution.delivery.receive")
def receive_shipment(delivery_id: int) -> ResponseReturnValue:
    """Take in what is right."""
    return act(
        services.receive_shipment,
        lambda form: _delivery(delivery_id, form),
        lambda _: url_for(".show_delivery", delivery_id=delivery_id),
        gettext("Inspected"),
        delivery_id=delivery_id,
    )


@blueprint.post("/deliveries/<int:delivery_id>/sign")
@requires("distribution.delivery.receive")
def sign_shipment(delivery_id: int) -> ResponseReturnValue:
    """The second signature."""
    return act(
        services.sign_shipment,
        lambda form: _delivery(delivery_id, form),
        lambda _: url_for(".show_delivery", delivery_id=delivery_id),
        gettext("Signed and posted"),
        delivery_id=delivery_id,
    )


@blueprint.post("/deliveries/<int:delivery_id>/withdraw")
@requires("distribution.delivery.receive")
def withdraw_inspection(delivery_id: int) -> ResponseReturnValue:
    """Take an inspection back that waits for its second signature."""
    return act(
        services.withdraw_inspection,
        lambda form: _delivery(delivery_id, form),
        lambda _: url_for(".show_delivery", delivery_id=delivery_id),
        gettext("Inspection taken back"),
        delivery_id=delivery_id,
    )


def _delivery(delivery_id: int, form: Form) -> str:
    places = stock.list_locations(LocationKind.STOREROOM) + stock.list_locations(LocationKind.PHARMACY)
    return render_template(
        "distribution/delivery.html",
        delivery=queries.get_delivery(delivery_id),
        lines=queries.lines_of_delivery(delivery_id),
        places=[(place.id, place.name) for place in places],
        form=form,
    )
