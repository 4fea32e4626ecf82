"""A morning in the storeroom of a centre: one row, at least, of every paper it keeps."""

from datetime import date
from decimal import Decimal
from typing import Any

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.dispensing import queries as stock
from modules.storeroom import queries
from modules.storeroom import services as storeroom
from tenants.services import change_settings

D = Decimal
DRUG = "D0160"


def furnish(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> None:
    """Buy, send to the pharmacy, count, set apart, write off and recall; the month before is closed."""
    keeper, here = desk["storekeeper"], centre["locations"]
    order_id = _order(centre, desk, mark)
    line_id = _take_in(centre, keeper, order_id, mark)
    storeroom.enter_invoice(
        order_id=order_id,
        number=f"{mark}F1",
        on=clock.today(),
        lines=[storeroom.InvoiceLineInput(order_line_id=line_id, packs=D(10), amount=D("98.00"))],
        by=keeper,
    )
    _requisition(centre, desk)
    with tenant_unit(centre["tenant_id"]):
        lying = stock.list_balances(here["storeroom"]).rows[0]
    act = {"balance_id": lying.balance.id, "reason": f"{mark}受潮", "by": keeper}
    storeroom.quarantine_stock(quantity=D(1), **act)
    storeroom.apply_removal(kind="loss", quantity=D(1), **act)
    storeroom.begin_stocktake(location_id=here["storeroom"], by=keeper)
    storeroom.recall_batch(batch_id=lying.batch.id, reason=f"{mark}召回", by=keeper)
    change_settings(settings={"zero_margin": False}, by=desk["administrator"])
    adjusted = storeroom.propose_adjustment(
        lines=[storeroom.NewPriceInput(drug_id=lying.batch.drug_id, new_price=D("13.50"))],
        reason=f"{mark}集采",
        by=keeper,
    )
    storeroom.approve_adjustment(adjustment_id=adjusted.id, by=desk["administrator"])
    _undecided(centre, desk)
    with tenant_unit(centre["tenant_id"]):
        month = queries.month_to_close()
    if month is not None:
        storeroom.close_month(begins_on=month, by=keeper)


def furnish_plan(centre: dict[str, Any], desk: dict[str, Actor]) -> None:
    """One more plan that still takes changes: the last of the centre."""
    keeper = desk["storekeeper"]
    with tenant_unit(centre["tenant_id"]):
        drug = catalogue.search_drugs(DRUG)[0]
    storeroom.set_drug_rule(drug_id=drug.id, minimum=D(4000 * drug.pack_factor), by=keeper)
    storeroom.propose_plan(location_id=centre["locations"]["storeroom"], days=1, by=keeper)


def _undecided(centre: dict[str, Any], desk: dict[str, Actor]) -> None:
    """A second plan and a second requisition, which nobody has looked at."""
    keeper, here = desk["storekeeper"], centre["locations"]
    with tenant_unit(centre["tenant_id"]):
        drug = catalogue.search_drugs(DRUG)[0]
    storeroom.set_drug_rule(drug_id=drug.id, minimum=D(40 * drug.pack_factor), by=keeper)
    storeroom.propose_plan(location_id=here["storeroom"], days=1, by=keeper)
    storeroom.apply_requisition(
        from_location_id=here["storeroom"],
        to_location_id=here["pharmacy"],
        lines=[storeroom.RequisitionLineInput(drug_id=drug.id, loose=D(10))],
        by=desk["pharmacist"],
    )


def _order(centre: dict[str, Any], desk: dict[str, Actor], mark: str) -> int:
    keeper = desk["storekeeper"]
    supplier = storeroom.save_supplier(
        code=mark, name=f"{mark}医药", licence_no=f"{mark}证", licence_until=date(2028, 6, 30), by=keeper
    )
    with tenant_unit(centre["tenant_id"]):
        drug = catalogue.search_drugs(DRUG)[0]
    storeroom.set_drug_rule(
        drug_id=drug.id, minimum=D(10 * drug.pack_factor), supplier_id=supplier.id, by=keeper
    )
    plan = storeroom.propose_plan(location_id=centre["locations"]["storeroom"], days=1, by=keeper)
    storeroom.submit_plan(plan_id=plan.id, by=keeper)
    storeroom.approve_plan(plan_id=plan.id, by=desk["administrator"])
    storeroom.order_plan(plan_id=plan.id, by=keeper)
    with tenant_unit(centre["tenant_id"]):
        return queries.orders_of_plan(plan.id)[0].id


def _take_in(centre: dict[str, Any], keeper: Actor, order_id: int, mark: str) -> int:
    with tenant_unit(centre["tenant_id"]):
        line = next(row for row in queries.lines_of_order(order_id) if row.drug_code == DRUG)
    delivered = storeroom.DeliveryLineInput(
        order_line_id=line.id,
        batch_no=f"{mark}7",
        expires_on=date(2028, 1, 31),
        approval_no="国药准字H20103456",
        accepted=line.packs,
    )
    storeroom.receive_delivery(order_id=order_id, lines=[delivered], by=keeper)
    return line.id


def _requisition(centre: dict[str, Any], desk: dict[str, Actor]) -> None:
    keeper, here = desk["storekeeper"], centre["locations"]
    with tenant_unit(centre["tenant_id"]):
        drug = catalogue.search_drugs(DRUG)[0]
    asked = storeroom.apply_requisition(
        from_location_id=here["storeroom"],
        to_location_id=here["pharmacy"],
        lines=[storeroom.RequisitionLineInput(drug_id=drug.id, loose=D(20))],
        by=desk["pharmacist"],
    )
    with tenant_unit(centre["tenant_id"]):
        (line,) = queries.lines_of_requisition(asked.id)
    storeroom.approve_requisition(
        requisition_id=asked.id,
        lines=[storeroom.ApprovedLineInput(line_id=line.id, quantity=D(20))],
        by=keeper,
    )
    storeroom.ship_requisition(requisition_id=asked.id, by=keeper)
