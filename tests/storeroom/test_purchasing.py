"""What purchasing promises: from the minimum to the matched invoice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support.racing import at_once
from support.world import TODAY

from app.actor import Actor
from app.db import db, tenant_unit
from app.db.statements import count_statements
from app.errors import NotFound
from app.records import EventRow
from modules.storeroom import queries, services
from modules.storeroom.errors import (
    ColdChainBroken,
    InvoiceTaken,
    LimitsCrossed,
    NothingToBuy,
    ReasonMissing,
    SamePerson,
    SupplierExpired,
    SupplierMissing,
    SupplierTaken,
    TooMuchDelivered,
    WrongState,
)
from modules.storeroom.models import InvoiceStatus, OrderStatus, PlanStatus, ReceiptStatus
from modules.storeroom.services import InvoiceLineInput

D = Decimal
DRUG, OTHER = "D0160", "D0161"
MORPHINE, INSULIN = "D0033", "D0092"


def _order(ours: Any, order_id: int) -> Any:
    with tenant_unit(ours["tenant_id"]):
        return queries.get_order(order_id)


def _match(ours: Any, order_id: int) -> Any:
    with tenant_unit(ours["tenant_id"]):
        return queries.match_of_order(order_id)


def test_a_plan_reckons_from_use_stock_and_what_is_on_the_way(
    ours: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    drug_id: Any,
    storekeeper: Actor,
) -> None:
    make_stock(DRUG, 540)  # a pack is 54
    signed = prescribe((DRUG, 480))
    pay(signed)
    dispense(signed)
    plan = services.propose_plan(location_id=ours["locations"]["storeroom"], days=60, by=storekeeper)
    with tenant_unit(ours["tenant_id"]):
        line = next(row for row in queries.lines_of_plan(plan.id) if row.drug_id == drug_id(DRUG))
    assert (line.used_a_day, line.in_stock, line.in_transit) == (D(16), D(60), D(0))
    assert line.packs == -(-(960 - 60) // line.pack_factor)


def test_what_is_ordered_already_is_not_planned_again(
    ours: Any, make_order: Any, storekeeper: Actor, delivered: Any
) -> None:
    make_order((DRUG, 10))
    with pytest.raises(NothingToBuy):
        services.propose_plan(location_id=ours["locations"]["storeroom"], days=1, by=storekeeper)


def test_an_expired_licence_blocks_the_order_until_it_is_renewed(
    ours: Any, make_supplier: Any, make_order: Any, storekeeper: Actor
) -> None:
    supplier = make_supplier(until=TODAY - timedelta(days=1))
    with pytest.raises(SupplierExpired):
        make_order((DRUG, 10), supplier=supplier)
    with tenant_unit(ours["tenant_id"]):
        plan = queries.list_plans().rows[0]
    assert plan.status == PlanStatus.APPROVED
    services.save_supplier(
        supplier_id=supplier.id,
        code=supplier.code,
        name=supplier.name,
        licence_no="沪DA新",
        licence_until=TODAY,  # through its last day
        by=storekeeper,
    )
    assert services.order_plan(plan_id=plan.id, by=storekeeper).status == PlanStatus.ORDERED
    with pytest.raises(WrongState):
        services.order_plan(plan_id=plan.id, by=storekeeper)


def test_who_hands_a_plan_in_does_not_approve_it_and_a_line_needs_a_supplier(
    ours: Any, storekeeper: Actor, administrator: Actor, drug_id: Any, with_right: Any
) -> None:
    services.set_drug_rule(drug_id=drug_id(DRUG), minimum=D(10), by=storekeeper)
    plan = services.propose_plan(location_id=ours["locations"]["storeroom"], days=1, by=storekeeper)
    services.submit_plan(plan_id=plan.id, by=storekeeper)
    with pytest.raises(SamePerson):
        services.approve_plan(plan_id=plan.id, by=with_right(storekeeper, "storeroom.purchase.approve"))
    services.send_plan_back(plan_id=plan.id, reason="数量偏大", by=administrator)
    services.submit_plan(plan_id=plan.id, by=storekeeper)
    services.approve_plan(plan_id=plan.id, by=administrator)
    with pytest.raises(SupplierMissing):
        services.order_plan(plan_id=plan.id, by=storekeeper)


def test_deliveries_come_in_parts_and_complete_the_order(
    ours: Any, make_order: Any, delivered: Any, storekeeper: Actor, stock_of: Any, books_hold: Any
) -> None:
    order, (line,) = make_order((DRUG, 10))
    first = services.receive_delivery(
        order_id=order.id,
        lines=[delivered(line, 6), delivered(line, 0, refused=D(1), batch_no="X", reason="破损")],
        by=storekeeper,
    )
    assert first.status == ReceiptStatus.POSTED
    assert _order(ours, order.id).status == OrderStatus.PARTLY
    with pytest.raises(TooMuchDelivered) as refusal:
        services.receive_delivery(order_id=order.id, lines=[delivered(line, 5)], by=storekeeper)
    assert refusal.value.field == "lines-0-accepted"
    services.receive_delivery(order_id=order.id, lines=[delivered(line, 4, batch_no="B8")], by=storekeeper)
    assert _order(ours, order.id).status == OrderStatus.DONE
    assert stock_of(DRUG, "storeroom") == {
        "B7": (D(6) * line.pack_factor, D(0)),
        "B8": (D(4) * line.pack_factor, D(0)),
    }
    with pytest.raises(WrongState):
        services.receive_delivery(order_id=order.id, lines=[delivered(line, 1)], by=storekeeper)
    assert books_hold()


def test_refused_packs_need_a_reason_and_never_come_into_stock(
    ours: Any, make_order: Any, delivered: Any, storekeeper: Actor, stock_of: Any
) -> None:
    order, (line,) = make_order((DRUG, 10))
    with pytest.raises(ReasonMissing):
        services.receive_delivery(
            order_id=order.id, lines=[delivered(line, 0, refused=D(10))], by=storekeeper
        )
    receipt = services.receive_delivery(
        order_id=order.id, lines=[delivered(line, 0, refused=D(10), reason="近效期")], by=storekeeper
    )
    assert (receipt.status, receipt.document_id) == (ReceiptStatus.REFUSED, None)
    assert _order(ours, order.id).status == OrderStatus.AWAITING
    assert stock_of(DRUG, "storeroom") == {}
    closed = services.close_order(order_id=order.id, reason="改向他家采购", by=storekeeper)
    assert closed.status == OrderStatus.CLOSED


def test_two_people_inspect_a_narcotic_before_it_is_stock(
    make_order: Any, delivered: Any, storekeeper: Actor, pharmacist: Actor, stock_of: Any, books_hold: Any
) -> None:
    order, lines = make_order((MORPHINE, 100_000))
    (line,) = [row for row in lines if row.special_control]
    receipt = services.receive_delivery(order_id=order.id, lines=[delivered(line, 2)], by=storekeeper)
    assert receipt.status == ReceiptStatus.TO_INSPECT
    assert stock_of(MORPHINE, "storeroom") == {}
    with pytest.raises(SamePerson):
        services.sign_delivery(receipt_id=receipt.id, by=storekeeper)
    assert services.sign_delivery(receipt_id=receipt.id, by=pharmacist).status == ReceiptStatus.POSTED
    assert stock_of(MORPHINE, "storeroom") == {"B7": (D(2) * line.pack_factor, D(0))}
    with pytest.raises(WrongState):
        services.sign_delivery(receipt_id=receipt.id, by=pharmacist)
    assert books_hold()


def test_an_inspection_that_waits_for_its_second_signature_can_be_taken_back(
    ours: Any,
    make_order: Any,
    delivered: Any,
    storekeeper: Actor,
    pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    order, lines = make_order((MORPHINE, 100_000))
    (line,) = [row for row in lines if row.special_control]
    first = services.receive_delivery(order_id=order.id, lines=[delivered(line, 2)], by=storekeeper)
    taken = services.withdraw_delivery(receipt_id=first.id, reason="批号录错", by=storekeeper)
    assert (taken.status, taken.withdrawn_reason) == (ReceiptStatus.WITHDRAWN, "批号录错")
    assert _order(ours, order.id).status == OrderStatus.AWAITING
    with tenant_unit(ours["tenant_id"]):
        (row,) = [one for one in queries.lines_of_order(order.id) if one.id == line.id]
        (paper,) = queries.lines_of_receipt(first.id)
    assert (row.received, paper.accepted) == (0, 2)
    for act in (services.sign_delivery, services.withdraw_delivery):
        with pytest.raises(WrongState):
            act(
                receipt_id=first.id,
                by=pharmacist,
                **({} if act is services.sign_delivery else {"reason": "再次"}),
            )
    again = services.receive_delivery(order_id=order.id, lines=[delivered(line, line.packs)], by=storekeeper)
    services.sign_delivery(receipt_id=again.id, by=pharmacist)
    assert stock_of(MORPHINE, "storeroom") == {"B7": (line.packs * line.pack_factor, D(0))}
    with pytest.raises(WrongState):
        services.withdraw_delivery(receipt_id=again.id, reason="批号录错", by=storekeeper)
    assert books_hold()


@pytest.mark.parametrize("temperature", [None, D("1.9"), D("10.1")])
def test_a_drug_that_travels_cold_is_not_accepted_warm(
    make_order: Any, delivered: Any, storekeeper: Actor, temperature: Any
) -> None:
    order, (line,) = make_order((INSULIN, 100_000))
    act = {"order_id": order.id, "lines": [delivered(line, 2)], "by": storekeeper}
    with pytest.raises(ColdChainBroken):
        services.receive_delivery(temperature=temperature, **act)
    assert services.receive_delivery(temperature=D("10.0"), **act).status == ReceiptStatus.POSTED


def test_an_invoice_matches_order_and_receipt_or_says_where_it_differs(
    ours: Any, make_order: Any, delivered: Any, storekeeper: Actor, administrator: Actor
) -> None:
    order, (line,) = make_order((DRUG, 10))
    services.receive_delivery(order_id=order.id, lines=[delivered(line, 6)], by=storekeeper)

    def invoice(number: str, packs: Any, amount: str) -> Any:
        asked = [InvoiceLineInput(order_line_id=line.id, packs=D(packs), amount=D(amount))]
        return services.enter_invoice(order_id=order.id, number=number, on=TODAY, lines=asked, by=storekeeper)

    assert invoice("F1", 6, "64.80").status == InvoiceStatus.MATCHED
    with pytest.raises(InvoiceTaken):
        invoice("F1", 6, "64.80")
    second = invoice("F2", 4, "44.00")
    (row,) = _match(ours, order.id)
    assert second.status == InvoiceStatus.DIFFERENT
    assert (row.accepted, row.invoiced, row.excess, row.price_difference) == (D(6), D(10), D(4), D("0.80"))
    with pytest.raises(WrongState):
        services.accept_difference(invoice_id=_first_invoice(ours, order.id), reason="约定", by=administrator)
    accepted = services.accept_difference(invoice_id=second.id, reason="随货少发，下月补", by=administrator)
    assert accepted.status == InvoiceStatus.ACCEPTED


def _first_invoice(ours: Any, order_id: int) -> int:
    with tenant_unit(ours["tenant_id"]):
        return queries.invoices_of_order(order_id)[0].id


def test_two_desks_cannot_take_the_same_packs_in(
    app: Flask,
    ours: Any,
    make_order: Any,
    delivered: Any,
    storekeeper: Actor,
    pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    order, (line,) = make_order((DRUG, 10))
    outcomes = at_once(
        app,
        *(
            lambda by=by: services.receive_delivery(order_id=order.id, lines=[delivered(line, 6)], by=by)
            for by in (storekeeper, pharmacist)
        ),
    )
    assert sorted(isinstance(found, TooMuchDelivered) for found in outcomes) == [False, True]
    assert stock_of(DRUG, "storeroom") == {"B7": (D(6) * line.pack_factor, D(0))}
    assert books_hold()


def test_the_event_of_a_document_carries_its_cost_by_class_and_sides(
    ours: Any, make_order: Any, delivered: Any, storekeeper: Actor
) -> None:
    order, (line,) = make_order((DRUG, 10))
    services.receive_delivery(order_id=order.id, lines=[delivered(line, 10)], by=storekeeper)
    with tenant_unit(ours["tenant_id"]):
        rows = db.session.scalars(
            db.select(EventRow).where(EventRow.name == "StockMoved", EventRow.tenant_id == ours["tenant_id"])
        ).all()
        told = [row.payload for row in rows if row.payload["kind"] == "receipt"][-1]
    assert D(told["cost_amount"]) == D("108.00")
    (amount,) = told["amounts"]
    assert (amount["from_account"], amount["to_location_id"]) == (
        "supplier",
        ours["locations"]["storeroom"],
    )
    assert (D(amount["cost_amount"]), amount["drug_kind"] in ("W", "P", "H")) == (D("108.00"), True)


def test_codes_are_unique_limits_make_sense_and_other_centres_have_their_own(
    ours: Any, theirs: Any, make_supplier: Any, storekeeper: Actor, drug_id: Any
) -> None:
    make_supplier()
    with pytest.raises(SupplierTaken):
        make_supplier()
    with pytest.raises(LimitsCrossed):
        services.set_drug_rule(drug_id=drug_id(DRUG), minimum=D(5), maximum=D(4), by=storekeeper)
    with pytest.raises(NotFound):
        services.propose_plan(location_id=theirs["locations"]["storeroom"], days=1, by=storekeeper)


def _plan_over_the_pages(ours: Any, keeper: Any, boss: Any, drug: int) -> Any:
    """A supplier, a limit, a plan and its order, all typed into pages; the order with its one line."""
    typed = {"code": "cd", "name": "城东医药", "licence_no": "沪DA1", "licence_until": "2028-06-30"}
    assert keeper.post("/storeroom/suppliers", data={**typed, "name": ""}).status_code == 422
    assert keeper.post("/storeroom/suppliers", data={**typed, "is_active": "1"}).status_code == 303
    with tenant_unit(ours["tenant_id"]):
        supplier = queries.list_suppliers()[0].id
    assert keeper.get(f"/storeroom/suppliers/{supplier}").status_code == 200
    limits = {"drug_id": str(drug), "minimum": "100", "supplier_id": str(supplier)}
    assert keeper.post("/storeroom/limits", data=limits).status_code == 303
    asked = {"location_id": str(ours["locations"]["storeroom"]), "days": "1"}
    plan = keeper.post("/storeroom/plans", data=asked).location
    assert "城东医药" in keeper.get(plan).text
    with tenant_unit(ours["tenant_id"]):
        line = queries.lines_of_plan(int(plan.rsplit("/", 1)[1]))[0]
    change = {
        "lines-0-line_id": str(line.id),
        "lines-0-packs": "3",
        "lines-0-pack_cost": "10.80",
        "lines-0-supplier_id": str(supplier),
    }
    assert keeper.post(plan, data=change).status_code == 303
    assert keeper.post(f"{plan}/submit").status_code == 303
    assert keeper.post(f"{plan}/approve").status_code == 403
    assert boss.post(f"{plan}/send-back", data={"reason": "请核对"}).status_code == 303
    assert keeper.post(f"{plan}/submit").status_code == 303
    assert boss.post(f"{plan}/approve").status_code == 303
    assert keeper.post(f"{plan}/order").status_code == 303
    with tenant_unit(ours["tenant_id"]):
        order = queries.list_orders().rows[0]
        return order, queries.lines_of_order(order.id)[0]


def test_a_purchase_runs_over_the_pages(ours: Any, sign_in: Any, drug_id: Any, stock_of: Any) -> None:
    keeper, boss = sign_in("storekeeper"), sign_in("administrator")
    order, wanted = _plan_over_the_pages(ours, keeper, boss, drug_id(DRUG))
    url = f"/storeroom/orders/{order.id}"
    assert 'value="3' in keeper.get(f"{url}/deliveries/new").text
    delivery = {
        "lines-0-order_line_id": str(wanted.id),
        "lines-0-batch_no": "B9",
        "lines-0-expires_on": "2028-01-31",
        "lines-0-approval_no": "国药准字H20103456",
        "lines-0-accepted": "4",
    }
    refused = keeper.post(f"{url}/deliveries", data=delivery)
    assert (refused.status_code, 'value="B9"' in refused.text) == (422, True)
    assert keeper.post(f"{url}/deliveries", data={**delivery, "lines-0-accepted": "3"}).status_code == 303
    assert stock_of(DRUG, "storeroom") == {"B9": (D(3) * wanted.pack_factor, D(0))}
    bill = {
        "number": "F9",
        "on": "2026-11-20",
        "lines-0-order_line_id": str(wanted.id),
        "lines-0-packs": "3",
        "lines-0-amount": "32.00",
    }
    assert keeper.get(f"{url}/invoices/new").status_code == 200
    assert keeper.post(f"{url}/invoices", data=bill).status_code == 303
    assert "−0.40" in boss.get(url).text
    with tenant_unit(ours["tenant_id"]):
        invoice = queries.invoices_of_order(order.id)[0].id
    accept = f"{url}/invoices/{invoice}/accept"
    assert boss.post(accept, data={"reason": ""}).status_code == 422
    assert boss.post(accept, data={"reason": "合同折让"}).status_code == 303


def test_an_order_is_closed_on_its_page_with_a_reason(make_order: Any, sign_in: Any) -> None:
    order, _ = make_order((DRUG, 10))
    keeper, url = sign_in("storekeeper"), f"/storeroom/orders/{order.id}"
    assert keeper.post(f"{url}/close", data={"reason": ""}).status_code == 422
    assert keeper.post(f"{url}/close", data={"reason": "供应商停产"}).status_code == 303
    assert "供应商停产" in keeper.get(url).text


def test_the_lists_of_purchasing_answer_in_few_statements(
    make_order: Any, sign_in: Any, storekeeper: Actor, delivered: Any
) -> None:
    order, (line,) = make_order((DRUG, 10))
    for _ in range(3):
        services.receive_delivery(order_id=order.id, lines=[delivered(line, 2)], by=storekeeper)
    desk = sign_in("storekeeper")
    paths = ("plans", "orders", "suppliers", "limits", f"plans/{order.plan_id}", f"orders/{order.id}")
    for path in (*paths, "requisitions", "stocktakes", "removals", "recalls", "batches"):
        with count_statements() as counted:
            assert desk.get(f"/storeroom/{path}").status_code == 200
        assert counted.count <= 14, (path, counted.statements)
