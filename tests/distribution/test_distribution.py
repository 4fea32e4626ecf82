"""What distribution promises: what is shipped is received, differs or is on the way, and each message counts once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from support import distribution as district
from support import world
from support.racing import at_once
from support.world import TODAY

from app import audit, relay
from app.actor import Actor
from app.db import control_unit, db, tenant_unit, update_rows
from app.db.statements import count_statements
from app.db.units import kernel_unit
from app.errors import NotFound, PermissionDenied
from app.records import ControlDelivery, Delivery
from modules.dispensing import queries as stock
from modules.dispensing.errors import BatchExpired, CodeDoubled, CodeUnreadable
from modules.distribution import queries, services
from modules.distribution.errors import (
    NothingOpen,
    PartsWrong,
    TooManyCodes,
    TooMuchApproved,
    TooMuchSent,
)
from modules.distribution.models import (
    DeliveryStatus,
    DifferenceEnd,
    DifferenceKind,
    Holder,
    Movement,
    PurchaseStatus,
    ShipmentStatus,
)
from modules.distribution.rules.sharing import shares, spread
from modules.storeroom import queries as store
from modules.storeroom import services as storeroom
from modules.storeroom.errors import ReasonMissing, SamePerson, SupplierMissing, WrongState

D = Decimal
DRUG, OTHER, MORPHINE = "D0160", "D0161", "D0033"


@pytest.fixture
def desk(ours: Any) -> dict[str, Actor]:
    """Everybody of our centre."""
    return {role: world.actor(ours, role) for role in world.STAFF}


@pytest.fixture
def other_desk(theirs: Any) -> dict[str, Actor]:
    """Everybody of the other centre."""
    return {role: world.actor(theirs, role) for role in world.STAFF}


@pytest.fixture(autouse=True)
def books(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test with a database all identities hold in both centres."""
    if "ours" not in request.fixturenames:
        yield
        return
    centres = [request.getfixturevalue(name) for name in ("ours", "theirs")]
    yield
    for centre in centres:
        _agree(centre)


def _agree(centre: dict[str, Any]) -> None:
    findings = [*queries.check_distribution(centre["tenant_id"]), *stock.check_stock(centre["tenant_id"])]
    assert [finding for finding in findings if not finding.holds] == []


def _lying(centre: dict[str, Any], code: str = DRUG, batch_no: str = "P7") -> Decimal:
    with tenant_unit(centre["tenant_id"]):
        lines = stock.balances_at(centre["locations"]["storeroom"])
        return sum(
            (
                line.balance.on_hand
                for line in lines
                if (line.batch.drug_code, line.batch.batch_no) == (code, batch_no)
            ),
            D(0),
        )


def _shipment(delivery: Any) -> Any:
    with control_unit():
        return queries.get_shipment(delivery.shipment_id)


def _differences(delivery: Any) -> dict[DifferenceKind, Any]:
    with control_unit():
        rows = queries.differences_of_shipment(delivery.shipment_id)
        return {row.difference.kind: row.difference for row in rows}


def _share(centre: dict[str, Any]) -> Decimal:
    with control_unit():
        return sum((line.missing for line in queries.open_shares(centre["tenant_id"])), D(0))


def test_a_plan_becomes_stock_of_the_centre_by_way_of_the_district(ours: Any, desk: Any) -> None:
    plan_id = district.hand_in(ours, desk, (DRUG, 20))
    with tenant_unit(ours["tenant_id"]):
        assert store.get_plan(plan_id).status.value == "handed_in"
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    delivery = district.send(order, ours, district.batch(line, 20))
    assert (delivery.status, _lying(ours)) == (DeliveryStatus.AWAITED, D(0))
    district.receive(delivery, ours, desk["storekeeper"])
    assert _lying(ours) == 20 * line.pack_factor
    assert _shipment(delivery).status == ShipmentStatus.RECEIVED
    assert (_share(ours), _differences(delivery)) == (D(0), {})


