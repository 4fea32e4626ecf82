"""Reading reductions: the rules in force for a patient, and what was taken off."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app import clock
from app.db import Page, db, lock_row, page_by_key
from app.errors import NotFound
from app.tenancy import setting_of
from modules.charging.models import Benefit, Bill, Charge, Checkout, Reduction, ReductionRule
from modules.charging.models.checkouts import OPEN
from modules.charging.rules import reductions as rules
from modules.patients import queries as patients

_ZERO = Decimal("0.00")


def reductions_of(bill: Bill, charges: Iterable[Charge], *, to_settle: bool = False) -> list[rules.Reduction]:
    """What would be taken off these unpaid lines today. No statement where the centre reduces nothing by rule.

    ``to_settle`` holds the patient until commit where a rule has a cap, so that two bills never use it up twice.
    """
    lines = [
        rules.Line(
            id=charge.id,
            fee_class=charge.fee_class.value,
            item_code=charge.item_code,
            amount=charge.amount,
            waived=charge.waived_amount,
        )
        for charge in charges
    ]
    found: list[rules.Rule] = []
    benefits: list[str] = []
    age = 0
    if lines and setting_of(bill.tenant_id, "reduces_by_rule"):
        found, benefits = _rules_for(bill.patient_id)
        if to_settle and any(rule.cap_left is not None for rule in found):
            patients.hold_patient(bill.patient_id)
            found, benefits = _rules_for(bill.patient_id)
        if found:
            age = _age_on(patients.get_patient(bill.patient_id).born_on, clock.today())
    return rules.reduce_lines(lines, found, age=age, benefits=benefits)


def _rules_for(patient_id: int) -> tuple[list[rules.Rule], list[str]]:
    """The rules in force today with what their caps leave, and what the patient is entitled to. One statement.

    What a settlement on its way takes off uses a cap up as well; it is free again when that is given up. Files that
    were merged into the patient's count as theirs.
    """
    today, files = clock.today(), patients.files_of(patient_id)
    used = (
        select(
            Reduction.rule_id.label("rule_id"),
            func.sum(case((Reduction.on == today, Reduction.amount), else_=_ZERO)).label("today"),
            func.sum(Reduction.amount).label("year"),
        )
        .outerjoin(Checkout, Checkout.id == Reduction.checkout_id)
        .where(
            Reduction.patient_id.in_(files),
            or_(Reduction.settlement_id.is_not(None), Checkout.state.in_(OPEN)),
            Reduction.on >= date(today.year, 1, 1),
        )
        .group_by(Reduction.rule_id)
        .subquery()
    )
    entitled = and_(
        Benefit.patient_id.in_(files), Benefit.kind == ReductionRule.benefit, *_in_force(Benefit, today)
    )
    rows = db.session.execute(
        select(ReductionRule, Benefit.id, used.c.today, used.c.year)
        .select_from(ReductionRule)
        .outerjoin(Benefit, entitled)
        .outerjoin(used, used.c.rule_id == ReductionRule.id)
        .where(*_in_force(ReductionRule, today))
        .order_by(ReductionRule.place, ReductionRule.id)
    ).all()
    found = {row[0].id: _rule(row[0], row[2] or _ZERO, row[3] or _ZERO) for row in rows}
    benefits = {row[0].benefit.value for row in rows if row[0].benefit and row[1] is not None}
    return list(found.values()), sorted(benefits)


def _rule(row: ReductionRule, today: Decimal, year: Decimal) -> rules.Rule:
    caps = [
        max(cap - used, _ZERO)
        for cap, used in ((row.cap_day, today), (row.cap_year, year))
        if cap is not None
    ]
    return rules.Rule(
        id=row.id,
        name=row.name,
        place=row.place,
        benefit=row.benefit.value if row.benefit else "",
        age_from=row.age_from,
        age_to=row.age_to,
        fee_classes=frozenset(row.fee_classes),
        item_codes=frozenset(row.item_codes),
        percent=row.percent,
        amount=row.amount,
        cap_left=min(caps, default=None),
    )


def _in_force(
    table: type[ReductionRule] | type[Benefit], on: date
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.valid_from <= on, or_(table.valid_to.is_(None), table.valid_to >= on)


def _age_on(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def settled_reductions(settlement_id: int) -> list[rules.Reduction]:
    """What was taken off the lines of a settlement. One statement."""
    return _as_rules(Reduction.settlement_id == settlement_id)


def held_reductions(checkout_id: int) -> list[rules.Reduction]:
    """What is taken off the lines of a settlement on its way. One statement."""
    return _as_rules(Reduction.checkout_id == checkout_id)


def _as_rules(where: ColumnElement[bool]) -> list[rules.Reduction]:
    rows = db.session.scalars(select(Reduction).where(where).order_by(Reduction.id))
    return [
        rules.Reduction(
            line_id=row.charge_id, rule_id=row.rule_id, name=row.rule_name, amount=row.amount, on=row.on
        )
        for row in rows
    ]


def reductions_by_line(found: Sequence[rules.Reduction]) -> dict[int, list[rules.Reduction]]:
    """Charge → what is taken off it."""
    by_line: dict[int, list[rules.Reduction]] = {}
    for reduction in found:
        by_line.setdefault(reduction.line_id, []).append(reduction)
    return by_line


def list_reduction_rules(*, before: int | None = None, size: int = 50) -> Page[ReductionRule]:
    """The centre's rules, the newest first; those that have ended too."""
    return page_by_key(select(ReductionRule), ReductionRule.id, before=before, size=size)


def lock_reduction_rule(reduction_rule_id: int) -> ReductionRule:
    """The rule, held until commit, or NotFound."""
    found = lock_row(ReductionRule, reduction_rule_id)
    if found is None:
        raise NotFound(field="reduction_rule_id")
    return found


def benefits_of(patient_id: int, *, size: int = 50) -> list[Benefit]:
    """What a patient is or was entitled to, the newest first; what merged files hold too."""
    files = patients.files_of(patient_id)
    statement = select(Benefit).where(Benefit.patient_id.in_(files)).order_by(Benefit.id.desc()).limit(size)
    return list(db.session.scalars(statement))


def lock_benefit(benefit_id: int) -> Benefit:
    """The entitlement, held until commit, or NotFound."""
    found = lock_row(Benefit, benefit_id)
    if found is None:
        raise NotFound(field="benefit_id")
    return found


def reduced_in_books() -> Decimal:
    """What was taken off in all settlements, mirrors taken away. One statement."""
    found = db.session.scalar(select(func.sum(Reduction.amount)).where(Reduction.settlement_id.is_not(None)))
    return found or _ZERO
