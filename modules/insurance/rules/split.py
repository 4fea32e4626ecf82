"""Who pays what of an insured settlement: identities every answer must hold, and an estimate of our own.

Terms and sums: clinic rules C6; worked numbers: G4, G5. The fund's sum never includes the personal account here;
where a region counts it in, `without_account` takes it out first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from app.i18n import N_
from app.money import round_amount

ZERO = Decimal("0.00")
ALL, PART, NONE = "01", "02", "03"  # 甲, 乙, 丙


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSplit:
    """The four parts of a fee line."""

    amount: Decimal
    full_own: Decimal = ZERO
    over_limit: Decimal = ZERO
    first_pay: Decimal = ZERO
    in_scope: Decimal = ZERO

    @property
    def holds(self) -> bool:
        """Whether the parts make up the amount."""
        return self.amount == self.full_own + self.over_limit + self.first_pay + self.in_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """An insured settlement by who pays."""

    total: Decimal = ZERO
    full_own: Decimal = ZERO
    over_limit: Decimal = ZERO
    first_pay: Decimal = ZERO
    in_scope: Decimal = ZERO
    deductible: Decimal = ZERO
    pool: Decimal = ZERO
    civil_servant: Decimal = ZERO
    large: Decimal = ZERO
    serious_illness: Decimal = ZERO
    enterprise: Decimal = ZERO
    medical_aid: Decimal = ZERO
    other: Decimal = ZERO
    fund: Decimal = ZERO
    hospital: Decimal = ZERO
    personal: Decimal = ZERO
    account: Decimal = ZERO
    mutual_aid: Decimal = ZERO
    cash: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an item is paid: its level, the share paid first, the highest price."""

    level: str = NONE
    self_pay: Decimal = ZERO
    ceiling: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """What an insurance pays for a kind of care within a year; parameters of the region, by date."""

    deductible: Decimal
    ratio: Decimal
    cap: Decimal
    aid_ratio: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a person has used this year, and the account's balance."""

    deductible: Decimal = ZERO
    pool: Decimal = ZERO
    balance: Decimal = ZERO


def split_line(*, amount: Decimal, price: Decimal, quantity: Decimal, terms: Terms) -> LineSplit:
    """One fee line: own expense, above the limit, paid first, in scope."""
    if terms.level == NONE:
        return LineSplit(amount=amount, full_own=amount)
    over = ZERO
    if terms.ceiling is not None and price > terms.ceiling:
        over = min(amount, round_amount((price - terms.ceiling) * quantity))
    first = round_amount((amount - over) * terms.self_pay) if terms.level == PART else ZERO
    return LineSplit(amount=amount, over_limit=over, first_pay=first, in_scope=amount - over - first)


def split(
    lines: Iterable[LineSplit], benefit: Benefit, standing: Standing, *, uses_account: bool = True
) -> Split:
    """An estimate of what the insurer will answer; the insurer's word counts."""
    found = list(lines)
    total, scope = _sum(found, "amount"), _sum(found, "in_scope")
    deductible = min(scope, max(ZERO, benefit.deductible - standing.deductible))
    pool = min(round_amount((scope - deductible) * benefit.ratio), max(ZERO, benefit.cap - standing.pool))
    aid = round_amount((scope - pool) * benefit.aid_ratio)
    personal = total - pool - aid
    account = min(standing.balance, personal) if uses_account else ZERO
    return Split(
        total=total,
        full_own=_sum(found, "full_own"),
        over_limit=_sum(found, "over_limit"),
        first_pay=_sum(found, "first_pay"),
        in_scope=scope,
        deductible=deductible,
        pool=pool,
        medical_aid=aid,
        fund=pool + aid,
        personal=personal,
        account=account,
        cash=personal - account,
    )


def _sum(lines: list[LineSplit], name: str) -> Decimal:
    return sum((getattr(line, name) for line in lines), ZERO)


def without_account(found: Split) -> Split:
    """The same where the region counts the personal account into the fund's sum."""
    return replace(found, fund=found.fund - found.account)


def faults_of(found: Split) -> list[str]:
    """Identities of C6 that do not hold, as msgids; none when everything adds up."""
    parts = found.full_own + found.over_limit + found.first_pay + found.in_scope
    layers = (found.pool + found.civil_servant + found.large + found.serious_illness + found.enterprise) + (
        found.medical_aid + found.other
    )
    paid = found.account + found.mutual_aid + found.cash
    checks = (
        (found.total == parts, N_("The total is not own expense + above limit + paid first + in scope.")),
        (found.fund == layers, N_("The fund's sum is not the sum of its layers.")),
        (found.total == found.fund + paid + found.hospital, N_("The total is not what all payers pay.")),
        (found.personal == paid, N_("The personal part is not account + mutual aid + cash.")),
        (min(_amounts(found)) >= 0, N_("An amount is below zero.")),
    )
    return [text for holds, text in checks if not holds]


def _amounts(found: Split) -> list[Decimal]:
    return [getattr(found, name) for name in Split.__dataclass_fields__]
