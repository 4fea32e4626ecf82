"""The prepaid account as a channel: it answers at once, in our own transaction."""

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.use_cases import use_case
from modules.payments import queries
from modules.payments.errors import WrongWay
from modules.payments.models import EntryKind, Order
from modules.payments.rules.states import Channel, OrderState, Way
from modules.payments.services.accounts import book
from modules.payments.services.learning import tell_success
from modules.payments.services.orders import ready_to_send


@use_case("payments.order.take", is_step=True)
def pay_from_account(*, order_id: int, by: Actor) -> Order:
    """Pay an order from the prepaid account it was opened for; joins the caller's transaction.

    Raises:
        NotFound: no such order here.
        WrongWay: it goes through another channel.
        WrongState: it was paid or has ended.
        BalanceTooLow: the account does not hold so much.
    """
    order, now = queries.lock_order(order_id), clock.now()
    if order.channel is not Channel.PREPAID or order.account_id is None:
        raise WrongWay
    ready_to_send(order, Way.ACCOUNT)
    account = queries.lock_account(order.account_id)
    entry = book(account, EntryKind.PAYMENT, -order.amount, by=by, order=order)
    order.state, order.sent_at = OrderState.PAYING, now
    db.session.flush()
    order.state, order.paid_amount, order.paid_at = OrderState.SUCCESS, order.amount, now
    order.channel_trade_no = f"A{entry.id}"
    db.session.flush()
    tell_success(order)
    audit.record("payment.from_account", order, by=by, amount=order.amount)
    return order
