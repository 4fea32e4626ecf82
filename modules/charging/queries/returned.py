"""Drugs that came back to the pharmacy, or that a doctor asks back, and whose money has not gone back yet."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import and_, func, or_, select

from app.db import db
from modules.charging.models import PAID, Charge, SettlementLine

OWED = (Charge.returned_quantity > 0, Charge.status.in_(PAID))


def receipt_with_returns(settlement_ids: Iterable[int]) -> int | None:
    """Of these receipts the latest that holds lines of which something came back or is asked back."""
    return db.session.scalar(
        select(func.max(SettlementLine.settlement_id))
        .join(Charge, Charge.id == SettlementLine.charge_id)
        .where(
            SettlementLine.settlement_id.in_(sorted(settlement_ids)),
            or_(and_(*OWED), Charge.asked_quantity > 0),
        )
    )


def owed_for_return(charge: Charge) -> Decimal:
    """How much of a line came back and may be refunded."""
    return min(charge.returned_quantity, charge.refundable_quantity)
