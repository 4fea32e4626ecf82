"""The district of the demo buys what its centres hand in, and sends it; now and then something is missing."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app import clock
from app.accounts import services as accounts
from app.db import control_unit, tenant_unit
from modules.demo.services.district import play
from modules.demo.services.town import Town
from modules.distribution import queries

BUYER, APPROVER = "district.purchaser", "district.purchaser2"
SUPPLIER = {"code": "QPS", "name": "区药品集中配送公司", "licence_no": "示范AA0009001"}
BATCH_OF = timedelta(days=540)
APPROVAL = "国药准字H20050000"
CHILLED = Decimal("5.0")
MISSING_IN = 0.15  # of the batches one pack is missing


def buy_and_send() -> Iterator[int]:
    """Merge what was handed in, have it approved, and let the supplier send it straight to the centres."""
    with control_unit():
        waiting = [request.id for request in queries.open_requests()]
    if not waiting:
        return
    buyer = accounts.find_actor(BUYER)
    purchase = play("distribution.merge_requests", request_ids=waiting, by=buyer)
    yield 5
    with control_unit():
        lines = queries.lines_of_purchase(purchase.id)
    chosen = {"supplier_id": _supplier()}
    given = [{"line_id": line.id, "pack_cost": line.pack_cost, **chosen} for line in lines]
    play("distribution.change_purchase", purchase_id=purchase.id, lines=given, by=buyer)
    play("distribution.submit_purchase", purchase_id=purchase.id, by=buyer)
    yield 5
    whole = [{"line_id": line.id, "approved": line.wanted} for line in lines]
    play(
        "distribution.approve_purchase",
        purchase_id=purchase.id,
        lines=whole,
        by=accounts.find_actor(APPROVER),
    )
    yield 5
    with control_unit():
        orders = queries.orders_of_purchase(purchase.id)
    for order in orders:
        _send(order)


def _supplier() -> int:
    with control_unit():
        known = queries.list_suppliers()
    if known:
        return known[0].id
    until = clock.today() + timedelta(days=900)
    return int(
        play("distribution.save_supplier", **SUPPLIER, licence_until=until, by=accounts.find_actor(BUYER)).id
    )


def _send(order: Any) -> None:
    with control_unit():
        lines = {line.id: line for line in queries.lines_of_order(order.id)}
        shares = [share for share, _ in queries.shares_of_lines(lines)]
    for centre_id in sorted({share.centre_id for share in shares}):
        batches = [
            {
                "purchase_line_id": share.purchase_line_id,
                "batch_no": f"{clock.today():%y%m%d}Q{share.drug_code[-3:]}",
                "expires_on": clock.today() + BATCH_OF,
                "approval_no": APPROVAL,
                "packs": share.missing,
            }
            for share in shares
            if share.centre_id == centre_id and share.missing
        ]
        if batches:
            play(
                "distribution.send_from_supplier",
                order_id=order.id,
                centre_id=centre_id,
                lines=batches,
                by=accounts.find_actor(BUYER),
            )


def take_shipments(town: Town, location_id: int) -> Iterator[int]:
    """What has come is inspected; a pack is missing now and then."""
    with tenant_unit(town.centre.tenant_id):
        awaited = [row for row in queries.list_deliveries().rows if row.status.value == "awaited"]
        lines_of = {row.id: queries.lines_of_delivery(row.id) for row in awaited}
    for delivery in awaited:
        done = play(
            "distribution.receive_shipment",
            delivery_id=delivery.id,
            location_id=location_id,
            lines=[_arrived(line, town) for line in lines_of[delivery.id]],
            temperature=CHILLED,
            by=town.centre.actor("storekeeper"),
        )
        yield 10
        if done.status.value == "to_sign":
            play("distribution.sign_shipment", delivery_id=delivery.id, by=town.centre.actor("pharmacist"))
            yield 5


def _arrived(line: Any, town: Town) -> dict[str, Any]:
    short = Decimal(1) if line.packs > 1 and town.dice.random() < MISSING_IN else Decimal(0)
    reason = "少一盒" if short else ""
    return {"line_id": line.id, "accepted": line.packs - short, "short": short, "reason": reason}
