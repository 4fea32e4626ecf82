"""The platform of electronic invoices in the tests' own process, and an institution that is connected to it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from app import outgoing
from app.actor import Actor
from modules.charging.simulators.einvoice import KEY, InvoicePlatform
from modules.charging.simulators.serving import LineClosed
from modules.invoices import services

ADDRESS = "https://einvoice.example"


class PlayedPlatform(InvoicePlatform):
    """The platform without a network: it may be away as a whole."""

    is_away = False

    def hear(self, url: str, headers: Mapping[str, str], body: bytes) -> outgoing.Reply:
        """What our door to the outside gets from it."""
        if self.is_away:
            raise outgoing.NotReached("ConnectionRefusedError")
        assert urlsplit(url).path.strip("/") in ("issue", "red", "query", "exchange")
        try:
            made, proof = self.answer(body, headers["X-Signature"])
        except LineClosed as closed:
            raise outgoing.NothingCame("RemoteDisconnected") from closed
        return outgoing.Reply(200, {"x-signature": proof}, made)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> PlayedPlatform:
    """The platform; everybody else outside is reached as before."""
    played = PlayedPlatform()
    played.books.address = ADDRESS
    outside = outgoing.post

    def post(url: str, headers: Mapping[str, str], body: bytes, **limits: Any) -> outgoing.Reply:
        if url.startswith(ADDRESS):
            return played.hear(url, headers, body)
        return outside(url, headers, body, **limits)

    monkeypatch.setattr(outgoing, "post", post)
    return played


@pytest.fixture
def issuing(platform: PlayedPlatform, administrator: Actor) -> PlayedPlatform:
    """Our institution is connected to the platform."""
    connect(administrator)
    return platform


def connect(administrator: Actor) -> None:
    """Connect an institution to the played platform."""
    services.connect(
        unit_code="990101",
        institution_kind="社区卫生服务中心",
        base_url=ADDRESS,
        key=KEY,
        by=administrator,
    )
