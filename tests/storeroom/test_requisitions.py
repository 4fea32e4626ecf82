"""What a requisition promises: nothing is lost between storeroom and pharmacy without a name and a reason."""

from decimal import Decimal
from typing import Any

import pytest

from app.actor import Actor
from app.db import tenant_unit
from app.errors import NotFound
from modules.dispensing import queries as stock
from modules.dispensing.errors import OutOfStock
from modules.storeroom import queries, services
from modules.storeroom.errors import (
    PlanEmpty,
    ReasonMissing,
    TooMuchApproved,
    TooMuchReceived,
    WrongPlace,
    WrongState,
)
from modules.storeroom.models import RequisitionStatus
from modules.storeroom.services import ApprovedLineInput, ReceivedPartInput, RequisitionLineInput

D = Decimal
DRUG = "D0160"


@pytest.fixture
def ask(ours: Any, pharmacist: Actor, drug_id: Any) -> Any:
    """The pharmacy asks for loose units of the drug."""

    def apply(quantity: Any, code: str = DRUG) -> Any:
        return services.apply_requisition(
            from_location_id=ours["locations"]["storeroom"],
            to_location_id=ours["locations"]["pharmacy"],
            lines=[RequisitionLineInput(drug_id=drug_id(code), loose=D(quantity))],
            by=pharmacist,
        )

    return apply


@pytest.fixture
def approve(ours: Any, storekeeper: Actor) -> Any:
    """The storeroom approves so much of the one line."""

    def decide(requisition: Any, quantity: Any) -> Any:
        with tenant_unit(ours["tenant_id"]):
            (line,) = queries.lines_of_requisition(requisition.id)
        return services.approve_requisition(
            requisition_id=requisition.id,
            lines=[ApprovedLineInput(line_id=line.id, quantity=D(quantity))],
            by=storekeeper,
        )

    return decide


@pytest.fixture
def send(ask: Any, approve: Any, storekeeper: Actor) -> Any:
    """A requisition on its way."""

    def go(quantity: Any) -> Any:
        requisition = ask(quantity)
        approve(requisition, quantity)
        return services.ship_requisition(requisition_id=requisition.id, by=storekeeper)

    return go


@pytest.fixture
def parts(ours: Any) -> Any:
    """What was sent, in the order of issue."""

    def look(requisition: Any) -> Any:
        with tenant_unit(ours["tenant_id"]):
            return queries.shipped_parts(requisition.id)

    return look


@pytest.fixture
def on_the_way(ours: Any, drug_id: Any) -> Any:
    """Minimum units of the drug between two places."""

    def look() -> Decimal:
        with tenant_unit(ours["tenant_id"]):
            return stock.on_the_way().get(drug_id(DRUG), D(0))

    return look


def test_what_is_sent_is_at_neither_place_until_it_is_received(
    make_stock: Any,
    send: Any,
    parts: Any,
    on_the_way: Any,
    pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 30, batch_no="LATE", days=500, location="storeroom")
    make_stock(DRUG, 30, batch_no="SOON", days=100, location="storeroom")
    requisition = send(40)
    assert stock_of(DRUG, "storeroom") == {"LATE": (D(20), D(0)), "SOON": (D(0), D(0))}
    assert (stock_of(DRUG), on_the_way()) == ({}, D(40))
    assert books_hold()
    received = services.receive_requisition(
        requisition_id=requisition.id,
        parts=[ReceivedPartInput(part_id=part.id, quantity=part.shipped) for part in parts(requisition)],
        by=pharmacist,
    )
    assert received.status == RequisitionStatus.RECEIVED
    assert stock_of(DRUG) == {"LATE": (D(10), D(0)), "SOON": (D(30), D(0))}
    assert on_the_way() == 0
    assert books_hold()


