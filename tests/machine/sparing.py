"""What a centre takes off its prices: rules from a day on, entitlements of patients, sums let off by hand."""

from decimal import Decimal
from random import Random

from machine.centre import Centre

from app import clock
from modules.charging import services as charging
from modules.charging.models import BenefitKind, ChargeStatus
from modules.charging.rules.fee_classes import FeeClass

D = Decimal
CLASSES = (FeeClass.REGISTRATION, FeeClass.CONSULTATION, FeeClass.WESTERN_DRUG)


def reduce(centre: Centre, dice: Random) -> None:
    """A rule begins today, or the last one ends."""
    by = centre.desk["administrator"]
    if centre.rules and dice.random() < 0.5:
        charging.end_reduction_rule(reduction_rule_id=centre.rules.pop(), by=by)
        return
    caps = {"cap_day": D(dice.randint(2, 20))} if dice.random() < 0.5 else {}
    benefit = {"benefit": BenefitKind.MINIMUM_LIVING} if dice.random() < 0.3 else {}
    rule = charging.add_reduction_rule(
        name="优惠",
        place=dice.randint(1, 9),
        fee_classes=dice.sample(CLASSES, dice.randint(0, 2)),
        percent=D(dice.choice((10, 33, 50, 100))),
        valid_from=clock.today(),
        basis="区卫健〔2026〕1号",
        by=by,
        **caps,
        **benefit,
    )
    centre.rules.append(rule.id)


def entitle(centre: Centre, dice: Random) -> None:
    """A patient brings a paper."""
    charging.enter_benefit(
        patient_id=dice.choice(centre.patients),
        kind=BenefitKind.MINIMUM_LIVING,
        evidence="低保证",
        valid_from=clock.today(),
        by=centre.desk["cashier"],
    )


def waive(centre: Centre, bill_id: int, dice: Random) -> None:
    """Part of an unpaid line is let off."""
    unpaid = [charge for charge in centre.view(bill_id).charges if charge.status == ChargeStatus.UNPAID]
    if unpaid:
        charge = dice.choice(unpaid)
        amount = (charge.amount * dice.randint(0, 10) / 10).quantize(D("0.01"))
        charging.waive_charge(
            charge_id=charge.id, amount=amount, reason="家庭困难", by=centre.desk["cashier"]
        )
