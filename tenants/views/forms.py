"""How a centre arranges its main forms."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import main_forms
from app.errors import NotFound
from app.i18n import gettext
from app.main_forms import MainForm
from app.registry import installed
from app.web.access import current_actor, current_tenant, requires
from app.web.forms import Form
from app.web.main_forms import choice_of
from tenants import style

blueprint = Blueprint("forms", __name__, url_prefix="/centre/forms", template_folder="../templates")
SHOWN, REQUIRED, HIDDEN = "shown", "required", "hidden"


@blueprint.get("/")
@requires("tenants.settings.change")
def show_forms() -> ResponseReturnValue:
    """The main forms, and which of them the centre has arranged."""
    rows = [(form, bool(choice_of(form))) for form in _forms_here()]
    return render_template("tenants/forms.html", rows=rows)


@blueprint.get("/<string:name>")
@requires("tenants.settings.change")
def show_form(name: str) -> ResponseReturnValue:
    """The fields of a form in the centre's order."""
    form = _form_of(name)
    return _page(form, choice_of(form), Form(style.arrange_form))


@blueprint.post("/<string:name>")
@requires("tenants.settings.change")
def arrange_form(name: str) -> ResponseReturnValue:
    """Keep the arrangement; everybody's next page has it."""
    form, typed = _form_of(name), _typed()
    act = Form(style.arrange_form, request.form, form=name, start=None, **typed)
    if act.perform(by=current_actor()):
        flash(gettext("Saved. The form looks like this from the next page on."), "success")
        return redirect(url_for(".show_form", name=name), 303)
    return _page(form, typed, act), 422


@blueprint.post("/<string:name>/preview")
@requires("tenants.settings.change")
def preview_form(name: str) -> ResponseReturnValue:
    """The form as it would be, before it is kept."""
    form, typed = _form_of(name), _typed()
    return render_template("tenants/form_preview.html", placed=main_forms.shown(form, typed))


@blueprint.post("/<string:name>/default")
@requires("tenants.settings.change")
def restore_form(name: str) -> ResponseReturnValue:
    """Back to what the module declares."""
    _form_of(name)
    act = Form(style.restore_form, request.form, form=name)
    act.perform_or_raise(by=current_actor())
    flash(gettext("The form is as it was delivered."), "success")
    return redirect(url_for(".show_form", name=name), 303)


def _forms_here() -> list[MainForm]:
    """Forms of the parts that are on."""
    modules, on = installed().modules, current_tenant().modules
    return [form for name, module in modules.items() if name in on for form in module.forms]


def _form_of(name: str) -> MainForm:
    found = next((form for form in _forms_here() if form.name == name), None)
    if found is None:
        raise NotFound(field="form")
    return found


def _typed() -> dict[str, list[str]]:
    """What stands on the page: the order of the rows, and what each field shall be."""
    order = request.form.getlist("order")
    states = {name: request.form.get(f"state-{name}", SHOWN) for name in order}
    return {
        "order": order,
        "hidden": [name for name, state in states.items() if state == HIDDEN],
        "required": [name for name, state in states.items() if state == REQUIRED],
    }


def _page(form: MainForm, choice: Mapping[str, Any], act: Form) -> str:
    return render_template(
        "tenants/form.html",
        declared=form,
        form=act,
        rows=main_forms.arranged(form, choice),
        placed=main_forms.shown(form, choice),
        is_arranged=bool(choice_of(form)),
    )
