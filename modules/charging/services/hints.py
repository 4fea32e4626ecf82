"""Amounts as events tell them: by fee class and by way of paying, each with its account."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from app.account_hints import fee_accounts, tender_accounts
from modules.charging.events import FeeAmount, SettledTender
from modules.charging.rules.fee_classes import FeeClass, invoice_lines
from modules.charging.rules.tenders import TenderMethod


def fee_facts(parts: Iterable[tuple[FeeClass, Decimal]], on: date) -> tuple[FeeAmount, ...]:
    """Sums by fee class; negative where money went back, and left out where nothing changed."""
    return tuple(
        FeeAmount(
            fee_class=fee_class.value,
            amount=amount,
            income_account=fee_accounts(fee_class.value, on).income,
            pending_account=fee_accounts(fee_class.value, on).pending,
        )
        for fee_class, amount in invoice_lines(parts)
        if amount
    )


def tender_facts(tenders: Mapping[TenderMethod, Decimal], on: date) -> tuple[SettledTender, ...]:
    """Ways of paying as events tell them."""
    return tuple(_tender_fact(method, amount, on) for method, amount in tenders.items())


def _tender_fact(method: TenderMethod, amount: Decimal, on: date) -> SettledTender:
    accounts = tender_accounts(method.value, amount, on)
    return SettledTender(
        method=method.value,
        amount=amount,
        account=accounts.account,
        budget_debit_account=accounts.budget_debit,
        budget_credit_account=accounts.budget_credit,
    )
