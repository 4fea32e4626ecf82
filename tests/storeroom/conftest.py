"""Suppliers, plans and orders for tests of the storeroom; stock and prescriptions come from the pharmacy's tests."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.actor import Actor
from app.db import tenant_unit
from modules.storeroom import queries, services
from modules.storeroom.models import Order, OrderLine, Supplier
from modules.storeroom.services import DeliveryLineInput

_spec = importlib.util.spec_from_file_location(
    "dispensing_fixtures", Path(__file__).parents[1] / "dispensing" / "conftest.py"
)
assert _spec
assert _spec.loader
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
drug_id, make_stock, make_bill = _fixtures.drug_id, _fixtures.make_stock, _fixtures.make_bill
prescribe, pay, review = _fixtures.prescribe, _fixtures.pay, _fixtures.review
prepare, dispense, stock_of = _fixtures.prepare, _fixtures.dispense, _fixtures.stock_of
D = Decimal


@pytest.fixture
def books_hold(ours: dict[str, Any]) -> Callable[[], bool]:
    """Whether every identity of ``flask check`` holds in the stock of the centre."""
    from modules.dispensing import queries as stock

    def hold() -> bool:
        findings = [*stock.check_stock(ours["tenant_id"]), *queries.check_papers(ours["tenant_id"])]
        assert [finding for finding in findings if not finding.holds] == []
        return True

    return hold


@pytest.fixture
def with_right() -> Callable[[Actor, str], Actor]:
    """The same person with one right more."""

    def give(actor: Actor, permission: str) -> Actor:
        return replace(actor, permissions=actor.permissions | {permission})

    return give


@pytest.fixture
def make_supplier(storekeeper: Actor) -> Callable[..., Supplier]:
    """A supplier whose licence holds until a day."""

    def make(code: str = "CDYY", name: str = "城东医药", until: date = date(2028, 6, 30)) -> Supplier:
        return services.save_supplier(
            code=code, name=name, licence_no=f"沪DA{code}", licence_until=until, by=storekeeper
        )

    return make


@pytest.fixture
def make_order(
    ours: dict[str, Any], storekeeper: Actor, administrator: Actor, drug_id: Any, make_supplier: Any
) -> Callable[..., tuple[Order, list[OrderLine]]]:
    """An order for some drugs: pairs of code and packs, planned from their minima and approved."""

    def order(*drugs: tuple[str, int], supplier: Supplier | None = None) -> tuple[Order, list[OrderLine]]:
        chosen = supplier or make_supplier()
        for code, packs in drugs:
            services.set_drug_rule(
                drug_id=drug_id(code), minimum=D(packs), supplier_id=chosen.id, by=storekeeper
            )
        plan = services.propose_plan(location_id=ours["locations"]["storeroom"], days=1, by=storekeeper)
        with tenant_unit(ours["tenant_id"]):
            lines = queries.lines_of_plan(plan.id)
        wanted = {drug_id(code): D(packs) for code, packs in drugs}
        services.change_plan(
            plan_id=plan.id,
            lines=[
                services.PlanLineInput(
                    line_id=line.id, packs=wanted[line.drug_id], pack_cost=D("10.80"), supplier_id=chosen.id
                )
                for line in lines
            ],
            by=storekeeper,
        )
        services.submit_plan(plan_id=plan.id, by=storekeeper)
        services.approve_plan(plan_id=plan.id, by=administrator)
        services.order_plan(plan_id=plan.id, by=storekeeper)
        with tenant_unit(ours["tenant_id"]):
            placed = queries.orders_of_plan(plan.id)[0]
            return placed, queries.lines_of_order(placed.id)

    return order


@pytest.fixture
def delivered() -> Callable[..., DeliveryLineInput]:
    """A batch of a delivery."""

    def line(order_line: OrderLine, accepted: Any, **given: Any) -> DeliveryLineInput:
        told = {
            "batch_no": "B7",
            "expires_on": date(2028, 1, 31),
            "approval_no": "国药准字H20103456",
            "report_no": "JY-7",
            **given,
        }
        return DeliveryLineInput(order_line_id=order_line.id, accepted=D(accepted), **told)

    return line
