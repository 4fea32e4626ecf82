"""No fen is left in the books of a place where nothing of a batch lies any more."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.actor import Actor
from app.db import Mode, db, tenant_unit
from app.money import round_amount
from modules.dispensing import queries, services
from modules.dispensing.models import Account, Balance, StockMove
from modules.dispensing.rules.costs import cost_in, cost_out

D = Decimal
DRUG = "D0160"


@pytest.mark.one_engine
@given(
    st.decimals(D("0.000001"), D("99"), places=6),
    st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=40),
)
def test_books_hold_the_cost_of_what_lies_and_nothing_for_nothing(
    unit_cost: Decimal, steps: list[tuple[bool, int]]
) -> None:
    """One place: whatever comes and goes, its books are right to the fen after every step."""
    lies, held = D(0), D("0.00")
    for comes, size in steps:
        quantity = D(size) if comes else min(D(size), lies)
        if comes:
            cost = cost_in(held, after=lies + quantity, unit_cost=unit_cost)
            lies, held = lies + quantity, held + cost
        else:
            cost = cost_out(held, left=lies - quantity, unit_cost=unit_cost)
            lies, held = lies - quantity, held - cost
        assert cost >= 0
        assert held == round_amount(lies * unit_cost)
        assert abs(cost - quantity * unit_cost) <= D("0.01")
    assert held == 0 or lies > 0


@pytest.mark.one_engine
@given(
    st.decimals(D("0.000001"), D("9"), places=6),
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), min_size=5, max_size=60),
)
def test_from_place_to_place_no_fen_is_made_or_lost(unit_cost: Decimal, steps: list[tuple[int, int]]) -> None:
    """Two places: what leaves one in yuan comes to the other, and an empty place holds nothing."""
    lies, held, bought, given_out = [D(0), D(0)], [D("0.00"), D("0.00")], D("0.00"), D("0.00")
    for act, size in [*steps, (1, 10**6), (2, 10**6)]:
        if act == 0:
            cost = cost_in(held[0], after=lies[0] + size, unit_cost=unit_cost)
            lies[0], held[0], bought = lies[0] + size, held[0] + cost, bought + cost
            continue
        place = act - 1
        quantity = min(D(size), lies[place])
        cost = cost_out(held[place], left=lies[place] - quantity, unit_cost=unit_cost)
        lies[place], held[place] = lies[place] - quantity, held[place] - cost
        if place == 0:
            lies[1], held[1] = lies[1] + quantity, held[1] + cost
        else:
            given_out += cost
        assert cost >= 0
        assert min(held) >= 0
    assert lies == [0, 0]
    assert held == [0, 0]
    assert given_out == bought


@pytest.mark.one_engine
def test_seven_tablets_of_four_tenths_of_a_fen() -> None:
    """Rounded each for itself they would cost nothing, and three fen would stay in the books."""
    held, costs = D("0.03"), []
    for left in range(6, -1, -1):
        costs.append(cost_out(held, left=D(left), unit_cost=D("0.004")))
        held -= costs[-1]
    assert costs == [D("0.01"), D(0), D(0), D("0.01"), D(0), D("0.01"), D(0)]
    assert held == 0


def test_handed_out_in_parts_and_brought_back_the_batch_costs_what_it_cost(
    ours: Any, make_stock: Any, prescribe: Any, pay: Any, dispense: Any, pharmacist: Actor, books_hold: Any
) -> None:
    document = make_stock(DRUG, 10, unit_cost="0.0333")
    assert document.cost_amount == D("0.33")
    last = None
    for quantity in (3, 3, 4):
        last = prescribe((DRUG, quantity))
        pay(last)
        dispense(last)
        assert books_hold()
    services.return_drugs(
        prescription_id=last.prescription_id,
        lines=[services.ReturnLineInput(item_id=last.lines[0].item_id, quantity=D(4))],
        reason="皮疹",
        is_intact=True,
        by=pharmacist,
    )
    with tenant_unit(ours["tenant_id"]):
        moves = db.session.scalars(
            db.select(StockMove)
            .where(StockMove.to_account == Account.PATIENT, StockMove.unit_cost == D("0.0333"))
            .order_by(StockMove.id)
        ).all()
        (lying,) = [
            row for row in queries.balances_at(ours["locations"]["pharmacy"]) if row.batch.drug_code == DRUG
        ]
    assert [move.cost_amount for move in moves] == [D("0.10"), D("0.10"), D("0.13")]
    assert lying.balance.cost_amount == D("0.13")
    assert books_hold()


def test_what_lies_costs_what_the_books_hold(ours: Any, make_stock: Any) -> None:
    make_stock(DRUG, 10, unit_cost="0.0333")
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        (held,) = [
            row for row in queries.balances_at(ours["locations"]["pharmacy"]) if row.batch.drug_code == DRUG
        ]
        held.balance.cost_amount += D("0.01")  # as a fen comes along from another place
        db.session.flush()
        (drug,) = [row for row in queries.lying_drugs() if row.batch.drug_code == DRUG]
        assert (drug.on_hand, drug.cost_amount) == (10, D("0.34"))
        db.session.rollback()


def test_fen_where_nothing_lies_are_found(
    ours: Any, make_stock: Any, prescribe: Any, pay: Any, dispense: Any
) -> None:
    make_stock(DRUG, 10, unit_cost="0.0333")
    signed = prescribe((DRUG, 10))
    pay(signed)
    dispense(signed)
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        empty = db.session.scalars(db.select(Balance).where(Balance.on_hand == 0)).all()
        empty[-1].cost_amount += D("0.01")
        db.session.commit()
    wrong = [found.name for found in queries.check_stock(ours["tenant_id"]) if not found.holds]
    assert wrong == ["dispensing: cost of the balances = ledger", "dispensing: fen where nothing lies"]


def test_stock_that_the_former_release_moves_during_an_upgrade_costs_what_it_cost(
    ours: Any, make_stock: Any, prescribe: Any, pay: Any, dispense: Any, books_hold: Any
) -> None:
    """It writes the ledger and what lies there, and knows nothing of the cost of balances."""
    make_stock(DRUG, 100, unit_cost="1")
    for quantity in (30, 10):
        signed = prescribe((DRUG, quantity))
        pay(signed)
        dispense(signed)
        if quantity == 30:
            _as_the_former_release_leaves_it(ours, cost=D("100.00"), quantity=D(100))
            assert books_hold()
    with tenant_unit(ours["tenant_id"]):
        costs = db.session.scalars(
            db.select(StockMove.cost_amount)
            .where(StockMove.to_account == Account.PATIENT, StockMove.unit_cost == 1)
            .order_by(StockMove.id)
        ).all()
        (lying,) = [
            row for row in queries.balances_at(ours["locations"]["pharmacy"]) if row.batch.drug_code == DRUG
        ]
    assert costs == [D("30.00"), D("10.00")]
    assert lying.balance.cost_amount == D("60.00")
    assert books_hold()


def _as_the_former_release_leaves_it(ours: Any, *, cost: Decimal, quantity: Decimal) -> None:
    with tenant_unit(ours["tenant_id"], Mode.WRITE):
        (lying,) = [
            row for row in queries.balances_at(ours["locations"]["pharmacy"]) if row.batch.drug_code == DRUG
        ]
        lying.balance.cost_amount, lying.balance.costed_quantity = cost, quantity
        db.session.commit()
