"""The audit trail on the screen."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import trail
from app.jobs import services as jobs
from app.records import Outcome
from app.trail import Wanted
from app.web.access import current_actor, requires
from app.web.budgets import heavy
from app.web.days import typed_day
from app.web.forms import Form
from app.web.paging import links

blueprint = Blueprint("trail", __name__, url_prefix="/trail")
PLACES = ("centre", "district")


def _in_control() -> bool:
    if current_actor().tenant_id is None:
        return True
    where = request.args.get("where", "centre")
    if where not in PLACES:
        abort(404)
    return where == "district"


@blueprint.get("/")
@heavy
@requires("accounts.audit.view")
def show_trail() -> ResponseReturnValue:
    """Who did what, newest first, narrowed by day, person, act and subject."""
    by, wanted = current_actor(), _wanted()
    page = trail.page_of_trail(wanted, by=by, before=request.args.get("before", type=int))
    state = trail.chain_state(in_control=wanted.in_control, by=by)
    return render_template(
        "trail/list.html",
        page=links(page),
        wanted=wanted,
        state=state,
        labels=dict(Outcome.options()),
        words_of=trail.words_of,
        is_district=by.tenant_id is None,
    )


def _wanted() -> Wanted:
    args = request.args
    return Wanted(
        in_control=_in_control(),
        on=args.get("on", type=typed_day),
        actor=args.get("actor", "").strip()[:50],
        action=args.get("action", "").strip()[:80],
        subject=args.get("subject", "").strip()[:80],
        outcome=args.get("outcome", "") if args.get("outcome") in set(Outcome) else "",
    )


@blueprint.get("/<int:row_id>")
@requires("accounts.audit.view")
def show_row(row_id: int) -> ResponseReturnValue:
    """One row with what stood before and after, for the drawer."""
    row = trail.get_row(row_id, in_control=_in_control(), by=current_actor())
    facts = {key: value for key, value in row.detail.items() if key != "changes"}
    return render_template(
        "trail/row.html",
        row=row,
        facts=facts,
        changes=row.detail.get("changes", {}),
        labels=dict(Outcome.options()),
        words_of=trail.words_of,
    )


@blueprint.post("/verification")
@requires("accounts.audit.view")
def verify() -> ResponseReturnValue:
    """Start the job that walks the chain."""
    form = Form(jobs.start_job, request.form, kind="accounts.trail.verify", arguments={})
    row = form.perform_or_raise(by=current_actor())
    return redirect(url_for("jobs.show_job", job_id=row.id), 303)
