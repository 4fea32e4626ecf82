"""Codes of packs follow them from place to place (handbook D5, G15), and never hold up goods without codes."""

from decimal import Decimal
from typing import Any

import pytest

from app.actor import Actor
from app.db import tenant_unit
from app.errors import NotFound
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.errors import (
    CodeElsewhere,
    CodeGone,
    CodeMovedBefore,
    CodeNotOfDocument,
    CodeSold,
    CodeUnknown,
    TooManyCodesMoved,
)
from modules.dispensing.models import CodeEventKind
from modules.dispensing.rules.tracing import PlaceFault, place_fault
from modules.dispensing.services.moved_codes import note_refused_move
from modules.storeroom import queries, services
from modules.storeroom.services import ApprovedLineInput, ReceivedPartInput, RequisitionLineInput
from tenants.services import change_settings

D = Decimal
DRUG, OTHER, PACK = "D0160", "D0161", 54
ONE, TWO, THREE, STRANGER = (f"8300003000000001000{n}" for n in (1, 2, 3, 9))
CARTON = "99000039999999990001"


@pytest.fixture
def came_in(ours: Any, make_stock: Any, storekeeper: Actor) -> Any:
    """Three packs in a carton, in the storeroom; their receipt."""
    document = make_stock(DRUG, 3 * PACK, location="storeroom")
    with tenant_unit(ours["tenant_id"]):
        batch = stock.moves_of(document.id)[0][1]
    dispensing.collect_codes(
        document_id=document.id,
        batch_id=batch.id,
        codes=f"{ONE} {TWO} {THREE}",
        carton=CARTON,
        by=storekeeper,
    )
    return document


@pytest.fixture
def follow(administrator: Actor) -> Any:
    """The centre follows its packs."""
    return lambda: change_settings(settings={"trace_moves": True}, by=administrator)


@pytest.fixture
def move(storekeeper: Actor) -> Any:
    """Scan packs on a document, as its page does."""

    def scan(document_id: int, codes: str) -> Any:
        return dispensing.moving(
            lambda: dispensing.move_codes(document_id=document_id, codes=codes, by=storekeeper),
            document_id=document_id,
            by=storekeeper,
        )

    return scan


@pytest.fixture
def life(ours: Any) -> Any:
    """Everything known of a code."""

    def look(code: str) -> Any:
        with tenant_unit(ours["tenant_id"]):
            return stock.life_of(code)

    return look


@pytest.fixture
def send(ours: Any, drug_id: Any, pharmacist: Actor, storekeeper: Actor) -> Any:
    """A requisition of so many packs on its way."""

    def go(packs: int) -> Any:
        asked = services.apply_requisition(
            from_location_id=ours["locations"]["storeroom"],
            to_location_id=ours["locations"]["pharmacy"],
            lines=[RequisitionLineInput(drug_id=drug_id(DRUG), loose=D(packs * PACK))],
            by=pharmacist,
        )
        with tenant_unit(ours["tenant_id"]):
            (line,) = queries.lines_of_requisition(asked.id)
        approved = [ApprovedLineInput(line_id=line.id, quantity=line.wanted)]
        services.approve_requisition(requisition_id=asked.id, lines=approved, by=storekeeper)
        return services.ship_requisition(requisition_id=asked.id, by=storekeeper)

    return go


@pytest.fixture
def receive(ours: Any, pharmacist: Actor) -> Any:
    """Take in what was sent, less what is missing."""

    def take(requisition: Any, missing: int = 0, outcome: str = "returned") -> Any:
        with tenant_unit(ours["tenant_id"]):
            (part,) = queries.shipped_parts(requisition.id)
        return services.receive_requisition(
            requisition_id=requisition.id,
            parts=[ReceivedPartInput(part_id=part.id, quantity=part.shipped - missing)],
            outcome=outcome,
            reason="途中破损",
            by=pharmacist,
        )

    return take


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("lies_at", "is_gone", "is_followed", "fault"),
    [
        (7, False, True, None),
        (8, False, True, PlaceFault.ELSEWHERE),
        (8, False, False, None),
        (None, False, True, None),
        (0, False, True, PlaceFault.ELSEWHERE),
        (None, True, False, PlaceFault.GONE),
    ],
)
def test_where_a_pack_may_be_scanned(
    lies_at: int | None, is_gone: bool, is_followed: bool, fault: PlaceFault | None
) -> None:
    assert place_fault(lies_at=lies_at, wanted_at=7, is_gone=is_gone, is_followed=is_followed) == fault


