"""Packages of the price list."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.money import format_amount, format_quantity
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.catalogue import queries as catalogue
from modules.charging import queries, services
from modules.charging.models import ItemKind
from modules.charging.views.pages import blueprint
from modules.charging.views.prices import price_rows

_EMPTY_ROWS = 3


@blueprint.get("/packages")
@requires("charging.price.view")
@fresh
def list_packages() -> ResponseReturnValue:
    """The packages, and a new one."""
    return _packages_page()


@blueprint.get("/packages/<int:package_id>")
@requires("charging.price.view")
@fresh
def show_package(package_id: int) -> ResponseReturnValue:
    """One package with what was in it before."""
    return _packages_page(package_id)


@blueprint.post("/packages")
@requires("charging.price.change")
def add_package() -> ResponseReturnValue:
    """Put a package on the price list."""
    form = Form(services.add_package, request.form)
    package = form.perform(by=current_actor())
    if package is None:
        return _packages_page(form=form), 422
    flash(gettext("The package is made"), "ok")
    return redirect(url_for(".show_package", package_id=package.id), 303)


@blueprint.post("/packages/<int:package_id>")
@requires("charging.price.change")
def change_package(package_id: int) -> ResponseReturnValue:
    """Give a package other items or another name."""
    form = Form(services.change_package, request.form, package_id=package_id)
    if form.perform(by=current_actor()) is None:
        return _packages_page(package_id, form=form), 422
    flash(gettext("The package is changed"), "ok")
    return redirect(url_for(".show_package", package_id=package_id), 303)


@blueprint.post("/packages/<int:package_id>/end")
@requires("charging.price.change")
def end_package(package_id: int) -> ResponseReturnValue:
    """Take a package off the price list."""
    form = Form(services.end_package, request.form, package_id=package_id)
    if form.perform(by=current_actor()) is None:
        return _packages_page(package_id, form=form), 422
    flash(gettext("The package is off the price list"), "ok")
    return redirect(url_for(".show_package", package_id=package_id), 303)


def _packages_page(package_id: int | None = None, form: Form | None = None) -> str:
    typed = request.args.get("q", "").strip()
    chosen = queries.package_in_force(queries.get_package(package_id).id) if package_id else None
    page = queries.list_packages(typed, before=request.args.get("before", type=int), size=30)
    form = form or _form(chosen)
    return render_template(
        "charging/packages.html",
        page=links(page),
        q=typed,
        chosen=chosen,
        history=queries.package_history(package_id) if package_id else [],
        form=form,
        members=_with_names(form.lines("members")),
        empty_rows=_EMPTY_ROWS,
    )


def _form(chosen: queries.PackageView | None) -> Form:
    """A new package, or what is in the chosen one now."""
    if chosen is None:
        return Form(services.add_package)
    members = [
        {
            "item_id": str(line.member.item_id),
            "quantity": format_quantity(line.member.quantity),
        }
        for line in chosen.lines
    ]
    start: dict[str, Any] = {"name": chosen.name, "members": members}
    return Form(services.change_package, start=start, package_id=chosen.package.id)


def _with_names(members: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of the form, each with what its item is called."""
    typed = [int(row["item_id"]) for row in members if row.get("item_id", "").isdigit()]
    items = catalogue.services_by_id(typed) if typed else {}
    names = {str(item.id): item.name for item in items.values()}
    return [row | {"text": names.get(row.get("item_id", ""), "")} for row in members]


def find_price_items(q: str, by: Any, context: Any) -> list[dict[str, Any]]:
    """Service items with their price in force, for the rows of a package."""
    return price_rows(queries.search_prices(q, kind=ItemKind.SERVICE, size=7))


def find_charge_items(q: str, by: Any, context: Any) -> list[dict[str, Any]]:
    """Packages and service items with their price in force, for the cashier's typeahead."""
    packages = [
        {
            "id": str(view.package.id),
            "code": view.package.code,
            "text": view.name,
            "columns": [
                gettext("Package of %(n)s items", n=len(view.lines)),
                f"¥ {format_amount(view.amount)}",
            ],
            "blocked": "",
            "mark": "",
            "extra": {},
        }
        for view in queries.packages_to_charge(q, size=3)
    ]
    items = price_rows(queries.search_prices(q, kind=ItemKind.SERVICE, size=7))
    return [*packages, *items][:8]
