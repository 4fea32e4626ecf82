"""The day's report of the centre: closed shifts, what the accountant has received, and the sums."""

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.i18n import gettext
from app.money import format_amount
from app.printing import paper_answer
from app.web.access import current_actor, requires
from app.web.forms import Form
from modules.charging import documents, queries, services
from modules.charging.views.pages import blueprint


@blueprint.get("/daily")
@requires("charging.shift.view")
def show_daily() -> ResponseReturnValue:
    """One day: what was taken, by way of paying and by fee class, and which shifts are not confirmed yet."""
    return _daily_page(_chosen_day())


@blueprint.get("/daily/paper")
@requires("charging.shift.view")
def show_daily_paper() -> ResponseReturnValue:
    """The day's report as a PDF."""
    day = _chosen_day()
    return paper_answer(documents.daily_paper(day, current_actor()), f"daily-{day:%Y-%m-%d}")


@blueprint.post("/shifts/<int:shift_id>/confirm")
@requires("charging.shift.confirm")
def confirm_shift(shift_id: int) -> ResponseReturnValue:
    """The cash of a shift has arrived."""
    form = Form(services.confirm_shift, request.form, shift_id=shift_id)
    confirmation = form.perform(by=current_actor())
    shift = queries.get_shift(shift_id)
    day = clock.local(shift.closed_at).date() if shift.closed_at else clock.today()
    if confirmation is None:
        return _daily_page(day, {shift_id: form}), 422
    flash(gettext("Shift %(number)s is confirmed", number=shift.number), "ok")
    return redirect(url_for(".show_daily", on=day.isoformat()), 303)


def _chosen_day() -> date:
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return clock.today()


def _daily_page(on: date, typed: dict[int, Form] | None = None) -> str:
    report = queries.day_report(on)
    forms = {
        shift.id: Form(
            services.confirm_shift, start={"received_cash": shift.cash_to_hand_in}, shift_id=shift.id
        )
        for shift, confirmation in report.shifts
        if confirmation is None
    }
    plot: list[tuple[Any, ...]] = [
        (method.label, format_amount(taken - back)) for method, taken, back in report.tenders
    ]
    return render_template("charging/daily.html", report=report, forms={**forms, **(typed or {})}, plot=plot)
