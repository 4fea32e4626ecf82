"""Work with channels: note what is intended (commit), ask outside every transaction, note what is known (commit).

A crash between the steps leaves an order that is being paid; it is asked about, never repeated blindly.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import structlog

from app import clock
from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.db.units import in_write_unit
from app.errors import Conflict, DomainError, NotFound
from app.faults import fault_of
from modules.payments import queries
from modules.payments.gateways import channels
from modules.payments.models import Exchange, Order, Refund
from modules.payments.rules.protocol import body_of
from modules.payments.rules.states import Channel, OrderState, Outcome
from modules.payments.services.exchanges import (
    begin_close,
    begin_payment,
    begin_qr,
    begin_query,
    begin_refund,
    note_answer,
)
from modules.payments.services.orders import close_order
from modules.payments.services.prepaid import pay_from_account

log = structlog.get_logger()


def pay(order_id: int, payer_code: str = "", *, by: Actor) -> Order:
    """Take the money of an order with the payer's code, or from the prepaid account (no code needed).

    The order comes back paid, not paid, or still being paid: then the payer is typing, or the answer was lost.

    Raises:
        NotFound, WrongState, WrongWay, SubjectPaid, BalanceTooLow, InvalidInput: nothing was sent.
    """
    if _order(order_id, by).channel is Channel.PREPAID:
        return pay_from_account(order_id=order_id, by=by)
    _carry(begin_payment(order_id=order_id, payer_code=payer_code, by=by), by)
    return _order(order_id, by)


def show_qr(order_id: int, *, by: Actor) -> Order:
    """Get the code that the payer scans into ``order.qr``; asked again after a lost answer, it is the same one.

    Raises:
        NotFound, WrongState, WrongWay, SubjectPaid: nothing was sent.
    """
    order = _order(order_id, by)
    if order.state is OrderState.PAYING:
        return order if order.qr else ask(order_id, by=by)
    _carry(begin_qr(order_id=order_id, by=by), by)
    return _order(order_id, by)


def ask(order_id: int, *, by: Actor, only_due: bool = False, even_ended: bool = False) -> Order:
    """Ask the channel how an order stands; one whose time is over, or that nobody wants paid, is closed there.

    With `even_ended` also one that has ended here without money: the channel may have taken it all the same.

    Raises:
        NotFound: no such order here.
    """
    asked = begin_query(order_id=order_id, only_due=only_due, even_ended=even_ended, by=by)
    if asked is None:
        return _order(order_id, by)
    outcome = _carry(asked, by)
    order = _order(order_id, by)
    is_over = order.close_asked_at is not None or order.expires_at <= clock.now()
    if outcome is Outcome.UNKNOWN or order.state is not OrderState.PAYING or not is_over:
        return order
    return _close_there(order_id, by)


def close(order_id: int, *, by: Actor) -> Order:
    """End an order that nobody is to pay any more, here and at the channel.

    It comes back closed, paid after all, or still being paid when the channel did not answer; then it is pursued.

    Raises:
        NotFound: no such order here.
        WrongState: it has ended.
    """
    order = close_order(order_id=order_id, by=by)
    return _close_there(order_id, by) if order.state is OrderState.PAYING else order


def carry_refund(refund_id: int, *, by: Actor, only_due: bool = False) -> Refund:
    """Send a refund to its channel, or ask about it when it may be there; a prepaid one is done already.

    Raises:
        NotFound: no such refund here.
    """
    asked = begin_refund(refund_id=refund_id, only_due=only_due, by=by)
    if asked is not None:
        _carry(asked, by)
    with tenant_unit(_centre(by)):
        return queries.get_refund(refund_id)


def fetch_statement(merchant_id: int, on: date, form: str, *, by: Actor) -> channels.Statement:
    """The statement file of a merchant's day, in one of the forms that its channel writes.

    Raises:
        NotFound: no such merchant here.
    """
    if in_write_unit():
        raise RuntimeError("a channel is never asked inside a transaction")
    with tenant_unit(_centre(by)):
        rows = queries.same_number(merchant_id)
        if not rows:
            raise NotFound(field="merchant_id")
        access = channels.Access(*queries.access_of(rows[-1]))
    return channels.fetch_statement(access, body_of(day=on.isoformat(), format=form))


def pursue(tenant_id: int) -> int:
    """Ask about everything of a centre whose result is due to be known; returns how much was looked at."""
    by = system_actor(tenant_id, origin="job")
    with tenant_unit(tenant_id):
        orders, refunds = queries.orders_due(clock.now()), queries.refunds_due(clock.now())
    for order_id in orders:
        _try(order_id, lambda key: ask(key, by=by, only_due=True))
    for refund_id in refunds:
        _try(refund_id, lambda key: carry_refund(key, by=by, only_due=True))
    return len(orders) + len(refunds)


def _try(row_id: int, act: Callable[[int], object]) -> None:
    """One that cannot be learned now keeps no other from its turn."""
    try:
        act(row_id)
    except DomainError as refusal:
        log.warning("payments.pursuit_failed", row=row_id, error=refusal.code)
    except Exception as failure:
        log.error("payments.pursuit_failed", row=row_id, error=fault_of(failure))


def _close_there(order_id: int, by: Actor) -> Order:
    told = begin_close(order_id=order_id, by=by)
    if told is not None:
        _carry(told, by)
    return _order(order_id, by)


def _carry(asked: Exchange, by: Actor) -> Outcome:
    """Ask outside, then note what is known; the answer is noted whatever rights its asker holds by then."""
    if in_write_unit():
        raise RuntimeError("a channel is never asked inside a transaction")
    with tenant_unit(_centre(by)):
        access = channels.Access(*queries.access_of(queries.get_merchant(asked.merchant_id)))
        body = asked.body
    answer = channels.call(access, asked.verb, body)
    facts: dict[str, Any] = {
        "outcome": answer.outcome,
        "status": answer.status,
        "body": answer.body,
        "fault": answer.fault,
    }
    clerk = replace(by, is_system=True)
    try:
        note_answer(exchange_id=asked.id, by=clerk, **facts)
    except Conflict:  # another order of the subject was paid in this very moment: look again
        note_answer(exchange_id=asked.id, by=clerk, **facts)
    return answer.outcome


def _order(order_id: int, by: Actor) -> Order:
    with tenant_unit(_centre(by)):
        return queries.get_order(order_id)


def _centre(by: Actor) -> int:
    if by.tenant_id is None:
        raise NotFound
    return by.tenant_id
