"""The district's view of its centres: the list, a new one, and what is done with one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from tenants import exports, moves, parts, plans, provisioning, queries, templating
from tenants.models import Centre

blueprint = Blueprint("district", __name__, url_prefix="/district", template_folder="../templates")


@blueprint.get("/centres")
@requires("tenants.centre.list")
def show_centres() -> ResponseReturnValue:
    """Every centre: where its rows are, whether it works, and which parts it has switched off."""
    rows = queries.list_centres()
    return render_template("tenants/centres.html", rows=rows, labels=_labels())


@blueprint.route("/centres/new", methods=["GET", "POST"])
@requires("tenants.centre.create")
def open_centre() -> ResponseReturnValue:
    """One short form; the answer shows the one-time codes of the first administrators, this once."""
    loads = provisioning.centres_by_partition()
    proposed = min(loads, key=lambda name: (loads[name], name)) if loads else ""
    start = {
        "partition": proposed,
        "template": parts.DEFAULT_TEMPLATE,
        "plan": provisioning.DEFAULT_PLAN,
    }
    typed = request.form if request.method == "POST" else None
    form = Form(provisioning.provision_centre, typed, start=start)
    if typed is not None and (centre := form.perform(by=current_actor())):
        return _opened_page(centre)
    page = render_template(
        "tenants/new_centre.html",
        form=form,
        partitions=[(name, gettext("%(name)s: %(n)s centres", name=name, n=n)) for name, n in loads.items()],
        templates=[(row.code, row.label) for row in templating.all_templates()],
        plans=[(row.code, row.label) for row in plans.all_plans()],
    )
    return page, 200 if typed is None else 422


def _opened_page(centre: Centre) -> str:
    return render_template("tenants/opened_centre.html", centre=centre)


@blueprint.get("/centres/<int:tenant_id>")
@requires("tenants.centre.list")
def show_centre(tenant_id: int) -> ResponseReturnValue:
    """One centre and what the operator may do with it."""
    return centre_page(tenant_id, {})


@blueprint.get("/centres/<int:tenant_id>/state")
@requires("tenants.centre.list")
def show_state(tenant_id: int) -> ResponseReturnValue:
    """The state of a centre, which asks for itself again while the centre is being prepared."""
    return render_template("tenants/centre_state.html", row=queries.get_centre(tenant_id))


@blueprint.post("/centres/<int:tenant_id>/preparation")
@requires("tenants.centre.create")
def prepare_again(tenant_id: int) -> ResponseReturnValue:
    """Try a failed preparation again."""
    form = Form(provisioning.order_again, request.form, tenant_id=tenant_id)
    return _answer(tenant_id, "preparation", form, gettext("The centre is being prepared."))


@blueprint.post("/centres/<int:tenant_id>/suspension")
@requires("tenants.centre.suspend")
def suspend(tenant_id: int) -> ResponseReturnValue:
    """Close the centre at once, with a reason."""
    form = Form(provisioning.suspend_centre, request.form, tenant_id=tenant_id)
    return _answer(tenant_id, "suspension", form, gettext("The centre is suspended."))


@blueprint.post("/centres/<int:tenant_id>/reopening")
@requires("tenants.centre.suspend")
def reopen(tenant_id: int) -> ResponseReturnValue:
    """Let a suspended centre work again."""
    form = Form(provisioning.reopen_centre, request.form, tenant_id=tenant_id)
    return _answer(tenant_id, "reopening", form, gettext("The centre is open again."))


@blueprint.post("/centres/<int:tenant_id>/plan")
@requires("tenants.plan.manage")
def change_plan(tenant_id: int) -> ResponseReturnValue:
    """Give the centre another plan."""
    form = Form(plans.change_plan, request.form, tenant_id=tenant_id)
    return _answer(tenant_id, "plan", form, gettext("Saved."))


@blueprint.post("/centres/<int:tenant_id>/parts")
@requires("tenants.plan.manage")
def prepare_parts(tenant_id: int) -> ResponseReturnValue:
    """Prepare every part of the centre once more."""
    form = Form(parts.prepare_parts, request.form, tenant_id=tenant_id)
    return _answer(tenant_id, "parts", form, gettext("The parts are being prepared."))


@blueprint.post("/centres/<int:tenant_id>/template")
@requires("tenants.centre.create")
def take_template(tenant_id: int) -> ResponseReturnValue:
    """Take a template from the centre."""
    form = Form(templating.save_template, request.form, tenant_id=tenant_id)
    return _answer(tenant_id, "template", form, gettext("The template was saved."))


def _answer(tenant_id: int, name: str, form: Form, text: str) -> ResponseReturnValue:
    """Back to the centre's page, or the page with what was wrong."""
    if form.perform(by=current_actor()):
        flash(text, "success")
        return redirect(url_for(".show_centre", tenant_id=tenant_id), 303)
    if form.refusal is not None and form.refusal.status == 404 and not form.refusal.field:
        raise form.refusal
    return centre_page(tenant_id, {name: form}), 422


def centre_page(tenant_id: int, forms: dict[str, Form]) -> str:
    """The page of a centre, with the forms that were refused."""
    row = queries.get_centre(tenant_id)
    fresh: dict[str, Any] = {
        "preparation": (provisioning.order_again, {}),
        "suspension": (provisioning.suspend_centre, {}),
        "reopening": (provisioning.reopen_centre, {}),
        "plan": (plans.change_plan, {"plan": row.plan}),
        "parts": (parts.prepare_parts, {}),
        "template": (templating.save_template, {}),
        "move": (moves.ask_to_move, {}),
        "export": (exports.ask_export, {}),
    }
    made = {name: Form(function, start=start) for name, (function, start) in fresh.items()}
    return render_template(
        "tenants/district_centre.html",
        row=row,
        forms={**made, **forms},
        plans=[(plan.code, plan.label) for plan in plans.all_plans()],
        targets=[(name, name) for name in _targets(row.partition)],
    )


def _targets(present: str) -> list[str]:
    """Other partitions, for those who may move centres."""
    if not current_actor().may("tenants.centre.move"):
        return []
    return [name for name in provisioning.partitions() if name != present]


def _labels() -> dict[str, str]:
    return {plan.code: plan.label for plan in plans.all_plans()}
