"""What a stocktake promises: blind, twice where it differs, approved by another, and right while work goes on."""

from decimal import Decimal
from typing import Any

import pytest

from app.actor import Actor
from app.db import tenant_unit
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.errors import OutOfStock, PlaceCounted
from modules.storeroom import queries, services
from modules.storeroom.errors import (
    BatchListed,
    BatchUnknown,
    NotCounted,
    SamePerson,
    StocktakeOpen,
    WrongState,
)
from modules.storeroom.models import CountStatus
from modules.storeroom.services import CountInput

D = Decimal
DRUG, OTHER = "D0160", "D0161"


@pytest.fixture
def begin(ours: Any, storekeeper: Actor) -> Any:
    """Begin to count the storeroom, or another place."""

    def start(mode: str = "live", place: str = "storeroom") -> Any:
        return services.begin_stocktake(location_id=ours["locations"][place], mode=mode, by=storekeeper)

    return start


@pytest.fixture
def count(ours: Any, storekeeper: Actor) -> Any:
    """Enter counts by batch number; every other line as the books say."""

    def enter(stocktake: Any, **counted: Any) -> Any:
        with tenant_unit(ours["tenant_id"]):
            lines = queries.lines_of_stocktake(stocktake.id)
            books = stock.balances_by_id(line.balance_id for line in lines)
        chosen = [line for line in lines if line.batch_no in counted or line.counted is None]
        return services.enter_counts(
            stocktake_id=stocktake.id,
            lines=[
                CountInput(
                    line_id=line.id,
                    counted=D(counted.get(line.batch_no, books[line.balance_id].balance.on_hand)),
                )
                for line in chosen
            ],
            by=storekeeper,
        )

    return enter


@pytest.fixture
def finish(storekeeper: Actor) -> Any:
    """Finish a round."""
    return lambda stocktake: services.finish_counting(stocktake_id=stocktake.id, by=storekeeper)


def test_differences_are_counted_twice_and_posted_by_another_person(
    ours: Any,
    make_stock: Any,
    begin: Any,
    count: Any,
    finish: Any,
    storekeeper: Actor,
    administrator: Actor,
    stock_of: Any,
    books_hold: Any,
    with_right: Any,
) -> None:
    make_stock(DRUG, 100, batch_no="A", location="storeroom")
    make_stock(OTHER, 50, batch_no="B", location="storeroom")
    taking = begin()
    with pytest.raises(StocktakeOpen):
        begin()
    with pytest.raises(NotCounted):
        finish(taking)
    count(taking, A=97, B=52)
    assert finish(taking).status == CountStatus.CHECKING
    with pytest.raises(NotCounted):
        finish(taking)
    count(taking, A=98, B=52)
    assert finish(taking).status == CountStatus.TO_APPROVE
    with pytest.raises(SamePerson):
        services.approve_stocktake(
            stocktake_id=taking.id,
            reason="季度盘点",
            by=with_right(storekeeper, "storeroom.stocktake.approve"),
        )
    assert stock_of(DRUG, "storeroom") == {"A": (D(100), D(0))}
    done = services.approve_stocktake(stocktake_id=taking.id, reason="季度盘点", by=administrator)
    assert stock_of(DRUG, "storeroom") == {"A": (D(98), D(0))}
    assert stock_of(OTHER, "storeroom") == {"B": (D(52), D(0))}
    with tenant_unit(ours["tenant_id"]):
        moves = [move for move, _ in stock.moves_of(done.document_id or 0)]
    assert sorted((move.from_account.value, move.to_account.value, move.quantity) for move in moves) == [
        ("count", "location", D(2)),
        ("location", "count", D(2)),
    ]
    with pytest.raises(WrongState):
        services.approve_stocktake(stocktake_id=taking.id, reason="再次", by=administrator)
    assert books_hold()


def test_a_stocktake_while_selling_accounts_for_what_was_sold_before_and_after_the_count(
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    begin: Any,
    count: Any,
    finish: Any,
    administrator: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)

    def sell(quantity: int) -> None:
        signed = prescribe((DRUG, quantity))
        pay(signed)
        dispense(signed)

    taking = begin(place="pharmacy")
    sell(30)  # between the snapshot and the count: 70 lie there by the books
    count(taking, A1=69)
    assert finish(taking).status == CountStatus.CHECKING
    sell(10)  # between the counts: 60 by the books
    count(taking, A1=59)
    assert finish(taking).status == CountStatus.TO_APPROVE
    sell(20)  # between the count and the posting
    services.approve_stocktake(stocktake_id=taking.id, reason="少一片", by=administrator)
    assert stock_of(DRUG) == {"A1": (D(39), D(0))}
    assert books_hold()


