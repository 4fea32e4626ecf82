"""The operator's pages beside the centres: partitions, long work, moves."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock, tasks
from app.i18n import N_, gettext
from app.registry import installed
from app.sheets import file_name
from app.web.access import current_actor, requires
from app.web.days import typed_day
from app.web.forms import Form
from tenants import bulk, moves, partitions, plans, provisioning, usage

_USAGE_HEADS = (
    N_("Code"),
    N_("Name"),
    N_("Visits"),
    N_("Requests"),
    N_("95 of 100 within (ms)"),
    N_("Rows"),
    N_("Storage (bytes, estimate)"),
)
blueprint = Blueprint("operation", __name__, url_prefix="/district", template_folder="../templates")


@blueprint.get("/partitions")
@requires("tenants.centre.move")
def show_partitions() -> ResponseReturnValue:
    """Partitions with their copies, and what routing did in all processes of the last minute."""
    rows, processes = partitions.overview()
    reasons = {code: gettext(text) for code, text in partitions.REASONS.items()}
    routes = {code: gettext(text) for code, text in partitions.ROUTES.items()}
    return render_template(
        "tenants/partitions.html", rows=rows, processes=processes, reasons=reasons, routes=routes
    )


@blueprint.post("/partitions/<string:name>/closing")
@requires("tenants.centre.create")
def close_partition(name: str) -> ResponseReturnValue:
    """Keep a partition from taking new centres, or let it again."""
    is_closed = request.form.get("is_closed") == "1"
    form = Form(provisioning.close_partition, request.form, name=name, is_closed=is_closed)
    form.perform_or_raise(by=current_actor())
    flash(gettext("Saved."), "success")
    return redirect(url_for(".show_partitions"), 303)


@blueprint.post("/centres/<int:tenant_id>/move")
@requires("tenants.centre.move")
def move_centre(tenant_id: int) -> ResponseReturnValue:
    """Ask for a move; its page shows the progress."""
    form = Form(moves.ask_to_move, request.form, tenant_id=tenant_id)
    if task := form.perform(by=current_actor()):
        return redirect(url_for(".show_task", task_id=task.id), 303)
    flash(" ".join(form.messages), "error")
    return redirect(url_for("district.show_centre", tenant_id=tenant_id), 303)


@blueprint.post("/centres/<int:tenant_id>/release")
@requires("tenants.centre.move")
def free_centre(tenant_id: int) -> ResponseReturnValue:
    """After a move that broke off: let the centre go on where it lives."""
    try:
        freed = moves.free_centre(tenant_id, by=current_actor())
    except moves.CentreBusy as refusal:
        flash(refusal.text, "error")
    else:
        text = gettext("The centre goes on where it is.") if freed else gettext("The centre was not held.")
        flash(text, "success")
    return redirect(url_for("district.show_centre", tenant_id=tenant_id), 303)


@blueprint.get("/tasks")
@requires("tenants.centre.move")
def show_tasks() -> ResponseReturnValue:
    """The latest long work of the district."""
    return render_template("tenants/tasks.html", rows=tasks.latest_tasks(), label_of=tasks.label_of)


@blueprint.get("/tasks/<int:task_id>")
@requires("tenants.centre.move")
def show_task(task_id: int) -> ResponseReturnValue:
    """One piece of long work: how far it is, and what came of it."""
    return render_template("tenants/task.html", label_of=tasks.label_of, **_progress(task_id))


@blueprint.get("/tasks/<int:task_id>/progress")
@requires("tenants.centre.move")
def show_progress(task_id: int) -> ResponseReturnValue:
    """The part of the page that asks again every second until the work has ended."""
    return render_template("tenants/task_progress.html", **_progress(task_id))


def _progress(task_id: int) -> dict[str, Any]:
    """A task, and the form that takes its one-time codes while there are some."""
    task, by = tasks.get_task(task_id), current_actor()
    has_codes = task.kind == bulk.OPEN and task.is_finished and bulk.codes_waiting(task_id, by=by)
    return {"task": task, "taking": Form(bulk.take_codes) if has_codes else None}


@blueprint.get("/plans")
@requires("tenants.plan.manage")
def show_plans() -> ResponseReturnValue:
    """Every plan: which parts it has, and how many centres have it."""
    labels = {name: gettext(module.label) for name, module in installed().modules.items()}
    return render_template(
        "tenants/plans.html", rows=plans.all_plans(), counts=plans.count_centres(), labels=labels
    )


@blueprint.route("/plans/new", methods=["GET", "POST"])
@requires("tenants.plan.manage")
def add_plan() -> ResponseReturnValue:
    """Make a plan of the district's own."""
    return _plan_page(gettext("New plan"), None)


@blueprint.route("/plans/<string:code>", methods=["GET", "POST"])
@requires("tenants.plan.manage")
def change_plan(code: str) -> ResponseReturnValue:
    """Change a plan for every centre that has it."""
    row = next((row for row in plans.all_plans() if row.code == code and not row.is_shipped), None)
    if row is None:
        raise plans.PlanUnknown
    return _plan_page(row.name, row)


def _plan_page(title: str, row: plans.PlanRow | None) -> ResponseReturnValue:
    typed = request.form if request.method == "POST" else None
    start = {} if row is None else {"name": row.name, "modules": row.modules}
    fixed = {} if row is None else {"code": row.code}
    form = Form(plans.save_plan, typed, start=start, **fixed)
    if typed is not None and form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_plans"), 303)
    parts = [
        (name, gettext(module.label)) for name, module in installed().modules.items() if module.is_optional
    ]
    page = render_template("tenants/plan.html", form=form, title=title, is_new=row is None, parts=parts)
    return page, 200 if typed is None else 422


@blueprint.get("/usage")
@requires("tenants.usage.view")
def show_usage() -> ResponseReturnValue:
    """Every centre on one day: visits, requests, rows."""
    today = clock.today()
    on = request.args.get("on", type=typed_day) or today - timedelta(days=1)
    rows = usage.of_day(on)
    heads = [gettext(head) for head in _USAGE_HEADS]
    plot = usage.requests_by_day(max(on, today))
    labels = {name: gettext(module.label) for name, module in installed().modules.items()}
    labels["kernel"] = gettext("Trail and messages")
    return render_template("tenants/usage.html", rows=rows, on=on, heads=heads, plot=plot, labels=labels)


@blueprint.post("/usage/sheet")
@requires("tenants.usage.view")
def take_usage() -> ResponseReturnValue:
    """The same for a spreadsheet, by who says what for."""
    by, purpose = current_actor(), request.form.get("purpose", "")
    on = request.form.get("on", type=typed_day) or clock.today() - timedelta(days=1)
    heads = [gettext(head) for head in _USAGE_HEADS]
    made = usage.as_sheet(usage.of_day(on), heads, on=on, purpose=purpose, by=by)
    headers = {"Content-Disposition": f"attachment; filename={file_name(f'usage-{on:%Y%m%d}', by)}"}
    return Response(made, mimetype="text/csv", headers=headers)
