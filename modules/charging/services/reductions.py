"""The centre's rules of reduction, patients' entitlements, waivers by hand, and what a settlement takes off."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from app import audit, clock
from app.accounts.services import SecondPerson, proves_second
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.money import Amount, format_amount
from app.tenancy import setting_of
from app.use_cases import Secret, use_case
from modules.charging import queries
from modules.charging.errors import (
    BenefitOverlaps,
    ChargeNotWaivable,
    ItemsUnknown,
    ReductionAgesWrong,
    ReductionEmpty,
    ReductionPeriodWrong,
    WaiverNeedsSecond,
    WaiverTooLarge,
)
from modules.charging.models import (
    Benefit,
    BenefitKind,
    Charge,
    ChargeStatus,
    Reduction,
    ReductionRule,
    Waiver,
)
from modules.charging.rules import reductions as rules
from modules.charging.rules.fee_classes import FeeClass
from modules.patients import queries as patients

APPROVE = "charging.waiver.approve"
SecondName = Annotated[str, Field(max_length=100)]
SecondPassword = Annotated[str, StringConstraints(strip_whitespace=False, max_length=128), Secret()]
Age = Annotated[int, Field(ge=0, le=150)]
Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]


@use_case("charging.reduction.manage")
def add_reduction_rule(
    *,
    name: Annotated[str, Field(min_length=2, max_length=60)],
    place: Annotated[int, Field(ge=1, le=999)] = 100,
    benefit: BenefitKind | None = None,
    age_from: Age | None = None,
    age_to: Age | None = None,
    fee_classes: Annotated[list[FeeClass], Field(max_length=20)] = [],  # noqa: B006  never changed
    item_codes: Annotated[str, Field(max_length=400)] = "",
    percent: Percent = Decimal(0),
    amount: Amount = Decimal("0.00"),
    cap_day: Amount | None = None,
    cap_year: Amount | None = None,
    valid_from: date,
    valid_to: date | None = None,
    basis: Annotated[str, Field(min_length=2, max_length=200)],
    by: Actor,
) -> ReductionRule:
    """Have the centre reduce charges from a day on; ``item_codes`` are separated by spaces or commas.

    Raises:
        ReductionEmpty: it takes nothing off.
        ReductionPeriodWrong: it would end before it begins, or has begun before today.
        ReductionAgesWrong: the first age is above the last.
        ItemsUnknown: no item of the price list has one of the codes.
    """
    if not percent and not amount:
        raise ReductionEmpty(field="percent")
    if valid_from < clock.today() or (valid_to is not None and valid_to < valid_from):
        raise ReductionPeriodWrong(field="valid_from")
    if age_from is not None and age_to is not None and age_from > age_to:
        raise ReductionAgesWrong(field="age_to")
    codes = item_codes.upper().replace(",", " ").replace("，", " ").split()
    if unknown := queries.unknown_codes(codes) if codes else []:
        raise ItemsUnknown(field="item_codes", codes=" ".join(unknown))
    rule = ReductionRule(
        name=name,
        place=place,
        benefit=benefit,
        age_from=age_from,
        age_to=age_to,
        fee_classes=[fee_class.value for fee_class in fee_classes],
        item_codes=codes,
        percent=percent,
        amount=amount,
        cap_day=cap_day,
        cap_year=cap_year,
        valid_from=valid_from,
        valid_to=valid_to,
        basis=basis,
        set_by=by.name,
    )
    db.session.add(rule)
    db.session.flush()
    audit.record("reduction.rule_added", rule, by=by, name=name, percent=percent, amount=amount, basis=basis)
    return rule


@use_case("charging.reduction.manage")
def end_reduction_rule(*, reduction_rule_id: int, by: Actor) -> ReductionRule:
    """Let a rule end with yesterday; what was settled by it stays. One that has not begun never begins.

    Raises:
        NotFound: no such rule here.
    """
    rule = queries.lock_reduction_rule(reduction_rule_id)
    last = clock.today() - timedelta(days=1)
    if rule.valid_to is None or rule.valid_to > last:
        rule.valid_to = last
        db.session.flush()
        audit.record("reduction.rule_ended", rule, by=by, name=rule.name)
    return rule


@use_case("charging.benefit.enter")
def enter_benefit(
    *,
    patient_id: int,
    kind: BenefitKind,
    evidence: Annotated[str, Field(min_length=2, max_length=100)],
    valid_from: date,
    valid_to: date | None = None,
    by: Actor,
) -> Benefit:
    """Note what a patient is entitled to, from a day to a day, and by which paper.

    Raises:
        NotFound: no such patient here.
        ReductionPeriodWrong: it would end before it begins.
        BenefitOverlaps: the same is noted for these days already.
    """
    patient = patients.get_patient(patient_id)
    if valid_to is not None and valid_to < valid_from:
        raise ReductionPeriodWrong(field="valid_to")
    for known in queries.benefits_of(patient.id):
        is_before = known.valid_to is not None and known.valid_to < valid_from
        is_after = valid_to is not None and known.valid_from > valid_to
        if known.kind == kind and not is_before and not is_after:
            raise BenefitOverlaps(field="kind", kind=kind.label)
    benefit = Benefit(
        patient_id=patient.id,
        kind=kind,
        evidence=evidence,
        valid_from=valid_from,
        valid_to=valid_to,
        entered_by=by.name,
        entered_at=clock.now(),
    )
    db.session.add(benefit)
    db.session.flush()
    audit.record("benefit.entered", benefit, by=by, kind=kind.value)
    return benefit


@use_case("charging.benefit.enter")
def end_benefit(*, patient_id: int, benefit_id: int, by: Actor) -> Benefit:
    """Let an entitlement of a patient end with yesterday.

    Raises:
        NotFound: no such entitlement of the patient here.
    """
    benefit = queries.lock_benefit(benefit_id, patient_id)
    last = clock.today() - timedelta(days=1)
    if benefit.valid_to is None or benefit.valid_to > last:
        benefit.valid_to = last
        db.session.flush()
        audit.record("benefit.ended", benefit, by=by, kind=benefit.kind.value)
    return benefit


@use_case("charging.charge.waive", prepare=proves_second(APPROVE))
def waive_charge(
    *,
    charge_id: int,
    amount: Amount,
    reason: Annotated[str, Field(min_length=2, max_length=200)],
    second_name: SecondName = "",
    second_password: SecondPassword = "",
    by: Actor,
) -> Waiver:
    """Let a sum off an unpaid line by hand (减免), in all: said again it replaces what was said before.

    Above the centre's limit for a bill two people agree.

    Raises:
        NotFound: no such line here.
        ChargeNotWaivable: it is paid, voided or being settled.
        WaiverTooLarge: more than the line.
        WaiverNeedsSecond: above the limit, and nobody else has agreed.
        SecondPersonRefused, SecondPersonSame: the second person does not count.
    """
    charge = db.session.get(Charge, charge_id)
    if charge is None:
        raise NotFound(field="charge_id")
    bill = queries.lock_bill(charge.bill_id)
    db.session.refresh(charge)
    if charge.status != ChargeStatus.UNPAID:
        raise ChargeNotWaivable
    if amount > charge.amount:
        raise WaiverTooLarge(field="amount", most=format_amount(charge.amount))
    second = second_name if isinstance(second_name, SecondPerson) else ""
    limit = Decimal(int(setting_of(by.tenant_id, "waiver_limit")))
    if _waived_on(bill.id, charge) + amount > limit and not second:
        raise WaiverNeedsSecond(field="second_name", limit=format_amount(limit))
    waiver = Waiver(
        charge_id=charge.id,
        amount=amount,
        reason=reason,
        by_account_id=by.account_id,
        by_name=by.name,
        second_name=second,
        at=clock.now(),
    )
    charge.waived_amount = amount
    db.session.add(waiver)
    db.session.flush()
    audit.record(
        "charge.waived", waiver, by=by, item=charge.item_code, amount=amount, reason=reason, second=second
    )
    return waiver


def _waived_on(bill_id: int, charge: Charge) -> Decimal:
    """What was let off the other lines of a bill: the limit is one of the bill, not of each line."""
    lines = queries.charges_of(bill_id)
    others = (line for line in lines if line.id != charge.id and line.status != ChargeStatus.VOIDED)
    return sum((line.waived_amount for line in others), Decimal("0.00"))


def store_reductions(
    found: Iterable[rules.Reduction],
    *,
    patient_id: int,
    settlement_id: int | None = None,
    checkout_id: int | None = None,
    sign: int = 1,
) -> None:
    """Write down what is taken off the lines of a settlement, or of one on its way."""
    rows = [
        Reduction(
            settlement_id=settlement_id,
            checkout_id=checkout_id,
            charge_id=reduction.line_id,
            rule_id=reduction.rule_id,
            rule_name=reduction.name,
            patient_id=patient_id,
            on=reduction.on or clock.today(),
            amount=sign * reduction.amount,
        )
        for reduction in found
    ]
    if rows:
        db.session.add_all(rows)
        db.session.flush()