def test_packs_scanned_when_they_are_sent_arrive_with_their_batch(
    ours: Any, came_in: Any, send: Any, receive: Any, move: Any, life: Any
) -> None:
    here = ours["locations"]
    assert life(ONE).pack.location_id == here["storeroom"]
    requisition = send(2)
    move(requisition.shipment_id, f"{ONE} {TWO}")
    assert (life(ONE).pack.location_id, life(ONE).paper.id) == (None, requisition.shipment_id)
    receive(requisition)
    assert [life(code).pack.location_id for code in (ONE, TWO, THREE)] == [
        here["pharmacy"],
        here["pharmacy"],
        here["storeroom"],
    ]
    assert life(ONE).paper is None
    assert [event.kind.value for event in life(ONE).events] == ["moved", "sent", "received"]


def test_a_carton_stands_for_all_its_packs(came_in: Any, send: Any, move: Any, life: Any) -> None:
    requisition = send(3)
    move(requisition.shipment_id, CARTON)
    assert {life(code).paper.id for code in (ONE, TWO, THREE)} == {requisition.shipment_id}


def test_what_came_in_parts_is_scanned_where_it_is(
    ours: Any, came_in: Any, send: Any, receive: Any, move: Any, life: Any
) -> None:
    here = ours["locations"]
    requisition = send(2)
    move(requisition.shipment_id, f"{ONE} {TWO}")
    done = receive(requisition, missing=PACK)
    assert life(ONE).pack.location_id is None
    move(done.arrival_id, ONE)
    move(done.difference_id, TWO)
    assert (life(ONE).pack.location_id, life(TWO).pack.location_id) == (here["pharmacy"], here["storeroom"])


def test_lost_packs_and_those_back_at_the_supplier_are_never_sold(
    ours: Any,
    came_in: Any,
    send: Any,
    receive: Any,
    move: Any,
    life: Any,
    make_supplier: Any,
    storekeeper: Actor,
    administrator: Actor,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    make_stock: Any,
    pharmacist: Actor,
) -> None:
    requisition = send(1)
    move(requisition.shipment_id, ONE)
    lost = receive(requisition, missing=PACK, outcome="lost")
    assert (life(ONE).paper.id, life(ONE).events[0].kind.value) == (lost.difference_id, "left")
    with tenant_unit(ours["tenant_id"]):
        (lying,) = [
            row for row in stock.balances_at(ours["locations"]["storeroom"]) if row.batch.drug_code == DRUG
        ]
    removal = services.apply_removal(
        balance_id=lying.balance.id,
        kind="supplier_return",
        quantity=D(PACK),
        supplier_id=make_supplier().id,
        reason="近效期",
        by=storekeeper,
    )
    done = services.approve_removal(removal_id=removal.id, by=administrator)
    move(done.document_id, TWO)
    assert life(TWO).paper.id == done.document_id
    make_stock(DRUG, PACK)  # the same batch at the pharmacy
    signed = prescribe((DRUG, PACK))
    pay(signed)
    prepare(signed)
    for code in (ONE, TWO):
        with pytest.raises(CodeGone):
            dispensing.scanning(
                lambda code=code: dispensing.scan_code(
                    prescription_id=signed.prescription_id,
                    code=code,
                    item_id=signed.lines[0].item_id,
                    by=pharmacist,
                ),
                prescription_id=signed.prescription_id,
                by=pharmacist,
            )
    with tenant_unit(ours["tenant_id"]):
        assert [(row.code, row.kind.value) for row in stock.list_alarms().rows] == [
            (TWO, "wrong_place"),
            (ONE, "wrong_place"),
        ]


@pytest.mark.parametrize("is_followed", [False, True])
def test_a_pack_of_the_storeroom_at_the_window(
    ours: Any,
    came_in: Any,
    follow: Any,
    life: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    pharmacist: Actor,
    is_followed: bool,
) -> None:
    """Where packs are followed it is refused with an alarm; else it is taken to be where somebody holds it."""
    if is_followed:
        follow()
    make_stock(DRUG, PACK)
    signed = prescribe((DRUG, PACK))
    pay(signed)
    prepare(signed)
    scanned = {"code": ONE, "item_id": signed.lines[0].item_id, "by": pharmacist}
    if is_followed:
        with pytest.raises(CodeElsewhere):
            dispensing.scan_code(prescription_id=signed.prescription_id, **scanned)
        assert life(ONE).pack.location_id == ours["locations"]["storeroom"]
        return
    dispensing.scan_code(prescription_id=signed.prescription_id, **scanned)
    assert life(ONE).pack.location_id == ours["locations"]["pharmacy"]


