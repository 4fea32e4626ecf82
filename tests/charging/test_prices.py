"""What the price list promises."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from app.errors import InvalidInput, NotFound, PermissionDenied
from modules.charging import queries, services
from modules.charging.errors import PriceInPast, PriceOverlaps
from modules.charging.models import ItemKind

D = Decimal


def test_a_new_price_ends_the_one_before(find_price: Any, administrator: Actor, ours: Any) -> None:
    old = find_price("D0001")
    with clock.at(datetime(2026, 11, 20, 2, 0, tzinfo=UTC)):
        services.set_price(
            item_kind=ItemKind.DRUG, item_id=old.item_id, amount=D("10.00"), reason="调价", by=administrator
        )
        assert find_price("D0001").amount == D("10.00")
    with tenant_unit(ours["tenant_id"]):
        newest, before = queries.price_history(ItemKind.DRUG, old.item_id)
    assert (newest.valid_to, before.valid_to) == (None, newest.valid_from)


def test_a_future_price_waits_for_its_day_and_old_charges_keep_theirs(
    find_price: Any, administrator: Actor, make_bill: Any, prescribe: Any, view: Any
) -> None:
    price = find_price("D0001")
    services.set_price(
        item_kind=ItemKind.DRUG,
        item_id=price.item_id,
        amount=D("12.00"),
        valid_from=date(2026, 12, 1),
        by=administrator,
    )
    bill = make_bill([])
    prescribe(bill, ("D0001", 24))
    with clock.at(datetime(2026, 11, 30, 16, 0, tzinfo=UTC)):  # midnight in Shanghai
        prescribe(bill, ("D0001", 24))
    assert [line.amount for line in view(bill).charges] == [D("9.60"), D("12.00")]


def test_prices_do_not_overlap_nor_begin_in_the_past(find_price: Any, administrator: Actor) -> None:
    item = {"item_kind": ItemKind.DRUG, "item_id": find_price("D0001").item_id, "amount": D("1.00")}
    services.set_price(**item, valid_from=date(2026, 12, 1), by=administrator)
    with pytest.raises(PriceOverlaps):
        services.set_price(**item, valid_from=date(2026, 11, 30), by=administrator)
    with pytest.raises(PriceInPast):
        services.set_price(**item, valid_from=date(2026, 11, 19), by=administrator)


def test_wrong_prices_are_refused(find_price: Any, administrator: Actor, cashier: Actor) -> None:
    item = {"item_kind": ItemKind.DRUG, "item_id": find_price("D0001").item_id}
    with pytest.raises(InvalidInput):
        services.set_price(**item, amount=D("-1"), by=administrator)
    with pytest.raises(NotFound):
        services.set_price(item_kind=ItemKind.SERVICE, item_id=1, amount=D("1"), by=administrator)
    with pytest.raises(PermissionDenied):
        services.set_price(**item, amount=D("1"), by=cashier)


def test_loading_the_demo_list_twice_changes_nothing(
    find_price: Any, administrator: Actor, ours: Any
) -> None:
    before = find_price("D0001").id
    services.load_demo_prices(by=administrator)
    assert find_price("D0001").id == before
