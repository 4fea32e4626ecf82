"""Reading payment orders and refunds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from app import clock
from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from modules.payments.models import Exchange, Order, Refund
from modules.payments.rules.states import OPEN, Channel, OrderState, RefundState, Surplus


def get_order(order_id: int) -> Order:
    """The order, or NotFound."""
    found = db.session.get(Order, order_id)
    if found is None:
        raise NotFound(field="order_id")
    return found


def lock_order(order_id: int) -> Order:
    """The order, held until commit; its row is the lock of its refunds."""
    found = lock_row(Order, order_id)
    if found is None:
        raise NotFound(field="order_id")
    return found


def get_refund(refund_id: int) -> Refund:
    """The refund, or NotFound."""
    found = db.session.get(Refund, refund_id)
    if found is None:
        raise NotFound(field="refund_id")
    return found


def lock_refund(refund_id: int) -> tuple[Refund, Order]:
    """The refund and its order, both held until commit, the order first as everywhere."""
    order = lock_order(get_refund(refund_id).order_id)
    refund = lock_row(Refund, refund_id)
    if refund is None:
        raise NotFound(field="refund_id")
    return refund, order


def find_order_by_number(out_trade_no: str) -> Order | None:
    """The order with this number, or None."""
    return db.session.scalar(select(Order).where(Order.out_trade_no == out_trade_no))


def orders_of(subject_kind: str, subject_ids: Iterable[int]) -> list[Order]:
    """Orders of some subjects, the oldest first. One statement."""
    return list(
        db.session.scalars(
            select(Order)
            .where(Order.subject_kind == subject_kind, Order.subject_id.in_(sorted(set(subject_ids))))
            .order_by(Order.id)
        )
    )


def is_paid(subject_kind: str, subject_id: int) -> bool:
    """Whether the money for a subject is here (whatever went back of it since)."""
    statement = select(Order.id).where(
        Order.subject_kind == subject_kind,
        Order.subject_id == subject_id,
        Order.state == OrderState.SUCCESS,
        Order.surplus == Surplus.NONE,
    )
    return db.session.scalar(statement) is not None


def list_orders(
    *,
    on: date | None = None,
    channel: Channel | None = None,
    state: OrderState | None = None,
    before: int | None = None,
    size: int = 40,
) -> Page[Order]:
    """Orders of a day, a channel, a state; the newest first. One statement."""
    statement = select(Order)
    if on is not None:
        begins, ends = clock.day_bounds(on)
        statement = statement.where(Order.created_at >= begins, Order.created_at < ends)
    if channel is not None:
        statement = statement.where(Order.channel == channel)
    if state is not None:
        statement = statement.where(Order.state == state)
    return page_by_key(statement, Order.id, before=before, size=size)


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with everything that was said about it."""

    order: Order
    refunds: list[Refund]
    exchanges: list[Exchange]


def order_view(order_id: int, *, most: int = 200) -> OrderView:
    """An order, its refunds and the newest exchanges. Three statements."""
    order = get_order(order_id)
    refunds = db.session.scalars(select(Refund).where(Refund.order_id == order_id).order_by(Refund.id))
    said = select(Exchange).where(Exchange.order_id == order_id).order_by(Exchange.id.desc()).limit(most)
    return OrderView(order, list(refunds), list(db.session.scalars(said)))


def orders_due(now: datetime, *, size: int = 20) -> list[int]:
    """Orders that a channel is to be asked about now, the longest waiting first."""
    statement = (
        select(Order.id)
        .where(Order.next_query_at <= now, Order.state.in_(OPEN))
        .order_by(Order.next_query_at, Order.id)
    )
    return list(db.session.scalars(statement.limit(size)))


def refunds_due(now: datetime, *, size: int = 20) -> list[int]:
    """Refunds that are to be sent or asked about now, the longest waiting first."""
    statement = (
        select(Refund.id)
        .where(Refund.next_query_at <= now, Refund.state == RefundState.REFUNDING)
        .order_by(Refund.next_query_at, Refund.id)
    )
    return list(db.session.scalars(statement.limit(size)))


def to_look_after(*, size: int) -> tuple[int, list[Order]]:
    """Orders that do not end by themselves: another amount, a refund refused, a day without an answer."""
    failed = select(Refund.order_id).where(Refund.state == RefundState.REFUND_FAIL)
    unreturned = Order.paid_amount > Order.refunded_amount
    statement = (
        select(Order, func.count().over())
        .where(
            or_(
                and_(Order.state == OrderState.DISPUTED, unreturned),
                and_(Order.state == OrderState.PAYING, Order.next_query_at.is_(None)),
                and_(unreturned, Order.id.in_(failed)),
            )
        )
        .order_by(Order.id.desc())
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def orders_by_id(order_ids: Iterable[int]) -> dict[int, Order]:
    """Orders by their keys. One statement."""
    wanted = sorted(set(order_ids))
    return {order.id: order for order in db.session.scalars(select(Order).where(Order.id.in_(wanted)))}


def refunds_under_way(order_ids: Iterable[int]) -> list[Refund]:
    """Refunds of some orders that a channel has not carried out yet. One statement."""
    statement = select(Refund).where(
        Refund.order_id.in_(sorted(set(order_ids))), Refund.state == RefundState.REFUNDING
    )
    return list(db.session.scalars(statement.order_by(Refund.id)))
