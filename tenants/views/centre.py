"""What a centre decides for itself: settings and theme, parts of the system, what roles may do."""

import base64
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.registry import EVERYONE, Role, Setting, SettingKind, installed
from app.web.access import current_actor, current_tenant, requires
from app.web.forms import Form
from tenants import pictures, services, style

blueprint = Blueprint("centre", __name__, url_prefix="/centre", template_folder="../templates")
ON = ("1", "true", "on")


@blueprint.get("/settings")
@requires("tenants.settings.change")
def show_settings() -> ResponseReturnValue:
    """Name, look and rules of the centre."""
    return _settings_page(None, Form(services.rename_centre, start={"name": current_tenant().name}))


@blueprint.post("/settings")
@requires("tenants.settings.change")
def change_settings() -> ResponseReturnValue:
    """Keep the settings; names of fields are names of settings."""
    given = {
        name: request.form.get(name, "")
        for name, found in _declared().items()
        if name in request.form or _is_switch(found)
    }
    form = Form(services.change_settings, request.form, settings=given)
    if form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_settings"), 303)
    return _settings_page(form, Form(services.rename_centre, start={"name": current_tenant().name})), 422


@blueprint.post("/name")
@requires("tenants.settings.change")
def rename() -> ResponseReturnValue:
    """Change the name of the centre."""
    form = Form(services.rename_centre, request.form)
    if form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_settings"), 303)
    return _settings_page(None, form), 422


@blueprint.post("/logo")
@requires("tenants.settings.change")
def set_logo() -> ResponseReturnValue:
    """Take the chosen picture as the centre's logo."""
    upload = request.files.get("content")
    brought = upload.stream.read(pictures.LARGEST + 1) if upload else b""
    form = Form(style.set_logo, request.form, content=base64.b64encode(brought).decode())
    if form.perform(by=current_actor()):
        flash(gettext("Saved."), "success")
        return redirect(url_for(".show_settings"), 303)
    start = {"name": current_tenant().name}
    return _settings_page(None, Form(services.rename_centre, start=start), logo_form=form), 422


@blueprint.post("/logo/removal")
@requires("tenants.settings.change")
def remove_logo() -> ResponseReturnValue:
    """Take the logo away."""
    form = Form(style.remove_logo, request.form)
    form.perform_or_raise(by=current_actor())
    flash(gettext("The logo is removed."), "success")
    return redirect(url_for(".show_settings"), 303)


def _declared() -> dict[str, Setting]:
    """Settings of the parts that are on."""
    on = current_tenant().modules
    return {
        setting.name: setting
        for name, module in installed().modules.items()
        if name in on
        for setting in module.settings
    }


def _is_switch(setting: Setting) -> bool:
    return setting.kind is SettingKind.SWITCH


def _settings_page(form: Form | None, name_form: Form, *, logo_form: Form | None = None) -> str:
    chosen = current_tenant().settings
    start = {name: chosen.get(name, setting.default) for name, setting in _declared().items()}
    groups = [
        (gettext(module.label), module.settings)
        for name, module in installed().modules.items()
        if module.settings and name in current_tenant().modules
    ]
    pages = [
        (entry.endpoint, gettext(entry.label))
        for module in installed().modules.values()
        if module.name in current_tenant().modules
        for entry in module.menu
    ]
    values = start if form is None else {name: form.value(name) for name in start}
    return render_template(
        "tenants/settings.html",
        form=form or Form(services.change_settings, start=start),
        name_form=name_form,
        logo_form=logo_form or Form(style.set_logo),
        largest=pictures.LARGEST // 1024,
        groups=groups,
        pages=pages,
        values=values,
        options={
            name: [(code, gettext(label)) for code, label in found.options]
            for name, found in _declared().items()
        },
    )


@blueprint.get("/modules")
@requires("tenants.module.switch")
def show_modules() -> ResponseReturnValue:
    """Parts of the system, what each needs, and whether it is on."""
    return _modules_page([])


@blueprint.post("/modules/<string:name>")
@requires("tenants.module.switch")
def switch_module(name: str) -> ResponseReturnValue:
    """Switch a part on or off, at once and everywhere."""
    is_on = request.form.get("is_on") in ON
    form = Form(services.switch_module, request.form, module=name, is_on=is_on)
    if form.perform(by=current_actor()):
        label = gettext(installed().modules[name].label)
        text = (
            gettext("%(module)s is on.", module=label)
            if is_on
            else gettext("%(module)s is off.", module=label)
        )
        flash(text, "success")
        return redirect(url_for(".show_modules"), 303)
    if form.refusal is not None and form.refusal.status == 404:
        raise form.refusal
    return _modules_page(form.messages), 422


def _modules_page(messages: list[str]) -> str:
    modules, on = installed().modules, current_tenant().modules
    rows = [
        {
            "module": module,
            "is_on": name in on,
            "needs": [gettext(modules[other].label) for other in module.requires],
            "needed_by": [
                gettext(other.label)
                for other in modules.values()
                if name in other.requires and other.name in on
            ],
        }
        for name, module in modules.items()
    ]
    return render_template("tenants/modules.html", rows=rows, messages=messages)


@blueprint.get("/grants")
@requires("tenants.role.grant")
def show_grants() -> ResponseReturnValue:
    """Which role may do what, by part of the system."""
    return render_template("tenants/grants.html", **_grants(request.args.get("module", "")))


@blueprint.post("/grants/<string:role>/<string:permission>")
@requires("tenants.role.grant")
def change_grant(role: str, permission: str) -> ResponseReturnValue:
    """Give a permission to a role, or take it away; answers with the one cell."""
    is_granted = request.form.get("is_granted") in ON
    form = Form(services.change_grant, request.form, role=role, permission=permission, is_granted=is_granted)
    form.perform_or_raise(by=current_actor())
    if request.headers.get("HX-Request"):
        return render_template("tenants/grant.html", role=role, permission=permission, is_granted=is_granted)
    return redirect(url_for(".show_grants", module=permission.split(".")[0]), 303)


def _grants(wanted: str) -> dict[str, Any]:
    tenant = current_tenant()
    modules = [m for m in installed().modules.values() if m.permissions and m.name in tenant.modules]
    chosen = next((module for module in modules if module.name == wanted), modules[0])
    return {
        "modules": modules,
        "chosen": chosen,
        "roles": [(role, Role(role).label) for role in EVERYONE],
        "grants": tenant.grants,
        "defaults": installed().default_grants(),
        "may_hold": services.may_ever_hold,
    }
