"""Events for finance: over a mixed day their amounts are those of the ledgers, by account and by side (G11, F3)."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.actor import Actor
from app.db import db, tenant_unit
from app.records import EventRow
from modules.charging import queries as charging
from modules.charging import services as money
from modules.charging.models import Settlement, SettlementLine, Tender
from modules.charging.services import conduct
from modules.dispensing import services as dispensing
from modules.dispensing.models import StockMove
from modules.dispensing.services import ReturnLineInput
from modules.payments import services as payments
from modules.payments.models import PrepaidEntry
from modules.storeroom import queries, services
from modules.storeroom.services import CountInput

D = Decimal
DRUG = "D0160"


class Told:
    """What was told to finance."""

    def __init__(self, tenant_id: int) -> None:
        with tenant_unit(tenant_id):
            rows = db.session.execute(
                select(EventRow.name, EventRow.payload)
                .where(EventRow.tenant_id == tenant_id)
                .order_by(EventRow.id)
            )
            self.events = [(row[0], row[1]) for row in rows]

    def of(self, *names: str) -> list[dict[str, Any]]:
        """The events of some kinds."""
        return [payload for name, payload in self.events if name in names]

    def sums(self, part: str, key: str, amount: str, *names: str) -> dict[str, Decimal]:
        """Amounts by a key of the parts of some events."""
        found: Counter[str] = Counter()
        for event in self.of(*names):
            for row in event[part]:
                found[row[key]] += D(row[amount])
        return {name: value for name, value in found.items() if value}


@pytest.fixture
def mixed_day(
    ours: dict[str, Any],
    make_stock: Callable[..., Any],
    make_bill: Callable[..., Any],
    make_supplier: Callable[..., Any],
    prescribe: Callable[..., Any],
    pay: Callable[..., int],
    dispense: Callable[..., Any],
    storekeeper: Actor,
    pharmacist: Actor,
    administrator: Actor,
    cashier: Actor,
) -> dict[str, Any]:
    """Stock comes, is sold, comes back, is lost and counted; money comes in three ways and goes back."""
    for place in ("pharmacy", "storeroom"):
        make_stock(DRUG, 200, batch_no="A", unit_cost="0.37", location=place)
    handed_out, refused = prescribe((DRUG, 30)), prescribe((DRUG, 7))
    receipts = [pay(handed_out), pay(refused)]
    dispense(handed_out)
    item = handed_out.lines[0].item_id
    dispensing.return_drugs(
        prescription_id=handed_out.prescription_id,
        lines=[ReturnLineInput(item_id=item, quantity=D(11))],
        reason="皮疹",
        is_intact=True,
        by=pharmacist,
    )
    for receipt, quantity in zip(receipts, (D(11), D(7)), strict=True):
        _refund(ours, receipt, quantity, cashier)
    _from_account(ours, make_bill, prescribe, cashier)
    _lose_and_count(ours, make_supplier, storekeeper, administrator)
    return ours


def _refund(ours: dict[str, Any], receipt: int, quantity: Decimal, cashier: Actor) -> None:
    with tenant_unit(ours["tenant_id"]):
        line = charging.settled_lines(receipt)[0][0]
    money.refund_lines(
        settlement_id=receipt,
        lines=[money.RefundLineInput(charge_id=line.charge_id, quantity=quantity)],
        reason="退药",
        by=cashier,
    )


def _from_account(ours: dict[str, Any], make_bill: Any, prescribe: Any, cashier: Actor) -> None:
    """A bill is paid from the prepaid account and in cash, and goes back; the rest of the account is paid out."""
    bill = make_bill()
    prescribe((DRUG, 60), bill=bill)
    with tenant_unit(ours["tenant_id"]):
        due = charging.bill_view(bill.id).due_amount
    payments.top_up(patient_id=bill.patient_id, amount=D("5.00"), by=cashier)
    part = min(D("3.10"), due - D("0.01"))
    begun = money.begin_checkout(
        bill_id=bill.id,
        expected_amount=due,
        tenders=[
            money.TenderInput(method="prepaid", amount=part),
            money.TenderInput(method="cash", amount=due - part),
        ],
        by=cashier,
    )
    settled = conduct.carry(begun.id, by=cashier)
    assert settled.settlement_id is not None
    _refund(ours, settled.settlement_id, D(1), cashier)
    payments.pay_out(patient_id=bill.patient_id, amount=D("1.00"), reason="退余额", by=cashier)


def _lose_and_count(ours: dict[str, Any], make_supplier: Any, keeper: Actor, administrator: Actor) -> None:
    from modules.dispensing import queries as stock

    place = ours["locations"]["storeroom"]
    supplier = make_supplier().id
    for kind, quantity in (("loss", 4), ("supplier_return", 9)):
        with tenant_unit(ours["tenant_id"]):
            balance = next(row for row in stock.balances_at(place) if row.batch.drug_code == DRUG).balance
        removal = services.apply_removal(
            balance_id=balance.id,
            kind=kind,
            quantity=D(quantity),
            supplier_id=supplier if kind == "supplier_return" else None,
            reason="破损",
            by=keeper,
        )
        services.approve_removal(removal_id=removal.id, by=administrator)
    for difference in (3, -2):
        taking = services.begin_stocktake(location_id=place, by=keeper)
        with tenant_unit(ours["tenant_id"]):
            lines = queries.lines_of_stocktake(taking.id)
        counted = [
            CountInput(
                line_id=line.id, counted=line.snapshot + (difference if line.balance_id == balance.id else 0)
            )
            for line in lines
        ]
        for _ in range(2):
            services.enter_counts(stocktake_id=taking.id, lines=counted, by=keeper)
            services.finish_counting(stocktake_id=taking.id, by=keeper)
        services.approve_stocktake(stocktake_id=taking.id, reason="盘点", by=administrator)


def test_the_money_of_the_events_is_the_money_of_the_ledgers(mixed_day: dict[str, Any]) -> None:
    told, names = Told(mixed_day["tenant_id"]), ("BillSettled", "BillRefunded")
    with tenant_unit(mixed_day["tenant_id"]):
        classes = _sums(SettlementLine.fee_class, SettlementLine.amount)
        ways = _sums(Tender.method, Tender.amount)
        total = db.session.scalar(select(func.sum(Settlement.amount)))
    assert {"cash", "prepaid"} <= set(ways)
    assert told.sums("fees", "fee_class", "amount", *names) == classes
    assert told.sums("tenders", "method", "amount", *names) == ways
    credited = told.sums("fees", "income_account", "amount", *names)
    debited = told.sums("tenders", "account", "amount", *names)
    assert sum(credited.values()) == sum(debited.values()) == total
    assert sum(told.sums("fees", "pending_account", "amount", *names).values()) == total
    assert set(debited) == {"1001", "23050102"}
    for event in told.of(*names):
        assert sum(D(row["amount"]) for row in event["fees"]) == sum(
            D(row["amount"]) for row in event["tenders"]
        )


def test_the_prepaid_money_of_the_events_is_that_of_the_accounts(mixed_day: dict[str, Any]) -> None:
    told = Told(mixed_day["tenant_id"])
    with tenant_unit(mixed_day["tenant_id"]):
        entries = _sums(PrepaidEntry.kind, PrepaidEntry.amount)
    laid_in = sum(D(event["amount"]) for event in told.of("PrepaidToppedUp"))
    paid_out = sum(D(event["amount"]) for event in told.of("PrepaidPaidOut"))
    assert (laid_in, -paid_out) == (entries["top_up"], entries["pay_out"])
    used = told.sums("tenders", "method", "amount", "BillSettled", "BillRefunded")["prepaid"]
    assert -used == entries["payment"] + entries.get("refund", D(0))
    accounts = told.of("PrepaidToppedUp")[0]["accounts"]
    assert accounts == {
        "debit": "1001",
        "credit": "23050102",
        "budget_debit": "800102",
        "budget_credit": "61010101",
    }


def test_the_stock_of_the_events_is_the_stock_of_the_ledger(mixed_day: dict[str, Any]) -> None:
    told = Told(mixed_day["tenant_id"])
    with tenant_unit(mixed_day["tenant_id"]):
        rows = db.session.execute(
            select(StockMove.from_account, StockMove.to_account, func.sum(StockMove.cost_amount)).group_by(
                StockMove.from_account, StockMove.to_account
            )
        )
        moved = {(row[0].value, row[1].value): row[2] for row in rows if row[2]}
    events: Counter[tuple[str, str]] = Counter()
    books: Counter[tuple[str, str, str]] = Counter()
    for event in told.of("StockMoved"):
        assert sum(D(row["cost_amount"]) for row in event["amounts"]) == D(event["cost_amount"])
        for row in event["amounts"]:
            amount = D(row["cost_amount"])
            events[row["from_account"], row["to_account"]] += amount
            books[row["debit_account"], row["credit_account"], row["approved_account"]] += amount
    assert {key: value for key, value in events.items() if value} == moved
    sides = {key: amount for key, amount in books.items() if amount and key[1]}
    assert {(debit[:6], credit[:6], approved) for debit, credit, approved in sides} == {
        ("130201", "2302", ""),
        ("2302", "130201", ""),
        ("500101", "130201", ""),
        ("130201", "500101", ""),
        ("1902", "130201", "5301"),
        ("130201", "1902", "5101"),
    }
    handed_out = sum(
        D(row["cost_amount"]) for event in told.of("PrescriptionDispensed") for row in event["lines"]
    )
    assert handed_out == moved["location", "patient"]


def _sums(key: Any, amount: Any) -> dict[str, Decimal]:
    rows = db.session.execute(select(key, func.sum(amount)).group_by(key))
    return {row[0].value: row[1] for row in rows if row[1]}
