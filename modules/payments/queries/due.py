"""Which centres wait for a channel's word; the kernel asks across the centres of a partition."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from modules.payments.models import Order, Refund
from modules.payments.rules.states import OPEN, RefundState


def centres_due(now: datetime) -> list[Select[Any]]:
    """Statements for the centres in which an order or a refund is to be asked about."""
    orders = select(Order.tenant_id).where(Order.next_query_at <= now, Order.state.in_(OPEN))
    refunds = select(Refund.tenant_id).where(
        Refund.next_query_at <= now, Refund.state == RefundState.REFUNDING
    )
    return [orders.distinct(), refunds.distinct()]
