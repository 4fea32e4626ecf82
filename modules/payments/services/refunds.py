"""Refund orders: money goes back the way it came, never more than came."""

from decimal import Decimal
from typing import Any

from app import audit, clock, ids
from app.actor import Actor
from app.db import db
from app.events import emit
from app.money import format_amount
from app.use_cases import use_case
from modules.payments import queries
from modules.payments.errors import RefundTooMuch, WrongState
from modules.payments.events import MoneyReturned, RefundFailed
from modules.payments.models import EntryKind, Order, Refund
from modules.payments.rules.states import Channel, OrderState, RefundState, Surplus
from modules.payments.services.accounts import book
from modules.payments.services.parts import PaidAmount, Reason


@use_case("payments.refund.give", is_step=True)
def open_refund(*, order_id: int, amount: PaidAmount, reason: Reason, by: Actor) -> Refund:
    """Note that money of an order is to go back; joins the caller's transaction. A prepaid account has it at once.

    Raises:
        NotFound: no such order here.
        WrongState: nothing was paid.
        RefundTooMuch: with what went back before, more would go back than came.
    """
    order = queries.lock_order(order_id)
    refund = give(order, amount, reason, by)
    audit.record("payment.refund_opened", refund, by=by, amount=amount, reason=reason)
    return refund


@use_case("payments.refund.give")
def give_back(*, order_id: int, reason: Reason, by: Actor) -> Refund:
    """Give back all that nobody here waits for: another amount than ordered, paid late, paid twice.

    What a bill was paid with goes back from the bill.

    Raises:
        NotFound: no such order here.
        WrongState: the money is awaited, or all of it went back.
    """
    order = queries.lock_order(order_id)
    is_awaited = order.surplus is Surplus.NONE and order.state is not OrderState.DISPUTED
    if is_awaited or not order.refundable_amount:
        raise WrongState(state=order.state.label)
    refund = give(order, order.refundable_amount, reason, by)
    audit.record("payment.refund_opened", refund, by=by, amount=refund.amount, reason=reason)
    return refund


def give(order: Order, amount: Decimal, reason: str, by: Actor) -> Refund:
    """Inside a use case that holds the order: a refund order of it, which the order counts from now on."""
    if not order.paid_amount:
        raise WrongState(state=order.state.label)
    if amount > order.refundable_amount:
        raise RefundTooMuch(field="amount", most=format_amount(order.refundable_amount))
    refund_id, now = ids.new_id(), clock.now()
    order.refunded_amount += amount
    if order.state is OrderState.DISPUTED:
        order.next_query_at = None
    is_own = order.channel is Channel.PREPAID
    refund = Refund(
        id=refund_id,
        out_refund_no=f"R{refund_id}",
        order_id=order.id,
        amount=amount,
        reason=reason,
        created_at=now,
        created_by=by.account_id,
        created_name=by.name,
        next_query_at=None if is_own else now,
    )
    db.session.add(refund)
    db.session.flush()
    if is_own:
        assert order.account_id is not None  # noqa: S101  a prepaid order has one, see open_order
        account = queries.lock_account(order.account_id)
        book(account, EntryKind.REFUND, amount, by=by, order=order, refund=refund, reason=reason)
        returned(refund, order)
    return refund


def returned(refund: Refund, order: Order) -> None:
    """Inside a use case: the money is back with the payer."""
    refund.state, refund.done_at, refund.next_query_at = RefundState.REFUNDED, clock.now(), None
    db.session.flush()
    emit(MoneyReturned(**_facts(refund, order)))


def failed(refund: Refund, order: Order, note: str) -> None:
    """Inside a use case: the channel will not give it back; the order no longer counts it."""
    refund.state, refund.done_at, refund.next_query_at = RefundState.REFUND_FAIL, clock.now(), None
    refund.note = note[:200]
    order.refunded_amount -= refund.amount
    db.session.flush()
    emit(RefundFailed(**_facts(refund, order)))


def _facts(refund: Refund, order: Order) -> dict[str, Any]:
    return {
        "refund_id": refund.id,
        "order_id": order.id,
        "subject_kind": order.subject_kind,
        "subject_id": order.subject_id,
        "channel": order.channel.value,
        "amount": refund.amount,
        "is_surplus": order.surplus is not Surplus.NONE or order.state is OrderState.DISPUTED,
    }
