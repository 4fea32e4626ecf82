"""Whatever happens in whatever order, opening + in − out = closing, and nothing is below zero (D3)."""

import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.world import TODAY

from app.actor import Actor
from app.db import tenant_unit
from app.errors import DomainError
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.queries import StockLine
from modules.dispensing.services import ReturnLineInput
from modules.storeroom import queries, services
from modules.storeroom.services import CountInput

D = Decimal
DRUG = "D0160"
PLACES = ("storeroom", "pharmacy")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), st.sampled_from(PLACES), st.sampled_from("ABC"), st.integers(1, 90)),
        st.tuples(st.just("requisition"), st.integers(1, 60), st.integers(0, 5)),
        st.tuples(
            st.just("remove"),
            st.sampled_from(PLACES),
            st.sampled_from(("loss", "supplier_return")),
            st.integers(1, 40),
        ),
        st.tuples(st.just("count"), st.integers(-5, 5)),
        st.tuples(st.just("dispense"), st.integers(1, 50)),
        st.tuples(st.just("bring_back"), st.integers(1, 30)),
    ),
    min_size=8,
    max_size=15,
)


class Days:
    """What the people of the storeroom and the pharmacy do, and how much must lie where afterwards."""

    def __init__(self, ours: Any, desk: dict[str, Actor], tools: dict[str, Any]) -> None:
        self.ours, self.desk, self.tools = ours, desk, tools
        self.lies = dict.fromkeys(PLACES, D(0))
        self.dispensed: list[Any] = []

    def lying(self, place: str) -> list[StockLine]:
        """Batches of the drug at a place."""
        with tenant_unit(self.ours["tenant_id"]):
            rows = stock.balances_at(self.ours["locations"][place])
        return [row for row in rows if row.batch.drug_code == DRUG]

    def receive(self, place: str, batch_no: str, quantity: int) -> None:
        """A delivery."""
        cost = {"A": "0.1045", "B": "0.2333", "C": "0.004"}[batch_no]  # less than a fen is left of each
        days = {"A": 100, "B": 200, "C": 300}[batch_no]
        self.tools["make_stock"](DRUG, quantity, batch_no=batch_no, days=days, unit_cost=cost, location=place)
        self.lies[place] += quantity

    def requisition(self, quantity: int, lost: int) -> None:
        """The pharmacy asks, the storeroom sends, some of it is lost on the way."""
        keeper, pharmacist, here = self.desk["storekeeper"], self.desk["pharmacist"], self.ours["locations"]
        asked = services.apply_requisition(
            from_location_id=here["storeroom"],
            to_location_id=here["pharmacy"],
            lines=[services.RequisitionLineInput(drug_id=self.tools["drug_id"](DRUG), loose=D(quantity))],
            by=pharmacist,
        )
        with tenant_unit(self.ours["tenant_id"]):
            (line,) = queries.lines_of_requisition(asked.id)
        approved = [services.ApprovedLineInput(line_id=line.id, quantity=D(quantity))]
        services.approve_requisition(requisition_id=asked.id, lines=approved, by=keeper)
        services.ship_requisition(requisition_id=asked.id, by=keeper)
        self.lies["storeroom"] -= quantity
        self.hold()
        with tenant_unit(self.ours["tenant_id"]):
            parts = queries.shipped_parts(asked.id)
        missing = min(D(lost), parts[0].shipped)
        services.receive_requisition(
            requisition_id=asked.id,
            parts=[
                services.ReceivedPartInput(
                    part_id=part.id, quantity=part.shipped - (missing if part is parts[0] else 0)
                )
                for part in parts
            ],
            outcome="lost",
            reason="途中破损",
            by=pharmacist,
        )
        self.lies["pharmacy"] += quantity - missing

    def remove(self, place: str, kind: str, quantity: int) -> None:
        """A loss or a return to the supplier, approved."""
        rows = self.lying(place)
        if not rows:
            return
        removal = services.apply_removal(
            balance_id=rows[0].balance.id,
            kind=kind,
            quantity=D(quantity),
            supplier_id=self.tools["supplier_id"] if kind == "supplier_return" else None,
            reason="破损",
            by=self.desk["storekeeper"],
        )
        self.hold()
        services.approve_removal(removal_id=removal.id, by=self.desk["administrator"])
        self.lies[place] -= quantity

    def count(self, difference: int) -> None:
        """A stocktake of the storeroom; one batch differs."""
        keeper = self.desk["storekeeper"]
        rows = self.lying("storeroom")
        if not rows or rows[0].balance.on_hand + difference < 0:
            return
        taking = services.begin_stocktake(location_id=self.ours["locations"]["storeroom"], by=keeper)
        with tenant_unit(self.ours["tenant_id"]):
            lines = queries.lines_of_stocktake(taking.id)
        counted = [
            CountInput(
                line_id=line.id,
                counted=line.snapshot + (difference if line.balance_id == rows[0].balance.id else 0),
            )
            for line in lines
        ]
        for _ in range(2 if difference else 1):
            services.enter_counts(stocktake_id=taking.id, lines=counted, by=keeper)
            services.finish_counting(stocktake_id=taking.id, by=keeper)
        services.approve_stocktake(stocktake_id=taking.id, reason="盘点", by=self.desk["administrator"])
        self.lies["storeroom"] += difference

    def dispense(self, quantity: int) -> None:
        """A prescription, paid and handed out."""
        signed = self.tools["prescribe"]((DRUG, quantity))
        self.hold()
        self.tools["pay"](signed)
        self.tools["dispense"](signed)
        self.dispensed.append(signed)
        self.lies["pharmacy"] -= quantity

    def bring_back(self, quantity: int) -> None:
        """Some of what was handed out last comes back."""
        if not self.dispensed:
            return
        signed = self.dispensed[-1]
        dispensing.return_drugs(
            prescription_id=signed.prescription_id,
            lines=[ReturnLineInput(item_id=signed.lines[0].item_id, quantity=D(quantity))],
            reason="皮疹",
            is_intact=True,
            by=self.desk["pharmacist"],
        )
        self.lies["pharmacy"] += quantity

    def hold(self) -> None:
        """The identity for each batch and place, and every check of the night."""
        with tenant_unit(self.ours["tenant_id"]):
            lines = stock.period_lines(begins_on=TODAY, ends_on=TODAY, drug_id=self.tools["drug_id"](DRUG))
            places = {key: self.ours["locations"][key] for key in PLACES}
            books = {
                (place_id, row.batch.id): row.balance
                for place, place_id in places.items()
                for row in self.lying(place)
            }
        for line in lines:
            assert line.closing >= 0
            assert line.closing_amount >= 0
            assert line.closing or not line.closing_amount  # where nothing lies no fen is left
            if line.location_id is not None:
                found = books.pop((line.location_id, line.batch_id), None)
                assert line.closing == (found.on_hand if found else 0)
        assert books == {}
        for place, place_id in places.items():
            assert sum(line.closing for line in lines if line.location_id == place_id) == self.lies[place]
        assert self.tools["books_hold"]()


@pytest.fixture
def days(
    ours: Any,
    make_stock: Callable[..., Any],
    make_supplier: Any,
    prescribe: Any,
    pay: Any,
    dispense: Any,
    drug_id: Any,
    books_hold: Any,
    storekeeper: Actor,
    pharmacist: Actor,
    administrator: Actor,
) -> Days:
    """Days that begin with nothing of the drug."""
    desk = {"storekeeper": storekeeper, "pharmacist": pharmacist, "administrator": administrator}
    tools = {
        "make_stock": make_stock,
        "supplier_id": make_supplier().id,
        "prescribe": prescribe,
        "pay": pay,
        "dispense": dispense,
        "drug_id": drug_id,
        "books_hold": books_hold,
    }
    return Days(ours, desk, tools)


@pytest.mark.slow
@settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_ledger_holds_after_any_steps(days: Days, steps: list[Any]) -> None:
    """Examples follow each other in one centre; each begins with what the one before left."""
    for name, *facts in steps:
        with contextlib.suppress(DomainError):  # refused, whole: nothing of it is in the books
            getattr(days, name)(*facts)
        days.hold()
