"""Payments for tests: our use cases and the played channels in one process, without a network."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from support.outpatients import make_patient as new_patient

from app import clock
from app import outgoing as wire
from app.actor import Actor
from app.db import tenant_unit
from modules.charging.simulators.channel_books import Merchant as PlayedMerchant
from modules.charging.simulators.channel_wire import NoAnswer
from modules.charging.simulators.channels import Channels
from modules.payments import queries, services
from modules.payments.models import Merchant, Order, Refund

D = Decimal
SECRET, MERCHANT_NO = "sixteen or more letters", "M1001"


@pytest.fixture
def world_outside(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Channels:
    """The channels, played, on the test's clock; what they report arrives at our own address."""

    def send(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return app.test_client().post(urlsplit(url).path, data=body, headers=dict(headers)).status_code

    channels = Channels(now=clock.now, send=send, wait=lambda seconds: None)

    def post(url: str, headers: Mapping[str, str], body: bytes) -> wire.Reply:
        try:
            answer = channels.handle("POST", urlsplit(url).path, headers, body)
        except NoAnswer as failure:
            raise wire.NothingCame("TimeoutError") from failure
        if answer.status == 200 and channels.seconds > wire.ANSWER_SECONDS and channels.slept:
            channels.slept = False
            raise wire.NothingCame("TimeoutError")
        return wire.Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body)

    channels.slept = False

    def sleep(seconds: float) -> None:
        channels.slept = True

    channels._wait = sleep
    monkeypatch.setattr(wire, "post", post)
    return channels


@pytest.fixture
def merchant(world_outside: Channels, administrator: Actor) -> Merchant:
    """WeChat is set up here and there."""
    made = services.set_up_merchant(
        channel="wechat",
        merchant_no=MERCHANT_NO,
        base_url="https://channel.example",
        secret=SECRET,
        by=administrator,
    )
    notify = f"http://his.example/payments/callbacks/C1-{made.callback_key}"
    world_outside.books.merchants[MERCHANT_NO] = PlayedMerchant(MERCHANT_NO, "wechat", SECRET, notify)
    return made


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
