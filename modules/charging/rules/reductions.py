"""Discounts and exemptions by rule (优惠减免): which rule reduces which line, by how much. No database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

_ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that is in force: whom it helps, on which lines, how much. Empty conditions hold for everybody.

    ``cap_left`` is what its caps of the day and of the year still allow this patient; None: no cap.
    """

    id: int
    name: str
    place: int  # in which order rules are tried
    benefit: str = ""
    age_from: int | None = None
    age_to: int | None = None
    fee_classes: frozenset[str] = frozenset()
    item_codes: frozenset[str] = frozenset()
    percent: Decimal = _ZERO
    amount: Decimal = _ZERO
    cap_left: Decimal | None = None

    def helps(self, *, age: int, benefits: Iterable[str]) -> bool:
        """Whether it is for somebody of this age with these entitlements."""
        if self.age_from is not None and age < self.age_from:
            return False
        if self.age_to is not None and age > self.age_to:
            return False
        return not self.benefit or self.benefit in benefits

    def covers(self, line: "Line") -> bool:
        """Whether it is for this line; named items and fee classes are both ways of saying so."""
        if not self.fee_classes and not self.item_codes:
            return True
        return line.fee_class in self.fee_classes or line.item_code in self.item_codes

    def off(self, amount: Decimal) -> Decimal:
        """What it takes off a line, rounded once, half up, never more than the line."""
        share = (amount * self.percent / _HUNDRED).quantize(_CENT, ROUND_HALF_UP)
        return min(amount, share + self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a bill; `waived` is what was let off by hand."""

    id: int
    fee_class: str
    item_code: str
    amount: Decimal
    waived: Decimal = _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """What is taken off a line, and by which rule; none: by hand.

    ``on`` is the day whose caps it uses up, once it is written down.
    """

    line_id: int
    rule_id: int | None
    name: str
    amount: Decimal
    on: date | None = None


def reduce_lines(
    lines: Iterable[Line], rules: Iterable[Rule], *, age: int, benefits: Iterable[str]
) -> list[Reduction]:
    """Return what is taken off each line: by the first rule that still has something to give, then by hand.

    Rules do not stack on a line. A rule's cap is used up line by line, in the order of the bill. Source: house rule.
    """
    entitled = set(benefits)
    fitting = sorted((rule for rule in rules if rule.helps(age=age, benefits=entitled)), key=_order)
    left = {rule.id: rule.cap_left for rule in fitting}
    found: list[Reduction] = []
    for line in lines:
        taken = _ZERO
        for rule in fitting:
            cap = left[rule.id]
            off = rule.off(line.amount) if rule.covers(line) else _ZERO
            off = off if cap is None else min(off, cap)
            if off > 0:
                found.append(Reduction(line_id=line.id, rule_id=rule.id, name=rule.name, amount=off))
                left[rule.id] = None if cap is None else cap - off
                taken = off
                break
        if by_hand := min(line.waived, line.amount - taken):
            found.append(Reduction(line_id=line.id, rule_id=None, name="", amount=by_hand))
    return found


def keep_reductions(
    reductions: Iterable[Reduction], amounts: Mapping[int, tuple[Decimal, Decimal]]
) -> list[Reduction]:
    """Return what stays taken off after a refund; `amounts` is each line's amount as settled and as kept.

    The share of what is kept, rounded once a line; the last reduction of a line takes what rounding leaves.
    """
    by_line: dict[int, list[Reduction]] = {}
    for reduction in reductions:
        by_line.setdefault(reduction.line_id, []).append(reduction)
    kept: list[Reduction] = []
    for line_id, members in by_line.items():
        was, stays = amounts.get(line_id, (_ZERO, _ZERO))
        whole = total_of(members)
        left = share_of(whole, stays, was)
        for place, member in enumerate(members, start=1):
            is_last = place == len(members)
            share = (
                left if is_last else min(left, (left * member.amount / whole).quantize(_CENT, ROUND_HALF_UP))
            )
            left -= share
            if share:
                kept.append(replace(member, amount=share))
    return kept


def share_of(whole: Decimal, stays: Decimal, was: Decimal) -> Decimal:
    """What of a reduction stays with the part of a line that stays, rounded once, half up. Source: house rule."""
    return (whole * stays / was).quantize(_CENT, ROUND_HALF_UP) if was else _ZERO


def trim(reductions: Sequence[Reduction], most: Decimal) -> list[Reduction]:
    """Return the reductions as far as there is something to take them off: the last ones are cut."""
    found: list[Reduction] = []
    for reduction in reductions:
        part = min(reduction.amount, most)
        most -= part
        if part:
            found.append(replace(reduction, amount=part))
    return found


def total_of(reductions: Iterable[Reduction]) -> Decimal:
    """Yuan taken off in all."""
    return sum((reduction.amount for reduction in reductions), _ZERO)


def _order(rule: Rule) -> tuple[int, int]:
    return rule.place, rule.id
