"""What reports add up and open: settlements of a day, prices as they were, bills that are not paid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select

from app import clock
from app.db import Page, db, page_by_key
from modules.charging.models import (
    DUE,
    LEFT_TO_PAY,
    Bill,
    Charge,
    Checkout,
    ItemKind,
    Price,
    Settlement,
    SettlementKind,
    SettlementLine,
    Tender,
)
from modules.charging.rules.amounts import line_amount
from modules.charging.rules.fee_classes import FeeClass
from modules.charging.rules.tenders import TenderMethod

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeEntry:
    """What one settlement came to in one fee class, for one prescription or for none."""

    settlement_id: int
    kind: SettlementKind
    visit_id: int
    prescription_id: int | None
    fee_class: FeeClass
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderEntry:
    """One way the money of one settlement moved, with the insured settlement behind it."""

    settlement_id: int
    kind: SettlementKind
    visit_id: int
    method: TenderMethod
    insurance_id: int | None
    amount: Decimal


def fee_entries(begins_on: date, ends_on: date) -> list[FeeEntry]:
    """Settlements of these days by prescription and fee class. One statement."""
    statement = (
        select(
            Settlement.id,
            Settlement.kind,
            Bill.visit_id,
            Charge.prescription_id,
            SettlementLine.fee_class,
            func.sum(SettlementLine.amount),
        )
        .join(Bill, Bill.id == Settlement.bill_id)
        .join(SettlementLine, SettlementLine.settlement_id == Settlement.id)
        .join(Charge, Charge.id == SettlementLine.charge_id)
        .where(Settlement.on >= begins_on, Settlement.on <= ends_on)
        .group_by(
            Settlement.id,
            Settlement.kind,
            Bill.visit_id,
            Charge.prescription_id,
            SettlementLine.fee_class,
        )
    )
    return [
        FeeEntry(
            settlement_id=row[0],
            kind=row[1],
            visit_id=row[2],
            prescription_id=row[3],
            fee_class=row[4],
            amount=row[5],
        )
        for row in db.session.execute(statement)
    ]


def tender_entries(begins_on: date, ends_on: date) -> list[TenderEntry]:
    """Settlements of these days by way of paying. Two statements."""
    statement = (
        select(Settlement, Bill.visit_id, Tender.method, Tender.amount)
        .join(Bill, Bill.id == Settlement.bill_id)
        .join(Tender, Tender.settlement_id == Settlement.id)
        .where(Settlement.on >= begins_on, Settlement.on <= ends_on)
    )
    rows = db.session.execute(statement).all()
    insured = insurance_of_settlements({row[0].mirrors_id or row[0].id for row in rows})
    return [
        TenderEntry(
            settlement_id=row[0].id,
            kind=row[0].kind,
            visit_id=row[1],
            method=row[2],
            insurance_id=insured.get(row[0].mirrors_id or row[0].id),
            amount=row[3],
        )
        for row in rows
    ]


def insurance_of_settlements(settlement_ids: Iterable[int]) -> dict[int, int]:
    """Settlement → the settlement with the insurer that is part of it."""
    wanted = sorted(set(settlement_ids))
    found: dict[int, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        statement = select(Checkout.settlement_id, Checkout.insurance_id).where(
            Checkout.settlement_id.in_(wanted[start : start + _CHUNK]), Checkout.insurance_id.is_not(None)
        )
        found.update({row[0] or 0: row[1] or 0 for row in db.session.execute(statement)})
    return found


def settlement_totals(begins_on: date, ends_on: date) -> dict[date, Decimal]:
    """Day → what its settlements came to. One statement."""
    statement = (
        select(Settlement.on, func.sum(Settlement.amount))
        .where(Settlement.on >= begins_on, Settlement.on <= ends_on)
        .group_by(Settlement.on)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def settled_days() -> set[date]:
    """Days on which money moved. One statement."""
    return set(db.session.scalars(select(Settlement.on).distinct()))


def settlements_by_id(ids: Iterable[int]) -> list[Settlement]:
    """Settlements with these ids. One statement for each 500."""
    wanted, found = sorted(set(ids)), list[Settlement]()
    for start in range(0, len(wanted), _CHUNK):
        found += db.session.scalars(
            select(Settlement).where(Settlement.id.in_(wanted[start : start + _CHUNK]))
        )
    return found


class DayPrices:
    """Prices of drugs as they were at the end of each day."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self._prices: dict[int, list[Price]] = {}
        for price in prices:
            self._prices.setdefault(price.item_id, []).append(price)

    def amount(self, drug_id: int, on: date, quantity: Decimal) -> Decimal:
        """Yuan at the list's price of that day, rounded once; nothing where the list had none."""
        _, ends_at = clock.day_bounds(on)
        for price in self._prices.get(drug_id, ()):
            if price.valid_from < ends_at and (price.valid_to is None or price.valid_to >= ends_at):
                return line_amount(price.amount, quantity, per=price.per)
        return Decimal("0.00")


def day_prices(begins_on: date, ends_on: date) -> DayPrices:
    """The list's prices of drugs over these days. One statement."""
    begins, _ = clock.day_bounds(begins_on)
    _, ends = clock.day_bounds(ends_on)
    statement = select(Price).where(
        Price.item_kind == ItemKind.DRUG,
        Price.valid_from < ends,
        (Price.valid_to.is_(None)) | (Price.valid_to >= begins),
    )
    return DayPrices(db.session.scalars(statement))


@dataclass(frozen=True, slots=True)
class UnpaidDay:
    """What the bills of one day of one centre still owe."""

    tenant_id: int
    on: date
    bills: int
    amount: Decimal


def unpaid_by_day() -> list[UnpaidDay]:
    """What is not paid, by the day of the bill; of every centre of the unit. One statement."""
    statement = (
        select(Bill.tenant_id, Bill.on, func.count(func.distinct(Bill.id)), func.sum(LEFT_TO_PAY))
        .join(Charge, Charge.bill_id == Bill.id)
        .where(Charge.status.in_(DUE))
        .group_by(Bill.tenant_id, Bill.on)
    )
    return [UnpaidDay(*row) for row in db.session.execute(statement)]


@dataclass(frozen=True, slots=True)
class UnpaidBill:
    """One bill that is not paid."""

    id: int
    visit_number: str
    on: date
    lines: int
    amount: Decimal
    since: datetime


def page_of_unpaid(
    begins_on: date | None, ends_on: date | None, *, before: int | None = None, size: int = 50
) -> Page[UnpaidBill]:
    """Bills of these days with lines that are not paid, the latest first. One statement."""
    statement = (
        select(
            Bill.id,
            Bill.visit_number,
            Bill.on,
            func.sum(case((Charge.status.in_(DUE), 1), else_=0)),
            func.sum(LEFT_TO_PAY),
            func.min(Charge.added_at),
        )
        .join(Charge, Charge.bill_id == Bill.id)
        .where(Charge.status.in_(DUE))
        .group_by(Bill.id, Bill.visit_number, Bill.on)
    )
    if begins_on is not None:
        statement = statement.where(Bill.on >= begins_on)
    if ends_on is not None:
        statement = statement.where(Bill.on <= ends_on)
    unpaid: Any = statement
    found = page_by_key(unpaid, Bill.id, before=before, size=size, scalars=False)
    return Page([UnpaidBill(*row) for row in found.rows], found.next_before, found.is_first)
