"""The platform as a program of its own: over the wire, with the conductor at the other end of it."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.actor import Actor
from modules.charging.models import Settlement
from modules.charging.simulators.einvoice import KEY, TEMPERS, InvoicePlatform, serving
from modules.charging.simulators.einvoice_books import Books, Refused
from modules.invoices import services
from modules.invoices.rules.states import SendingState
from modules.invoices.services import conduct


@pytest.fixture
def served(administrator: Actor) -> Iterator[InvoicePlatform]:
    """The platform on a port of this machine, and our institution connected to it."""
    platform = InvoicePlatform()
    with serving(platform) as address:
        services.connect(
            unit_code="990101",
            institution_kind="社区卫生服务中心",
            base_url=address,
            key=KEY,
            by=administrator,
        )
        yield platform


def test_an_invoice_is_issued_over_the_wire_and_its_code_leads_to_it(
    served: InvoicePlatform,
    settle: Callable[..., Settlement],
    electronic: Callable[[int], Any],
    deliver: Callable[[], None],
) -> None:
    settlement = settle()
    deliver()
    found = electronic(settlement.id)
    assert found.state is SendingState.ISSUED
    with urllib.request.urlopen(found.url) as page:
        assert found.number in page.read().decode()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(found.url[:-6] + "000000")


@pytest.mark.parametrize("how", ["dead", "lose_answer", "wrong_signature", "slow"])
def test_a_platform_that_misbehaves_on_the_wire_is_asked_again(
    served: InvoicePlatform,
    settle: Callable[..., Settlement],
    electronic: Callable[[int], Any],
    deliver: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    cashier: Actor,
    how: str,
) -> None:
    monkeypatch.setattr("modules.invoices.gateways.platform.SECONDS", 0.3)
    address = served.books.address
    order = json.dumps({"how": how, "service": "issue", "seconds": 0.6}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{address}/misbehave", data=order, method="POST"))
    settlement = settle()
    deliver()
    assert electronic(settlement.id).state is SendingState.SENT
    monkeypatch.setattr("modules.invoices.gateways.platform.SECONDS", 5)
    with clock.at(clock.now() + timedelta(seconds=5)):
        assert conduct.carry(electronic(settlement.id).id, by=cashier).state is SendingState.ISSUED
    assert len(served.books.invoices) == 1


@pytest.mark.one_engine
def test_orders_it_does_not_know_are_refused() -> None:
    with pytest.raises(ValueError, match="rude"):
        InvoicePlatform().misbehave("rude")
    assert set(TEMPERS) >= {"slow", "dead", "lose_answer", "wrong_signature"}


@pytest.mark.one_engine
def test_its_books_survive_it_and_refuse_what_does_not_add_up(tmp_path: Path) -> None:
    books = Books(tmp_path)
    asked: dict[str, Any] = {
        "busNo": "E1",
        "totalAmt": "10.00",
        "payer": {"name": "王"},
        "foot": {"pool": "4.00", "other": "0", "account": "0", "cash": "6.00"},
        "items": [{"amt": "10.00"}],
    }
    first = books.do("issue", "U", "26", asked)
    books.keep()
    again = Books(tmp_path)
    assert again.do("issue", "U", "26", asked) == first
    assert again.do("issue", "V", "26", asked)["billNo"] != first["billNo"]
    for wrong in ({"items": [{"amt": "9.00"}]}, {"foot": asked["foot"] | {"cash": "5.00"}}):
        with pytest.raises(Refused):
            again.do("issue", "U", "26", asked | {"busNo": "E2"} | wrong)
    red = {"busNo": "E3", "billCode": first["billCode"], "billNo": first["billNo"], "totalAmt": "-10.00"}
    assert again.do("red", "U", "26", red) == again.do("red", "U", "26", red)
    with pytest.raises(Refused):
        again.do("red", "U", "26", red | {"busNo": "E4"})


@pytest.mark.one_engine
def test_at_random_it_misbehaves_the_same_way_by_the_same_seed() -> None:
    def moods(seed: int) -> list[str]:
        platform = InvoicePlatform(seed=seed, faults=0.5)
        return [platform._order_for("issue").get("how", "") for _ in range(20)]

    assert moods(1) == moods(1) != moods(2)


@pytest.mark.one_engine
def test_a_message_with_a_wrong_signature_gets_nothing_but_a_refusal() -> None:
    made, _ = InvoicePlatform().answer(b"{}", "0" * 64)
    assert json.loads(made)["code"] == "-1"
