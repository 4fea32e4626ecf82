"""Pages of purchasing: suppliers, limits, plans, orders with deliveries and invoices."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.dispensing.queries import LocationKind
from modules.storeroom import queries, services
from modules.storeroom.views.pages import act, blueprint, paged


@blueprint.get("/suppliers")
@requires("storeroom.purchase.view")
def list_suppliers() -> ResponseReturnValue:
    """Suppliers with their licences."""
    return _suppliers(Form(services.save_supplier))


@blueprint.get("/suppliers/<int:supplier_id>")
@requires("storeroom.supplier.manage")
def show_supplier(supplier_id: int) -> ResponseReturnValue:
    """One supplier, to be changed."""
    return _suppliers(_supplier_form(supplier_id), supplier_id)


@blueprint.post("/suppliers")
@requires("storeroom.supplier.manage")
def add_supplier() -> ResponseReturnValue:
    """Add a supplier."""
    return act(services.save_supplier, _suppliers, url_for(".list_suppliers"), gettext("Saved"))


@blueprint.post("/suppliers/<int:supplier_id>")
@requires("storeroom.supplier.manage")
def save_supplier(supplier_id: int) -> ResponseReturnValue:
    """Change a supplier."""
    return act(
        services.save_supplier,
        lambda form: _suppliers(form, supplier_id),
        url_for(".list_suppliers"),
        gettext("Saved"),
        supplier_id=supplier_id,
    )


def _supplier_form(supplier_id: int) -> Form:
    supplier = queries.get_supplier(supplier_id)
    start = {
        name: getattr(supplier, name) for name in ("code", "name", "licence_no", "licence_until", "is_active")
    }
    return Form(services.save_supplier, start=start, supplier_id=supplier_id)


def _suppliers(form: Form, supplier_id: int | None = None) -> str:
    return render_template(
        "storeroom/suppliers.html", suppliers=queries.list_suppliers(), form=form, supplier_id=supplier_id
    )


@blueprint.get("/limits")
@requires("storeroom.purchase.view")
def list_limits() -> ResponseReturnValue:
    """Least and most of each drug."""
    return _limits(Form(services.set_drug_rule))


@blueprint.post("/limits")
@requires("storeroom.supplier.manage")
def set_limits() -> ResponseReturnValue:
    """Set the limits of a drug."""
    return act(services.set_drug_rule, _limits, url_for(".list_limits"), gettext("Saved"))


def _limits(form: Form) -> str:
    return render_template(
        "storeroom/limits.html",
        rules=queries.list_drug_rules(),
        suppliers=queries.list_suppliers(),
        form=form,
    )


@blueprint.get("/plans")
@requires("storeroom.purchase.view")
def list_plans() -> ResponseReturnValue:
    """Purchase plans, and the way to a new one."""
    return _plans(Form(services.propose_plan, start={"days": 30}))


@blueprint.post("/plans")
@requires("storeroom.purchase.plan")
def propose_plan() -> ResponseReturnValue:
    """Reckon a new plan."""
    form = Form(services.propose_plan, request.form)
    plan = form.perform(by=current_actor())
    if plan is None:
        return _plans(form), 422
    return redirect(url_for(".show_plan", plan_id=plan.id), 303)


def _plans(form: Form) -> str:
    page = queries.list_plans(before=request.args.get("before", type=int))
    places = [(place.id, place.name) for place in stock.list_locations(LocationKind.STOREROOM)]
    places += [(place.id, place.name) for place in stock.list_locations(LocationKind.PHARMACY)]
    return render_template(
        "storeroom/plans.html", page=page, urls=paged(".list_plans", page), form=form, places=places
    )


@blueprint.get("/plans/<int:plan_id>")
@requires("storeroom.purchase.view")
def show_plan(plan_id: int) -> ResponseReturnValue:
    """One plan with the figures it was reckoned from."""
    return _plan(plan_id, Form(services.change_plan, plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>")
@requires("storeroom.purchase.plan")
def change_plan(plan_id: int) -> ResponseReturnValue:
    """Save quantities, prices and suppliers."""
    return _on_plan(services.change_plan, plan_id, gettext("Saved"))


@blueprint.post("/plans/<int:plan_id>/submit")
@requires("storeroom.purchase.plan")
def submit_plan(plan_id: int) -> ResponseReturnValue:
    """Hand a plan in."""
    return _on_plan(services.submit_plan, plan_id, gettext("Handed in for approval"))


@blueprint.post("/plans/<int:plan_id>/approve")
@requires("storeroom.purchase.approve")
def approve_plan(plan_id: int) -> ResponseReturnValue:
    """Approve a plan."""
    return _on_plan(services.approve_plan, plan_id, gettext("Approved"))


@blueprint.post("/plans/<int:plan_id>/send-back")
@requires("storeroom.purchase.approve")
def send_plan_back(plan_id: int) -> ResponseReturnValue:
    """Send a plan back."""
    return _on_plan(services.send_plan_back, plan_id, gettext("Sent back"))


@blueprint.post("/plans/<int:plan_id>/order")
@requires("storeroom.purchase.plan")
def order_plan(plan_id: int) -> ResponseReturnValue:
    """Place the orders of a plan."""
    return _on_plan(services.order_plan, plan_id, gettext("Ordered"))


def _on_plan(use_case: Callable[..., Any], plan_id: int, done: str) -> ResponseReturnValue:
    target = url_for(".show_plan", plan_id=plan_id)
    return act(use_case, lambda form: _plan(plan_id, form), target, done, plan_id=plan_id)


def _plan(plan_id: int, form: Form) -> str:
    return render_template(
        "storeroom/plan.html",
        plan=queries.get_plan(plan_id),
        lines=queries.lines_of_plan(plan_id),
        orders=queries.orders_of_plan(plan_id),
        suppliers=queries.list_suppliers(),
        form=form,
    )


@blueprint.get("/orders")
@requires("storeroom.purchase.view")
def list_orders() -> ResponseReturnValue:
    """Orders, the latest first."""
    page = queries.list_orders(before=request.args.get("before", type=int))
    return render_template("storeroom/orders.html", page=page, urls=paged(".list_orders", page))


@blueprint.get("/orders/<int:order_id>")
@requires("storeroom.purchase.view")
def show_order(order_id: int) -> ResponseReturnValue:
    """One order with deliveries, invoices and the three-way match."""
    return _order(order_id, Form(services.close_order, order_id=order_id))


@blueprint.post("/orders/<int:order_id>/close")
@requires("storeroom.purchase.plan")
def close_order(order_id: int) -> ResponseReturnValue:
    """Close an order."""
    return _on_order(services.close_order, order_id, gettext("Closed"), order_id=order_id)


@blueprint.get("/orders/<int:order_id>/deliveries/new")
@requires("storeroom.delivery.receive")
def new_delivery(order_id: int) -> ResponseReturnValue:
    """The inspection of a delivery: the lines still to come stand there."""
    return _entry("delivery", order_id, Form(services.receive_delivery, order_id=order_id))


@blueprint.post("/orders/<int:order_id>/deliveries")
@requires("storeroom.delivery.receive")
def receive_delivery(order_id: int) -> ResponseReturnValue:
    """Post an inspected delivery."""
    return _entered("delivery", services.receive_delivery, order_id)


@blueprint.post("/orders/<int:order_id>/deliveries/<int:receipt_id>/sign")
@requires("storeroom.delivery.receive")
def sign_delivery(order_id: int, receipt_id: int) -> ResponseReturnValue:
    """The second signature."""
    return _on_order(services.sign_delivery, order_id, gettext("Signed and posted"), receipt_id=receipt_id)


@blueprint.post("/orders/<int:order_id>/deliveries/<int:receipt_id>/withdraw")
@requires("storeroom.delivery.receive")
def withdraw_delivery(order_id: int, receipt_id: int) -> ResponseReturnValue:
    """Take an inspection back that waits for its second signature."""
    return _on_order(
        services.withdraw_delivery, order_id, gettext("Inspection taken back"), receipt_id=receipt_id
    )


@blueprint.get("/orders/<int:order_id>/invoices/new")
@requires("storeroom.invoice.enter")
def new_invoice(order_id: int) -> ResponseReturnValue:
    """An empty invoice."""
    return _entry("invoice", order_id, Form(services.enter_invoice, order_id=order_id))


@blueprint.post("/orders/<int:order_id>/invoices")
@requires("storeroom.invoice.enter")
def enter_invoice(order_id: int) -> ResponseReturnValue:
    """Enter an invoice."""
    return _entered("invoice", services.enter_invoice, order_id)


@blueprint.post("/orders/<int:order_id>/invoices/<int:invoice_id>/accept")
@requires("storeroom.invoice.accept")
def accept_difference(order_id: int, invoice_id: int) -> ResponseReturnValue:
    """Accept what differs."""
    return _on_order(services.accept_difference, order_id, gettext("Accepted"), invoice_id=invoice_id)


def _on_order(use_case: Callable[..., Any], shown_id: int, done: str, **fixed: Any) -> ResponseReturnValue:
    target = url_for(".show_order", order_id=shown_id)
    return act(use_case, lambda form: _order(shown_id, form), target, done, **fixed)


def _order(order_id: int, form: Form) -> str:
    receipts = queries.receipts_of_order(order_id)
    return render_template(
        "storeroom/order.html",
        order=queries.get_order(order_id),
        lines=queries.lines_of_order(order_id),
        receipts=receipts,
        batches=queries.lines_of_receipts(receipt.id for receipt in receipts),
        invoices=queries.invoices_of_order(order_id),
        match=queries.match_of_order(order_id),
        form=form,
    )


def _entered(kind: str, use_case: Callable[..., Any], order_id: int) -> ResponseReturnValue:
    form = Form(use_case, request.form, order_id=order_id)
    entered = form.perform(by=current_actor())
    if entered is None:
        return _entry(kind, order_id, form), 422
    text = gettext("%(number)s: %(status)s", number=entered.number, status=entered.status.label)
    flash(text, "ok")
    return redirect(url_for(".show_order", order_id=order_id), 303)


def _entry(kind: str, order_id: int, form: Form) -> str:
    lines = queries.lines_of_order(order_id)
    typed = form.lines("lines") or [
        {
            "order_line_id": str(line.id),
            "packs": f"{line.received:f}",
            "accepted": f"{line.missing:f}",
        }
        for line in lines
        if line.missing or kind == "invoice"
    ]
    return render_template(
        f"storeroom/{kind}.html",
        order=queries.get_order(order_id),
        lines=lines,
        typed=typed,
        form=form,
    )
