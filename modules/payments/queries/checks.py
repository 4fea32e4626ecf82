"""What must add up in payments, whatever happened; ``flask check`` proves it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.db import db, tenant_unit
from app.i18n import N_
from app.money import format_amount
from app.registry import Finding
from modules.payments.models import Order, PrepaidAccount, PrepaidEntry, Refund
from modules.payments.rules.states import OrderState, RefundState, Surplus

_ZERO = Decimal("0.00")


def check_payments(tenant_id: int) -> list[Finding]:
    """Refunds ≤ paid and as counted on their orders; balances = Σ entries; a subject is paid once."""
    with tenant_unit(tenant_id):
        counted = _sum(Refund.amount, Refund.state != RefundState.REFUND_FAIL)
        over = select(func.count()).select_from(Order).where(Order.refunded_amount > Order.paid_amount)
        return [
            _amounts(
                N_("payments: refunds = as counted on their orders"), _sum(Order.refunded_amount), counted
            ),
            Finding(N_("payments: orders with more refunded than paid"), str(db.session.scalar(over)), "0"),
            _amounts(
                N_("payments: balances = entries"), _sum(PrepaidAccount.balance), _sum(PrepaidEntry.amount)
            ),
            Finding(N_("payments: subjects paid twice"), str(_paid_twice()), "0"),
        ]


def _amounts(name: str, left: Decimal, right: Decimal) -> Finding:
    return Finding(name, format_amount(left), format_amount(right))


def _sum(column: Any, *where: Any) -> Decimal:
    return db.session.scalar(select(func.sum(column)).where(*where)) or _ZERO


def _paid_twice() -> int:
    paid = (
        select(Order.subject_kind)
        .where(Order.state == OrderState.SUCCESS, Order.surplus == Surplus.NONE)
        .group_by(Order.subject_kind, Order.subject_id)
        .having(func.count() > 1)
    )
    return len(db.session.execute(paid).all())
