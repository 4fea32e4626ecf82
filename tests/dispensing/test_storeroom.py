"""What the storeroom's documents promise."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.world import TODAY

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.db.append_only import RecordMayNotChange
from app.errors import InvalidInput, NotFound
from app.use_cases import use_case
from modules.dispensing import queries, services
from modules.dispensing.errors import BatchExpired, LocationTaken, OutOfStock, SameLocation
from modules.dispensing.models import StockMove
from modules.dispensing.services import StockLineInput, TransferLineInput

D = Decimal
DRUG = "D0160"


def test_a_receipt_counts_packs_and_loose_units_and_their_cost(
    ours: Any, storekeeper: Actor, drug_id: Any, stock_of: Any, books_hold: Any
) -> None:
    line = StockLineInput(
        drug_id=drug_id(DRUG),
        batch_no="a7",
        expires_on=date(2028, 1, 31),
        packs=D(10),
        loose=D(5),
        pack_cost=D("10.80"),
    )
    document = services.receive_stock(
        location_id=ours["locations"]["storeroom"], supplier="城东医药", lines=[line, line], by=storekeeper
    )
    assert stock_of(DRUG, "storeroom") == {"A7": (D(1090), D(0))}
    assert (document.number, document.cost_amount) == ("KR26112000001", D("218.00"))
    assert books_hold()


def test_a_transfer_takes_the_nearest_expiry_and_keeps_the_batch(
    make_stock: Any, ours: Any, storekeeper: Actor, drug_id: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 30, batch_no="LATE", days=500, location="storeroom")
    make_stock(DRUG, 30, batch_no="SOON", days=100, location="storeroom")
    make_stock(DRUG, 1, batch_no="SOON", days=100)
    services.transfer_stock(
        location_id=ours["locations"]["storeroom"],
        to_location_id=ours["locations"]["pharmacy"],
        lines=[TransferLineInput(drug_id=drug_id(DRUG), loose=D(40))],
        by=storekeeper,
    )
    assert stock_of(DRUG, "storeroom") == {"LATE": (D(20), D(0)), "SOON": (D(0), D(0))}
    assert stock_of(DRUG) == {"LATE": (D(10), D(0)), "SOON": (D(31), D(0))}
    assert books_hold()


def test_two_lines_of_one_drug_share_a_batch_and_never_take_more_than_it_holds(
    make_stock: Any, ours: Any, storekeeper: Actor, drug_id: Any, stock_of: Any, books_hold: Any
) -> None:
    make_stock(DRUG, 30, location="storeroom")

    def carry(*loose: int) -> None:
        services.transfer_stock(
            location_id=ours["locations"]["storeroom"],
            to_location_id=ours["locations"]["pharmacy"],
            lines=[TransferLineInput(drug_id=drug_id(DRUG), loose=D(each)) for each in loose],
            by=storekeeper,
        )

    with pytest.raises(OutOfStock) as refusal:
        carry(20, 11)
    assert refusal.value.field == "lines-1-packs"
    assert refusal.value.details["available"].startswith("10 ")
    carry(20, 10)
    assert stock_of(DRUG, "storeroom") == {"A1": (D(0), D(0))}
    assert stock_of(DRUG) == {"A1": (D(30), D(0))}
    assert books_hold()


def test_held_stock_is_not_transferred_away(
    make_stock: Any, prescribe: Any, ours: Any, storekeeper: Actor, drug_id: Any
) -> None:
    make_stock(DRUG, 50)
    prescribe((DRUG, 40))
    with pytest.raises(OutOfStock):
        services.transfer_stock(
            location_id=ours["locations"]["pharmacy"],
            to_location_id=ours["locations"]["storeroom"],
            lines=[TransferLineInput(drug_id=drug_id(DRUG), loose=D(11))],
            by=storekeeper,
        )


def test_a_place_transfers_not_to_itself_nor_to_another_centre(
    ours: Any, theirs: Any, storekeeper: Actor, drug_id: Any
) -> None:
    lines = [TransferLineInput(drug_id=drug_id(DRUG), loose=D(1))]
    here = ours["locations"]["pharmacy"]
    with pytest.raises(SameLocation):
        services.transfer_stock(location_id=here, to_location_id=here, lines=lines, by=storekeeper)
    with pytest.raises(NotFound):
        services.transfer_stock(
            location_id=here, to_location_id=theirs["locations"]["pharmacy"], lines=lines, by=storekeeper
        )


def test_an_expired_batch_does_not_come_in(make_stock: Any) -> None:
    with pytest.raises(BatchExpired) as refusal:
        make_stock(DRUG, 10, expires_on=TODAY)
    assert refusal.value.field == "lines-0-expires_on"


def test_a_line_without_a_quantity_is_refused_on_its_field(make_stock: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make_stock(DRUG, 0)
    assert set(refusal.value.complaints) == {"lines-0-packs"}


def test_a_stock_card_adds_up(
    make_stock: Any, prescribe: Any, pay: Any, dispense: Any, ours: Any, drug_id: Any
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    with clock.at(clock.now() + timedelta(hours=1)):
        dispense(signed)
    with tenant_unit(ours["tenant_id"]):
        place = {"location_id": ours["locations"]["pharmacy"], "drug_id": drug_id(DRUG)}
        today = queries.stock_card(**place, begins_on=TODAY, ends_on=TODAY)
        tomorrow = queries.stock_card(**place, begins_on=TODAY + timedelta(1), ends_on=TODAY + timedelta(1))
    assert [(row.received, row.issued, row.after) for row in today.rows] == [
        (D(100), D(0), D(100)),
        (D(0), D(40), D(60)),
    ]
    assert (today.opening, today.closing) == (D(0), D(60))
    assert (tomorrow.opening, tomorrow.closing) == (D(60), D(60))


def test_rows_of_the_ledger_cannot_be_changed(make_stock: Any, storekeeper: Actor) -> None:
    make_stock(DRUG, 10)

    @use_case("dispensing.stock.receive")
    def falsify(*, by: Actor) -> None:
        row = db.session.scalars(db.select(StockMove).order_by(StockMove.id.desc()).limit(1)).one()
        row.quantity = D(1)
        db.session.flush()

    with pytest.raises(RecordMayNotChange):
        falsify(by=storekeeper)


def test_a_department_is_a_place_once_and_a_clinic_never(ours: Any, administrator: Actor) -> None:
    with pytest.raises(LocationTaken):
        services.set_up_location(department_id=ours["departments"]["pharmacy"], by=administrator)
    with pytest.raises(NotFound):
        services.set_up_location(department_id=ours["departments"]["general"], by=administrator)
