"""Two centres in two partitions take in what one district sends them, at once, each into its own books."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support import distribution as district
from support import partitions, world
from support.racing import at_once

from app import relay
from app.actor import system_actor
from app.db import control_unit, tenant_unit
from app.tenancy import directory
from modules.dispensing import queries as stock
from modules.distribution import queries, services
from modules.distribution.models import Delivery, DifferenceKind, ShipmentStatus
from tenants.moves import move_centre

D = Decimal
DRUG = "D0160"
pytestmark = pytest.mark.slow


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "two_partitions" in metafunc.fixturenames:
        engines = metafunc.config.getoption("--engines").split(",")
        metafunc.parametrize("two_partitions", engines, indirect=True, scope="module")


@pytest.fixture(scope="module")
def two_partitions(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, Any]]]:
    """Our centre in p1, the other one in p2."""
    with partitions.installation(request.param) as (app, ids):
        with app.app_context():
            move_centre(ids["theirs"]["tenant_id"], "p2", by=system_actor(None))
        yield app, ids


@pytest.fixture
def app(two_partitions: tuple[Flask, dict[str, Any]]) -> Iterator[Flask]:
    """The application with both partitions."""
    with two_partitions[0].app_context():
        yield two_partitions[0]


@pytest.fixture
def centres(app: Flask, two_partitions: tuple[Flask, dict[str, Any]]) -> list[dict[str, Any]]:
    """Our centre and the other one."""
    return [two_partitions[1][name] for name in ("ours", "theirs")]


def test_two_centres_of_two_partitions_receive_at_once(app: Flask, centres: list[dict[str, Any]]) -> None:
    places = [directory().get(centre["tenant_id"]).partition for centre in centres]
    assert places == ["p1", "p2"]
    desks = [{role: world.actor(centre, role) for role in world.STAFF} for centre in centres]
    for centre, desk, packs in zip(centres, desks, (20, 10), strict=True):
        district.hand_in(centre, desk, (DRUG, packs))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    assert line.approved == 30
    sent = [
        district.send(order, centre, district.batch(line, packs))
        for centre, packs in zip(centres, (20, 10), strict=True)
    ]
    for centre, delivery in zip(centres, sent, strict=True):
        for other in centres:
            with tenant_unit(other["tenant_id"]):
                known = queries.find_delivery(delivery.shipment_id)
            assert (known is not None) == (other is centre)
    acts = [
        _taking_in(centre, desk["storekeeper"], delivery)
        for centre, desk, delivery in zip(centres, desks, sent, strict=True)
    ]
    outcomes = at_once(app, *acts * 4)
    assert sum(isinstance(outcome, Delivery) for outcome in outcomes) == 2, outcomes
    relay.run_until_empty()
    assert [_lying(centre) for centre in centres] == [19 * line.pack_factor, 9 * line.pack_factor]
    with control_unit():
        shipments = [queries.get_shipment(delivery.shipment_id) for delivery in sent]
        differing = [queries.differences_of_shipment(delivery.shipment_id) for delivery in sent]
    assert {shipment.status for shipment in shipments} == {ShipmentStatus.RECEIVED}
    assert [[(row.difference.kind, row.difference.packs) for row in rows] for rows in differing] == [
        [(DifferenceKind.SHORT, D(1))]
    ] * 2
    for centre in centres:
        tenant_id = centre["tenant_id"]
        findings = [*queries.check_distribution(tenant_id), *stock.check_stock(tenant_id)]
        assert [finding for finding in findings if not finding.holds] == []


def _taking_in(centre: dict[str, Any], by: Any, delivery: Any) -> Any:
    """What a window does: all but one pack is accepted."""
    with tenant_unit(centre["tenant_id"]):
        (line,) = queries.lines_of_delivery(delivery.id)
    given = services.ArrivedInput(line_id=line.id, accepted=line.packs - 1, short=D(1), reason="少一盒")
    return lambda: services.receive_shipment(
        delivery_id=delivery.id, location_id=centre["locations"]["storeroom"], lines=[given], by=by
    )


def _lying(centre: dict[str, Any]) -> Decimal:
    with tenant_unit(centre["tenant_id"]):
        lines = stock.balances_at(centre["locations"]["storeroom"])
        return sum((line.balance.on_hand for line in lines if line.batch.drug_code == DRUG), D(0))
