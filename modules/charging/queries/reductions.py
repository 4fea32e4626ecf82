"""Reading reductions: the rules in force for a patient, and what was taken off."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select, true

from app import clock
from app.db import Page, db, lock_row, locking, locking_for_turn, page_by_key
from app.errors import NotFound
from app.tenancy import setting_of
from modules.charging.models import Benefit, Bill, Charge, ChargeStatus, Checkout, Reduction, ReductionRule
from modules.charging.models.checkouts import OPEN
from modules.charging.rules import reductions as rules
from modules.patients import queries as patients

_ZERO = Decimal("0.00")


def reductions_of(bill: Bill, charges: Sequence[Charge]) -> list[rules.Reduction]:
    """What would be taken off these unpaid lines today. No statement where the centre reduces nothing by rule."""
    if not charges or not setting_of(bill.tenant_id, "reduces_by_rule"):
        return rules.reduce_lines(map(_line, charges), [], age=0, benefits=[])
    found, benefits = _rules_for(bill.patient_id)
    age = patients.completed_years(patients.get_patient(bill.patient_id).born_on) if found else 0
    return rules.reduce_lines(map(_line, charges), found, age=age, benefits=benefits)


def lock_to_settle(bill_id: int, *, by_rule: bool) -> tuple[Bill, list[Charge], list[rules.Reduction]]:
    """A bill held until commit, its unpaid lines, and what is taken off them today. Two statements.

    Where the centre reduces ``by_rule`` the patient is held with the bill, so that two bills never use up the same
    cap: what is used of caps is read afterwards, beside the lines.

    Raises:
        NotFound: no such bill here.
    """
    if by_rule:
        bill, born_on, found, benefits = _lock_with_rules(bill_id)
    else:
        bill, born_on, found, benefits = lock_row(Bill, bill_id), None, [], set()
    if bill is None:
        raise NotFound(field="bill_id")
    unpaid = (Charge.bill_id == bill_id, Charge.status == ChargeStatus.UNPAID)
    used: dict[int, tuple[Decimal, Decimal]] = {}
    if any(rule.cap_day is not None or rule.cap_year is not None for rule in found):
        taken = _used(patients.files_of(bill.patient_id))
        statement = select(Charge, *taken.c).outerjoin(taken, true()).where(*unpaid).order_by(Charge.id)
        rows = db.session.execute(statement.execution_options(populate_existing=True)).all()
        charges = list({row[0].id: row[0] for row in rows}.values())
        used = {row.rule_id: (row.today, row.year) for row in rows if row.rule_id is not None}
    else:
        charges = list(db.session.scalars(select(Charge).where(*unpaid).order_by(Charge.id)))
    in_force = [_rule(rule, *used.get(rule.id, (_ZERO, _ZERO))) for rule in found]
    age = patients.completed_years(born_on) if born_on else 0
    return bill, charges, rules.reduce_lines(map(_line, charges), in_force, age=age, benefits=benefits)


def _lock_with_rules(bill_id: int) -> tuple[Bill | None, date | None, list[ReductionRule], set[str]]:
    """The bill and its patient held, the day of birth, the rules in force, and what entitles the patient."""
    today = clock.today()
    whose = select(Bill.patient_id).where(Bill.id == bill_id).correlate(None).scalar_subquery()
    statement = (
        select(Bill, patients.Patient.born_on, ReductionRule, Benefit.id)
        .join(patients.Patient, patients.Patient.id == Bill.patient_id)
        .outerjoin(ReductionRule, and_(*_in_force(ReductionRule, today)))
        .outerjoin(Benefit, _entitles(patients.files_of(whose), today))
        .where(Bill.id == bill_id)
        .order_by(ReductionRule.place, ReductionRule.id)
    )
    held = locking_for_turn(statement, Bill, patients.Patient)
    rows: Sequence[Any] = db.session.execute(held).all()  # rules and entitlements may be missing
    if not rows:
        return None, None, [], set()
    found = {row[2].id: row[2] for row in rows if row[2] is not None}
    benefits = {row[2].benefit.value for row in rows if row[3] is not None}
    return rows[0][0], rows[0][1], list(found.values()), benefits


def _line(charge: Charge) -> rules.Line:
    return rules.Line(
        id=charge.id,
        fee_class=charge.fee_class.value,
        item_code=charge.item_code,
        amount=charge.amount,
        waived=charge.waived_amount,
    )


def _used(files: Select[int]) -> Subquery:
    """What a patient has used of each rule's caps, today and this year.

    What a settlement on its way takes off uses a cap up as well; it is free again when that is given up. Files that
    were merged into the patient's count as theirs.
    """
    today = clock.today()
    return (
        select(
            Reduction.rule_id.label("rule_id"),
            func.sum(case((Reduction.on == today, Reduction.amount), else_=_ZERO)).label("today"),
            func.sum(Reduction.amount).label("year"),
        )
        .outerjoin(Checkout, Checkout.id == Reduction.checkout_id)
        .where(
            Reduction.rule_id.is_not(None),
            Reduction.patient_id.in_(files),
            or_(Reduction.settlement_id.is_not(None), Checkout.state.in_(OPEN)),
            Reduction.on >= date(today.year, 1, 1),
        )
        .group_by(Reduction.rule_id)
        .subquery()
    )


def _entitles(files: Select[int], day: date) -> ColumnElement[bool]:
    return and_(
        Benefit.patient_id.in_(files), Benefit.kind == ReductionRule.benefit, *_in_force(Benefit, day)
    )


def _rules_for(patient_id: int) -> tuple[list[rules.Rule], list[str]]:
    """The rules in force today with what their caps leave, and what the patient is entitled to. One statement."""
    today, files = clock.today(), patients.files_of(patient_id)
    used = _used(files)
    rows = db.session.execute(
        select(ReductionRule, Benefit.id, used.c.today, used.c.year)
        .select_from(ReductionRule)
        .outerjoin(Benefit, _entitles(files, today))
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


def settled_reductions(settlement_id: int) -> list[rules.Reduction]:
    """What was taken off the lines of a settlement. One statement."""
    where = Reduction.settlement_id == settlement_id
    return as_rules(db.session.scalars(select(Reduction).where(where).order_by(Reduction.id)))


def as_rules(rows: Iterable[Reduction]) -> list[rules.Reduction]:
    """What rows say was taken off."""
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


def lock_benefit(benefit_id: int, patient_id: int) -> Benefit:
    """The entitlement of a patient, held until commit, or NotFound; what merged files hold too."""
    is_theirs = Benefit.patient_id.in_(patients.files_of(patient_id))
    found = db.session.scalar(locking(select(Benefit).where(Benefit.id == benefit_id, is_theirs), Benefit))
    if found is None:
        raise NotFound(field="benefit_id")
    return found


def reduced_in_books() -> Decimal:
    """What was taken off in all settlements, mirrors taken away. One statement."""
    found = db.session.scalar(select(func.sum(Reduction.amount)).where(Reduction.settlement_id.is_not(None)))
    return found or _ZERO
