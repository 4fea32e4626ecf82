"""The price list."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.errors import NotFound
from app.i18n import gettext
from app.money import format_amount
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.charging import queries, services
from modules.charging.models import ItemKind
from modules.charging.views.pages import blueprint


@blueprint.get("/prices")
@requires("charging.price.view")
def list_prices() -> ResponseReturnValue:
    """The price list, by code."""
    return _price_page()


@blueprint.get("/prices/<string:item_kind>/<int:item_id>")
@requires("charging.price.view")
def show_price(item_kind: str, item_id: int) -> ResponseReturnValue:
    """One item with its price history."""
    return _price_page((_kind(item_kind), item_id))


@blueprint.post("/prices/<string:item_kind>/<int:item_id>")
@requires("charging.price.change")
def set_price(item_kind: str, item_id: int) -> ResponseReturnValue:
    """Set a price from now or from a later day."""
    chosen = (_kind(item_kind), item_id)
    form = Form(services.set_price, request.form, item_kind=chosen[0], item_id=item_id)
    if form.perform(by=current_actor()) is None:
        return _price_page(chosen, form=form), 422
    flash(gettext("The price is set"), "ok")
    return redirect(url_for(".show_price", item_kind=item_kind, item_id=item_id), 303)


def _kind(text: str) -> ItemKind:
    if text not in set(ItemKind):
        raise NotFound
    return ItemKind(text)


def _price_page(chosen: tuple[ItemKind, int] | None = None, form: Form | None = None) -> str:
    typed, kind = request.args.get("q", ""), request.args.get("kind", "")
    rows = queries.search_prices(
        typed,
        kind=ItemKind(kind) if kind in set(ItemKind) else None,
        after=request.args.get("after", "")[:30],
        size=40,
    )
    history = queries.price_history(*chosen) if chosen else []
    if chosen and not history:
        raise NotFound
    more = rows[39].item_code if len(rows) > 40 else ""
    return render_template(
        "charging/prices.html",
        rows=rows[:40],
        q=typed,
        kind=kind,
        kinds=ItemKind.options(),
        next_url=url_for(".list_prices", q=typed, kind=kind, after=more) if more else "",
        history=history,
        form=form or Form(services.set_price),
        now=clock.now(),
    )


def find_charge_items(q: str, by: Any, context: Any) -> list[dict[str, Any]]:
    """Service items with their price in force, for the cashier's typeahead."""
    rows = queries.search_prices(q, kind=ItemKind.SERVICE, size=7)
    return [
        {
            "id": str(row.item_id),
            "code": row.item_code,
            "text": row.item_name,
            "columns": [row.fee_class.label, f"¥ {format_amount(row.amount)}/{row.price_unit}"],
            "blocked": "",
            "mark": "",
            "extra": {},
        }
        for row in rows[:8]
    ]
