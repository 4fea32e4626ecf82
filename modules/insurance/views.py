"""Pages of insurance: settlements and what was said, the connection, rules, mappings."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import audit, clock
from app.actor import Actor
from app.errors import DomainError, NotFound
from app.i18n import gettext
from app.jobs.services import start_job
from app.web.access import current_actor, requires
from app.web.forms import Form
from app.web.paging import links
from app.web.read_after import fresh
from modules.insurance import queries, services
from modules.insurance.models import ItemKind, SignType
from modules.insurance.rules.codes import CareType, InsuranceType, ItemLevel, options
from modules.insurance.rules.messages import masked
from modules.insurance.rules.states import SettlementState

blueprint = Blueprint("insurance", __name__, template_folder="templates", url_prefix="/insurance")
JOBS = {"download": "insurance.catalogue.download", "upload": "insurance.mapping.upload"}


@blueprint.get("/settlements")
@requires("insurance.settlement.view")
@fresh
def list_settlements() -> ResponseReturnValue:
    """Insured settlements, the newest first."""
    return _list(request.args.get("state", ""))


@blueprint.get("/settlements/deferred")
@requires("insurance.settlement.view")
@fresh
def list_deferred() -> ResponseReturnValue:
    """What was put off and waits to be settled."""
    return _list(SettlementState.DEFERRED.value)


@blueprint.get("/settlements/<int:settlement_id>")
@requires("insurance.settlement.view")
@audit.reading("settlement.read")
@fresh
def show_settlement(settlement_id: int) -> ResponseReturnValue:
    """One settlement: who pays what, line by line, and what was said."""
    row = queries.get_settlement(settlement_id)
    person = queries.person_of(row.person_id)
    audit.seen(row, patient_id=person.patient_id)
    may_read = current_actor().may("insurance.exchange.view")
    return render_template(
        "insurance/settlement.html",
        row=row,
        insutypes=options(InsuranceType),
        levels=options(ItemLevel),
        person=person,
        lines=queries.lines_of(settlement_id),
        estimate=queries.estimate(row) if row.state is SettlementState.DEFERRED else None,
        exchanges=queries.exchanges_of(settlement_id) if may_read else [],
    )


@blueprint.get("/exchanges/<int:exchange_id>")
@requires("insurance.exchange.view")
@audit.reading("exchange.read")
def show_exchange(exchange_id: int) -> ResponseReturnValue:
    """A message and its answer as they went over the line; people's numbers masked unless one may see them."""
    row = queries.get_exchange(exchange_id)
    audit.seen(row, patient_id=queries.patient_of_exchange(row))
    is_open = current_actor().may("patients.identity.reveal")
    return render_template(
        "insurance/exchange.html",
        row=row,
        request_text=_readable(row.request, is_open=is_open),
        answer_text=_readable(row.answer, is_open=is_open),
        is_open=is_open,
    )


@blueprint.post("/settlements/<int:settlement_id>/question")
@requires("insurance.settlement.settle")
def ask(settlement_id: int) -> ResponseReturnValue:
    """Ask the insurer what has become of it."""
    return _conducted(settlement_id, lambda by: services.ask(settlement_id, by=by))


@blueprint.post("/settlements/<int:settlement_id>/settlement")
@requires("insurance.settlement.settle")
def settle_later(settlement_id: int) -> ResponseReturnValue:
    """Settle what was put off."""
    return _conducted(settlement_id, lambda by: services.settle_deferred(settlement_id, by=by))


@blueprint.post("/settlements/<int:settlement_id>/cancellation")
@requires("insurance.settlement.cancel")
def cancel(settlement_id: int) -> ResponseReturnValue:
    """Have the insurer take it back."""
    reason = request.form.get("reason", "").strip()[:200]
    if len(reason) < 2:
        flash(gettext("Say why."), "error")
        return redirect(url_for(".show_settlement", settlement_id=settlement_id), 303)
    return _conducted(settlement_id, lambda by: services.cancel(settlement_id, reason=reason, by=by))


@blueprint.get("/connection")
@requires("insurance.connection.view")
@fresh
def show_connection() -> ResponseReturnValue:
    """The connection to the insurer, and the region's rules."""
    return _connection_page()


@blueprint.post("/connection")
@requires("insurance.connection.change")
def change_connection() -> ResponseReturnValue:
    """Set the connection up, or change it."""
    form = Form(services.connect, request.form)
    if form.perform(by=current_actor()) is None:
        return _connection_page(form=form), 422
    flash(gettext("The connection is kept"), "success")
    return redirect(url_for(".show_connection"), 303)


