"""The price list."""

from collections.abc import Sequence
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
from modules.charging.models import AgeUnit, ItemKind, ItemLimit, LimitSex, Price
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


@blueprint.post("/prices/<string:item_kind>/<int:item_id>/limit")
@requires("charging.price.change")
def set_limit(item_kind: str, item_id: int) -> ResponseReturnValue:
    """Say for whom an item may be charged, and how often."""
    chosen = (_kind(item_kind), item_id)
    form = Form(services.set_limit, request.form, item_kind=chosen[0], item_id=item_id)
    form.perform(by=current_actor())
    if form.refusal is not None:
        return _price_page(chosen, limit_form=form), 422
    flash(gettext("The limit is set"), "ok")
    return redirect(url_for(".show_price", item_kind=item_kind, item_id=item_id), 303)


def _kind(text: str) -> ItemKind:
    if text not in set(ItemKind):
        raise NotFound
    return ItemKind(text)


def _price_page(
    chosen: tuple[ItemKind, int] | None = None, form: Form | None = None, limit_form: Form | None = None
) -> str:
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
    limits = queries.limit_history(*chosen) if chosen else []
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
        limits=limits,
        limit_form=limit_form or _limit_form(limits),
        sexes=LimitSex.options(),
        age_units=AgeUnit.options(),
        now=clock.now(),
    )


def _limit_form(limits: Sequence[ItemLimit]) -> Form:
    """Filled with the limit in force."""
    start: dict[str, Any] = {"age_unit": AgeUnit.YEARS.value, "days": 1}
    for limit in limits:
        if limit.valid_to is None:
            start = {
                "sex": limit.sex.value if limit.sex else "",
                "age_from": limit.age_from,
                "age_to": limit.age_to,
                "age_unit": limit.age_unit.value,
                "most": limit.most,
                "days": limit.days,
            }
    return Form(services.set_limit, start=start)


def price_rows(rows: Sequence[Price]) -> list[dict[str, Any]]:
    """At most eight prices as a typeahead shows them."""
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
