"""Channels and insurer in this process, on the tests' clock, with books of their own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from flask import Flask
from support.einvoice import ADDRESS as PLATFORM
from support.einvoice import PlayedPlatform

from app import clock, outgoing
from modules.charging.simulators.channel_wire import NoAnswer
from modules.charging.simulators.channels import Channels
from modules.charging.simulators.insurer import Insurer
from modules.charging.simulators.serving import LineClosed

CHANNELS, INSURER = "https://channel.example", "https://insurer.example/trade"


class Outside:
    """Everything that is not ours."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.channels = Channels(now=clock.now, send=self._report, wait=lambda _seconds: None)
        self.insurer = Insurer()
        self.platform = PlayedPlatform()
        self.platform.books.address = PLATFORM

    @contextmanager
    def reached(self) -> Iterator[None]:
        """While the block runs, whoever calls out arrives here."""
        with mock.patch.object(outgoing, "post", self._post):
            yield

    def behave(self) -> None:
        """From now on everything works."""
        self.channels.misdeeds.clear()
        self.insurer.orders.clear()
        self.platform.orders.clear()
        self.platform.is_away = False

    def _post(self, url: str, headers: Mapping[str, str], body: bytes, **limits: Any) -> outgoing.Reply:
        if url.startswith(PLATFORM):
            return self.platform.hear(url, headers, body)
        try:
            if url == INSURER:
                made, proof = self.insurer.answer(body, headers["X-Signature"], headers["X-Sign-Type"])
                return outgoing.Reply(200, {"x-signature": proof}, made)
            answer = self.channels.handle("POST", urlsplit(url).path, headers, body)
        except (NoAnswer, LineClosed) as failure:
            raise outgoing.NothingCame("TimeoutError") from failure
        told = {name.lower(): value for name, value in answer.headers.items()}
        return outgoing.Reply(answer.status, told, answer.body)

    def _report(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        path = urlsplit(url).path
        return self.app.test_client().post(path, data=body, headers=dict(headers)).status_code
