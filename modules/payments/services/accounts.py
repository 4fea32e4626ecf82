"""Prepaid accounts: cash in, payments out, what is left handed back. Everything happens in our own database."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock
from app.account_hints import prepaid_sides
from app.actor import Actor
from app.db import db
from app.events import emit
from app.money import format_amount
from app.use_cases import use_case
from modules.patients import queries as patients
from modules.payments import queries
from modules.payments.errors import BalanceTooLow
from modules.payments.events import PrepaidAccounts, PrepaidPaidOut, PrepaidToppedUp
from modules.payments.models import EntryKind, Order, PrepaidAccount, PrepaidEntry, Refund
from modules.payments.services.parts import PaidAmount, Reason


@use_case("payments.account.top_up")
def top_up(
    *,
    patient_id: int,
    amount: PaidAmount,
    reason: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> PrepaidEntry:
    """Take cash and lay it into the resident's account; the first time opens the account.

    Raises:
        NotFound: no such resident here.
    """
    account = queries.lock_account(open_account(patients.get_patient(patient_id).id).id)
    entry = book(account, EntryKind.TOP_UP, amount, by=by, reason=reason)
    audit.record("prepaid.topped_up", account, by=by, amount=amount)
    emit(
        PrepaidToppedUp(
            entry_id=entry.id,
            account_id=account.id,
            patient_id=account.patient_id,
            amount=amount,
            accounts=_accounts(),
        )
    )
    return entry


@use_case("payments.account.pay_out")
def pay_out(*, patient_id: int, amount: PaidAmount, reason: Reason, by: Actor) -> PrepaidEntry:
    """Hand cash of the account back to the resident, all that is left or a part of it.

    Raises:
        NotFound: the resident has no account here.
        BalanceTooLow: it does not hold so much.
    """
    account = queries.lock_account(queries.account_of(patient_id).id)
    entry = book(account, EntryKind.PAY_OUT, -amount, by=by, reason=reason)
    audit.record("prepaid.paid_out", account, by=by, amount=amount, reason=reason)
    emit(
        PrepaidPaidOut(
            entry_id=entry.id,
            account_id=account.id,
            patient_id=account.patient_id,
            amount=amount,
            accounts=_accounts(),
        )
    )
    return entry


def open_account(patient_id: int) -> PrepaidAccount:
    """Inside a use case: the resident's account, opened when there is none, by one of two windows only."""
    if known := queries.find_account(patient_id):
        return known
    account = PrepaidAccount(patient_id=patient_id, opened_at=clock.now())
    try:
        with db.session.begin_nested():
            db.session.add(account)
            db.session.flush()
    except IntegrityError:
        return queries.account_of(patient_id)
    return account


def book(
    account: PrepaidAccount,
    kind: EntryKind,
    amount: Decimal,
    *,
    by: Actor,
    order: Order | None = None,
    refund: Refund | None = None,
    reason: str = "",
) -> PrepaidEntry:
    """Inside a use case that holds the account: one movement, positive into it.

    Raises:
        BalanceTooLow: less than nothing would be left.
    """
    if account.balance + amount < 0:
        raise BalanceTooLow(field="amount", balance=format_amount(account.balance))
    account.balance += amount
    account.entry_count += 1
    entry = PrepaidEntry(
        account_id=account.id,
        entry_no=account.entry_count,
        kind=kind,
        amount=amount,
        balance_after=account.balance,
        order_id=order.id if order else None,
        refund_id=refund.id if refund else None,
        at=clock.now(),
        by_account_id=by.account_id,
        by_name=by.name,
        reason=reason,
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def _accounts() -> PrepaidAccounts:
    """Where cash laid into an account is booked today."""
    entry, budget = prepaid_sides(clock.today())
    return PrepaidAccounts(
        debit=entry.debit, credit=entry.credit, budget_debit=budget.debit, budget_credit=budget.credit
    )
