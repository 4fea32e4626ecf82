"""What is done about a difference: taken in hand by one person, reviewed by another."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.i18n import gettext
from app.use_cases import use_case
from modules.payments import queries as payments
from modules.payments import services as payment_services
from modules.payments.queries import RefundState
from modules.reconciliation import queries
from modules.reconciliation.errors import DifferenceTaken, OwnReview, ReasonMissing, StepNotNow
from modules.reconciliation.models import Entry
from modules.reconciliation.queries import Difference
from modules.reconciliation.rules.states import EntryClass, EntryState, Step
from modules.reconciliation.services.comparing import recount
from modules.reconciliation.services.days import open_day

BY_HAND = {Step.EXPLAIN, Step.RECOLLECT}
SHORTEST_REASON = 2


@use_case("reconciliation.difference.handle", is_step=True)
def begin_step(
    *,
    entry_id: int,
    step: Step,
    reason: Annotated[str, Field(max_length=300)] = "",
    by: Actor,
) -> Entry:
    """Take a difference in hand and begin its next step; what asks a channel follows after the commit (`conduct`).

    Raises:
        NotFound: no such difference here.
        DayTiedOut: its day is tied out.
        DifferenceTaken: somebody else has it in hand, or it is handled.
        StepNotNow: the step does not fit how it stands.
        ReasonMissing: what is done by hand needs a reason.
    """
    entry = _held(entry_id)
    if not entry.is_open or entry.handled_by_id not in {None, by.account_id}:
        raise DifferenceTaken(name=entry.handled_by_name or gettext("The system"))
    found = queries.standing_of(entry, is_next_compared=_is_next_compared(entry))
    if step not in {found.step, Step.EXPLAIN} or (step is Step.CARRY and entry.kind is EntryClass.CROSS_DAY):
        raise StepNotNow
    if step in BY_HAND and len(reason) < SHORTEST_REASON:
        raise ReasonMissing(field="reason")
    entry.state, entry.step, entry.reason = EntryState.WORKING, step, reason
    entry.handled_by_id, entry.handled_by_name, entry.handled_at = by.account_id, by.name, clock.now()
    _act(entry, found, reason or step.label, by)
    recount(queries.get_day(entry.day_id))
    audit.record("difference.taken", entry, by=by, step=step.value, reason=reason)
    return entry


def _act(entry: Entry, found: Difference, reason: str, by: Actor) -> None:
    if found.step is not entry.step:
        return
    if entry.step is Step.CARRY:
        entry.kind, entry.was_carried = EntryClass.CROSS_DAY, True
    elif entry.step is Step.REFUND and entry.order_id:
        order = payments.lock_order(entry.order_id)
        refund = payment_services.open_refund(
            order_id=order.id, amount=order.refundable_amount, reason=reason, by=by
        )
        entry.done_refund_id = refund.id
    elif entry.step is Step.RETRY_REFUND:
        refund = payments.get_refund(found.refund_id or 0)
        if refund.state is RefundState.REFUND_FAIL:
            refund = payment_services.open_refund(
                order_id=refund.order_id, amount=refund.amount, reason=reason, by=by
            )
        entry.done_refund_id = refund.id
    db.session.flush()


@use_case("reconciliation.difference.review")
def review_difference(*, entry_id: int, by: Actor) -> Entry:
    """Agree to how another person has handled a difference (复核).

    Raises:
        NotFound: no such difference here.
        DayTiedOut: its day is tied out.
        StepNotNow: nobody has handled it yet, or it waits for the next day.
        OwnReview: one's own work.
    """
    entry = _held(entry_id)
    if entry.state is not EntryState.WORKING or entry.handled_by_id is None or entry.step is Step.CARRY:
        raise StepNotNow
    if entry.handled_by_id == by.account_id:
        raise OwnReview
    entry.state, entry.reviewed_at = EntryState.HANDLED, clock.now()
    entry.reviewed_by_id, entry.reviewed_by_name = by.account_id, by.name
    recount(queries.get_day(entry.day_id))
    audit.record("difference.reviewed", entry, by=by, step=entry.step.value)
    return entry


@use_case("reconciliation.difference.review")
def send_back_difference(
    *, entry_id: int, reason: Annotated[str, Field(min_length=2, max_length=300)], by: Actor
) -> Entry:
    """Put a difference back on the list, for anybody to handle again.

    Raises:
        NotFound: no such difference here.
        DayTiedOut: its day is tied out.
        StepNotNow: nobody has it in hand.
    """
    entry = _held(entry_id)
    if entry.state is not EntryState.WORKING or entry.step is Step.CARRY:
        raise StepNotNow
    entry.state, entry.step, entry.reason = EntryState.OPEN, Step.NONE, reason
    entry.handled_by_id, entry.handled_by_name, entry.handled_at = None, "", None
    recount(queries.get_day(entry.day_id))
    audit.record("difference.sent_back", entry, by=by, reason=reason)
    return entry


def _held(entry_id: int) -> Entry:
    """The difference with its day, both held until commit, the day first as everywhere."""
    open_day(queries.get_entry(entry_id).day_id)
    return queries.lock_entry(entry_id)


def _is_next_compared(entry: Entry) -> bool:
    following = queries.find_day(entry.source, entry.on + timedelta(days=1))
    return following is not None and queries.is_compared(following)
