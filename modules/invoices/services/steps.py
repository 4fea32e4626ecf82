"""The steps of a message to the platform, each one use case: an intention before it is sent, its answer after.

A row that was sent and not answered says so; it is asked about before anything is said again.
"""

from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.use_cases import use_case
from modules.invoices import queries
from modules.invoices.models import ElectronicInvoice, Exchange
from modules.invoices.rules.messages import Issued
from modules.invoices.rules.states import OWED, ElectronicKind, ExchangeState, SendingState
from modules.invoices.rules.trying import try_next

Fault = Annotated[str, Field(max_length=200)]


@use_case("invoices.electronic.issue", is_step=True)
def begin_sending(*, invoice_id: int, by: Actor) -> ElectronicInvoice | None:
    """Note that an invoice is about to be sent; None when it is not its turn, or nothing is owed any more.

    Who notes it has the turn until the next. A red invoice waits for its blue one, and is dropped together with a blue
    one that the platform refused. `asks_first` says that it was sent before and not answered.
    """
    row, now = queries.lock_electronic(invoice_id), clock.now()
    if row.state not in OWED or row.try_at > now:
        return None
    row.attempts += 1
    row.try_at = try_next(row.attempts, now)
    goes = row.kind is ElectronicKind.BLUE or _blue_is_issued(row)
    if goes:
        row.asks_first, row.state = row.state is SendingState.SENT, SendingState.SENT
    db.session.flush()
    audit.record("electronic.sent", row, by=by, number=row.business_no, attempts=row.attempts)
    return row if goes else None


def _blue_is_issued(red: ElectronicInvoice) -> bool:
    blue = queries.lock_electronic(red.blue_id or 0)
    if blue.state is SendingState.REFUSED:
        blue.state = red.state = SendingState.DROPPED
    return blue.state is SendingState.ISSUED


@use_case("invoices.electronic.issue", is_step=True)
def note_issued(*, invoice_id: int, issued: Issued, by: Actor) -> ElectronicInvoice:
    """Keep what the platform gave an invoice; with a red one its blue one is reversed."""
    row = queries.lock_electronic(invoice_id)
    if row.state is not SendingState.SENT:
        return row  # another process was told the same
    row.code, row.number, row.check_code, row.url = (
        issued.code,
        issued.number,
        issued.check_code,
        issued.url,
    )
    row.state, row.issued_at, row.fault = SendingState.ISSUED, clock.now(), ""
    if row.blue_id is not None:
        queries.lock_electronic(row.blue_id).state = SendingState.REVERSED
    db.session.flush()
    audit.record("electronic.issued", row, by=by, code=row.code, number=row.number)
    return row


@use_case("invoices.electronic.issue", is_step=True)
def note_refused(*, invoice_id: int, fault: Fault, by: Actor) -> ElectronicInvoice:
    """Keep why the platform refused; somebody looks at it and tries again."""
    return _end_try(invoice_id, SendingState.REFUSED, fault, by)


@use_case("invoices.electronic.issue", is_step=True)
def note_unsent(*, invoice_id: int, fault: Fault, by: Actor) -> ElectronicInvoice:
    """The platform was not reached: nothing was sent, so nothing has to be asked about."""
    return _end_try(invoice_id, SendingState.WAITING, fault, by)


@use_case("invoices.electronic.issue", is_step=True)
def note_unanswered(*, invoice_id: int, fault: Fault, by: Actor) -> ElectronicInvoice:
    """What the platform did is not known; it is asked about at the next try."""
    return _end_try(invoice_id, SendingState.SENT, fault, by)


def _end_try(invoice_id: int, state: SendingState, fault: str, by: Actor) -> ElectronicInvoice:
    row = queries.lock_electronic(invoice_id)
    if row.state is SendingState.SENT:
        row.state, row.fault = state, fault
        db.session.flush()
    audit.record(
        "electronic.refused" if row.state is SendingState.REFUSED else "electronic.unanswered",
        row,
        by=by,
        number=row.business_no,
    )
    return row


@use_case("invoices.electronic.issue", is_step=True)
def begin_telling(*, exchange_id: int, by: Actor) -> Exchange | None:
    """Note that the platform is about to be told of a paper; None when it is not this one's turn."""
    row, _paper, _electronic = queries.lock_exchange(exchange_id)
    now = clock.now()
    if row.state not in (ExchangeState.WAITING, ExchangeState.SENT) or row.try_at > now:
        return None
    row.attempts += 1
    row.state, row.try_at = ExchangeState.SENT, try_next(row.attempts, now)
    db.session.flush()
    audit.record("exchange.sent", row, by=by, attempts=row.attempts)
    return row


@use_case("invoices.electronic.issue", is_step=True)
def note_told(*, exchange_id: int, number: Annotated[str, Field(max_length=30)], by: Actor) -> None:
    """The platform knows of a paper; of the one after it, it is told next."""
    row, paper, _electronic = queries.lock_exchange(exchange_id)
    row.told_number, row.fault = number, ""
    if paper.number == number:
        row.state = ExchangeState.TOLD
    db.session.flush()
    audit.record("exchange.told", row, by=by, number=number)


@use_case("invoices.electronic.issue", is_step=True)
def note_not_told(*, exchange_id: int, is_refused: bool, fault: Fault, by: Actor) -> None:
    """The platform refused the exchange, or did not answer; telling it again changes nothing there."""
    row, _paper, _electronic = queries.lock_exchange(exchange_id)
    if row.state is ExchangeState.SENT:
        row.state = ExchangeState.REFUSED if is_refused else ExchangeState.WAITING
    row.fault = fault
    db.session.flush()
    audit.record("exchange.not_told", row, by=by, fault=fault)
