"""What invoices ask of settlements."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select

from app.db import db
from modules.charging.models import Settlement, SettlementKind


def may_be_invoiced(settlement: Settlement) -> bool:
    """Whether a settlement took money that stands: no reversal, and not reversed."""
    if settlement.kind == SettlementKind.MIRROR or not settlement.amount:
        return False
    return db.session.scalar(select(Settlement.id).where(Settlement.mirrors_id == settlement.id)) is None


def mirrored_ids() -> Select[Any]:
    """Settlements that were reversed, for the conditions of a room above."""
    return select(Settlement.mirrors_id).where(Settlement.mirrors_id.is_not(None))


def settled_by(account_id: int, since: datetime, until: datetime) -> Select[Any]:
    """A cashier's settlements between two moments, for the conditions of a room above."""
    return select(Settlement.id).where(
        Settlement.cashier_account_id == account_id, Settlement.at >= since, Settlement.at <= until
    )


def amount_of(ids: Select[Any]) -> Decimal:
    """Yuan of some settlements."""
    found = db.session.scalar(select(func.sum(Settlement.amount)).where(Settlement.id.in_(ids)))
    return found or Decimal("0.00")


def receipt_numbers(settlement_ids: set[int]) -> dict[int, str]:
    """Settlement → the number of its receipt; one statement."""
    if not settlement_ids:
        return {}
    wanted = sorted(settlement_ids)
    rows = db.session.execute(select(Settlement.id, Settlement.number).where(Settlement.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}
