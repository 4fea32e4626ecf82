"""Where a line of a bill is born, whoever asks for it: its price, and the limits of its item (收费项目限制)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app import clock, ids
from app.db import db
from modules.charging import queries
from modules.charging.errors import LimitAge, LimitDay, LimitDays, LimitSex
from modules.charging.models import Charge, ChargeSource, ItemLimit, PackageVersion
from modules.charging.models.packages import AgeUnit
from modules.charging.queries import Item, Priced
from modules.charging.rules.limits import Asked, Limit, LimitFault, find_fault
from modules.patients import queries as patients

_KNOWN_SEXES = ("1", "2")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line that is wanted on a bill, and the field of the form it came from.

    ``source_id`` is what it was born from; none: the line itself.
    """

    priced: Priced
    quantity: Decimal
    source_kind: ChargeSource
    source_id: int | None = None
    prescription_id: int | None = None
    package: PackageVersion | None = None
    field: str

    @property
    def item(self) -> Item:
        """What is charged."""
        return self.priced.price.item_kind, self.priced.price.item_id


def add_lines(bill_id: int, patient_id: int, lines: Sequence[NewLine]) -> list[Charge]:
    """Put lines on a bill, each at its price in force; limits of their items hold.

    Where an item may be charged only so often, the patient is held until commit: two windows never both add it.

    Raises:
        LimitSex, LimitAge, LimitDay, LimitDays: an item is not for this patient, or not so often.
    """
    _refuse_limited(patient_id, [line for line in lines if line.priced.limit is not None])
    charges = [_born(bill_id, line) for line in lines]
    db.session.add_all(charges)
    db.session.flush()
    return charges


def _refuse_limited(patient_id: int, lines: Sequence[NewLine]) -> None:
    if not lines:
        return
    limits = {line.item: line.priced.limit for line in lines if line.priced.limit is not None}
    since = {
        item: _rule(limit).first_day(clock.today())
        for item, limit in limits.items()
        if limit.most is not None
    }
    patient = patients.hold_person(patient_id) if since else patients.get_patient(patient_id)
    before = queries.charged_since(patient.id, since) if since else {}
    sex = patient.sex.value if patient.sex.value in _KNOWN_SEXES else ""
    months = patients.completed_months(patient.born_on)
    wanted: dict[Item, Decimal] = {}
    for line in lines:
        limit = limits[line.item]
        wanted[line.item] = wanted.get(line.item, Decimal(0)) + line.quantity
        asked = Asked(
            sex=sex, months=months, quantity=wanted[line.item], before=before.get(line.item, Decimal(0))
        )
        if fault := find_fault(_rule(limit), asked):
            _refuse(fault, line, limit, patients.age_text(patient.born_on))


def _rule(limit: ItemLimit) -> Limit:
    return Limit(
        sex=limit.sex.value if limit.sex else "",
        age_from=limit.age_from,
        age_to=limit.age_to,
        in_months=limit.age_unit == AgeUnit.MONTHS,
        most=limit.most,
        days=limit.days,
    )


def _refuse(fault: LimitFault, line: NewLine, limit: ItemLimit, age: str) -> None:
    price = line.priced.price
    if fault == LimitFault.SEX:
        raise LimitSex(field=line.field, item=price.item_name, sex=limit.sex.label if limit.sex else "")
    if fault == LimitFault.AGE:
        raise LimitAge(field=line.field, item=price.item_name, ages=_ages(limit), age=age)
    amount = f"{limit.most} {price.unit}"
    if limit.days == 1:
        raise LimitDay(field=line.field, item=price.item_name, most=amount)
    raise LimitDays(field=line.field, item=price.item_name, most=amount, days=limit.days)


def _ages(limit: ItemLimit) -> str:
    bounds = f"{limit.age_from}–{limit.age_to}"
    if limit.age_to is None:
        bounds = f"≥ {limit.age_from}"
    elif limit.age_from is None:
        bounds = f"≤ {limit.age_to}"
    return f"{bounds} {limit.age_unit.label}"


def _born(bill_id: int, line: NewLine) -> Charge:
    price, line_id = line.priced.price, ids.new_id()
    return Charge(
        id=line_id,
        bill_id=bill_id,
        source_kind=line.source_kind,
        source_id=line_id if line.source_id is None else line.source_id,
        prescription_id=line.prescription_id,
        item_kind=price.item_kind,
        item_id=price.item_id,
        item_code=price.item_code,
        item_name=price.item_name,
        fee_class=price.fee_class,
        unit=price.unit,
        quantity=line.quantity,
        price_amount=price.amount,
        per=price.per,
        price_unit=price.price_unit,
        price_id=price.id,
        amount=price.amount_for(line.quantity),
        package_version_id=line.package.id if line.package else None,
        package_name=line.package.name if line.package else "",
        added_at=clock.now(),
    )


def amount_of(charges: Iterable[Charge]) -> Decimal:
    """The sum of rounded lines."""
    return sum((charge.amount for charge in charges), Decimal("0.00"))