def test_a_place_that_stands_still_moves_nothing_until_it_is_posted_or_given_up(
    ours: Any,
    make_stock: Any,
    prescribe: Any,
    pay: Any,
    prepare: Any,
    begin: Any,
    other_pharmacist: Actor,
    storekeeper: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    signed = prescribe((DRUG, 40))
    pay(signed)
    prepare(signed)
    taking = begin("freeze", "pharmacy")
    act = {"prescription_id": signed.prescription_id, "by": other_pharmacist}
    with pytest.raises(PlaceCounted):
        dispensing.dispense_prescription(**act)
    with pytest.raises(PlaceCounted):
        make_stock(DRUG, 5)
    services.cancel_stocktake(stocktake_id=taking.id, reason="改到周末", by=storekeeper)
    dispensing.dispense_prescription(**act)
    assert stock_of(DRUG) == {"A1": (D(60), D(0))}
    assert books_hold()


def test_a_frozen_count_posts_its_difference_and_work_goes_on(
    make_stock: Any,
    begin: Any,
    count: Any,
    finish: Any,
    administrator: Actor,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    taking = begin("freeze")
    count(taking, A1=99)
    finish(taking)
    count(taking, A1=99)
    finish(taking)
    services.approve_stocktake(stocktake_id=taking.id, reason="盘亏一片", by=administrator)
    make_stock(DRUG, 1, location="storeroom")
    assert stock_of(DRUG, "storeroom") == {"A1": (D(100), D(0))}
    assert books_hold()


def test_what_is_missing_of_promised_stock_is_not_posted_over_the_promise(
    make_stock: Any,
    prescribe: Any,
    begin: Any,
    count: Any,
    finish: Any,
    administrator: Actor,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100)
    prescribe((DRUG, 95))
    taking = begin(place="pharmacy")
    for _ in range(2):
        count(taking, A1=90)
        finish(taking)
    with pytest.raises(OutOfStock):
        services.approve_stocktake(stocktake_id=taking.id, reason="盘亏", by=administrator)
    assert books_hold()


def test_a_count_without_differences_needs_no_second_round(
    make_stock: Any, begin: Any, count: Any, finish: Any, administrator: Actor
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    taking = begin()
    count(taking)
    assert finish(taking).status == CountStatus.TO_APPROVE
    done = services.approve_stocktake(stocktake_id=taking.id, reason="账物相符", by=administrator)
    assert (done.status, done.document_id) == (CountStatus.POSTED, None)


def test_a_stocktake_runs_blind_over_the_pages(
    ours: Any, make_stock: Any, sign_in: Any, stock_of: Any
) -> None:
    make_stock(DRUG, 7654, batch_no="Z9", location="storeroom")
    keeper, boss = sign_in("storekeeper"), sign_in("administrator")
    started = {"location_id": str(ours["locations"]["storeroom"]), "mode": "live"}
    url = keeper.post("/storeroom/stocktakes", data=started).location
    assert keeper.post("/storeroom/stocktakes", data=started).status_code == 422
    page = keeper.get(url).text
    assert ("Z9" in page, "7654" in page) == (True, False)
    assert keeper.get(f"{url}/sheet").mimetype == "application/pdf"
    with tenant_unit(ours["tenant_id"]):
        (line,) = queries.lines_of_stocktake(int(url.rsplit("/", 1)[1]))
    counted = {"lines-0-line_id": str(line.id), "lines-0-counted": ""}
    assert keeper.post(url, data=counted).status_code == 422
    for _ in range(2):
        assert keeper.post(url, data={**counted, "lines-0-counted": "7650"}).status_code == 303
        assert keeper.post(f"{url}/finish").status_code == 303
    assert "7654" in boss.get(url).text
    assert boss.post(f"{url}/approve", data={"reason": "年中盘点"}).status_code == 303
    assert stock_of(DRUG, "storeroom") == {"Z9": (D(7650), D(0))}
    assert "年中盘点" in keeper.get("/storeroom/stocktakes").text
    second = keeper.post("/storeroom/stocktakes", data=started).location
    assert keeper.post(f"{second}/cancel", data={"reason": "试点"}).status_code == 303


def test_a_batch_whose_books_are_empty_is_found_and_counted(
    ours: Any,
    make_stock: Any,
    begin: Any,
    count: Any,
    finish: Any,
    drug_id: Any,
    storekeeper: Actor,
    administrator: Actor,
    sign_in: Any,
    stock_of: Any,
    books_hold: Any,
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    make_stock(OTHER, 5, batch_no="GONE", location="pharmacy")
    taking = begin()
    found = {"stocktake_id": taking.id, "drug_id": drug_id(OTHER), "by": storekeeper}
    with pytest.raises(BatchUnknown):
        services.add_counted_batch(batch_no="NEVER", **found)
    assert services.add_counted_batch(batch_no="gone", **found).snapshot == D(0)
    with pytest.raises(BatchListed):
        services.add_counted_batch(batch_no="GONE", **found)
    with pytest.raises(BatchListed):
        services.add_counted_batch(
            batch_no="A1", stocktake_id=taking.id, drug_id=drug_id(DRUG), by=storekeeper
        )
    for _ in range(2):
        count(taking, GONE=3)
        finish(taking)
    services.approve_stocktake(stocktake_id=taking.id, reason="盘盈", by=administrator)
    assert stock_of(OTHER, "storeroom") == {"GONE": (D(3), D(0))}
    with pytest.raises(WrongState):
        services.add_counted_batch(batch_no="GONE", **found)
    again = begin()
    url = f"/storeroom/stocktakes/{again.id}/batches"
    typed = {"drug_id": str(drug_id(OTHER)), "batch_no": "GONE"}
    assert sign_in("storekeeper").post(url, data=typed).status_code == 422  # it lies there now
    assert books_hold()