@pytest.mark.parametrize(("outcome", "back", "whole"), [("returned", 4, 100), ("lost", 0, 96)])
def test_a_difference_goes_back_or_is_lost_with_a_reason(
    make_stock: Any,
    send: Any,
    parts: Any,
    on_the_way: Any,
    pharmacist: Actor,
    stock_of: Any,
    books_hold: Any,
    outcome: str,
    back: int,
    whole: int,
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    requisition = send(40)
    (part,) = parts(requisition)
    act = {
        "requisition_id": requisition.id,
        "parts": [ReceivedPartInput(part_id=part.id, quantity=D(36))],
        "by": pharmacist,
    }
    with pytest.raises(ReasonMissing):
        services.receive_requisition(**act)
    done = services.receive_requisition(outcome=outcome, reason="破损4片", **act)
    assert (done.status, done.difference_id is not None) == (RequisitionStatus.RECEIVED, True)
    assert stock_of(DRUG, "storeroom")["A1"] == (D(60 + back), D(0))
    assert stock_of(DRUG)["A1"] == (D(36), D(0))
    assert D(60 + back) + D(36) + on_the_way() == whole
    with pytest.raises(WrongState):
        services.receive_requisition(outcome=outcome, reason="再次", **act)
    assert books_hold()


def test_a_refused_shipment_goes_back_whole(
    make_stock: Any, send: Any, parts: Any, pharmacist: Actor, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    requisition = send(40)
    (part,) = parts(requisition)
    with pytest.raises(TooMuchReceived):
        services.receive_requisition(
            requisition_id=requisition.id,
            parts=[ReceivedPartInput(part_id=part.id, quantity=D(41))],
            by=pharmacist,
        )
    refused = services.receive_requisition(
        requisition_id=requisition.id,
        parts=[ReceivedPartInput(part_id=part.id, quantity=D(0))],
        outcome="returned",
        reason="送错药品",
        by=pharmacist,
    )
    assert (refused.status, refused.arrival_id) == (RequisitionStatus.REFUSED, None)
    assert stock_of(DRUG, "storeroom") == {"A1": (D(100), D(0))}
    assert books_hold()


def test_what_the_storeroom_has_not_is_not_sent_and_less_may_be_approved(
    make_stock: Any, ask: Any, approve: Any, storekeeper: Actor, on_the_way: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 10, location="storeroom")
    requisition = ask(40)
    with pytest.raises(PlanEmpty):
        approve(requisition, 0)
    with pytest.raises(TooMuchApproved):
        approve(requisition, 41)
    approve(requisition, 11)
    with pytest.raises(OutOfStock):
        services.ship_requisition(requisition_id=requisition.id, by=storekeeper)
    less = ask(40)
    approve(less, 10)
    services.ship_requisition(requisition_id=less.id, by=storekeeper)
    assert on_the_way() == 10
    with pytest.raises(WrongState):
        services.ship_requisition(requisition_id=less.id, by=storekeeper)
    assert books_hold()


def test_a_requisition_goes_from_a_storeroom_of_this_centre_to_its_pharmacy(
    ours: Any, theirs: Any, pharmacist: Actor, drug_id: Any
) -> None:
    lines = [RequisitionLineInput(drug_id=drug_id(DRUG), loose=D(1))]
    here = ours["locations"]
    with pytest.raises(WrongPlace):
        services.apply_requisition(
            from_location_id=here["pharmacy"], to_location_id=here["storeroom"], lines=lines, by=pharmacist
        )
    with pytest.raises(NotFound):
        services.apply_requisition(
            from_location_id=theirs["locations"]["storeroom"],
            to_location_id=here["pharmacy"],
            lines=lines,
            by=pharmacist,
        )


def test_a_requisition_runs_over_the_pages(
    ours: Any, make_stock: Any, sign_in: Any, drug_id: Any, stock_of: Any
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    desk, keeper, here = sign_in("pharmacist"), sign_in("storekeeper"), ours["locations"]
    assert desk.get("/storeroom/requisitions/new").status_code == 200
    typed = {
        "from_location_id": str(here["storeroom"]),
        "to_location_id": str(here["pharmacy"]),
        "lines-0-drug_id": str(drug_id(DRUG)),
    }
    assert desk.post("/storeroom/requisitions", data=typed).status_code == 422
    url = desk.post("/storeroom/requisitions", data={**typed, "lines-0-loose": "20"}).location
    with tenant_unit(ours["tenant_id"]):
        (line,) = queries.lines_of_requisition(int(url.rsplit("/", 1)[1]))
    decided = {"lines-0-line_id": str(line.id), "lines-0-quantity": "20"}
    assert desk.post(f"{url}/approve", data=decided).status_code == 403
    assert "20" in keeper.get(url).text
    assert keeper.post(f"{url}/approve", data=decided).status_code == 303
    assert keeper.post(f"{url}/ship").status_code == 303
    with tenant_unit(ours["tenant_id"]):
        (part,) = queries.shipped_parts(line.requisition_id)
    came = {"parts-0-part_id": str(part.id), "parts-0-quantity": "19"}
    assert "A1" in desk.get(url).text
    assert desk.post(f"{url}/receive", data=came).status_code == 422
    assert desk.post(f"{url}/receive", data={**came, "outcome": "lost", "reason": "破损"}).status_code == 303
    assert stock_of(DRUG) == {"A1": (D(19), D(0))}
    assert "破损" in keeper.get("/storeroom/requisitions?list=all").text
    rejected = desk.post("/storeroom/requisitions", data={**typed, "lines-0-loose": "5"}).location
    assert keeper.post(f"{rejected}/reject", data={"reason": "下周再领"}).status_code == 303
    assert "下周再领" in desk.get(rejected).text


def test_an_approved_requisition_that_cannot_be_sent_is_ended(
    ours: Any, make_stock: Any, ask: Any, approve: Any, storekeeper: Actor
) -> None:
    requisition = ask(20)
    approve(requisition, 20)
    with pytest.raises(OutOfStock):
        services.ship_requisition(requisition_id=requisition.id, by=storekeeper)
    services.give_requisition_up(requisition_id=requisition.id, reason="药库无货", by=storekeeper)
    with tenant_unit(ours["tenant_id"]):
        assert queries.get_requisition(requisition.id).status == RequisitionStatus.GIVEN_UP
        assert queries.open_requisitions() == 0
    with pytest.raises(WrongState):
        services.ship_requisition(requisition_id=requisition.id, by=storekeeper)
