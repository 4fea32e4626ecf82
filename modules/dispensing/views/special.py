"""Special drugs: the register book, ampoules that came back, the change of shifts."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.i18n import gettext
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.dispensing import queries, services
from modules.dispensing.views.pages import blueprint
from modules.patients import queries as patients


@blueprint.get("/special")
@requires("dispensing.special.view")
def show_register() -> ResponseReturnValue:
    """The register book, the latest row first."""
    return _register(Form(services.take_ampoules_back, entry_id=0))


@blueprint.post("/special/<int:entry_id>/ampoules")
@requires("dispensing.special.record")
def take_ampoules_back(entry_id: int) -> ResponseReturnValue:
    """Empty ampoules came back."""
    form = Form(services.take_ampoules_back, request.form, entry_id=entry_id)
    if form.perform(by=current_actor()) is None:
        return _register(form), 422
    flash(gettext("Ampoules recorded"), "ok")
    return redirect(url_for(".show_register"), 303)


@blueprint.get("/special/handovers")
@requires("dispensing.special.view")
def list_handovers() -> ResponseReturnValue:
    """Counts at the change of shifts, and the next one."""
    return _handovers(Form(services.hand_over_cupboard, location_id=_here()))


@blueprint.post("/special/handovers")
@requires("dispensing.special.record")
def hand_over_cupboard() -> ResponseReturnValue:
    """The next shift takes the cupboard over."""
    form = Form(services.hand_over_cupboard, request.form, location_id=_here())
    if form.perform(by=current_actor()) is None:
        return _handovers(form), 422
    flash(gettext("Cupboard handed over"), "ok")
    return redirect(url_for(".list_handovers"), 303)


def _register(form: Form) -> str:
    typed = request.args.get("on", "")
    page = queries.list_register(on=_day(typed), before=request.args.get("before", type=int))
    following = url_for(".show_register", on=typed or None, before=page.next_before)
    return render_template(
        "dispensing/register.html",
        rows=page.rows,
        people=patients.patients_by_id({row.patient_id for row in page.rows}),
        ampoules=queries.ampoules_of([row.id for row in page.rows]),
        form=form,
        on=typed,
        urls={
            "previous_url": "" if page.is_first else url_for(".show_register", on=typed or None),
            "next_url": following if page.next_before else "",
        },
    )


def _handovers(form: Form) -> str:
    location_id = _here()
    page = queries.list_handovers(location_id, before=request.args.get("before", type=int))
    return render_template(
        "dispensing/handovers.html",
        rows=page.rows,
        lines=queries.lines_of_handovers([row.id for row in page.rows]),
        stock=queries.special_stock(location_id),
        form=form,
        urls={
            "previous_url": "" if page.is_first else url_for(".list_handovers"),
            "next_url": url_for(".list_handovers", before=page.next_before) if page.next_before else "",
        },
    )


def _here() -> int:
    return queries.find_pharmacy(current_actor().station_id) or 0


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
