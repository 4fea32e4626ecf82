"""Alarms of the watch on the screen, and who read how many records."""

from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock, trail
from app.actor import Actor
from app.i18n import gettext
from app.records import Outcome
from app.registry import FIRST_ROWS, Heap, WaitingRow
from app.tenancy import directory
from app.watch import queries, services
from app.watch.queries import Sought
from app.watch.rules import Rule
from app.web.access import current_actor, requires
from app.web.days import typed_day
from app.web.forms import Form
from app.web.paging import links

blueprint = Blueprint("alarms", __name__, url_prefix="/alarms")
STATES = (queries.OPEN, queries.NOTED, "all")


@blueprint.get("/")
@requires("accounts.alarm.view")
def show_alarms() -> ResponseReturnValue:
    """Alarms of the centre, or of every centre for the district; those that nobody has noted first of all."""
    by, sought = current_actor(), _sought()
    page = queries.page_of_alarms(sought, by=by, before=request.args.get("before", type=int))
    return render_template(
        "alarms/list.html",
        page=links(page),
        sought=sought,
        rules=Rule.options(),
        centres=_centres(by),
        is_district=by.tenant_id is None,
    )


def _sought() -> Sought:
    args = request.args
    state = args.get("state", queries.OPEN)
    rule = args.get("rule", "")
    if state not in STATES or (rule and rule not in set(Rule)):
        abort(404)
    is_district = current_actor().tenant_id is None
    return Sought(state=state, rule=rule, centre_id=args.get("centre", type=int) if is_district else None)


def _centres(by: Actor) -> dict[int, str]:
    """Names for the district's list; "0" is what belongs to no centre."""
    if by.tenant_id is not None:
        return {}
    return {0: gettext("District"), **{tenant.id: tenant.name for tenant in directory().all_active()}}


@blueprint.get("/<int:alarm_id>")
@requires("accounts.alarm.view")
def show_alarm(alarm_id: int) -> ResponseReturnValue:
    """One alarm with the rows it was opened for."""
    return _alarm_page(alarm_id, Form(services.note_alarm))


@blueprint.post("/<int:alarm_id>/note")
@requires("accounts.alarm.note")
def note_alarm(alarm_id: int) -> ResponseReturnValue:
    """Take note of it, with what came of it."""
    form = Form(services.note_alarm, request.form, alarm_id=alarm_id)
    if form.perform(by=current_actor()):
        flash(gettext("Noted."), "success")
        return redirect(url_for(".show_alarms"), 303)
    return _alarm_page(alarm_id, form)


def _alarm_page(alarm_id: int, form: Form) -> ResponseReturnValue:
    by = current_actor()
    alarm = queries.get_alarm(alarm_id, by=by)
    rows = queries.rows_behind(alarm, by=by, before=request.args.get("before", type=int))
    page = render_template(
        "alarms/show.html",
        alarm=alarm,
        page=None if rows is None else links(rows),
        form=form,
        centres=_centres(by),
        labels=dict(Outcome.options()),
        words_of=trail.words_of,
    )
    return page, 422 if form.messages or form.errors else 200


@blueprint.get("/readings")
@requires("accounts.readings.view")
def show_readings() -> ResponseReturnValue:
    """Who read how many records in a week or another span, and at which hours."""
    first, last = _span()
    found = queries.readings_between(first, last, by=current_actor())
    return render_template("alarms/readings.html", first=first, last=last, found=found)


@blueprint.get("/readings/<int:account_id>")
@requires("accounts.readings.view")
def show_readings_of(account_id: int) -> ResponseReturnValue:
    """The rows behind one person's figure."""
    first, last = _span()
    page = queries.page_of_readings(
        account_id, first, last, by=current_actor(), before=request.args.get("before", type=int)
    )
    return render_template(
        "alarms/readings_of.html",
        page=links(page),
        first=first,
        last=last,
        name=queries.names_of([account_id]).get(account_id, "") if page.rows else "",
        words_of=trail.words_of,
    )


def _span() -> tuple[date, date]:
    """The days that were asked for, at most a month; without any the week up to today."""
    last = request.args.get("last", type=typed_day) or clock.today()
    first = request.args.get("first", type=typed_day) or last - timedelta(days=6)
    if first > last:
        first, last = last, first
    return max(first, last - timedelta(days=queries.LONGEST_DAYS - 1)), last


def open_heap(by: Actor) -> Heap:
    """Alarms that nobody has noted, the newest first, for the home page."""
    count, found = queries.open_alarms(by, size=FIRST_ROWS)
    rows = [
        WaitingRow(
            row.at,
            row.actor_name or row.address or "—",
            row.rule.label,
            url_for("alarms.show_alarm", alarm_id=row.id),
            "d",
        )
        for row in found
    ]
    return Heap(count, rows)
