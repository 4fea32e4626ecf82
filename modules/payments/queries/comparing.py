"""What reconciliation compares with a channel's statement: orders and refunds of a day, and those it names."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from app.db import db
from modules.payments.models import Order, Refund

AT_ONCE = 900  # numbers in one statement; SQL Server takes 2,100


@dataclass(frozen=True, slots=True)
class Movements:
    """Payment orders by number, and refunds with their orders by refund number."""

    orders: dict[str, Order]
    refunds: dict[str, tuple[Refund, Order]]


def movements(
    merchant_ids: Collection[int],
    begins: datetime,
    ends: datetime,
    *,
    numbers: Iterable[str] = (),
    refund_numbers: Iterable[str] = (),
) -> Movements:
    """Orders paid and refunds made of merchants between two moments, and those of some numbers, whenever.

    Two statements, and two more for each 900 numbers that are of another time.
    """
    paid = and_(Order.merchant_id.in_(merchant_ids), Order.paid_at >= begins, Order.paid_at < ends)
    orders = {order.out_trade_no: order for order in db.session.scalars(select(Order).where(paid))}
    refunds = _refunds(
        Order.merchant_id.in_(merchant_ids),
        or_(
            and_(Refund.created_at >= begins, Refund.created_at < ends),
            and_(Refund.done_at >= begins, Refund.done_at < ends),
        ),
    )
    for part in _parts(set(refund_numbers) - set(refunds)):
        refunds |= _refunds(Refund.out_refund_no.in_(part))
    orders |= {order.out_trade_no: order for _, order in refunds.values()}
    for part in _parts(set(numbers) - set(orders)):
        found = db.session.scalars(select(Order).where(Order.out_trade_no.in_(part)))
        orders |= {order.out_trade_no: order for order in found}
    return Movements(orders, refunds)


def refunds_of_orders(order_ids: Iterable[int]) -> list[Refund]:
    """Refunds of some orders, the oldest first. One statement."""
    wanted = sorted(set(order_ids))
    return list(db.session.scalars(select(Refund).where(Refund.order_id.in_(wanted)).order_by(Refund.id)))


def merchants_paid_since(moment: datetime) -> set[int]:
    """Merchants through whom money came since a moment, those no longer used as well."""
    statement = select(Order.merchant_id).where(Order.paid_at >= moment, Order.merchant_id.is_not(None))
    return {found for found in db.session.scalars(statement.distinct()) if found is not None}


def _refunds(*where: Any) -> dict[str, tuple[Refund, Order]]:
    statement = select(Refund, Order).join(Order, Order.id == Refund.order_id).where(*where)
    return {row[0].out_refund_no: (row[0], row[1]) for row in db.session.execute(statement)}


def _parts(numbers: set[str]) -> list[Sequence[str]]:
    ordered = sorted(numbers)
    return [ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE)]
