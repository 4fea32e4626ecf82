"""The calendar of a month, the merchants' terms, and lines of the bank brought together."""

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.i18n import gettext
from app.web.access import current_actor, current_tenant, requires
from app.web.forms import Form
from app.web.read_after import fresh
from modules.reconciliation import queries, services
from modules.reconciliation.rules.states import Form as StatementForm
from modules.reconciliation.services import conduct
from modules.reconciliation.views.pages import DAY_KINDS, blueprint


@blueprint.get("/")
@requires("reconciliation.day.view")
@fresh
def show_calendar() -> ResponseReturnValue:
    """A month of every channel and of the insurer."""
    return _page()


@blueprint.post("/begin")
@requires("reconciliation.day.compare")
def begin_days() -> ResponseReturnValue:
    """Begin what is over and not begun yet, and fetch what is due."""
    Form(services.begin_days, request.form).perform_or_raise(by=current_actor())
    count = conduct.pursue(current_tenant().id)
    flash(gettext("%(count)s days were asked for", count=count), "ok")
    return redirect(url_for(".show_calendar"), 303)


@blueprint.post("/arrivals")
@requires("reconciliation.arrival.enter")
def note_arrivals() -> ResponseReturnValue:
    """Lines of the bank's statement of one channel."""
    form = Form(services.note_arrivals, request.form)
    if form.perform(by=current_actor()) is None:
        return _page(arrivals_form=form), 422
    flash(gettext("The arrivals are noted"), "ok")
    return redirect(url_for(".show_calendar"), 303)


@blueprint.post("/merchants/<int:merchant_id>/terms")
@requires("reconciliation.terms.change")
def set_terms(merchant_id: int) -> ResponseReturnValue:
    """The form of a merchant's statements, and its fee."""
    form = Form(services.set_terms, request.form, merchant_id=merchant_id)
    if form.perform(by=current_actor()) is None:
        return _page(terms_forms={merchant_id: form}), 422
    flash(gettext("The terms are noted"), "ok")
    return redirect(url_for(".show_calendar"), 303)


def _page(arrivals_form: Form | None = None, terms_forms: dict[int, Form] | None = None) -> str:
    month = _month()
    calendar = queries.calendar_of(month)
    terms = queries.all_terms()
    forms = {
        source.merchant_id: Form(
            services.set_terms,
            start=queries.terms_values(terms.get(source.merchant_id)),
            merchant_id=source.merchant_id,
        )
        for source in calendar.sources
        if source.merchant_id
    }
    return render_template(
        "reconciliation/calendar.html",
        calendar=calendar,
        label=queries.channel_label,
        kinds=DAY_KINDS,
        month=month,
        before=(month - timedelta(days=1)).strftime("%Y-%m"),
        after=(month + timedelta(days=32)).strftime("%Y-%m"),
        is_last=month >= clock.today().replace(day=1),
        arrivals_form=arrivals_form or Form(services.note_arrivals),
        begin_form=Form(services.begin_days),
        terms_forms={**forms, **(terms_forms or {})},
        statement_forms=StatementForm.options(),
        source_options=[(one.key, _named(one)) for one in calendar.sources],
    )


def _named(source: queries.Source) -> str:
    replaced = "" if source.is_active else f" ({gettext('Replaced')})"
    return f"{queries.channel_label(source.channel)} {source.merchant_no}{replaced}"


def _month() -> date:
    """The chosen month, else the one of yesterday."""
    try:
        chosen = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        chosen = (clock.today() - timedelta(days=1)).replace(day=1)
    return chosen if 2000 <= chosen.year <= 2200 else clock.today().replace(day=1)