@blueprint.post("/rules")
@requires("insurance.rule.change")
def set_rule() -> ResponseReturnValue:
    """A rule from a day on."""
    form = Form(services.set_rule, request.form)
    if form.perform(by=current_actor()) is None:
        return _connection_page(rule_form=form), 422
    flash(gettext("The rule is set"), "success")
    return redirect(url_for(".show_connection"), 303)


@blueprint.get("/coverage")
@requires("insurance.mapping.view")
@fresh
def show_coverage() -> ResponseReturnValue:
    """How much of what we charge the insurer knows, and what is missing."""
    return _coverage_page()


@blueprint.post("/mappings")
@requires("insurance.mapping.change")
def map_item() -> ResponseReturnValue:
    """Map one item."""
    form = Form(services.map_item, request.form)
    if form.perform(by=current_actor()) is None:
        return _coverage_page(form=form), 422
    return redirect(url_for(".show_coverage"), 303)


@blueprint.post("/mappings/<int:mapping_id>/end")
@requires("insurance.mapping.change")
def end_mapping(mapping_id: int) -> ResponseReturnValue:
    """End a mapping; the insurer is told first if it knows of it."""
    try:
        services.cancel_mapping(mapping_id, by=current_actor())
    except NotFound:
        raise
    except DomainError as refusal:
        flash(refusal.text, "error")
    return redirect(url_for(".show_coverage"), 303)


@blueprint.post("/coverage/<string:work>")
@requires("insurance.mapping.change")
def start_work(work: str) -> ResponseReturnValue:
    """Download the catalogue, or tell the insurer our mappings: long work."""
    if work not in JOBS:
        raise NotFound
    job = start_job(kind=JOBS[work], arguments={}, by=current_actor())
    return redirect(url_for("jobs.show_job", job_id=job.id), 303)


def find_items(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Items of the insurer's catalogue by code, name or initials."""
    return [
        {"id": row.code, "code": row.code, "text": row.name, "columns": [row.spec, row.level], "extra": {}}
        for row in queries.search_catalogue(text)
    ]


def _conducted(settlement_id: int, act: Callable[[Actor], Any]) -> ResponseReturnValue:
    try:
        row = act(current_actor())
    except NotFound:
        raise
    except DomainError as refusal:
        flash(refusal.text, "error")
    else:
        flash(row.state.label, "success")
    return redirect(url_for(".show_settlement", settlement_id=settlement_id), 303)


def _list(state: str) -> str:
    wanted = [SettlementState(state)] if state in set(SettlementState) else []
    page = queries.list_settlements(states=wanted, before=request.args.get("before", type=int))
    people = queries.people_of(row.person_id for row in page.rows)
    return render_template(
        "insurance/settlements.html",
        insutypes=options(InsuranceType),
        page=links(page),
        people=people,
        state=state,
        states=[(one.value, one.label) for one in SettlementState],
    )


def _connection_page(**forms: Form) -> str:
    row = queries.find_connection()
    names = ("institution_code", "institution_name", "region", "base_url", "sign_type")
    start: dict[str, Any] = (
        {name: getattr(row, name) for name in names} if row else {"sign_type": SignType.SM3}
    )
    start["is_active"] = "1" if row is None or row.is_active else ""
    start["fund_includes_account"] = "1" if row and row.fund_includes_account else ""
    facts: dict[str, Any] = {
        "form": Form(services.connect, start=start),
        "rule_form": Form(services.set_rule, start={"valid_from": clock.today(), "med_type": "11"}),
    }
    return render_template(
        "insurance/connection.html",
        insutypes=options(InsuranceType),
        med_types=options(CareType),
        row=row,
        rules=queries.list_rules(),
        sign_types=[(one.value, one.label) for one in SignType],
        **{**facts, **forms},
    )


def _coverage_page(**forms: Form) -> str:
    missing = queries.unmapped()
    found = {"form": Form(services.map_item), **forms}
    return render_template(
        "insurance/coverage.html",
        levels=options(ItemLevel),
        coverage=queries.coverage(),
        missing=missing[:100],
        proposals=queries.propose(missing) if request.args.get("propose") else {},
        mappings=queries.list_mappings(),
        catalogue_size=queries.catalogue_size(),
        chosen=request.args.get("item", ""),
        kinds={one.value: one.label for one in ItemKind},
        **found,
    )


def _readable(text: str, *, is_open: bool) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text if is_open else re.sub(r"[0-9X]{6,}", "******", text)
    return json.dumps(found if is_open else masked(found), ensure_ascii=False, indent=2)
