"""Work with channels and the insurer for a day: ask outside every transaction, note what came, compare."""

import base64
from dataclasses import replace

import structlog

from app import clock
from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.errors import DomainError, NotFound
from app.faults import fault_of
from modules.insurance import services as insurance
from modules.payments.services import conduct as payments
from modules.reconciliation import queries
from modules.reconciliation.models import Day, Entry
from modules.reconciliation.rules.states import Form, Origin, Step
from modules.reconciliation.services.comparing import compare_day, compare_insurer
from modules.reconciliation.services.days import note_no_statement, take_statement
from modules.reconciliation.services.differences import begin_step

log = structlog.get_logger()


def fetch_day(day_id: int, *, by: Actor) -> Day:
    """Get a day's statement from its channel, or the insurer's word, and compare; without an answer it is asked again.

    Raises:
        NotFound: no such day here.
        DayTiedOut: it is tied out.
    """
    with tenant_unit(_centre(by)):
        day = queries.get_day(day_id)
        terms = queries.terms_of(day.merchant_id) if day.merchant_id else None
    if day.merchant_id is None:
        return _ask_insurer(day, by)
    form = terms.form if terms else Form.CSV
    got = payments.fetch_statement(day.merchant_id, day.on, form.value, by=by)
    if got.fault:
        return note_no_statement(day_id=day_id, why=got.fault, by=by)
    content = base64.b64encode(got.content).decode()
    file = take_statement(day_id=day_id, content=content, origin=Origin.FETCHED, by=by)
    if file.fault:
        with tenant_unit(_centre(by)):
            return queries.get_day(day_id)
    return compare_day(day_id=day_id, by=by)


def _ask_insurer(day: Day, by: Actor) -> Day:
    try:
        compared = insurance.compare_day(day.on, by=by)
    except DomainError as refusal:
        return note_no_statement(day_id=day.id, why=refusal.code, by=by)
    return compare_insurer(day_id=day.id, compared=compared, by=by)


def bring_statement(day_id: int, content: str, form: Form, *, by: Actor) -> Day:
    """Take a statement that was brought by hand, and compare.

    Raises:
        NotFound, DayTiedOut, StatementNotTaken: nothing has changed.
    """
    take_statement(day_id=day_id, content=content, form=form, by=by)
    return compare_day(day_id=day_id, by=by)


def do_step(entry_id: int, step: Step, reason: str = "", *, by: Actor) -> Entry:
    """Do the next step of a difference, to its end: what goes back is sent, what is asked about is asked.

    A channel that does not answer leaves the step begun; it is pursued, and can be pressed again.

    Raises:
        NotFound, DayTiedOut, DifferenceTaken, StepNotNow, ReasonMissing: nothing has changed.
    """
    entry = begin_step(entry_id=entry_id, step=step, reason=reason, by=by)
    clerk = replace(by, is_system=True)
    if step is Step.ASK and entry.order_id:
        payments.ask(entry.order_id, even_ended=True, by=clerk)
    elif step in {Step.REFUND, Step.RETRY_REFUND} and entry.done_refund_id:
        payments.carry_refund(entry.done_refund_id, by=clerk)
    return entry


def pursue(tenant_id: int) -> int:
    """Fetch what is due in a centre; returns how many days were looked at."""
    by = system_actor(tenant_id, origin="job")
    with tenant_unit(tenant_id):
        due = queries.days_due(clock.now())
    for day_id in due:
        try:
            fetch_day(day_id, by=by)
        except DomainError as refusal:  # tied out meanwhile, or another process was first
            log.warning("reconciliation.pursuit_failed", row=day_id, error=refusal.code)
        except Exception as failure:
            log.error("reconciliation.pursuit_failed", row=day_id, error=fault_of(failure))
    return len(due)


def _centre(by: Actor) -> int:
    if by.tenant_id is None:
        raise NotFound
    return by.tenant_id
