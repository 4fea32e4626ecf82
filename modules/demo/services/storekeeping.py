"""Days of a storeroom: purchases, deliveries and invoices, requisitions, a loss now and then, counts, month ends."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app import clock, relay
from app.db import tenant_unit
from modules.catalogue import queries as catalogue
from modules.charging import queries as charging
from modules.demo.services.distributing import buy_and_send, take_shipments
from modules.demo.services.district import play
from modules.demo.services.town import Town
from modules.dispensing import queries as stock
from modules.storeroom import queries as store

SUPPLIERS = (("GY", "示范医药配送有限公司"), ("HR", "华瑞药业配送中心"))
WATCHED = 15  # drugs with a minimum above what the centre began with
BATCH_OF = timedelta(days=540)  # how long a delivered batch lasts
CHILLED = Decimal("5.0")
COUNT_EVERY, LOSS_EVERY = 5, 3  # days
TO_DISTRICT = 0.7  # of the plans the district buys, the centre orders the others itself
LINES_AT_ONCE = 400
MOST = Decimal(1_000_000)  # minimum units of a limit
APPROVAL = "国药准字H20050000"


def keep_store(town: Town, on: date) -> Iterator[int]:
    """One day of storekeeper, pharmacist and whoever approves; gives the minutes to the next act."""
    _set_up(town)
    yield 20
    yield from _take_deliveries(town)
    relay.run_until_empty()  # plans that were handed in reach the district
    yield from buy_and_send()
    relay.run_until_empty()  # what was sent is announced to the centres
    yield from take_shipments(town, _places(town)[1])
    yield 60
    yield from _fill_pharmacy(town)
    yield 150
    if on.toordinal() % COUNT_EVERY == 0:
        yield from _count(town)
    if on.toordinal() % LOSS_EVERY == 0:
        yield from _break_something(town)
    yield 120
    yield from _buy(town, hands_in=town.dice.random() < TO_DISTRICT)
    _close_month(town)


def _set_up(town: Town) -> None:
    """Suppliers, and limits for the drugs that move most; once."""
    keeper = town.centre.actor("storekeeper")
    with tenant_unit(town.centre.tenant_id):
        if store.list_suppliers():
            return
        drugs = [drug.id for drug in catalogue.all_drugs()]
        priced = [drug for drug in drugs if drug in charging.drug_prices(drugs)]
        there = stock.centre_stock(priced)
    ids = [
        play(
            "storeroom.save_supplier",
            code=code,
            name=name,
            licence_no=f"示范AA{number:07d}",
            licence_until=clock.today() + timedelta(days=900),
            by=keeper,
        ).id
        for number, (code, name) in enumerate(SUPPLIERS, start=1)
    ]
    for number, drug_id in enumerate(town.dice.sample(priced, min(WATCHED, len(priced)))):
        least = min((there[drug_id] * Decimal("1.2")).quantize(Decimal(1)), MOST)
        play(
            "storeroom.set_drug_rule",
            drug_id=drug_id,
            minimum=least,
            supplier_id=ids[number % len(ids)],
            by=keeper,
        )


def _take_deliveries(town: Town) -> Iterator[int]:
    """What was ordered comes: inspected, a broken pack refused now and then, and its invoice entered."""
    keeper = town.centre.actor("storekeeper")
    with tenant_unit(town.centre.tenant_id):
        expected = [
            order for order in store.list_orders().rows if order.status.value in ("awaiting", "partly")
        ]
        lines_of = {
            order.id: [line for line in store.lines_of_order(order.id) if line.missing] for order in expected
        }
    for order in expected:
        broken = town.dice.random() < 0.2
        lines = [
            _delivered(line, refused=int(broken and not number and line.missing > 1))
            for number, line in enumerate(lines_of[order.id])
        ]
        receipt = play(
            "storeroom.receive_delivery", order_id=order.id, lines=lines, temperature=CHILLED, by=keeper
        )
        yield 15
        if receipt.status.value == "to_inspect":
            play("storeroom.sign_delivery", receipt_id=receipt.id, by=town.centre.actor("pharmacist"))
            yield 5
        play(
            "storeroom.enter_invoice",
            order_id=order.id,
            number=f"{clock.today():%y%m%d}{order.number[-4:]}",
            on=clock.today(),
            lines=[
                _invoiced(line, given)
                for line, given in zip(lines_of[order.id], lines, strict=True)
                if given["accepted"]
            ],
            by=keeper,
        )
        yield 5


def _delivered(line: Any, *, refused: int) -> dict[str, Any]:
    missing = line.missing
    return {
        "order_line_id": line.id,
        "batch_no": f"{clock.today():%y%m%d}{line.drug_code[-3:]}",
        "expires_on": clock.today() + BATCH_OF,
        "approval_no": APPROVAL,
        "report_no": f"BG{clock.today():%y%m%d}",
        "accepted": missing - refused,
        "refused": refused,
        "reason": "外包装破损" if refused else "",
    }


def _invoiced(line: Any, given: dict[str, Any]) -> dict[str, Any]:
    amount = (given["accepted"] * line.pack_cost).quantize(Decimal("0.01"))
    return {"order_line_id": line.id, "packs": given["accepted"], "amount": amount}


def _fill_pharmacy(town: Town) -> Iterator[int]:
    """The pharmacist asks for a few drugs; approved, sent and received the same morning."""
    pharmacist, keeper = town.centre.actor("pharmacist"), town.centre.actor("storekeeper")
    pharmacy, storeroom = _places(town)
    with tenant_unit(town.centre.tenant_id):
        here = sorted(
            {line.balance.drug_id for line in stock.balances_at(storeroom) if line.balance.on_hand > 1000}
        )
    lines = [{"drug_id": drug, "packs": 10} for drug in town.dice.sample(here, min(5, len(here)))]
    if not lines:
        return
    asked = play(
        "storeroom.apply_requisition",
        from_location_id=storeroom,
        to_location_id=pharmacy,
        lines=lines,
        by=pharmacist,
    )
    yield 10
    with tenant_unit(town.centre.tenant_id):
        wanted = store.lines_of_requisition(asked.id)
    approved = [{"line_id": line.id, "quantity": line.wanted} for line in wanted]
    play("storeroom.approve_requisition", requisition_id=asked.id, lines=approved, by=keeper)
    play("storeroom.ship_requisition", requisition_id=asked.id, by=keeper)
    yield 15
    with tenant_unit(town.centre.tenant_id):
        sent = store.shipped_parts(asked.id)
    parts = [{"part_id": part.id, "quantity": part.shipped} for part in sent]
    play("storeroom.receive_requisition", requisition_id=asked.id, parts=parts, by=pharmacist)


def _count(town: Town) -> Iterator[int]:
    """The storeroom is counted while it works; one batch has two units more or less, as happens."""
    keeper = town.centre.actor("storekeeper")
    _pharmacy, storeroom = _places(town)
    counting = play("storeroom.begin_stocktake", location_id=storeroom, mode="live", by=keeper)
    yield 30
    with tenant_unit(town.centre.tenant_id):
        lines = store.lines_of_stocktake(counting.id)
    amiss = town.dice.choice([line.id for line in lines if line.snapshot > 10])
    off = Decimal(town.dice.choice((-2, 2)))
    counts = [
        {"line_id": line.id, "counted": line.snapshot + (off if line.id == amiss else 0)} for line in lines
    ]
    for start in range(0, len(counts), LINES_AT_ONCE):
        given = counts[start : start + LINES_AT_ONCE]
        play("storeroom.enter_counts", stocktake_id=counting.id, lines=given, by=keeper)
    play("storeroom.finish_counting", stocktake_id=counting.id, by=keeper)
    yield 10
    again = [one for one in counts if one["line_id"] == amiss]
    play("storeroom.enter_counts", stocktake_id=counting.id, lines=again, by=keeper)
    play("storeroom.finish_counting", stocktake_id=counting.id, by=keeper)
    yield 10
    reason = "盘点差异，复盘属实"
    play(
        "storeroom.approve_stocktake", stocktake_id=counting.id, reason=reason, by=town.centre.actor("admin")
    )


def _break_something(town: Town) -> Iterator[int]:
    """A pack falls; the loss is applied for and approved."""
    pharmacy, _storeroom = _places(town)
    with tenant_unit(town.centre.tenant_id):
        free = [line.balance for line in stock.balances_at(pharmacy)]
        sound = [one.id for one in free if one.on_hand - one.held - one.frozen > 50]
    if not sound:
        return
    applied = play(
        "storeroom.apply_removal",
        kind="loss",
        balance_id=town.dice.choice(sound),
        quantity=2,
        reason="搬运破损",
        by=town.centre.actor("pharmacist"),
    )
    yield 20
    play("storeroom.approve_removal", removal_id=applied.id, by=town.centre.actor("admin"))


def _buy(town: Town, *, hands_in: bool) -> Iterator[int]:
    """A plan from minima and use, approved, then ordered or handed in to the district.

    Days with nothing to buy are no fault.
    """
    keeper = town.centre.actor("storekeeper")
    _pharmacy, storeroom = _places(town)
    with tenant_unit(town.centre.tenant_id):
        if not any(short.missing > short.ordered for short in store.shortages()):
            return
    plan = play("storeroom.propose_plan", location_id=storeroom, days=7, by=keeper)
    with tenant_unit(town.centre.tenant_id):
        lines, first = store.lines_of_plan(plan.id), store.list_suppliers()[0]
    lacking = [
        {"line_id": line.id, "packs": line.packs, "pack_cost": line.pack_cost, "supplier_id": first.id}
        for line in lines
        if line.supplier_id is None
    ]
    if lacking:
        play("storeroom.change_plan", plan_id=plan.id, lines=lacking, by=keeper)
    play("storeroom.submit_plan", plan_id=plan.id, by=keeper)
    yield 10
    play("storeroom.approve_plan", plan_id=plan.id, by=town.centre.actor("admin"))
    yield 10
    play("distribution.hand_in_plan" if hands_in else "storeroom.order_plan", plan_id=plan.id, by=keeper)


def _close_month(town: Town) -> None:
    with tenant_unit(town.centre.tenant_id):
        begins_on = store.month_to_close()
    if begins_on is not None:
        play("storeroom.close_month", begins_on=begins_on, by=town.centre.actor("storekeeper"))


def _places(town: Town) -> tuple[int, int]:
    """Pharmacy and storeroom."""
    departments = town.centre.departments
    with tenant_unit(town.centre.tenant_id):
        places = {place.department_id: place.id for place in stock.list_locations()}
    return places[departments["pharmacy"]], places[departments["store"]]
