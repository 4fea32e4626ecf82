"""The weekly schedule (排班)."""

from datetime import time
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.registration import queries, services
from modules.registration.models import Channel, FeeScheme, NumberType, Shift
from modules.registration.views.blueprint import blueprint, perform_and_return
from tenants import queries as tenants
from tenants.models import DepartmentKind

START: dict[str, Any] = {
    "shift": Shift.MORNING.value,
    "starts_at": "08:00",
    "ends_at": "12:00",
    "number_type": NumberType.ORDINARY.value,
    "capacity": 30,
    "window_minutes": 30,
    "addon_limit": 5,
}
KEPT_FOR = tuple(channel for channel in Channel if channel is not Channel.WINDOW)


@blueprint.get("/schedule")
@requires("registration.schedule.manage")
def show_schedule() -> ResponseReturnValue:
    """The week, a column for each day; a line opens in the form beside it."""
    template_id = request.args.get("template", type=int)
    start = START | {"weekday": request.args.get("weekday", "0")}
    if template_id:
        start = _start_of(template_id)
    return _page(Form(services.save_template, start=start), template_id)


@blueprint.post("/schedule")
@requires("registration.schedule.manage")
def save_template() -> ResponseReturnValue:
    """Add or change a line of the week."""
    typed = MultiDict(request.form)
    template_id = request.args.get("template", type=int)
    asked = {channel.value: typed.get(f"quota-{channel.value}", "") for channel in KEPT_FOR}
    quotas = {name: int(places) for name, places in asked.items() if _is_count(places)}
    form = Form(services.save_template, typed, quotas=quotas, template_id=template_id)
    if form.perform(by=current_actor()):
        return redirect(url_for(".show_schedule"), 303)
    return _page(form, template_id), 422


@blueprint.post("/schedule/<int:template_id>/retire")
@requires("registration.schedule.manage")
def retire_template(template_id: int) -> ResponseReturnValue:
    """Take a line out of the week."""
    form = Form(services.retire_template, request.form, template_id=template_id)
    return perform_and_return(form, url_for(".show_schedule"))


@blueprint.post("/schedule/generate")
@requires("registration.schedule.manage")
def generate_sessions() -> ResponseReturnValue:
    """Make the sessions of the days ahead."""
    form = Form(services.generate_sessions, request.form)
    form.perform(by=current_actor())
    for message in [*form.messages, *(text for texts in form.errors.values() for text in texts)]:
        flash(message, "error")
    if form.refusal is None:
        flash(gettext("The sessions of the days ahead are there."), "success")
    return redirect(url_for(".list_sessions"), 303)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5


def _start_of(template_id: int) -> dict[str, Any]:
    template = queries.get_template(template_id)
    names = (
        "weekday",
        "department_id",
        "practitioner_id",
        "room",
        "capacity",
        "window_minutes",
        "addon_limit",
    )
    start = {name: getattr(template, name) for name in names}
    choices = {name: _code(getattr(template, name)) for name in ("shift", "number_type", "fee_scheme")}
    hours = {"starts_at": f"{template.starts_at:%H:%M}", "ends_at": f"{template.ends_at:%H:%M}"}
    quotas = {f"quota-{name}": places for name, places in template.quotas.items()}
    return start | choices | hours | quotas


def _code(choice: Any) -> str:
    return choice.value if choice is not None else ""


def _page(form: Form, template_id: int | None) -> str:
    templates = queries.list_templates()
    staff = tenants.list_practitioners()
    settings = queries.settings_of(current_actor().tenant_id)
    return render_template(
        "registration/schedule.html",
        form=form,
        template_id=template_id,
        week=[[row for row in templates if row.weekday == day] for day in range(7)],
        departments=[(d.id, d.name) for d in tenants.list_departments(DepartmentKind.CLINIC)],
        practitioners=[(p.id, f"{p.name} {p.staff_no}") for p in staff if p.may_prescribe],
        doctor_names={p.id: p.name for p in staff},
        kept_for=[(channel.value, channel.label) for channel in KEPT_FOR],
        shifts=Shift.options(),
        number_types=NumberType.options(),
        fee_schemes=FeeScheme.options(),
        generate_days=settings.generate_days,
        noon=time(12),
    )
