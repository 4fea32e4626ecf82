"""A district that buys for its centres: from a handed-in plan to what stands at the centre's door."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from support import world

from app import relay
from app.actor import Actor
from app.db import control_unit, tenant_unit
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as stock
from modules.distribution import queries, services
from modules.storeroom import queries as store
from modules.storeroom import services as storeroom

D = Decimal
DRUG = "D0161"
EXPIRES = date(2028, 1, 31)


def purchaser() -> Actor:
    """Who merges, orders and sends."""
    return world.district_actor("district_purchaser")


def approver() -> Actor:
    """The second one of the district."""
    return replace(purchaser(), account_id=77, name="区采购二")


def drug(code: str) -> Any:
    """A drug of the demonstration catalogue."""
    with control_unit():
        return next(found for found in catalogue.all_drugs() if found.code == code)


def hand_in(centre: dict[str, Any], desk: dict[str, Actor], *drugs: tuple[str, Any]) -> int:
    """A plan for packs of some drugs, approved at the centre and handed in; the district knows it. Its id."""
    keeper, ids = desk["storekeeper"], {drug(code).id: D(packs) for code, packs in drugs}
    with tenant_unit(centre["tenant_id"]):
        there = stock.centre_stock(list(ids))
    for drug_id, packs in ids.items():
        storeroom.set_drug_rule(drug_id=drug_id, minimum=packs * 1000 + there.get(drug_id, D(0)), by=keeper)
    plan = storeroom.propose_plan(location_id=centre["locations"]["storeroom"], days=1, by=keeper)
    with tenant_unit(centre["tenant_id"]):
        lines = store.lines_of_plan(plan.id)
    storeroom.change_plan(
        plan_id=plan.id,
        lines=[
            storeroom.PlanLineInput(
                line_id=line.id, packs=ids.get(line.drug_id, D(0)), pack_cost=D("10.80"), supplier_id=None
            )
            for line in lines
        ],
        by=keeper,
    )
    storeroom.submit_plan(plan_id=plan.id, by=keeper)
    storeroom.approve_plan(plan_id=plan.id, by=desk["administrator"])
    services.hand_in_plan(plan_id=plan.id, by=keeper)
    relay.run_until_empty()
    return plan.id


def supplier(code: str = "QY") -> Any:
    """A supplier of the district."""
    return services.save_supplier(
        code=code,
        name=f"区配送{code}",
        licence_no=f"沪{code}01",
        licence_until=date(2028, 6, 30),
        by=purchaser(),
    )


def buy(approved: dict[str, Any] | None = None, code: str = "QY") -> Any:
    """Merge what is open, approve it (drug code → packs; else whole) and order it; the order."""
    by = purchaser()
    with control_unit():
        known = {row.code: row for row in queries.list_suppliers()}
        waiting = [request.id for request in queries.open_requests()]
    chosen = known.get(code) or supplier(code)
    purchase = services.merge_requests(request_ids=waiting, by=by)
    with control_unit():
        lines = queries.lines_of_purchase(purchase.id)
    services.change_purchase(
        purchase_id=purchase.id,
        lines=[
            services.PurchaseLineInput(line_id=line.id, pack_cost=D("10.80"), supplier_id=chosen.id)
            for line in lines
        ],
        by=by,
    )
    services.submit_purchase(purchase_id=purchase.id, by=by)
    services.approve_purchase(
        purchase_id=purchase.id,
        lines=[
            services.ApprovedInput(
                line_id=line.id, approved=D((approved or {}).get(line.drug_code, line.wanted))
            )
            for line in lines
        ],
        by=approver(),
    )
    with control_unit():
        return queries.orders_of_purchase(purchase.id)[0]


def lines_of(order: Any) -> dict[str, Any]:
    """Lines of an order by code of the drug."""
    with control_unit():
        return {line.drug_code: line for line in queries.lines_of_order(order.id)}


def batch(line: Any, packs: Any, **given: Any) -> services.SupplierLineInput:
    """A batch that the supplier sends."""
    told = {"batch_no": "P7", "expires_on": EXPIRES, "approval_no": "国药准字H20103456", **given}
    return services.SupplierLineInput(purchase_line_id=line.id, packs=D(packs), **told)


def send(order: Any, centre: dict[str, Any], *lines: services.SupplierLineInput) -> Any:
    """A shipment straight to a centre; the message has come there. The delivery at the centre."""
    shipment = services.send_from_supplier(
        order_id=order.id, centre_id=centre["tenant_id"], lines=list(lines), by=purchaser()
    )
    relay.run_until_empty()
    return delivery_of(shipment, centre)


def delivery_of(shipment: Any, centre: dict[str, Any]) -> Any:
    """What the centre knows of a shipment."""
    with tenant_unit(centre["tenant_id"]):
        return queries.find_delivery(shipment.id)


def receive(delivery: Any, centre: dict[str, Any], by: Actor, *parts: dict[str, Any]) -> Any:
    """Inspect a delivery: for each batch what differs; all else is accepted. The district has heard."""
    with tenant_unit(centre["tenant_id"]):
        lines = queries.lines_of_delivery(delivery.id)
    given = []
    for number, line in enumerate(lines):
        part = {key: D(value) for key, value in (parts[number] if number < len(parts) else {}).items()}
        accepted = line.packs - sum(part.values(), D(0))
        reason = "车上少了" if part else ""
        given.append(services.ArrivedInput(line_id=line.id, accepted=accepted, reason=reason, **part))
    done = services.receive_shipment(
        delivery_id=delivery.id, location_id=centre["locations"]["storeroom"], lines=given, by=by
    )
    relay.run_until_empty()
    return done


def furnish(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> None:
    """One shipment received with a difference at a centre, one on its way."""
    hand_in(centre, desk, (DRUG, 20))
    order = buy(code=mark)
    line = lines_of(order)[DRUG]
    receive(send(order, centre, batch(line, 10)), centre, desk["storekeeper"], {"short": 1})
    send(order, centre, batch(line, 5))
