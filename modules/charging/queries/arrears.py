"""What patients owe: lines that were carried out and never paid (欠费), less what was let off them by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from app import clock
from app.db import Page, db, page_by_key
from app.i18n import N_
from modules.charging.models import DUE, LEFT_TO_PAY, Bill, Charge
from modules.patients import queries as patients

# Ages of a debt: from so many days to less than so many.
AGES: dict[str, tuple[str, int, int | None]] = {
    "week": (N_("Up to 7 days"), 0, 8),
    "month": (N_("8 to 30 days"), 8, 31),
    "quarter": (N_("31 to 90 days"), 31, 91),
    "older": (N_("More than 90 days"), 91, None),
}
_OWED = (Charge.status.in_(DUE), Charge.executed_quantity > 0)


@dataclass(frozen=True, slots=True)
class Debt:
    """A bill of an earlier day with what was carried out on it and not paid."""

    bill_id: int
    visit_number: str
    patient_id: int
    on: date
    amount: Decimal
    age: int  # days


def list_arrears(
    *,
    age: str = "",
    patient_ids: Iterable[int] | None = None,
    before: int | None = None,
    size: int = 40,
) -> Page[Debt]:
    """Bills of earlier days that are owed, the latest first. One statement."""
    statement: Any = (
        select(Bill.id, Bill.visit_number, Bill.patient_id, Bill.on, func.sum(LEFT_TO_PAY))
        .join(Charge, Charge.bill_id == Bill.id)
        .where(*_OWED, Bill.on < clock.today())
        .group_by(Bill.id, Bill.visit_number, Bill.patient_id, Bill.on)
    )
    if age in AGES:
        statement = statement.where(*_of_age(age))
    if patient_ids is not None:
        statement = statement.where(Bill.patient_id.in_(sorted(set(patient_ids))))
    page: Page[Any] = page_by_key(statement, Bill.id, before=before, size=size, scalars=False)
    today = clock.today()
    debts = [Debt(row[0], row[1], row[2], row[3], row[4], (today - row[3]).days) for row in page.rows]
    return Page(debts, page.next_before, page.is_first)


def arrears_by_age() -> dict[str, Decimal]:
    """What is owed from earlier days, by age. One statement."""
    nothing = Decimal("0.00")
    sums = [
        func.sum(case((_all(_of_age(age)), LEFT_TO_PAY), else_=nothing)).label(f"of_{age}") for age in AGES
    ]
    row = db.session.execute(
        select(*sums)
        .select_from(Charge)
        .join(Bill, Bill.id == Charge.bill_id)
        .where(*_OWED, Bill.on < clock.today())
    ).one()
    return {age: row[place] or nothing for place, age in enumerate(AGES)}


def owed_by(patient_id: int) -> tuple[Decimal, date | None]:
    """What a patient owes from any visit, today's and those of merged files too, and since which day. One statement."""
    amount, since = db.session.execute(
        select(func.sum(LEFT_TO_PAY), func.min(Bill.on))
        .join(Bill, Bill.id == Charge.bill_id)
        .where(*_OWED, Bill.patient_id.in_(patients.files_of(patient_id)))
    ).one()
    return amount or Decimal("0.00"), since


def _of_age(age: str) -> tuple[ColumnElement[bool], ...]:
    _, least, below = AGES[age]
    today = clock.today()
    young = Bill.on <= today - timedelta(days=least)
    return (young,) if below is None else (young, Bill.on > today - timedelta(days=below))


def _all(conditions: tuple[ColumnElement[bool], ...]) -> ColumnElement[bool]:
    first, *others = conditions
    for other in others:
        first &= other
    return first
