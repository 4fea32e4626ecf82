"""What a price adjustment promises: the handbook's numbers, a second person, and the moment."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.world import TODAY

from app import clock
from app.actor import Actor
from app.db import tenant_unit
from modules.charging import queries as charging
from modules.charging import services as prices
from modules.dispensing import queries as stock
from modules.storeroom import queries, services
from modules.storeroom.errors import DayIsPast, PriceWithMargin, SamePerson, WrongState
from modules.storeroom.models import AdjustmentStatus
from modules.storeroom.rules.adjusting import gains_and_losses, revaluation
from modules.storeroom.rules.margin import exempt_codes, is_without_margin
from modules.storeroom.rules.planning import Need, packs_to_buy
from modules.storeroom.services import NewPriceInput
from tenants.services import change_settings

D = Decimal
DRUG = "D0160"


@pytest.mark.one_engine
def test_the_worked_numbers_of_the_handbook_g7() -> None:
    p = revaluation(D(120), pack_factor=1, old=D("12.50"), new=D("11.80"))
    q = revaluation(D(200), pack_factor=1, old=D("3.20"), new=D("3.45"))
    r = revaluation(D(366), pack_factor=24, old=D("24.00"), new=D("21.60"))
    assert (p, q, r) == (D("-84.00"), D("50.00"), D("-36.60"))
    assert gains_and_losses([p, q, r]) == (D("50.00"), D("120.60"), D("-70.60"))


@pytest.mark.one_engine
def test_each_row_is_rounded_once_half_up() -> None:
    assert revaluation(D(1), pack_factor=2, old=D(1), new=D("1.01")) == D("0.01")
    assert revaluation(D(1), pack_factor=3, old=D(1), new=D("1.01")) == D("0.00")


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("given", "days", "packs"),
    [
        ({}, 30, 2),  # 30 a month, 24 a pack: 1.25 packs, rounded up
        ({"in_stock": D(20)}, 30, 1),
        ({"in_stock": D(20), "in_transit": D(10)}, 30, 0),
        ({"minimum": D(100)}, 30, 5),
        ({"maximum": D(40)}, 30, 1),  # two packs would be 48
        ({"maximum": D(20)}, 30, 0),
        ({"used": D(-5)}, 30, 0),
    ],
)
def test_a_plan_buys_average_use_times_days_less_stock_and_transit(
    given: dict[str, Any], days: int, packs: int
) -> None:
    need = {
        "used": D(30),
        "observed_days": 30,
        "in_stock": D(0),
        "in_transit": D(0),
        "minimum": D(0),
        "maximum": None,
        "pack_factor": 24,
        **given,
    }
    assert packs_to_buy(Need(**need), days=days) == packs


@pytest.fixture
def margin_allowed(administrator: Actor) -> None:
    """A centre that may sell at another price than it buys."""
    change_settings(settings={"zero_margin": False}, by=administrator)


@pytest.fixture
def propose(storekeeper: Actor, drug_id: Any, margin_allowed: None) -> Any:
    """New price of the drug, from a day on."""

    def make(price: str, begins_on: Any = None) -> Any:
        lines = [NewPriceInput(drug_id=drug_id(DRUG), new_price=D(price))]
        return services.propose_adjustment(
            lines=lines, reason="省平台调价", begins_on=begins_on, by=storekeeper
        )

    return make


@pytest.fixture
def price_of(ours: Any, drug_id: Any) -> Any:
    """The price in force, or at a moment."""

    def look(at: Any = None) -> Decimal:
        with tenant_unit(ours["tenant_id"]):
            found = charging.price_of(charging.ItemKind.DRUG, drug_id(DRUG), at=at)
            assert found is not None
            return found.amount

    return look


def test_an_approved_adjustment_is_in_force_at_once_and_values_every_batch_and_place(
    ours: Any,
    make_stock: Any,
    propose: Any,
    price_of: Any,
    storekeeper: Actor,
    administrator: Actor,
    with_right: Any,
) -> None:
    make_stock(DRUG, 100)
    make_stock(DRUG, 50, batch_no="B2", location="storeroom")
    before = price_of()
    adjustment = propose(str(before + 1))
    with pytest.raises(SamePerson):
        services.approve_adjustment(
            adjustment_id=adjustment.id, by=with_right(storekeeper, "storeroom.price.approve")
        )
    assert price_of() == before
    done = services.approve_adjustment(adjustment_id=adjustment.id, by=administrator)
    assert (done.status, price_of()) == (AdjustmentStatus.IN_FORCE, before + 1)
    with tenant_unit(ours["tenant_id"]):
        (line,) = queries.lines_of_adjustment(adjustment.id)
        amounts = [row.amount for row, _ in queries.revaluations(adjustment.id)]
    wanted = [
        revaluation(D(lying), pack_factor=line.pack_factor, old=before, new=before + 1) for lying in (100, 50)
    ]
    assert sorted(amounts) == sorted(wanted)
    assert (done.gain_amount, done.loss_amount) == (sum(wanted), D(0))
    with pytest.raises(WrongState):
        services.approve_adjustment(adjustment_id=adjustment.id, by=administrator)


def test_tomorrows_prices_wait_for_midnight_and_count_what_lies_there_then(
    ours: Any, make_stock: Any, propose: Any, price_of: Any, administrator: Actor
) -> None:
    make_stock(DRUG, 100)
    before = price_of()
    adjustment = propose("9.99", TODAY + timedelta(days=1))
    services.approve_adjustment(adjustment_id=adjustment.id, by=administrator)
    with tenant_unit(ours["tenant_id"]):
        assert services.due_adjustments() == []
    make_stock(DRUG, 54, batch_no="B2")
    assert price_of() == before
    with clock.at(clock.now() + timedelta(days=1)):
        with tenant_unit(ours["tenant_id"]):
            (due,) = services.due_adjustments()
        services.begin_adjustment(**due, by=administrator)
        assert price_of() == D("9.99")
        with tenant_unit(ours["tenant_id"]):
            assert services.due_adjustments() == []
            lying = sum(row.quantity for row, _ in queries.revaluations(adjustment.id))
    assert lying == D(154)


def test_yesterday_is_refused_and_what_was_given_up_is_not_approved(
    propose: Any, administrator: Actor
) -> None:
    with pytest.raises(DayIsPast):
        propose("9.99", TODAY - timedelta(days=1))
    given_up = propose("9.99")
    services.cancel_adjustment(adjustment_id=given_up.id, by=administrator)
    with pytest.raises(WrongState):
        services.approve_adjustment(adjustment_id=given_up.id, by=administrator)


def test_the_handbooks_g7_through_the_books(
    ours: Any,
    make_stock: Any,
    drug_id: Any,
    margin_allowed: None,
    storekeeper: Actor,
    administrator: Actor,
) -> None:
    """P 120 boxes, Q 200 boxes, R 15 boxes and 6 tablets of 24: −84.00, +50.00, −36.60."""
    wanted = {"D0160": ("12.50", "11.80"), "D0162": ("3.20", "3.45"), "D0001": ("24.00", "21.60")}
    for code, (old, _) in wanted.items():
        prices.set_price(
            item_kind=charging.ItemKind.DRUG, item_id=drug_id(code), amount=D(old), by=administrator
        )
    make_stock("D0160", 120 * 54)
    make_stock("D0162", 150 * 10)
    make_stock("D0162", 50 * 10, location="storeroom")
    _leave(ours, drug_id("D0001"), D(366), storekeeper, administrator)
    with clock.at(clock.now() + timedelta(hours=1)):
        adjustment = services.propose_adjustment(
            lines=[
                NewPriceInput(drug_id=drug_id(code), new_price=D(new)) for code, (_, new) in wanted.items()
            ],
            reason="集采调价",
            by=storekeeper,
        )
        done = services.approve_adjustment(adjustment_id=adjustment.id, by=administrator)
    with tenant_unit(ours["tenant_id"]):
        names = {line.id: line.drug_code for line in queries.lines_of_adjustment(adjustment.id)}
        rows = [(names[row.line_id], row.amount) for row, _ in queries.revaluations(adjustment.id)]
    assert sorted(rows) == [
        ("D0001", D("-36.60")),
        ("D0160", D("-84.00")),
        ("D0162", D("12.50")),
        ("D0162", D("37.50")),
    ]
    assert (done.gain_amount, done.loss_amount) == (D("50.00"), D("120.60"))
    assert done.gain_amount - done.loss_amount == D("-70.60")


def _leave(ours: Any, drug: int, quantity: Decimal, keeper: Actor, boss: Actor) -> None:
    """Write off what lies of a drug at the pharmacy, but for this quantity."""
    with tenant_unit(ours["tenant_id"]):
        place = stock.balances_at(ours["locations"]["pharmacy"])
    (lying,) = [line for line in place if line.balance.drug_id == drug]
    removal = services.apply_removal(
        balance_id=lying.balance.id,
        kind="loss",
        quantity=lying.balance.on_hand - quantity,
        reason="受潮",
        by=keeper,
    )
    services.approve_removal(removal_id=removal.id, by=boss)


def test_drugs_are_sold_at_what_they_cost_but_for_herbs_and_the_exempt(
    make_stock: Any, make_order: Any, drug_id: Any, storekeeper: Actor, administrator: Actor
) -> None:
    make_stock("D0162", 10, unit_cost="1.20")
    make_stock("D0169", 10, unit_cost="0.10")

    def propose(code: str, price: str) -> Any:
        line = NewPriceInput(drug_id=drug_id(code), new_price=D(price))
        return services.propose_adjustment(lines=[line], reason="调价", by=storekeeper)

    assert propose("D0162", "12.00").status == AdjustmentStatus.DRAFT
    with pytest.raises(PriceWithMargin) as refusal:
        propose("D0162", "12.01")
    assert (refusal.value.field, refusal.value.details["cost"]) == ("lines-0-new_price", "12")
    assert propose("D0169", "130.00").status == AdjustmentStatus.DRAFT  # a herb
    make_order(("D0162", 50))
    adjusted = propose("D0162", "10.80")  # as ordered, before it has come
    make_stock("D0161", 60, unit_cost="0.20")
    with pytest.raises(PriceWithMargin):
        propose("D0161", "13.00")
    change_settings(settings={"margin_exempt": "d0161，D0999"}, by=administrator)
    assert propose("D0161", "13.00").status == AdjustmentStatus.DRAFT
    services.approve_adjustment(adjustment_id=adjusted.id, by=administrator)


@pytest.mark.one_engine
def test_a_pack_price_meets_the_cost_of_its_smallest_unit() -> None:
    costs = [D("0.416667")]  # 10 yuan for 24
    assert is_without_margin(D("10.00"), pack_factor=24, unit_costs=costs)
    assert not is_without_margin(D("10.01"), pack_factor=24, unit_costs=costs)
    assert is_without_margin(D("99"), pack_factor=24, unit_costs=[])
    assert exempt_codes("a1，B2 c3,,") == {"A1", "B2", "C3"}


def test_an_adjustment_runs_over_the_pages(
    make_stock: Any, sign_in: Any, drug_id: Any, price_of: Any, margin_allowed: None
) -> None:
    make_stock(DRUG, 100)
    keeper, boss = sign_in("storekeeper"), sign_in("administrator")
    assert keeper.get("/storeroom/adjustments/new").status_code == 200
    typed = {"lines-0-drug_id": str(drug_id(DRUG)), "lines-0-new_price": "8.88", "reason": ""}
    assert keeper.post("/storeroom/adjustments", data=typed).status_code == 422
    url = keeper.post("/storeroom/adjustments", data={**typed, "reason": "集采降价"}).location
    assert "8.88" in keeper.get(url).text
    assert keeper.post(f"{url}/approve").status_code == 403
    assert boss.post(f"{url}/approve").status_code == 303
    assert boss.post(f"{url}/cancel").status_code == 422
    assert price_of() == D("8.88")
    assert "A1" in boss.get(url).text
    assert "集采降价" in keeper.get("/storeroom/adjustments").text
