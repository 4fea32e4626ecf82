"""The district's pages of purchasing: how each centre stands, plans handed in, purchases, suppliers."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import requires
from app.web.forms import Form
from modules.distribution import queries, services
from modules.distribution.views.pages import act, blueprint, paged


@blueprint.get("/overview")
@requires("distribution.purchase.view")
def show_overview() -> ResponseReturnValue:
    """Open plans, what is on the way and what differs, centre by centre."""
    return render_template("distribution/overview.html", rows=queries.figures())


@blueprint.get("/requests")
@requires("distribution.purchase.view")
def list_requests() -> ResponseReturnValue:
    """Plans that wait to be merged, and the purchases made of others."""
    return _requests(Form(services.merge_requests))


@blueprint.post("/requests/merge")
@requires("distribution.purchase.manage")
def merge_requests() -> ResponseReturnValue:
    """Make a purchase of the chosen plans."""
    return act(services.merge_requests, _requests, _to_purchase, gettext("Merged into a purchase"))


def _requests(form: Form) -> str:
    page = queries.list_purchases(before=request.args.get("before", type=int))
    return render_template(
        "distribution/requests.html",
        requests=queries.open_requests(),
        page=page,
        urls=paged(".list_requests", page),
        form=form,
    )


@blueprint.get("/requests/<int:request_id>")
@requires("distribution.purchase.view")
def show_request(request_id: int) -> ResponseReturnValue:
    """One plan: wanted, approved, sent."""
    return _request(request_id, Form(services.close_request, request_id=request_id))


@blueprint.post("/requests/<int:request_id>/close")
@requires("distribution.purchase.manage")
def close_request(request_id: int) -> ResponseReturnValue:
    """End the rest of a plan."""
    return act(
        services.close_request,
        lambda form: _request(request_id, form),
        lambda _: url_for(".show_request", request_id=request_id),
        gettext("The rest is not sent"),
        request_id=request_id,
    )


def _request(request_id: int, form: Form) -> str:
    found = queries.get_request(request_id)
    return render_template(
        "distribution/request.html",
        handed=found,
        state=queries.state_of(found),
        lines=queries.lines_of_request(request_id),
        form=form,
    )


@blueprint.get("/purchases/<int:purchase_id>")
@requires("distribution.purchase.view")
def show_purchase(purchase_id: int) -> ResponseReturnValue:
    """One purchase, by drug and supplier."""
    return _purchase(purchase_id, Form(services.change_purchase, purchase_id=purchase_id))


@blueprint.post("/purchases/<int:purchase_id>")
@requires("distribution.purchase.manage")
def change_purchase(purchase_id: int) -> ResponseReturnValue:
    """Save suppliers and prices."""
    return _on_purchase(services.change_purchase, purchase_id, gettext("Saved"))


@blueprint.post("/purchases/<int:purchase_id>/submit")
@requires("distribution.purchase.manage")
def submit_purchase(purchase_id: int) -> ResponseReturnValue:
    """Hand a purchase in."""
    return _on_purchase(services.submit_purchase, purchase_id, gettext("Handed in for approval"))


@blueprint.post("/purchases/<int:purchase_id>/approve")
@requires("distribution.purchase.approve")
def approve_purchase(purchase_id: int) -> ResponseReturnValue:
    """Approve a purchase; its orders are placed."""
    return _on_purchase(services.approve_purchase, purchase_id, gettext("Approved and ordered"))


@blueprint.post("/purchases/<int:purchase_id>/send-back")
@requires("distribution.purchase.approve")
def send_purchase_back(purchase_id: int) -> ResponseReturnValue:
    """Send a purchase back."""
    return _on_purchase(services.send_purchase_back, purchase_id, gettext("Sent back"))


def _on_purchase(use_case: Callable[..., Any], purchase_id: int, done: str) -> ResponseReturnValue:
    return act(
        use_case, lambda form: _purchase(purchase_id, form), _to_purchase, done, purchase_id=purchase_id
    )


def _to_purchase(purchase: Any) -> str:
    return url_for(".show_purchase", purchase_id=purchase.id)


def _purchase(purchase_id: int, form: Form) -> str:
    purchase = queries.get_purchase(purchase_id)
    lines = queries.lines_of_purchase(purchase_id)
    shares: dict[int, list[Any]] = {}
    for share, centre in queries.shares_of_lines(line.id for line in lines):
        shares.setdefault(share.purchase_line_id or 0, []).append((share, centre))
    return render_template(
        "distribution/purchase.html",
        purchase=purchase,
        lines=lines,
        shares=shares,
        requests=queries.requests_of_purchase(purchase_id),
        orders=queries.orders_of_purchase(purchase_id),
        suppliers=queries.list_suppliers(),
        form=form,
    )


@blueprint.get("/suppliers")
@requires("distribution.purchase.view")
def list_suppliers() -> ResponseReturnValue:
    """Suppliers of the district with their licences."""
    return _suppliers(Form(services.save_supplier))


@blueprint.get("/suppliers/<int:supplier_id>")
@requires("distribution.purchase.manage")
def show_supplier(supplier_id: int) -> ResponseReturnValue:
    """One supplier, to be changed."""
    supplier = queries.get_supplier(supplier_id)
    names = ("code", "name", "licence_no", "licence_until", "is_active")
    start = {name: getattr(supplier, name) for name in names}
    return _suppliers(Form(services.save_supplier, start=start, supplier_id=supplier_id), supplier_id)


@blueprint.post("/suppliers")
@requires("distribution.purchase.manage")
def add_supplier() -> ResponseReturnValue:
    """Add a supplier."""
    return act(services.save_supplier, _suppliers, _to_suppliers, gettext("Saved"))


@blueprint.post("/suppliers/<int:supplier_id>")
@requires("distribution.purchase.manage")
def save_supplier(supplier_id: int) -> ResponseReturnValue:
    """Change a supplier."""
    return act(
        services.save_supplier,
        lambda form: _suppliers(form, supplier_id),
        _to_suppliers,
        gettext("Saved"),
        supplier_id=supplier_id,
    )


def _to_suppliers(_: Any) -> str:
    return url_for(".list_suppliers")


def _suppliers(form: Form, supplier_id: int | None = None) -> str:
    return render_template(
        "distribution/suppliers.html", suppliers=queries.list_suppliers(), form=form, supplier_id=supplier_id
    )