def test_what_a_patient_brings_back_lies_where_it_came_back(
    ours: Any,
    came_in: Any,
    life: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    pharmacist: Actor,
    other_pharmacist: Actor,
    send: Any,
    move: Any,
) -> None:
    """G15: the return releases the code; from then on it moves as any other pack does."""
    make_stock(DRUG, PACK)
    signed = prescribe((DRUG, PACK))
    pay(signed)
    prepare(signed)
    item_id = signed.lines[0].item_id
    given = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
    dispensing.scan_code(code=ONE, item_id=item_id, **given)
    dispensing.dispense_prescription(**given)
    with pytest.raises(CodeSold):
        move(send(1).shipment_id, ONE)
    dispensing.return_drugs(
        prescription_id=signed.prescription_id,
        lines=[dispensing.ReturnLineInput(item_id=item_id, quantity=D(PACK))],
        reason="皮疹",
        is_intact=True,
        codes=ONE,
        by=pharmacist,
    )
    assert (life(ONE).pack.used, life(ONE).pack.location_id) == (0, ours["locations"]["pharmacy"])


def test_a_document_takes_only_packs_that_it_moved(
    ours: Any, came_in: Any, send: Any, move: Any, make_stock: Any, storekeeper: Actor, life: Any
) -> None:
    other = make_stock(OTHER, 60, location="storeroom", batch_no="B9")
    with tenant_unit(ours["tenant_id"]):
        batch = stock.moves_of(other.id)[0][1]
    dispensing.collect_codes(document_id=other.id, batch_id=batch.id, codes=STRANGER[::-1], by=storekeeper)
    requisition = send(2)
    with pytest.raises(CodeUnknown):
        move(requisition.shipment_id, STRANGER)
    with pytest.raises(CodeNotOfDocument):
        move(requisition.shipment_id, STRANGER[::-1])
    with pytest.raises(TooManyCodesMoved):
        move(requisition.shipment_id, CARTON)
    move(requisition.shipment_id, ONE)
    with pytest.raises(CodeMovedBefore):
        move(requisition.shipment_id, f"{TWO} {ONE}")
    assert life(TWO).pack.location_id == ours["locations"]["storeroom"]  # refused whole
    with pytest.raises(NotFound):
        move(came_in.id, TWO)
    with tenant_unit(ours["tenant_id"]):
        (alarm,) = stock.list_alarms().rows
    assert (alarm.kind.value, alarm.document_id) == ("wrong_batch", requisition.shipment_id)


@pytest.mark.parametrize("kind", ["left", "sold", "received"])
def test_nobody_writes_a_packs_life_as_an_alarm(
    came_in: Any, send: Any, move: Any, life: Any, storekeeper: Actor, kind: str
) -> None:
    sent = send(1)
    with pytest.raises(NotFound):
        note_refused_move(document_id=sent.shipment_id, code=ONE, kind=CodeEventKind(kind), by=storekeeper)
    move(sent.shipment_id, ONE)  # else it would be noted there already
    assert [event.kind.value for event in life(ONE).events] == ["sent", "received"]


def test_followed_packs_are_scanned_on_their_way_or_refused(
    came_in: Any, send: Any, receive: Any, move: Any, follow: Any, life: Any, ours: Any
) -> None:
    follow()
    done = receive(send(1))  # nobody scanned it: the goods arrive all the same
    with pytest.raises(CodeElsewhere):
        move(done.arrival_id, ONE)
    move(done.shipment_id, ONE)
    move(done.arrival_id, ONE)
    assert life(ONE).pack.location_id == ours["locations"]["pharmacy"]


def test_a_transfer_brings_its_packs_to_the_station(
    ours: Any, came_in: Any, drug_id: Any, move: Any, life: Any, storekeeper: Actor
) -> None:
    here = ours["locations"]
    document = dispensing.transfer_stock(
        location_id=here["storeroom"],
        to_location_id=here["pharmacy"],
        lines=[dispensing.TransferLineInput(drug_id=drug_id(DRUG), loose=D(PACK))],
        by=storekeeper,
    )
    move(document.id, ONE)
    assert life(ONE).pack.location_id == here["pharmacy"]


def test_the_pages_show_and_take_codes(ours: Any, came_in: Any, send: Any, sign_in: Any) -> None:
    requisition = send(2)
    client = sign_in("storekeeper")
    page = f"/dispensing/stock/documents/{requisition.shipment_id}"
    assert "moved-codes" in client.get(page).get_data(as_text=True)
    answer = client.post(f"{page}/moved-codes", data={"codes": STRANGER})
    assert answer.status_code == 422
    assert client.post(f"{page}/moved-codes", data={"codes": ONE}).status_code == 303
    assert ONE in client.get(page).get_data(as_text=True)
