"""Income and refunds from the sums, and the receipts behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select

from app.db import db
from modules.charging import queries as charging
from modules.charging.queries import Settlement
from modules.reports.models import MoneySum, Side
from modules.reports.queries.entries import MoneyEntry, money_entries
from modules.reports.queries.reach import Reach, over, reading

ZERO = Decimal("0.00")
CHARGE = charging.SettlementKind.CHARGE.value
INSURED = tuple(method.value for method in charging.INSURED)


class By(StrEnum):
    """What income is taken apart by."""

    FEE_CLASS = "fee_class"
    DOCTOR = "doctor"
    DEPARTMENT = "department"
    TENDER = "tender"
    INSURER = "insurer"
    CENTRE = "centre"

    @property
    def side(self) -> Side:
        """Which of the two partitions of a settlement it needs."""
        return Side.TENDER if self in (By.TENDER, By.INSURER) else Side.FEE


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyFilter:
    """Which sums are meant. An empty ``key`` of an insurer is what no insurer paid; None: all keys."""

    begins_on: date
    ends_on: date
    by: By
    key: str | None = None
    departments: frozenset[int] | None = None
    only_back: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What came in, and what went back (positive)."""

    taken: Decimal = ZERO
    back: Decimal = ZERO
    entries: int = 0

    @property
    def net(self) -> Decimal:
        """What stays."""
        return self.taken - self.back

    def plus(self, kind: str, amount: Decimal, entries: int) -> "Taken":
        """With the settlements of one kind."""
        if kind == CHARGE:
            return Taken(self.taken + amount, self.back, self.entries + entries)
        return Taken(self.taken, self.back - amount, self.entries + entries)


def takings(reach: Reach, chosen: MoneyFilter) -> dict[str, Taken]:
    """Key → what came in and went back. One statement for each partition."""
    found: dict[str, Taken] = {}
    for tenant_id, code, scheme, person, kind, amount, entries in over(reach, lambda: _sums(chosen)):
        key = _key(chosen.by, tenant_id, code, scheme, person)
        found[key] = found.get(key, Taken()).plus(kind, amount, entries)
    return found


def takings_by_day(reach: Reach, chosen: MoneyFilter) -> dict[date, Taken]:
    """Day → what came in and went back. One statement for each partition."""

    def read() -> Sequence[tuple[Any, ...]]:
        statement = (
            select(
                MoneySum.tenant_id,
                MoneySum.on,
                MoneySum.kind,
                func.sum(MoneySum.amount),
                func.sum(MoneySum.entries),
            )
            .where(*_conditions(chosen))
            .group_by(MoneySum.tenant_id, MoneySum.on, MoneySum.kind)
        )
        return [tuple(row) for row in db.session.execute(statement)]

    found: dict[date, Taken] = {}
    for _, on, kind, amount, entries in over(reach, read):
        found[on] = found.get(on, Taken()).plus(kind, amount, entries)
    return found


def _sums(chosen: MoneyFilter) -> Sequence[tuple[Any, ...]]:
    person = {By.DOCTOR: MoneySum.practitioner_id, By.DEPARTMENT: MoneySum.department_id}.get(chosen.by)
    named = chosen.by in (By.FEE_CLASS, By.TENDER, By.INSURER)
    columns = [MoneySum.tenant_id, MoneySum.kind]
    columns += [MoneySum.code, MoneySum.scheme] if named else []
    columns += [person] if person is not None else []
    statement = (
        select(
            MoneySum.tenant_id,
            MoneySum.code if named else literal(""),
            MoneySum.scheme if named else literal(""),
            person if person is not None else literal(0),
            MoneySum.kind,
            func.sum(MoneySum.amount),
            func.sum(MoneySum.entries),
        )
        .where(*_conditions(chosen))
        .group_by(*columns)
    )
    return [tuple(row) for row in db.session.execute(statement)]


def _key(by: By, tenant_id: int, code: str, scheme: str, person: int) -> str:
    if by is By.CENTRE:
        return str(tenant_id)
    if by in (By.DOCTOR, By.DEPARTMENT):
        return str(person)
    return _scheme(code, scheme) if by is By.INSURER else code


def _scheme(code: str, scheme: str) -> str:
    return (scheme or "?") if code in INSURED else ""


def _conditions(chosen: MoneyFilter) -> list[ColumnElement[bool]]:
    found = [
        MoneySum.on >= chosen.begins_on,
        MoneySum.on <= chosen.ends_on,
        MoneySum.side == chosen.by.side,
    ]
    if chosen.departments is not None:
        found.append(MoneySum.department_id.in_(sorted(chosen.departments)))
    if chosen.only_back:
        found.append(MoneySum.kind != CHARGE)
    if chosen.key is not None:
        found.append(_is_key(chosen.by, chosen.key))
    return found


def _is_key(by: By, key: str) -> ColumnElement[bool]:
    if by in (By.DOCTOR, By.DEPARTMENT):
        column = MoneySum.practitioner_id if by is By.DOCTOR else MoneySum.department_id
        return column == (int(key) if key.isdecimal() else -1)
    if by is By.INSURER:
        scheme = "" if key == "?" else key
        return (
            and_(MoneySum.code.in_(INSURED), MoneySum.scheme == scheme)
            if key
            else MoneySum.code.not_in(INSURED)
        )
    return MoneySum.code == key


@dataclass(frozen=True, slots=True)
class Receipt:
    """A settlement, and how much of it belongs to what was asked for."""

    settlement: Settlement
    amount: Decimal


def receipts_of(tenant_id: int, on: date, chosen: MoneyFilter) -> list[Receipt]:
    """The settlements of one day behind a figure, the latest first. Seven statements."""
    with reading(tenant_id):
        amounts: dict[int, Decimal] = {}
        for entry in money_entries(on):
            if _belongs(entry, chosen):
                amounts[entry.settlement_id] = amounts.get(entry.settlement_id, ZERO) + entry.amount
        found = charging.settlements_by_id(amounts)
        return [Receipt(row, amounts[row.id]) for row in sorted(found, key=lambda row: -row.id)]


def _belongs(entry: MoneyEntry, chosen: MoneyFilter) -> bool:
    if entry.side is not chosen.by.side or (chosen.only_back and entry.kind == CHARGE):
        return False
    if chosen.departments is not None and entry.department_id not in chosen.departments:
        return False
    if chosen.key is None or chosen.by is By.CENTRE:
        return True
    if chosen.by is By.DOCTOR:
        return str(entry.practitioner_id) == chosen.key
    if chosen.by is By.DEPARTMENT:
        return str(entry.department_id) == chosen.key
    if chosen.by is By.INSURER:
        return _scheme(entry.code, entry.scheme) == chosen.key
    return entry.code == chosen.key
