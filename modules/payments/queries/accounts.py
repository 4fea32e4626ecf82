"""Reading prepaid accounts."""

from decimal import Decimal

from sqlalchemy import func, select

from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from modules.payments.models import EntryKind, PrepaidAccount, PrepaidEntry


def find_account(patient_id: int) -> PrepaidAccount | None:
    """The resident's account, or None when nothing was ever laid in."""
    return db.session.scalar(select(PrepaidAccount).where(PrepaidAccount.patient_id == patient_id))


def account_of(patient_id: int) -> PrepaidAccount:
    """The resident's account, or NotFound."""
    found = find_account(patient_id)
    if found is None:
        raise NotFound(field="patient_id")
    return found


def lock_account(account_id: int) -> PrepaidAccount:
    """The account, held until commit."""
    found = lock_row(PrepaidAccount, account_id)
    if found is None:
        raise NotFound(field="account_id")
    return found


def cash_moved(*, since_entry: int) -> Decimal:
    """Cash laid into accounts less cash handed back, from a movement on. One statement."""
    found = db.session.scalar(
        select(func.sum(PrepaidEntry.amount)).where(
            PrepaidEntry.id >= since_entry, PrepaidEntry.kind.in_((EntryKind.TOP_UP, EntryKind.PAY_OUT))
        )
    )
    return found or Decimal("0.00")


def entries_of(account_id: int, *, before: int | None = None, size: int = 30) -> Page[PrepaidEntry]:
    """Movements of an account, the newest first."""
    statement = select(PrepaidEntry).where(PrepaidEntry.account_id == account_id)
    return page_by_key(statement, PrepaidEntry.id, before=before, size=size)
