"""What the end of a month promises: the identity of the ledger, and books that stay closed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from support import world
from support.racing import at_once
from support.world import TODAY

from app import clock
from app.actor import Actor
from app.db import db, tenant_unit
from app.use_cases import use_case
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.errors import BooksClosed
from modules.dispensing.models import Location
from modules.dispensing.services import ReturnLineInput
from modules.storeroom import queries, services
from modules.storeroom.errors import MonthNotNext
from modules.storeroom.models import Closing
from modules.storeroom.rules.months import last_of, month_to_close
from modules.storeroom.rules.moving import Cover
from modules.storeroom.services import CountInput

D = Decimal
DRUG = "D0160"
OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
IN_DECEMBER = datetime(2026, 12, 3, 1, 0, tzinfo=UTC)
IN_JANUARY = datetime(2027, 1, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def drugs_of_tests(ours: Any, drug_id: Any) -> Any:
    """Lines of one drug out of lines of many."""
    return lambda lines: [line for line in lines if line.drug_id == drug_id(DRUG)]


@pytest.fixture
def october(storekeeper: Actor) -> Any:
    """The month in which the world was furnished, closed."""
    return services.close_month(begins_on=OCTOBER, by=storekeeper)


@pytest.fixture
def g8(
    ours: Any,
    make_stock: Any,
    make_supplier: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    pharmacist: Actor,
    storekeeper: Actor,
    administrator: Actor,
    drug_id: Any,
) -> Any:
    """The movements of the handbook's G8 at the pharmacy: 100 lie there, then the days of the period."""

    def remove(kind: str, quantity: int, **given: Any) -> None:
        with tenant_unit(ours["tenant_id"]):
            place = stock.balances_at(ours["locations"]["pharmacy"])
        (lying,) = [line for line in place if line.balance.drug_id == drug_id(DRUG)]
        removal = services.apply_removal(
            balance_id=lying.balance.id,
            kind=kind,
            quantity=D(quantity),
            reason="破损",
            by=storekeeper,
            **given,
        )
        services.approve_removal(removal_id=removal.id, by=administrator)

    def count_two_more() -> None:
        taking = services.begin_stocktake(location_id=ours["locations"]["pharmacy"], by=storekeeper)
        with tenant_unit(ours["tenant_id"]):
            lines = queries.lines_of_stocktake(taking.id)
        counted = [
            CountInput(line_id=line.id, counted=line.snapshot + (2 if line.drug_code == DRUG else 0))
            for line in lines
        ]
        for _ in range(2):
            services.enter_counts(stocktake_id=taking.id, lines=counted, by=storekeeper)
            services.finish_counting(stocktake_id=taking.id, by=storekeeper)
        services.approve_stocktake(stocktake_id=taking.id, reason="盘盈", by=administrator)

    def move() -> None:
        make_stock(DRUG, 100)
        with clock.at(clock.now() + timedelta(days=1)):
            make_stock(DRUG, 200)
            signed = prescribe((DRUG, 180))
            pay(signed)
            dispense(signed)
            dispensing.return_drugs(
                prescription_id=signed.prescription_id,
                lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(3))],
                reason="皮疹",
                is_intact=True,
                by=pharmacist,
            )
            count_two_more()
            remove("supplier_return", 20, supplier_id=make_supplier().id)
            remove("loss", 5)

    return move


def test_the_identity_of_the_handbook_g8(ours: Any, g8: Any, drug_id: Any, books_hold: Any) -> None:
    g8()
    place = {"location_id": ours["locations"]["pharmacy"], "drug_id": drug_id(DRUG)}
    days = {"begins_on": TODAY + timedelta(days=1), "ends_on": TODAY + timedelta(days=1)}
    with tenant_unit(ours["tenant_id"]):
        (line,) = stock.period_lines(**days, **place)
        card = stock.stock_card(**days, **place)
    assert (line.opening, line.received, line.issued, line.closing) == (D(100), D(205), D(205), D(100))
    assert (card.opening, card.received, card.issued, card.closing) == (D(100), D(205), D(205), D(100))
    assert {(kind.kind.value, kind.comes_in): kind.quantity for kind in card.kinds} == {
        ("receipt", True): D(200),
        ("return", True): D(3),
        ("stocktake", True): D(2),
        ("issue", False): D(180),
        ("supplier_return", False): D(20),
        ("loss", False): D(5),
    }
    assert (line.opening_amount, line.closing_amount) == (D("100.00"), D("100.00"))
    assert books_hold()