def test_a_plan_that_was_handed_in_is_not_ordered_here_and_not_handed_in_again(ours: Any, desk: Any) -> None:
    plan_id = district.hand_in(ours, desk, (DRUG, 20))
    with pytest.raises(WrongState):
        services.hand_in_plan(plan_id=plan_id, by=desk["storekeeper"])
    with pytest.raises(WrongState):
        storeroom.order_plan(plan_id=plan_id, by=desk["storekeeper"])


def test_plans_of_two_centres_are_merged_and_less_is_shared_out(
    ours: Any, theirs: Any, desk: Any, other_desk: Any
) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    district.hand_in(theirs, other_desk, (DRUG, 10), (OTHER, 4))
    order = district.buy({DRUG: 20, OTHER: 4})
    lines = district.lines_of(order)
    assert (lines[DRUG].wanted, lines[DRUG].approved) == (D(30), D(20))
    assert (_share(ours), _share(theirs)) == (D(13), D(11))
    district.receive(district.send(order, ours, district.batch(lines[DRUG], 13)), ours, desk["storekeeper"])
    with pytest.raises(TooMuchSent):
        district.send(order, theirs, district.batch(lines[DRUG], 8))
    district.receive(
        district.send(order, theirs, district.batch(lines[DRUG], 7), district.batch(lines[OTHER], 4)),
        theirs,
        other_desk["storekeeper"],
        {},
        {"damaged": 1},
    )
    assert (_share(ours), _share(theirs)) == (D(0), D(0))
    with control_unit():
        figures = {row.centre.id: row for row in queries.figures()}
    assert (figures[ours["tenant_id"]].differences, figures[theirs["tenant_id"]].differences) == (0, 1)


def test_two_plans_of_one_centre_are_filled_the_oldest_first(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 6))
    order = district.buy()
    district.hand_in(ours, desk, (DRUG, 6))
    district.buy()
    district.send(order, ours, district.batch(district.lines_of(order)[DRUG], 6))
    with control_unit():
        (left,) = queries.open_shares(ours["tenant_id"])
        assert left.purchase_line_id != district.lines_of(order)[DRUG].id


