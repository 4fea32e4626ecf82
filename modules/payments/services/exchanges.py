"""What is noted before a channel is asked, and what is learned from its answer: one transaction each."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.errors import InvalidInput, NotFound
from app.use_cases import Secret, use_case
from modules.payments import queries
from modules.payments.errors import WrongState
from modules.payments.models import Exchange, Order, Refund
from modules.payments.rules.asking import ask_next
from modules.payments.rules.protocol import LONGEST_BODY, BodyUnreadable, Said, body_of, read, to_fen
from modules.payments.rules.states import (
    OPEN,
    Channel,
    Direction,
    OrderState,
    Outcome,
    RefundState,
    Verb,
    Way,
)
from modules.payments.services.learning import learn_order, learn_refund
from modules.payments.services.orders import ready_to_send

PayerCode = Annotated[str, Field(min_length=6, max_length=40, pattern=r"^[A-Za-z0-9]+$"), Secret()]
_FIRST = {Verb.PAY: Way.PAYER_CODE, Verb.PRECREATE: Way.QR}


@use_case("payments.order.take", is_step=True)
def begin_payment(*, order_id: int, payer_code: PayerCode, by: Actor) -> Exchange:
    """Note that the payer's code goes to the channel; from now on the order may be paid.

    Raises:
        WrongState: the order was sent before, has ended, or its time is over.
        WrongWay: the payer scans a code of ours instead.
    """
    return _begin_order(order_id, Verb.PAY, by, payer_code=payer_code)


@use_case("payments.order.take", is_step=True)
def begin_qr(*, order_id: int, by: Actor) -> Exchange:
    """Note that a code for the payer is asked for.

    Raises:
        WrongState: the order was sent before, has ended, or its time is over.
        WrongWay: the payer's own code is scanned instead.
    """
    return _begin_order(order_id, Verb.PRECREATE, by)


@use_case("payments.order.ask", is_step=True)
def begin_query(
    *, order_id: int, only_due: bool = False, even_ended: bool = False, by: Actor
) -> Exchange | None:
    """Note that the channel is asked how an order stands; None when there is nothing to ask, or no need yet.

    With `even_ended` also about an order that ended here without money.

    Raises:
        NotFound: no such order here.
    """
    order, now = queries.lock_order(order_id), clock.now()
    is_open = order.state in OPEN
    if not (is_open or (even_ended and order.merchant_id and not order.paid_amount)):
        return None
    if only_due and not _is_due(order, now):
        return None
    order.query_count += 1
    if is_open:
        order.next_query_at = ask_next(order.sent_at or order.created_at, now, also_at=order.expires_at)
    audit.record("payment.asked", order, by=by)
    return _say(order, None, Verb.QUERY, body_of(out_trade_no=order.out_trade_no))


@use_case("payments.order.ask", is_step=True)
def begin_close(*, order_id: int, by: Actor) -> Exchange | None:
    """Note that the channel is told to close an order; None when it has ended meanwhile."""
    order, now = queries.lock_order(order_id), clock.now()
    if order.state is not OrderState.PAYING:
        return None
    order.next_query_at = ask_next(order.sent_at or order.created_at, now)
    audit.record("payment.close_sent", order, by=by)
    return _say(order, None, Verb.CLOSE, body_of(out_trade_no=order.out_trade_no))


@use_case("payments.refund.give", is_step=True)
def begin_refund(*, refund_id: int, only_due: bool = False, by: Actor) -> Exchange | None:
    """Note that a refund is sent, or asked about when the channel may have it; None when that has to wait or is over.

    Raises:
        NotFound: no such refund here.
    """
    refund, order = queries.lock_refund(refund_id)
    now = clock.now()
    if refund.state is not RefundState.REFUNDING or (only_due and not _is_due(refund, now)):
        return None
    verb = Verb.REFUND if refund.sent_at is None else Verb.REFUND_QUERY
    refund.sent_at, refund.query_count = refund.sent_at or now, refund.query_count + 1
    refund.next_query_at = ask_next(refund.created_at, now)
    audit.record("payment.refund_sent" if verb is Verb.REFUND else "payment.refund_asked", refund, by=by)
    told = {"out_trade_no": order.out_trade_no, "out_refund_no": refund.out_refund_no}
    if verb is Verb.REFUND:
        fen = {"refund_fen": to_fen(refund.amount), "total_fen": to_fen(order.paid_amount)}
        return _say(order, refund, verb, body_of(**told, **fen, reason=refund.reason))
    return _say(order, refund, verb, body_of(**told))


@use_case("payments.order.ask", is_step=True)
def note_answer(
    *,
    exchange_id: int,
    outcome: Outcome,
    status: int,
    body: Annotated[str, Field(max_length=LONGEST_BODY)],
    fault: Annotated[str, Field(max_length=100)] = "",
    by: Actor,
) -> Order | Refund:
    """Keep what came back, word for word, and learn from it what is proven; an unknown result changes nothing.

    Raises:
        NotFound: no such exchange here.
    """
    asked = db.session.get(Exchange, exchange_id)
    if asked is None or asked.order_id is None:
        raise NotFound(field="exchange_id")
    refund, order = (
        queries.lock_refund(asked.refund_id)
        if asked.refund_id
        else (None, queries.lock_order(asked.order_id))
    )
    heard = Exchange(
        merchant_id=asked.merchant_id,
        order_id=order.id,
        refund_id=asked.refund_id,
        verb=asked.verb,
        direction=Direction.RECEIVED,
        outcome=outcome,
        status=status,
        fault=fault,
        at=clock.now(),
    )
    heard.body = body
    db.session.add(heard)
    if outcome is not Outcome.UNKNOWN:
        _learn(order, refund, asked.verb, read(body), by)
    db.session.flush()
    state = refund.state if refund else order.state
    audit.record("payment.answered", refund or order, by=by, outcome=outcome.value, state=state.value)
    return refund or order


@use_case("payments.order.ask", is_step=True)
def take_report(
    *, merchant_id: int, body: Annotated[str, Field(max_length=LONGEST_BODY)], by: Actor
) -> Order | Refund:
    """A channel reports by itself, proven by its signature: once or three times, the effect is one.

    Raises:
        InvalidInput: it cannot be read.
        NotFound: it is about no order of this merchant.
    """
    try:
        said = read(body)
    except BodyUnreadable as failure:
        raise InvalidInput({"body": [str(failure)]}) from None
    known = queries.find_order_by_number(said.trade.out_trade_no) if said.trade else None
    if known is None or known.merchant_id != merchant_id:
        raise NotFound(field="out_trade_no")
    order = queries.lock_order(known.id)
    heard = Exchange(
        merchant_id=merchant_id,
        order_id=order.id,
        verb=Verb.CALLBACK,
        direction=Direction.RECEIVED,
        outcome=Outcome.ANSWERED,
        at=clock.now(),
    )
    heard.body = body
    db.session.add(heard)
    learn_order(order, Verb.CALLBACK, said, by)
    db.session.flush()
    audit.record("payment.reported", order, by=by, state=order.state.value)
    return order


def _begin_order(order_id: int, verb: Verb, by: Actor, **told: str) -> Exchange:
    order, now = queries.lock_order(order_id), clock.now()
    if order.channel is Channel.PREPAID:
        raise WrongState(state=order.state.label)
    ready_to_send(order, _FIRST[verb])
    order.state, order.sent_at = OrderState.PAYING, now
    order.next_query_at = ask_next(now, now)
    audit.record("payment.sent", order, by=by, channel=order.channel.value, amount=order.amount)
    body = body_of(
        out_trade_no=order.out_trade_no,
        total_fen=to_fen(order.amount),
        description=order.description,
        expires_at=order.expires_at.isoformat(),
        **told,
    )
    return _say(order, None, verb, body)


def _is_due(row: Order | Refund, now: datetime) -> bool:
    return row.next_query_at is not None and row.next_query_at <= now


def _say(order: Order, refund: Refund | None, verb: Verb, body: str) -> Exchange:
    said = Exchange(
        merchant_id=order.merchant_id,
        order_id=order.id,
        refund_id=refund.id if refund else None,
        verb=verb,
        direction=Direction.SENT,
        at=clock.now(),
    )
    said.body = body
    db.session.add(said)
    db.session.flush()
    return said


def _learn(order: Order, refund: Refund | None, verb: Verb, said: Said, by: Actor) -> None:
    if refund is not None:
        learn_refund(refund, order, verb, said)
    else:
        learn_order(order, verb, said, by)
