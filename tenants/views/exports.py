"""Exports of all data of a centre: asked for on the centre's page, released and fetched here."""

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from tenants import exports
from tenants.views.district import centre_page

blueprint = Blueprint("exports", __name__, url_prefix="/district", template_folder="../templates")


@blueprint.get("/exports")
@requires("tenants.export.make")
def show_exports() -> ResponseReturnValue:
    """What was asked for, by whom, why; what may be released or fetched."""
    return render_template(
        "tenants/exports.html",
        rows=exports.list_exports(),
        me=current_actor().account_id,
        now=clock.now(),
        form=Form(exports.release_export),
    )


@blueprint.post("/centres/<int:tenant_id>/export")
@requires("tenants.export.make")
def ask(tenant_id: int) -> ResponseReturnValue:
    """Ask for an export."""
    form = Form(exports.ask_export, request.form, tenant_id=tenant_id)
    if form.perform(by=current_actor()):
        flash(gettext("Asked for. Another operator releases it."), "success")
        return redirect(url_for(".show_exports"), 303)
    if form.refusal is not None and form.refusal.status == 404:
        raise form.refusal
    return centre_page(tenant_id, {"export": form}), 422


@blueprint.post("/exports/<int:export_id>/release")
@requires("tenants.export.make")
def release(export_id: int) -> ResponseReturnValue:
    """Release what another operator asked for."""
    form = Form(exports.release_export, request.form, export_id=export_id)
    row = form.perform_or_raise(by=current_actor())
    return redirect(url_for("operation.show_task", task_id=row.task_id), 303)


@blueprint.get("/exports/<int:export_id>/file")
@requires("tenants.export.make")
def fetch(export_id: int) -> ResponseReturnValue:
    """The file, streamed; each fetch stands in the trail."""
    path, name = exports.file_for(export_id, by=current_actor())
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name=name)
