"""The played channels in the tests' own process, on the tests' clock, without a network."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock
from app import outgoing as wire
from app.actor import Actor
from modules.charging.simulators.channel_books import Merchant as PlayedMerchant
from modules.charging.simulators.channel_wire import NoAnswer
from modules.charging.simulators.channels import Channels
from modules.payments import services
from modules.payments.models import Merchant

SECRET, MERCHANT_NO = "sixteen or more letters", "M1001"


@pytest.fixture
def world_outside(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Channels:
    """The channels, played, on the test's clock; what they report arrives at our own address."""

    def send(url: str, headers: Mapping[str, str], body: bytes) -> int:
        return app.test_client().post(urlsplit(url).path, data=body, headers=dict(headers)).status_code

    channels = Channels(now=clock.now, send=send, wait=lambda seconds: None)

    really_post = wire.post

    def post(url: str, headers: Mapping[str, str], body: bytes, **limits: Any) -> wire.Reply:
        if urlsplit(url).hostname == "127.0.0.1":  # an insurer that is played behind a socket of its own
            return really_post(url, headers, body, **limits)
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