def test_the_card_sums_up_the_rows_it_does_not_show(ours: Any, g8: Any, drug_id: Any) -> None:
    g8()
    with tenant_unit(ours["tenant_id"]):
        card = stock.stock_card(
            location_id=ours["locations"]["pharmacy"],
            drug_id=drug_id(DRUG),
            begins_on=TODAY,
            ends_on=TODAY + timedelta(days=1),
            size=2,
        )
    assert (len(card.rows), card.is_cut, card.closing) == (2, True, D(100))


def test_a_closed_month_takes_no_document_and_the_next_opens_with_what_it_left(
    ours: Any,
    october: Closing,
    g8: Any,
    make_stock: Any,
    storekeeper: Actor,
    books_hold: Any,
    drugs_of_tests: Any,
) -> None:
    g8()
    with pytest.raises(MonthNotNext):  # it is not over
        services.close_month(begins_on=NOVEMBER, by=storekeeper)
    with clock.at(IN_DECEMBER):
        with pytest.raises(MonthNotNext):
            services.close_month(begins_on=DECEMBER, by=storekeeper)
        november = services.close_month(begins_on=NOVEMBER, by=storekeeper)
        with pytest.raises(MonthNotNext):
            services.close_month(begins_on=NOVEMBER, by=storekeeper)
        make_stock(DRUG, 7)
    assert (november.ends_on, november.opening_amount, november.closing_amount) == (
        date(2026, 11, 30),
        october.closing_amount,
        october.closing_amount + 100,
    )
    with pytest.raises(BooksClosed):  # a clock that stands in November
        make_stock(DRUG, 1)
    with clock.at(IN_JANUARY):
        services.close_month(begins_on=DECEMBER, by=storekeeper)
        with tenant_unit(ours["tenant_id"]):
            latest, first, _ = queries.list_closings().rows
            (left,) = drugs_of_tests(queries.lines_of_closing(first.id))
            (opened,) = drugs_of_tests(queries.lines_of_closing(latest.id))
    assert (left.closing, opened.opening, opened.received, opened.closing) == (D(100), D(100), D(7), D(107))
    with tenant_unit(ours["tenant_id"]):
        findings = queries.check_closings(ours["tenant_id"])
    assert [finding.holds for finding in findings] == [True, True]
    assert books_hold()


def test_the_nightly_check_finds_what_was_slipped_into_a_closed_month(
    ours: Any, october: Closing, make_stock: Any, storekeeper: Actor
) -> None:
    make_stock(DRUG, 10)
    with clock.at(IN_DECEMBER):
        services.close_month(begins_on=NOVEMBER, by=storekeeper)
    _falsify(ours, None)
    make_stock(DRUG, 1)
    _falsify(ours, date(2026, 11, 30))
    assert [finding.holds for finding in queries.check_closings(ours["tenant_id"])] == [True, False]
    with clock.at(IN_JANUARY):
        services.close_month(begins_on=DECEMBER, by=storekeeper)
    assert [finding.holds for finding in queries.check_closings(ours["tenant_id"])] == [False, False]


def _falsify(ours: Any, closed_until: date | None) -> None:
    """What nobody can do in the product: the books are closed up to another day."""

    @use_case("dispensing.location.manage")
    def falsify(*, by: Actor) -> None:
        for place in db.session.scalars(db.select(Location)):
            place.closed_until = closed_until

    falsify(by=world.actor(ours, "administrator"))


def test_what_is_on_the_way_at_the_end_of_a_month_is_in_its_book(
    ours: Any,
    october: Closing,
    make_stock: Any,
    storekeeper: Actor,
    pharmacist: Actor,
    drug_id: Any,
    drugs_of_tests: Any,
) -> None:
    make_stock(DRUG, 100, location="storeroom")
    asked = services.apply_requisition(
        from_location_id=ours["locations"]["storeroom"],
        to_location_id=ours["locations"]["pharmacy"],
        lines=[services.RequisitionLineInput(drug_id=drug_id(DRUG), loose=D(40))],
        by=pharmacist,
    )
    with tenant_unit(ours["tenant_id"]):
        (line,) = queries.lines_of_requisition(asked.id)
    services.approve_requisition(
        requisition_id=asked.id,
        lines=[services.ApprovedLineInput(line_id=line.id, quantity=D(40))],
        by=storekeeper,
    )
    services.ship_requisition(requisition_id=asked.id, by=storekeeper)
    with clock.at(IN_DECEMBER):
        closing = services.close_month(begins_on=NOVEMBER, by=storekeeper)
    with tenant_unit(ours["tenant_id"]):
        rows = drugs_of_tests(queries.lines_of_closing(closing.id))
    lines = {row.location_id: row.closing for row in rows}
    assert lines == {ours["locations"]["storeroom"]: D(60), None: D(40)}
    assert closing.closing_amount == october.closing_amount + 100


