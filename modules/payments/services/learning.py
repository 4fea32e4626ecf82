"""What an answer or a report of a channel changes, inside the use case that holds the order."""

from app import clock
from app.actor import Actor
from app.db import db
from app.events import emit
from app.i18n import N_
from app.money import format_amount
from modules.payments import queries
from modules.payments.events import PaymentSucceeded
from modules.payments.models import Order, Refund
from modules.payments.rules.protocol import NOT_EXIST, OK, Said, Trade
from modules.payments.rules.states import OPEN, OrderState, RefundState, Surplus, Verb
from modules.payments.services.orders import end
from modules.payments.services.refunds import failed, give, returned

ENDED = {OrderState.CLOSED, OrderState.FAILED}
LATE, TWICE = N_("Paid after the order had ended"), N_("Paid a second time")


def learn_order(order: Order, verb: Verb, said: Said, by: Actor) -> None:
    """Move an order as far as the channel's word reaches; what is unclear leaves it where it stands."""
    trade = said.trade
    if trade is not None and trade.out_trade_no != order.out_trade_no:
        order.note = f"{trade.out_trade_no[:40]} ≠ {order.out_trade_no}"
        return
    if trade is not None and trade.state == "SUCCESS":
        _money_came(order, trade, by)
    elif order.state is OrderState.PAYING:
        _go_on(order, verb, said)


def _go_on(order: Order, verb: Verb, said: Said) -> None:
    state = said.trade.state if said.trade else ""
    is_closed = state == "CLOSED" or (verb is Verb.CLOSE and said.code in {OK, NOT_EXIST})
    if is_closed:
        end(order, OrderState.CLOSED, said.message)
    elif state == "FAILED" or (said.is_refusal and verb in {Verb.PAY, Verb.PRECREATE}):
        end(order, OrderState.FAILED, said.message)
    elif said.trade is not None and said.trade.qr:
        order.qr = said.trade.qr


def _money_came(order: Order, trade: Trade, by: Actor) -> None:
    if order.state is OrderState.CREATED:  # we had lost that it was sent
        order.state = OrderState.PAYING
        db.session.flush()
    if order.state in ENDED:
        if not order.paid_amount:
            _note_money(order, trade)
            _send_back(order, Surplus.LATE, LATE, by)
    elif order.state in OPEN and not order.refunded_amount:
        if trade.amount == order.amount:
            _accept(order, trade, by)
        else:
            _note_money(order, trade)
            order.state = OrderState.DISPUTED
            order.note = f"¥ {format_amount(trade.amount)} ≠ ¥ {format_amount(order.amount)}"


def _accept(order: Order, trade: Trade, by: Actor) -> None:
    _note_money(order, trade)
    is_second = queries.is_paid(order.subject_kind, order.subject_id)
    order.state, order.next_query_at, order.note = OrderState.SUCCESS, None, ""
    if is_second:
        _send_back(order, Surplus.DUPLICATE, TWICE, by)
    else:
        db.session.flush()  # two orders of one subject in one moment: the index lets one of them through
        tell_success(order)


def tell_success(order: Order) -> None:
    """Inside a use case: who had it paid learns that the money is here."""
    assert order.paid_at is not None  # noqa: S101  written together with the state
    emit(
        PaymentSucceeded(
            order_id=order.id,
            subject_kind=order.subject_kind,
            subject_id=order.subject_id,
            channel=order.channel.value,
            amount=order.amount,
            channel_trade_no=order.channel_trade_no,
            paid_at=order.paid_at,
        )
    )


def _note_money(order: Order, trade: Trade) -> None:
    order.paid_amount, order.channel_trade_no = trade.amount, trade.trade_no
    order.paid_at = trade.paid_at or clock.now()


def _send_back(order: Order, why: Surplus, words: str, by: Actor) -> None:
    """Nobody waits for this money: it goes back by itself, with the next look at what is due."""
    order.surplus, order.next_query_at = why, None
    db.session.flush()
    give(order, order.paid_amount, words, by)


def learn_refund(refund: Refund, order: Order, verb: Verb, said: Said) -> None:
    """Move a refund as far as the channel's word reaches; one that never arrived there is sent once more."""
    if refund.state is not RefundState.REFUNDING:
        return
    found = said.refund
    if found is not None and found.out_refund_no != refund.out_refund_no:
        return
    if found is not None and found.state == "SUCCESS":
        if found.amount == refund.amount:
            returned(refund, order)
        else:
            refund.note = f"¥ {format_amount(found.amount)} ≠ ¥ {format_amount(refund.amount)}"
    elif (found is not None and found.state == "FAILED") or (said.is_refusal and verb is Verb.REFUND):
        failed(refund, order, said.message)
    elif said.code == NOT_EXIST and verb is Verb.REFUND_QUERY:
        refund.sent_at, refund.next_query_at = None, clock.now()
