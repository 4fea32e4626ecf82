"""Pages of stocktakes, and the blind sheet."""

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.i18n import gettext
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries as stock
from modules.storeroom import documents, queries, services
from modules.storeroom.models import CountMode, CountStatus
from modules.storeroom.views.pages import act, blueprint, paged


@blueprint.get("/stocktakes")
@requires("storeroom.stocktake.view")
def list_stocktakes() -> ResponseReturnValue:
    """Stocktakes, and the way to a new one."""
    return _list(Form(services.begin_stocktake))


@blueprint.post("/stocktakes")
@requires("storeroom.stocktake.count")
def begin_stocktake() -> ResponseReturnValue:
    """Begin one."""
    form = Form(services.begin_stocktake, request.form)
    stocktake = form.perform(by=current_actor())
    if stocktake is None:
        return _list(form), 422
    return redirect(url_for(".show_stocktake", stocktake_id=stocktake.id), 303)


def _list(form: Form) -> str:
    page = queries.list_stocktakes(before=request.args.get("before", type=int))
    return render_template(
        "storeroom/stocktakes.html",
        page=page,
        urls=paged(".list_stocktakes", page),
        places={place.id: place.name for place in stock.list_locations()},
        modes=CountMode.options(),
        form=form,
    )


@blueprint.get("/stocktakes/<int:stocktake_id>")
@requires("storeroom.stocktake.view")
def show_stocktake(stocktake_id: int) -> ResponseReturnValue:
    """One stocktake: blind while it is counted, with its differences when it waits for approval."""
    return _stocktake(stocktake_id, Form(services.enter_counts, stocktake_id=stocktake_id))


@blueprint.get("/stocktakes/<int:stocktake_id>/sheet")
@requires("storeroom.stocktake.view")
def show_count_sheet(stocktake_id: int) -> ResponseReturnValue:
    """The blind sheet as a PDF: what lies there, and no quantities."""
    stocktake = queries.get_stocktake(stocktake_id)
    return paper_answer(documents.count_sheet(stocktake_id), f"stocktake-{stocktake.number}")


@blueprint.post("/stocktakes/<int:stocktake_id>")
@requires("storeroom.stocktake.count")
def enter_counts(stocktake_id: int) -> ResponseReturnValue:
    """Enter what was counted; lines left empty are not counted yet."""
    form = Form(services.enter_counts, _counted(request.form), stocktake_id=stocktake_id)
    if form.perform(by=current_actor()) is None:
        return _stocktake(stocktake_id, form), 422
    return redirect(url_for(".show_stocktake", stocktake_id=stocktake_id), 303)


@blueprint.post("/stocktakes/<int:stocktake_id>/batches")
@requires("storeroom.stocktake.count")
def add_counted_batch(stocktake_id: int) -> ResponseReturnValue:
    """Add a batch that is not on the sheet."""
    return _on(services.add_counted_batch, stocktake_id, gettext("Batch added"))


@blueprint.post("/stocktakes/<int:stocktake_id>/finish")
@requires("storeroom.stocktake.count")
def finish_counting(stocktake_id: int) -> ResponseReturnValue:
    """Finish a round."""
    return _on(services.finish_counting, stocktake_id, gettext("Round finished"))


@blueprint.post("/stocktakes/<int:stocktake_id>/approve")
@requires("storeroom.stocktake.approve")
def approve_stocktake(stocktake_id: int) -> ResponseReturnValue:
    """Approve and post."""
    return _on(services.approve_stocktake, stocktake_id, gettext("Posted"))


@blueprint.post("/stocktakes/<int:stocktake_id>/cancel")
@requires("storeroom.stocktake.count")
def cancel_stocktake(stocktake_id: int) -> ResponseReturnValue:
    """Give it up."""
    return _on(services.cancel_stocktake, stocktake_id, gettext("Cancelled"))


def _counted(typed: "MultiDict[str, str]") -> "MultiDict[str, str]":
    kept = typed.copy()
    for name in list(typed):
        if name.endswith("-counted") and not typed[name].strip():
            kept.pop(name)
            kept.pop(name.replace("-counted", "-line_id"), None)
    return kept


def _on(use_case: Callable[..., Any], stocktake_id: int, done: str) -> ResponseReturnValue:
    target = url_for(".show_stocktake", stocktake_id=stocktake_id)
    return act(use_case, lambda form: _stocktake(stocktake_id, form), target, done, stocktake_id=stocktake_id)


def _stocktake(stocktake_id: int, form: Form) -> str:
    stocktake = queries.get_stocktake(stocktake_id)
    lines = queries.lines_of_stocktake(stocktake_id)
    if stocktake.status == CountStatus.CHECKING:  # only what differed is counted again
        shown = [line for line in lines if line.difference or line.is_second]
    else:
        shown = lines
    return render_template(
        "storeroom/stocktake.html",
        stocktake=stocktake,
        lines=shown,
        counted=sum(1 for line in lines if line.counted is not None),
        total=len(lines),
        differing=[line for line in lines if line.difference],
        places={place.id: place.name for place in stock.list_locations()},
        form=form,
    )