def test_two_desks_close_a_month_once(app: Flask, storekeeper: Actor) -> None:
    def close() -> Any:
        return services.close_month(begins_on=OCTOBER, by=storekeeper)

    outcomes = at_once(app, close, close, close)
    assert sum(isinstance(found, Closing) for found in outcomes) == 1, outcomes
    assert all(isinstance(found, Closing | MonthNotNext) for found in outcomes), outcomes


@pytest.mark.one_engine
def test_months_are_closed_one_after_the_other() -> None:
    first = date(2026, 11, 20)
    assert month_to_close(today=date(2026, 11, 30), closed_until=None, first_day=first) is None
    assert month_to_close(today=DECEMBER, closed_until=None, first_day=first) == NOVEMBER
    assert (
        month_to_close(today=date(2027, 3, 1), closed_until=date(2026, 11, 30), first_day=first) == DECEMBER
    )
    assert month_to_close(today=DECEMBER, closed_until=None, first_day=None) is None
    assert [last_of(date(2027, month, 9)).day for month in (1, 2, 4, 12)] == [31, 28, 30, 31]


@pytest.mark.one_engine
def test_stock_that_lasts_long_or_is_not_used_is_slow() -> None:
    def slow(on_hand: int, used: int) -> bool:
        return Cover(on_hand=D(on_hand), used=D(used), observed_days=90).is_slow(lasts_days=180)

    assert (slow(200, 100), slow(203, 100), slow(1, 0), slow(1, -2)) == (False, True, True, True)


def test_slow_moving_and_short_drugs_are_listed(
    ours: Any, make_stock: Any, prescribe: Any, pay: Any, storekeeper: Actor, drug_id: Any
) -> None:
    make_stock(DRUG, 100, days=900)
    services.set_drug_rule(drug_id=drug_id(DRUG), minimum=D(101), by=storekeeper)
    services.set_drug_rule(drug_id=drug_id("D0161"), minimum=D(0), by=storekeeper)
    with tenant_unit(ours["tenant_id"]):
        (short,) = queries.shortages()
        assert queries.slow_drugs() == []  # everything came less than 90 days ago
    assert (short.in_stock, short.missing, short.blocked) == (D(100), D(1), D(0))
    pay(prescribe((DRUG, 30)))
    with tenant_unit(ours["tenant_id"]):
        place = stock.balances_at(ours["locations"]["pharmacy"])
    (lying,) = [line for line in place if line.balance.drug_id == drug_id(DRUG)]
    services.recall_batch(batch_id=lying.batch.id, reason="召回", by=storekeeper)
    with tenant_unit(ours["tenant_id"]):
        (short,) = queries.shortages()
    assert (short.in_stock, short.missing, short.blocked) == (D(0), D(101), D(30))
    with clock.at(clock.now() + timedelta(days=100)), tenant_unit(ours["tenant_id"]):
        (slow,) = [row for row in queries.slow_drugs() if row.lying.batch.drug_id == drug_id(DRUG)]
    assert (slow.lying.on_hand, slow.lying.cost_amount, slow.last_issue) == (D(100), D("100.00"), None)


def test_reports_and_closings_over_the_pages(ours: Any, october: Closing, g8: Any, sign_in: Any) -> None:
    g8()
    keeper, books = sign_in("storekeeper"), sign_in("accountant")
    page = books.get("/storeroom/reports/period?begins_on=2026-11-21&ends_on=2026-11-21").text
    assert "A1" in page
    assert ">205<" in page
    for path in ("reports/slow", "reports/shortages", "closings"):
        assert books.get(f"/storeroom/{path}").status_code == 200
    assert books.post("/storeroom/closings", data={"begins_on": "2026-11-01"}).status_code == 403
    assert keeper.post("/storeroom/closings", data={"begins_on": "2026-11-01"}).status_code == 422
    near = keeper.get(f"/dispensing/stock/near-expiry?location={ours['locations']['pharmacy']}&months=1")
    assert near.status_code == 200
    with clock.at(IN_DECEMBER):
        keeper = sign_in("storekeeper")
        assert "2026-11" in keeper.get("/storeroom/closings").text
        assert keeper.post("/storeroom/closings", data={"begins_on": "2026-11-01"}).status_code == 303
        with tenant_unit(ours["tenant_id"]):
            closing = queries.list_closings().rows[0]
        assert "A1" in keeper.get(f"/storeroom/closings/{closing.id}").text
