"""The institution's connection to the platform of electronic invoices."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.invoices import queries, services
from modules.invoices.views.pages import blueprint


@blueprint.get("/platform")
@requires("invoices.platform.view")
@fresh
def show_platform() -> ResponseReturnValue:
    """How this institution reaches the platform."""
    return _page()


@blueprint.post("/platform")
@requires("invoices.platform.change")
def change_platform() -> ResponseReturnValue:
    """Keep another address, code or key."""
    form = Form(services.connect, request.form)
    if form.perform(by=current_actor()) is None:
        return _page(form), 422
    flash(gettext("The connection is kept"), "ok")
    return redirect(url_for(".show_platform"), 303)


def _page(form: Form | None = None) -> str:
    row = queries.find_connection()
    names = ("unit_code", "institution_kind", "base_url", "is_active")
    start = {name: getattr(row, name) for name in names} if row else {"is_active": True}
    return render_template(
        "invoices/platform.html", row=row, form=form or Form(services.connect, start=start)
    )
