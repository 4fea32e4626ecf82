"""Pages of price adjustments."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.storeroom import queries, services
from modules.storeroom.views.pages import act, blueprint, paged


@blueprint.get("/adjustments")
@requires("storeroom.price.view")
def list_adjustments() -> ResponseReturnValue:
    """Price adjustments, the latest first."""
    page = queries.list_adjustments(before=request.args.get("before", type=int))
    return render_template("storeroom/adjustments.html", page=page, urls=paged(".list_adjustments", page))


@blueprint.get("/adjustments/new")
@requires("storeroom.price.propose")
def new_adjustment() -> ResponseReturnValue:
    """Empty new prices."""
    return _entry(Form(services.propose_adjustment))


@blueprint.post("/adjustments")
@requires("storeroom.price.propose")
def propose_adjustment() -> ResponseReturnValue:
    """Propose new prices."""
    form = Form(services.propose_adjustment, request.form)
    adjustment = form.perform(by=current_actor())
    if adjustment is None:
        return _entry(form), 422
    return redirect(url_for(".show_adjustment", adjustment_id=adjustment.id), 303)


def _entry(form: Form) -> str:
    return render_template("storeroom/adjustment_entry.html", form=form, lines=form.lines("lines"))


@blueprint.get("/adjustments/<int:adjustment_id>")
@requires("storeroom.price.view")
def show_adjustment(adjustment_id: int) -> ResponseReturnValue:
    """One adjustment, with what it was worth."""
    return _adjustment(adjustment_id, Form(services.approve_adjustment, adjustment_id=adjustment_id))


@blueprint.post("/adjustments/<int:adjustment_id>/approve")
@requires("storeroom.price.approve")
def approve_adjustment(adjustment_id: int) -> ResponseReturnValue:
    """Approve new prices."""
    return _on(services.approve_adjustment, adjustment_id, gettext("Approved"))


@blueprint.post("/adjustments/<int:adjustment_id>/cancel")
@requires("storeroom.price.approve")
def cancel_adjustment(adjustment_id: int) -> ResponseReturnValue:
    """Give new prices up."""
    return _on(services.cancel_adjustment, adjustment_id, gettext("Cancelled"))


def _on(use_case: Callable[..., Any], adjustment_id: int, done: str) -> ResponseReturnValue:
    target = url_for(".show_adjustment", adjustment_id=adjustment_id)
    return act(
        use_case, lambda form: _adjustment(adjustment_id, form), target, done, adjustment_id=adjustment_id
    )


def _adjustment(adjustment_id: int, form: Form) -> str:
    return render_template(
        "storeroom/adjustment.html",
        adjustment=queries.get_adjustment(adjustment_id),
        lines=queries.lines_of_adjustment(adjustment_id),
        rows=queries.revaluations(adjustment_id),
        places={place.id: place.name for place in stock.list_locations()},
        form=form,
    )
