"""The district's pages of orders, the warehouse, shipments and what differed."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import requires
from app.web.forms import Form
from modules.distribution import queries, services
from modules.distribution.models import DifferenceEnd
from modules.distribution.views.pages import act, blueprint, paged


@blueprint.get("/orders")
@requires("distribution.purchase.view")
def list_orders() -> ResponseReturnValue:
    """Orders to suppliers, the latest first."""
    page = queries.list_orders(before=request.args.get("before", type=int))
    return render_template("distribution/orders.html", page=page, urls=paged(".list_orders", page))


@blueprint.get("/orders/<int:order_id>")
@requires("distribution.purchase.view")
def show_order(order_id: int) -> ResponseReturnValue:
    """One order: what is ordered, who gets it, and what the supplier sends."""
    return _order(order_id, Form(services.send_from_supplier, order_id=order_id))


@blueprint.post("/orders/<int:order_id>/warehouse")
@requires("distribution.shipment.send")
def stock_warehouse(order_id: int) -> ResponseReturnValue:
    """Take a delivery into the warehouse."""
    return act(
        services.stock_warehouse,
        lambda form: _order(order_id, form),
        lambda _: url_for(".show_order", order_id=order_id),
        gettext("In the warehouse"),
        order_id=order_id,
    )


@blueprint.post("/orders/<int:order_id>/shipments")
@requires("distribution.shipment.send")
def send_from_supplier(order_id: int) -> ResponseReturnValue:
    """Note what the supplier sends to a centre."""
    return act(
        services.send_from_supplier,
        lambda form: _order(order_id, form),
        _to_shipment,
        gettext("On the way"),
        order_id=order_id,
    )


def _order(order_id: int, form: Form) -> str:
    lines = queries.lines_of_order(order_id)
    typed = form.lines("lines") or [{"purchase_line_id": str(line.id)} for line in lines if line.missing]
    return render_template(
        "distribution/order.html",
        order=queries.get_order(order_id),
        lines=lines,
        shares=queries.shares_of_lines(line.id for line in lines),
        centres=queries.list_centres(),
        typed=typed,
        form=form,
    )


@blueprint.get("/warehouse")
@requires("distribution.purchase.view")
def show_warehouse() -> ResponseReturnValue:
    """What lies in the district's warehouse, and what a chosen centre is still to get."""
    return _warehouse(Form(services.send_from_warehouse))


@blueprint.post("/warehouse/shipments")
@requires("distribution.shipment.send")
def send_from_warehouse() -> ResponseReturnValue:
    """Send batches to a centre."""
    return act(services.send_from_warehouse, _warehouse, _to_shipment, gettext("On the way"))


def _warehouse(form: Form) -> str:
    centres = queries.list_centres()
    chosen = request.values.get("centre_id", type=int)
    shares = queries.open_shares(chosen) if chosen in {centre.id for centre in centres} else []
    return render_template(
        "distribution/warehouse.html",
        stock=queries.warehouse_stock(),
        centres=centres,
        chosen=chosen,
        shares=shares,
        form=form,
    )


@blueprint.get("/shipments")
@requires("distribution.purchase.view")
def list_shipments() -> ResponseReturnValue:
    """Shipments, the latest first."""
    page = queries.list_shipments(before=request.args.get("before", type=int))
    return render_template("distribution/shipments.html", page=page, urls=paged(".list_shipments", page))


@blueprint.get("/shipments/<int:shipment_id>")
@requires("distribution.purchase.view")
def show_shipment(shipment_id: int) -> ResponseReturnValue:
    """One shipment: sent, received, what differed."""
    return render_template(
        "distribution/shipment.html",
        shipment=queries.get_shipment(shipment_id),
        lines=queries.lines_of_shipment(shipment_id),
        differences=queries.differences_of_shipment(shipment_id),
    )


def _to_shipment(shipment: Any) -> str:
    return url_for(".show_shipment", shipment_id=shipment.id)


@blueprint.get("/differences")
@requires("distribution.purchase.view")
def list_differences() -> ResponseReturnValue:
    """What differed, the latest first."""
    page, rows = queries.list_differences(before=request.args.get("before", type=int))
    return render_template("distribution/differences.html", rows=rows, urls=paged(".list_differences", page))


@blueprint.get("/differences/<int:difference_id>")
@requires("distribution.purchase.view")
def show_difference(difference_id: int) -> ResponseReturnValue:
    """One difference, to be ended."""
    return _difference(difference_id, Form(services.end_difference, difference_id=difference_id))


@blueprint.post("/differences/<int:difference_id>/end")
@requires("distribution.difference.end")
def end_difference(difference_id: int) -> ResponseReturnValue:
    """Say what became of it."""
    return act(
        services.end_difference,
        lambda form: _difference(difference_id, form),
        lambda _: url_for(".list_differences"),
        gettext("Saved"),
        difference_id=difference_id,
    )


def _difference(difference_id: int, form: Form) -> str:
    found = queries.get_difference(difference_id)
    return render_template(
        "distribution/difference.html", found=found, form=form, ends=DifferenceEnd.options()
    )
