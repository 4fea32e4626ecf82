"""Reading prepaid accounts."""

from sqlalchemy import select

from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from modules.payments.models import PrepaidAccount, PrepaidEntry


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


def entries_of(account_id: int, *, before: int | None = None, size: int = 30) -> Page[PrepaidEntry]:
    """Movements of an account, the newest first."""
    statement = select(PrepaidEntry).where(PrepaidEntry.account_id == account_id)
    return page_by_key(statement, PrepaidEntry.id, before=before, size=size)
