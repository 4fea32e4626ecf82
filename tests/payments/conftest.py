"""Payments for tests: our use cases and the played channels in one process, without a network."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.channels import MERCHANT_NO, SECRET, merchant, world_outside
from support.outpatients import make_patient as new_patient

from app.actor import Actor
from app.db import tenant_unit
from modules.payments import queries, services
from modules.payments.models import Merchant, Order, Refund

__all__ = ["MERCHANT_NO", "SECRET", "merchant", "world_outside"]
D = Decimal


@pytest.fixture
def make_order(merchant: Merchant, cashier: Actor) -> Callable[..., Order]:
    """Open an order of ¥ 62.40 for a subject nobody else has."""
    subjects = iter(range(1, 1000))

    def make(**given: Any) -> Order:
        facts: dict[str, Any] = {
            "subject_kind": "tests_bill",
            "subject_id": next(subjects),
            "channel": "wechat",
            "amount": D("62.40"),
            "way": "payer_code",
            "by": cashier,
        }
        return services.open_order(**{**facts, **given})

    return make


@pytest.fixture
def order_now(ours: dict[str, Any]) -> Callable[[Order], Order]:
    """An order as it stands in the database."""

    def look(order: Order) -> Order:
        with tenant_unit(ours["tenant_id"]):
            return queries.get_order(order.id)

    return look


@pytest.fixture
def refunds_of(ours: dict[str, Any]) -> Callable[[Order], list[Refund]]:
    """The refund orders of an order."""

    def look(order: Order) -> list[Refund]:
        with tenant_unit(ours["tenant_id"]):
            return queries.order_view(order.id).refunds

    return look


@pytest.fixture
def patient(registrar: Actor) -> Any:
    """A resident."""
    return new_patient(registrar)


@pytest.fixture
def told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Events of payments, in the order they are said."""
    from app.events import subscriptions
    from modules.payments import events

    heard: list[Any] = []
    kinds = [
        events.PaymentSucceeded,
        events.PaymentEnded,
        events.MoneyReturned,
        events.RefundFailed,
        events.PrepaidToppedUp,
        events.PrepaidPaidOut,
    ]
    for kind in kinds:
        monkeypatch.setitem(subscriptions.now, kind, [*subscriptions.now.get(kind, []), heard.append])
    return heard


@pytest.fixture
def all_holds(ours: dict[str, Any]) -> Callable[[], bool]:
    """Whether every identity of ``flask check`` holds."""

    def holds() -> bool:
        findings = queries.check_payments(ours["tenant_id"])
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return holds
