"""Pages of re-packing: what was put into bags, bags of a batch, their labels."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit
from app.i18n import gettext
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import documents, queries, services
from modules.dispensing.views.pages import blueprint


@blueprint.get("/repackings")
@requires("dispensing.stock.repack")
def list_repackings() -> ResponseReturnValue:
    """What was put into bags, the latest first."""
    page = queries.list_repackings(before=request.args.get("before", type=int))
    following = url_for(".list_repackings", before=page.next_before) if page.next_before else ""
    urls = {"previous_url": "" if page.is_first else url_for(".list_repackings"), "next_url": following}
    lots = queries.batches_by_id([row.lot_id for row in page.rows])
    return render_template("dispensing/repackings.html", rows=page.rows, lots=lots, urls=urls)


@blueprint.get("/balances/<int:balance_id>/repack")
@requires("dispensing.stock.repack")
def new_repacking(balance_id: int) -> ResponseReturnValue:
    """Bags of a batch at a place."""
    return _entry(balance_id, Form(services.repack, balance_id=balance_id))


@blueprint.post("/balances/<int:balance_id>/repack")
@requires("dispensing.stock.repack")
def repack(balance_id: int) -> ResponseReturnValue:
    """Put packs into bags."""
    form = Form(services.repack, request.form, balance_id=balance_id)
    if form.perform(by=current_actor()) is None:
        return _entry(balance_id, form), 422
    flash(gettext("Put into bags; print the labels"), "ok")
    return redirect(url_for(".list_repackings"), 303)


def _entry(balance_id: int, form: Form) -> str:
    line = queries.get_balance(balance_id)
    single = services.is_single_pharmacist(current_actor().tenant_id)
    return render_template("dispensing/repack.html", line=line, form=form, is_single=single)


@blueprint.get("/repackings/<int:repacking_id>/labels.pdf")
@requires("dispensing.stock.repack")
def print_repacked(repacking_id: int) -> ResponseReturnValue:
    """A label for each bag."""
    found = queries.get_repacked(repacking_id)
    audit.note("labels.printed", by=current_actor(), subject=found.row)
    return paper_answer(documents.lot_labels(found), f"lot-{found.row.number}")