def test_who_merged_does_not_approve(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    by = district.purchaser()
    with control_unit():
        waiting = [row.id for row in queries.open_requests()]
    purchase = services.merge_requests(request_ids=waiting, by=by)
    with pytest.raises(NothingOpen):
        services.merge_requests(request_ids=waiting, by=by)
    with pytest.raises(SupplierMissing):
        services.submit_purchase(purchase_id=purchase.id, by=by)
    with control_unit():
        (line,) = queries.lines_of_purchase(purchase.id)
    given = services.PurchaseLineInput(line_id=line.id, pack_cost=D(9), supplier_id=district.supplier().id)
    services.change_purchase(purchase_id=purchase.id, lines=[given], by=by)
    services.submit_purchase(purchase_id=purchase.id, by=by)
    whole = [services.ApprovedInput(line_id=line.id, approved=D(20))]
    with pytest.raises(SamePerson):
        services.approve_purchase(purchase_id=purchase.id, lines=whole, by=by)
    more = [services.ApprovedInput(line_id=line.id, approved=D(21))]
    with pytest.raises(TooMuchApproved):
        services.approve_purchase(purchase_id=purchase.id, lines=more, by=district.approver())
    services.send_purchase_back(purchase_id=purchase.id, reason="太贵", by=district.approver())
    with control_unit():
        assert queries.get_purchase(purchase.id).status == PurchaseStatus.DRAFT


def test_every_kind_of_difference_is_a_row_and_has_an_end(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    delivery = district.send(order, ours, district.batch(line, 20))
    parts = {"short": 3, "damaged": 2, "wrong_batch": 5}
    district.receive(delivery, ours, desk["storekeeper"], parts)
    assert _lying(ours) == 10 * line.pack_factor
    found = _differences(delivery)
    assert {kind: row.packs for kind, row in found.items()} == {
        DifferenceKind.SHORT: D(3),
        DifferenceKind.DAMAGED: D(2),
        DifferenceKind.WRONG_BATCH: D(5),
    }
    by = district.purchaser()
    _agree(ours)
    services.end_difference(
        difference_id=found[DifferenceKind.SHORT].id, end=DifferenceEnd.LOST, reason="车祸", by=by
    )
    services.end_difference(
        difference_id=found[DifferenceKind.DAMAGED].id, end=DifferenceEnd.RETURNED, reason="退回", by=by
    )
    services.end_difference(
        difference_id=found[DifferenceKind.WRONG_BATCH].id,
        end=DifferenceEnd.RETURNED,
        is_sent_again=True,
        reason="批号发错",
        by=by,
    )
    with pytest.raises(WrongState):
        services.end_difference(
            difference_id=found[DifferenceKind.SHORT].id, end=DifferenceEnd.LOST, reason="再来", by=by
        )
    assert _share(ours) == 5
    again = district.send(order, ours, district.batch(line, 5, batch_no="P8"))
    district.receive(again, ours, desk["storekeeper"])
    assert (_lying(ours, batch_no="P8"), _share(ours)) == (5 * line.pack_factor, D(0))
    assert _held() == {
        Holder.SUPPLIER: D(-25 + 7),
        Holder.IN_TRANSIT: D(0),
        Holder.CENTRE: D(15),
        Holder.DIFFERENCE: D(0),
        Holder.LOSS: D(3),
    }


def _held() -> dict[Holder, Decimal]:
    """What each holder has gained, by the district's ledger."""
    from sqlalchemy import select

    found: dict[Holder, Decimal] = {}
    with control_unit():
        for row in db.session.scalars(select(Movement)):
            found[row.to_holder] = found.get(row.to_holder, D(0)) + row.packs
            found[row.from_holder] = found.get(row.from_holder, D(0)) - row.packs
    return found


def test_the_warehouse_stands_between_supplier_and_centre(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    by = district.purchaser()
    services.stock_warehouse(order_id=order.id, lines=[district.batch(line, 20)], by=by)
    with pytest.raises(TooMuchSent):
        services.stock_warehouse(order_id=order.id, lines=[district.batch(line, 1)], by=by)
    with control_unit():
        (lying,) = queries.warehouse_stock()
    with pytest.raises(TooMuchSent):
        _from_warehouse(ours, lying, 21)
    shipment = _from_warehouse(ours, lying, 8)
    relay.run_until_empty()
    delivery = district.delivery_of(shipment, ours)
    district.receive(delivery, ours, desk["storekeeper"], {"wrong_batch": 8})
    assert _lying(ours) == 0
    (difference,) = _differences(delivery).values()
    services.end_difference(
        difference_id=difference.id, end=DifferenceEnd.RETURNED, is_sent_again=True, reason="发错", by=by
    )
    with control_unit():
        assert queries.warehouse_stock()[0].on_hand == 20
    assert _share(ours) == 20


def test_a_refusal_names_the_row_of_the_form_it_is_about(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line, by = district.lines_of(order)[DRUG], district.purchaser()
    both = [district.batch(line, 5), district.batch(line, 15, batch_no="P8")]
    services.stock_warehouse(order_id=order.id, lines=both, by=by)
    with control_unit():
        passed_over, wanted = queries.warehouse_stock()
    given = [
        services.WarehouseLineInput(stock_id=passed_over.id),
        services.WarehouseLineInput(stock_id=wanted.id, packs=wanted.on_hand + 1),
    ]
    with pytest.raises(TooMuchSent) as refusal:
        services.send_from_warehouse(centre_id=ours["tenant_id"], lines=given, by=by)
    assert refusal.value.field == "lines-1-packs"


def _from_warehouse(centre: Any, lying: Any, packs: Any) -> Any:
    given = [services.WarehouseLineInput(stock_id=lying.id, packs=D(packs))]
    return services.send_from_warehouse(centre_id=centre["tenant_id"], lines=given, by=district.purchaser())


def test_a_message_that_comes_twice_changes_nothing(app: Flask, ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    delivery = district.send(order, ours, district.batch(line, 20))
    _say_everything_again()
    assert district.delivery_of(_shipment(delivery), ours).id == delivery.id
    district.receive(delivery, ours, desk["storekeeper"], {"short": 2})
    _say_everything_again()
    assert _lying(ours) == 18 * line.pack_factor
    assert len(_differences(delivery)) == 1
    with control_unit():
        assert len(queries.requests_of_purchase(order.purchase_id)) == 1


def _say_everything_again() -> None:
    """As after a relay that delivered and died before it could say so."""
    from sqlalchemy import update

    for partition in audit.partitions():
        kind = Delivery if partition else ControlDelivery
        with kernel_unit(partition):
            again = update(kind).where(kind.subscriber.like("distribution.%"))
            update_rows(again.values(status="waiting", attempts=0))
            db.session.commit()
    assert relay.run_until_empty() > 0


def test_32_who_take_one_shipment_in_bring_it_into_the_books_once(app: Flask, ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    delivery = district.send(order, ours, district.batch(line, 20))
    with tenant_unit(ours["tenant_id"]):
        (arrived,) = queries.lines_of_delivery(delivery.id)

    def take_in() -> Any:
        return services.receive_shipment(
            delivery_id=delivery.id,
            location_id=ours["locations"]["storeroom"],
            lines=[services.ArrivedInput(line_id=arrived.id, accepted=D(20))],
            by=desk["storekeeper"],
        )

    outcomes = at_once(app, *[take_in] * 32)
    refused = [outcome for outcome in outcomes if isinstance(outcome, WrongState)]
    assert (len(refused), _lying(ours)) == (31, 20 * line.pack_factor)
    relay.run_until_empty()


def test_what_does_not_add_up_or_has_no_reason_is_refused(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    with pytest.raises(BatchExpired):
        district.send(order, ours, district.batch(line, 1, expires_on=TODAY - timedelta(days=1)))
    delivery = district.send(order, ours, district.batch(line, 10), district.batch(line, 10, batch_no="P8"))
    with tenant_unit(ours["tenant_id"]):
        first, second = queries.lines_of_delivery(delivery.id)
    both = services.ArrivedInput(line_id=second.id, accepted=D(10))

    def take_in(*given: services.ArrivedInput, place: str = "storeroom") -> None:
        services.receive_shipment(
            delivery_id=delivery.id,
            location_id=ours["locations"][place],
            lines=list(given),
            by=desk["storekeeper"],
        )

    with pytest.raises(PartsWrong):
        take_in(services.ArrivedInput(line_id=first.id, accepted=D(9)), both)
    with pytest.raises(PartsWrong):
        take_in(services.ArrivedInput(line_id=first.id, accepted=D(10)))
    with pytest.raises(ReasonMissing):
        take_in(services.ArrivedInput(line_id=first.id, accepted=D(9), short=D(1)), both)
    assert _lying(ours) == 0


def test_special_drugs_wait_for_a_second_person(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (MORPHINE, 2))
    order = district.buy()
    delivery = district.send(order, ours, district.batch(district.lines_of(order)[MORPHINE], 2))
    done = district.receive(delivery, ours, desk["storekeeper"])
    assert (done.status, _lying(ours, MORPHINE)) == (DeliveryStatus.TO_SIGN, D(0))
    with pytest.raises(SamePerson):
        services.sign_shipment(delivery_id=delivery.id, by=desk["storekeeper"])
    services.sign_shipment(delivery_id=delivery.id, by=desk["pharmacist"])
    relay.run_until_empty()
    assert _lying(ours, MORPHINE) > 0
    assert _shipment(delivery).status == ShipmentStatus.RECEIVED


def test_an_inspection_can_be_taken_back_while_it_waits_for_its_signature(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (MORPHINE, 2))
    order = district.buy()
    delivery = district.send(order, ours, district.batch(district.lines_of(order)[MORPHINE], 2))
    district.receive(delivery, ours, desk["storekeeper"])
    back = services.withdraw_inspection(delivery_id=delivery.id, reason="数量未核", by=desk["storekeeper"])
    assert (back.status, back.withdrawn_reason) == (DeliveryStatus.AWAITED, "数量未核")
    with pytest.raises(WrongState):
        services.sign_shipment(delivery_id=delivery.id, by=desk["pharmacist"])
    with pytest.raises(WrongState):
        services.withdraw_inspection(delivery_id=delivery.id, reason="再次", by=desk["pharmacist"])
    assert _shipment(delivery).status == ShipmentStatus.ON_THE_WAY
    district.receive(delivery, ours, desk["storekeeper"])
    services.sign_shipment(delivery_id=delivery.id, by=desk["pharmacist"])
    relay.run_until_empty()
    assert _lying(ours, MORPHINE) > 0
    assert _shipment(delivery).status == ShipmentStatus.RECEIVED


def test_taking_an_inspection_back_without_a_reason_opens_its_dialog_again(
    ours: Any, desk: Any, sign_in: Any
) -> None:
    district.hand_in(ours, desk, (MORPHINE, 2))
    order = district.buy()
    delivery = district.send(order, ours, district.batch(district.lines_of(order)[MORPHINE], 2))
    district.receive(delivery, ours, desk["storekeeper"])
    keeper, url = sign_in("storekeeper"), f"/distribution/deliveries/{delivery.id}"
    opened = 'aria-labelledby="withdraw-title" data-dialog-auto'
    assert opened not in keeper.get(url).text
    refused = keeper.post(f"{url}/withdraw", data={"reason": ""})
    assert (refused.status_code, opened in refused.text) == (422, True)


def test_what_the_district_is_to_send_is_not_bought_again(ours: Any, theirs: Any, desk: Any) -> None:
    """Handed in, ordered, on its way: it counts in the next proposal until it lies here, and only for this centre."""

    def coming(centre: dict[str, Any] = ours) -> Any:
        with tenant_unit(centre["tenant_id"]):
            return store.coming_packs().get(district.drug(DRUG).id, D(0))

    def proposed() -> Any:
        plan = storeroom.propose_plan(
            location_id=ours["locations"]["storeroom"], days=1, by=desk["storekeeper"]
        )
        with tenant_unit(ours["tenant_id"]):
            return {line.drug_code: line for line in store.lines_of_plan(plan.id)}[DRUG]

    before = coming()
    district.hand_in(ours, desk, (DRUG, 20))
    assert (coming() - before, coming(theirs)) == (20, 0)
    factor = district.drug(DRUG).pack_factor
    row = proposed()
    assert (row.from_district, row.in_transit) == (20 * factor, 20 * factor)
    order = district.buy({DRUG: D(12)})
    assert coming() == 12
    line = district.lines_of(order)[DRUG]
    delivery = district.send(order, ours, district.batch(line, 5))
    assert coming() == 12  # five on the way, seven to be sent
    district.receive(delivery, ours, desk["storekeeper"])
    assert coming() == 7
    later = proposed()
    assert later.from_district == 7 * factor
    assert later.in_stock == row.in_stock + 5 * factor


def test_codes_travel_with_the_shipment_and_come_in_with_what_arrived(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 2))
    order = district.buy()
    codes = ["83000010000000010001", "83000010000000010002"]
    line = district.batch(district.lines_of(order)[DRUG], 2, codes=" ".join(codes))
    delivery = district.receive(district.send(order, ours, line), ours, desk["storekeeper"])
    with tenant_unit(ours["tenant_id"]):
        assert stock.codes_known(codes) == codes
        assert sum(stock.collected(delivery.document_id).values()) == 2


def test_codes_that_cannot_come_in_are_refused_before_they_are_sent(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 2))
    order = district.buy()
    line, good = district.lines_of(order)[DRUG], "83000010000000010001"
    wrong = {f"{good} 123": CodeUnreadable, f"{good} {good}": CodeDoubled, "9" * 41: CodeUnreadable}
    for codes, refusal in wrong.items():
        with pytest.raises(refusal):
            district.send(order, ours, district.batch(line, 2, codes=codes))
    with pytest.raises(TooManyCodes):
        district.send(order, ours, district.batch(line, 1, codes=f"{good} 83000010000000010002"))
    with pytest.raises(CodeDoubled):
        district.send(
            order,
            ours,
            district.batch(line, 1, codes=good),
            district.batch(line, 1, batch_no="P8", codes=good),
        )
    assert _share(ours) == 2


def test_codes_a_centre_refuses_hold_up_no_drugs(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 2))
    order = district.buy()
    line, code = district.lines_of(order)[DRUG], "83000010000000010001"
    first, second = district.batch(line, 1, codes=code), district.batch(line, 1, batch_no="P8", codes=code)
    district.receive(district.send(order, ours, first), ours, desk["storekeeper"])
    delivery = district.receive(district.send(order, ours, second), ours, desk["storekeeper"])
    assert (delivery.status, _lying(ours, batch_no="P8")) == (DeliveryStatus.RECEIVED, line.pack_factor)
    with tenant_unit(ours["tenant_id"]):
        assert stock.collected(delivery.document_id) == {}


def test_codes_go_to_their_own_batch_when_two_have_one_number(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 3))
    order = district.buy()
    line, codes = district.lines_of(order)[DRUG], [f"8300001000000001000{n}" for n in (1, 2, 3)]
    later = district.EXPIRES + timedelta(days=30)
    first = district.batch(line, 1, codes=codes[0])
    second = district.batch(line, 2, expires_on=later, codes=" ".join(codes[1:]))
    district.receive(district.send(order, ours, first, second), ours, desk["storekeeper"])
    with tenant_unit(ours["tenant_id"]):
        found = [stock.life_of(code).batch for code in codes]
    assert [batch.expires_on for batch in found if batch] == [district.EXPIRES, later, later]


def test_a_plan_the_district_does_not_buy_is_ended(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    with control_unit():
        (request,) = queries.open_requests()
    by = district.purchaser()
    services.close_request(request_id=request.id, reason="不在目录", by=by)
    with control_unit():
        assert queries.open_requests() == []
        assert sum(row.open_plans for row in queries.figures()) == 0
    with pytest.raises(NothingOpen):
        services.merge_requests(request_ids=[request.id], by=by)
    with pytest.raises(WrongState):
        services.close_request(request_id=request.id, reason="不在目录", by=by)


def test_who_handed_a_purchase_in_does_not_approve_it(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    with control_unit():
        waiting = [row.id for row in queries.open_requests()]
    purchase = services.merge_requests(request_ids=waiting, by=district.purchaser())
    with control_unit():
        (line,) = queries.lines_of_purchase(purchase.id)
    given = services.PurchaseLineInput(line_id=line.id, pack_cost=D(99), supplier_id=district.supplier().id)
    services.change_purchase(purchase_id=purchase.id, lines=[given], by=district.approver())
    services.submit_purchase(purchase_id=purchase.id, by=district.approver())
    whole = [services.ApprovedInput(line_id=line.id, approved=D(20))]
    for by in (district.approver(), district.purchaser()):
        with pytest.raises(SamePerson):
            services.approve_purchase(purchase_id=purchase.id, lines=whole, by=by)


def test_the_rest_of_a_plan_can_be_ended(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    district.send(order, ours, district.batch(district.lines_of(order)[DRUG], 5))
    with control_unit():
        (request,) = queries.requests_of_purchase(order.purchase_id)
    by = district.purchaser()
    services.close_request(request_id=request.id, reason="厂家停产", by=by)
    assert (_share(ours), district.lines_of(order)[DRUG].missing) == (D(0), D(0))
    with pytest.raises(WrongState):
        services.close_request(request_id=request.id, reason="厂家停产", by=by)


def test_a_centre_says_nothing_about_another_centres_shipment(
    ours: Any, theirs: Any, desk: Any, other_desk: Any
) -> None:
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    delivery = district.send(order, ours, district.batch(district.lines_of(order)[DRUG], 5))
    with tenant_unit(theirs["tenant_id"]):
        assert queries.find_delivery(delivery.shipment_id) is None
    told = {"shipment_id": delivery.shipment_id, "received_at": delivery.shipped_at}
    from modules.distribution.events import ArrivedBatch

    line = ArrivedBatch(shipment_line_id=1, accepted=D(0), short=D(5), damaged=D(0), wrong_batch=D(0))
    stranger = replace(other_desk["storekeeper"], is_system=True)
    with pytest.raises(NotFound):
        services.note_arrival(lines=[line], by=stranger, **told)
    with pytest.raises(PermissionDenied):
        services.note_arrival(lines=[line], by=desk["storekeeper"], **told)


def test_a_station_gets_its_drugs_with_a_requisition(ours: Any, desk: Any) -> None:
    from app.actor import system_actor
    from modules.dispensing import services as dispensing
    from tenants import services as tenants
    from tenants.models import DepartmentKind, StationKind

    by = system_actor(ours["tenant_id"])
    station = tenants.add_station(code="S9", name="河边站", kind=StationKind.STATION, by=by)
    department = tenants.add_department(
        station_id=station.id, code="P9", name="站药房", kind=DepartmentKind.PHARMACY, by=by
    )
    place = dispensing.set_up_location(department_id=department.id, by=by)
    district.hand_in(ours, desk, (DRUG, 20))
    order = district.buy()
    line = district.lines_of(order)[DRUG]
    district.receive(district.send(order, ours, district.batch(line, 20)), ours, desk["storekeeper"])
    asked = storeroom.apply_requisition(
        from_location_id=ours["locations"]["storeroom"],
        to_location_id=place.id,
        lines=[storeroom.RequisitionLineInput(drug_id=line.drug_id, packs=D(3))],
        by=replace(desk["pharmacist"], station_id=station.id, department_id=department.id),
    )
    with tenant_unit(ours["tenant_id"]):
        (wanted,) = store.lines_of_requisition(asked.id)
    given = [storeroom.ApprovedLineInput(line_id=wanted.id, quantity=wanted.wanted)]
    storeroom.approve_requisition(requisition_id=asked.id, lines=given, by=desk["storekeeper"])
    storeroom.ship_requisition(requisition_id=asked.id, by=desk["storekeeper"])
    with tenant_unit(ours["tenant_id"]):
        (part,) = store.shipped_parts(asked.id)
    storeroom.receive_requisition(
        requisition_id=asked.id,
        parts=[storeroom.ReceivedPartInput(part_id=part.id, quantity=part.shipped)],
        by=desk["pharmacist"],
    )
    with tenant_unit(ours["tenant_id"]):
        (there,) = stock.balances_at(place.id)
    assert (there.batch.batch_no, there.balance.on_hand) == ("P7", 3 * line.pack_factor)


def test_statements_of_a_receipt_are_few(ours: Any, desk: Any) -> None:
    district.hand_in(ours, desk, (DRUG, 20), (OTHER, 5))
    order = district.buy()
    lines = district.lines_of(order)
    delivery = district.send(order, ours, district.batch(lines[DRUG], 20), district.batch(lines[OTHER], 5))
    with tenant_unit(ours["tenant_id"]):
        arrived = queries.lines_of_delivery(delivery.id)
    with count_statements() as counted:
        services.receive_shipment(
            delivery_id=delivery.id,
            location_id=ours["locations"]["storeroom"],
            lines=[services.ArrivedInput(line_id=line.id, accepted=line.packs) for line in arrived],
            by=desk["storekeeper"],
        )
    assert counted.count == 29
    relay.run_until_empty()


@pytest.mark.one_engine
@given(
    wanted=st.dictionaries(st.integers(1, 9), st.integers(1, 50).map(Decimal), min_size=1, max_size=6),
    approved=st.integers(0, 400).map(Decimal),
)
def test_what_is_approved_is_shared_out_whole_and_nobody_gets_more_than_wanted(
    wanted: dict[int, Decimal], approved: Decimal
) -> None:
    found = shares(approved, wanted)
    assert sum(found.values()) == min(approved, sum(wanted.values()))
    assert all(0 <= found[key] <= wanted[key] for key in wanted)
    assert all(part == part.to_integral_value() for part in found.values())


@pytest.mark.one_engine
def test_rooms_are_filled_in_their_order() -> None:
    assert spread(D(5), [D(3), D(4)]) == [D(3), D(2)]
    assert spread(D(8), [D(3), D(4)]) is None
