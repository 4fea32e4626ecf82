"""Payment orders: opened inside the transaction of what they are for, ended by what the channel says."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import use_case
from modules.patients import queries as patients
from modules.payments import queries
from modules.payments.errors import NoMerchant, OrderChanged, PayerMissing, SubjectPaid, WrongState, WrongWay
from modules.payments.events import PaymentEnded
from modules.payments.models import Order
from modules.payments.rules.asking import LASTS
from modules.payments.rules.states import Channel, OrderState, Way
from modules.payments.services.accounts import open_account
from modules.payments.services.parts import PaidAmount


@use_case("payments.order.take", is_step=True)
def open_order(
    *,
    subject_kind: Annotated[str, Field(min_length=1, max_length=40)],
    subject_id: int,
    channel: Channel,
    amount: PaidAmount,
    way: Way = Way.PAYER_CODE,
    description: Annotated[str, Field(max_length=100)] = "",
    patient_id: int | None = None,
    out_trade_no: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]*$")] = "",
    by: Actor,
) -> Order:
    """Note that something is to be paid; nothing leaves the house yet. Joins the caller's transaction.

    A subject is paid once, ever: a second attempt after a failure is another order of the same subject, another
    payment is another subject. The same ``out_trade_no`` again gives the same order. ``patient_id`` is whose bill it
    is, for the trail of readings; of a prepaid order, whose account pays.

    Raises:
        OrderChanged: the number stands for an order with other contents.
        SubjectPaid: the money for the subject is here already.
        NoMerchant: the channel is not set up.
        NotFound: no such resident here.
        PayerMissing: the prepaid account of nobody.
    """
    if out_trade_no and (known := queries.find_order_by_number(out_trade_no)):
        return _same(known, subject_kind, subject_id, channel, amount)
    if queries.is_paid(subject_kind, subject_id):
        raise SubjectPaid(field="subject_id")
    order_id, now = ids.new_id(), clock.now()
    payer = patients.get_patient(patient_id).id if patient_id is not None else None
    merchant_id, account_id = _through(channel, payer)
    way = Way.ACCOUNT if channel is Channel.PREPAID else way
    order = Order(
        id=order_id,
        out_trade_no=out_trade_no or f"P{order_id}",
        subject_kind=subject_kind,
        subject_id=subject_id,
        patient_id=payer,
        channel=channel,
        way=way,
        merchant_id=merchant_id,
        account_id=account_id,
        amount=amount,
        description=description,
        created_at=now,
        created_by=by.account_id,
        created_name=by.name,
        expires_at=now + LASTS[way],
    )
    try:
        with db.session.begin_nested():
            db.session.add(order)
            db.session.flush()
    except IntegrityError:  # another window opened it in the same moment
        known = queries.find_order_by_number(order.out_trade_no)
        if known is None:
            raise
        return _same(known, subject_kind, subject_id, channel, amount)
    audit.record("payment.opened", order, by=by, channel=channel.value, amount=amount)
    return order


@use_case("payments.order.ask")
def close_order(*, order_id: int, by: Actor) -> Order:
    """Nobody is to pay this order any more: at once when it was never sent, else as soon as the channel says so.

    Raises:
        NotFound: no such order here.
        WrongState: it has ended.
    """
    order = queries.lock_order(order_id)
    if order.state is OrderState.CREATED:
        end(order, OrderState.CLOSED)
    elif order.state is OrderState.PAYING:
        order.close_asked_at = order.close_asked_at or clock.now()
        order.next_query_at = clock.now()
    else:
        raise WrongState(state=order.state.label)
    audit.record("payment.close_asked", order, by=by, state=order.state.value)
    return order


def end(order: Order, state: OrderState, note: str = "") -> None:
    """Inside a use case: an order ends without money, and who waits for it learns so."""
    order.state, order.next_query_at, order.note = state, None, note[:200]
    db.session.flush()
    emit(
        PaymentEnded(
            order_id=order.id,
            subject_kind=order.subject_kind,
            subject_id=order.subject_id,
            channel=order.channel.value,
            amount=order.amount,
            state=state.value,
        )
    )


def ready_to_send(order: Order, way: Way) -> None:
    """Refuse unless a new order is to be paid in this way, still.

    Raises:
        WrongState: it was sent before, has ended, or its time is over.
        WrongWay: it is paid in another way.
    """
    if order.way is not way:
        raise WrongWay
    if order.state is not OrderState.CREATED or order.expires_at <= clock.now():
        raise WrongState(state=order.state.label)
    if queries.is_paid(order.subject_kind, order.subject_id):
        raise SubjectPaid


def _through(channel: Channel, patient_id: int | None) -> tuple[int | None, int | None]:
    """The merchant of an outside channel, or the account of the payer."""
    if channel is Channel.PREPAID:
        if patient_id is None:
            raise PayerMissing(field="patient_id")
        return None, open_account(patient_id).id
    merchant = queries.active_merchant(channel)
    if merchant is None:
        raise NoMerchant(field="channel")
    return merchant.id, None


def _same(known: Order, subject_kind: str, subject_id: int, channel: Channel, amount: Decimal) -> Order:
    told = (subject_kind, subject_id, channel, amount)
    if (known.subject_kind, known.subject_id, known.channel, known.amount) != told:
        raise OrderChanged(field="out_trade_no")
    return known
