"""Reading deposits: what a shift took and gave back, and the receipts of an account's movements."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import case, func, select

from app.db import db
from app.errors import NotFound
from modules.charging.models import Deposit

_ZERO = Decimal("0.00")


def deposits_of_shift(shift_id: int) -> tuple[Decimal, Decimal]:
    """What was laid into prepaid accounts in a shift and what was handed back, both positive. One statement."""
    taken, back = db.session.execute(
        select(
            func.sum(case((Deposit.amount > 0, Deposit.amount), else_=_ZERO)),
            func.sum(case((Deposit.amount < 0, Deposit.amount), else_=_ZERO)),
        ).where(Deposit.shift_id == shift_id)
    ).one()
    return taken or _ZERO, -(back or _ZERO)


def get_deposit(deposit_id: int) -> Deposit:
    """The deposit, or NotFound."""
    found = db.session.get(Deposit, deposit_id)
    if found is None:
        raise NotFound(field="deposit_id")
    return found


def deposits_of_entries(entry_ids: Iterable[int]) -> dict[int, Deposit]:
    """Movement of an account → its deposit; movements without cash are absent. One statement."""
    wanted = sorted(set(entry_ids))
    if not wanted:
        return {}
    rows = db.session.scalars(select(Deposit).where(Deposit.entry_id.in_(wanted)))
    return {row.entry_id: row for row in rows}


def deposits_in_books() -> tuple[int | None, Decimal]:
    """The first account movement that was booked into a shift, and the cash of all of them."""
    first, amount = db.session.execute(select(func.min(Deposit.entry_id), func.sum(Deposit.amount))).one()
    return first, amount or _ZERO
