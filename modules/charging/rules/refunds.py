"""Partial refund: reverse the whole settlement, settle again what stays (冲红重收)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from modules.charging.rules.amounts import line_amount, total_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledLine:
    """One line of a settlement. The price buys `per` units; `amount` is the rounded one on the bill."""

    line_id: int
    unit_price: Decimal
    quantity: Decimal
    amount: Decimal
    per: int = 1


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """The whole old settlement mirrored, and the lines to settle anew."""

    mirrored: tuple[SettledLine, ...]
    kept: tuple[SettledLine, ...]

    @property
    def refund_amount(self) -> Decimal:
        """Yuan by which the new settlement is smaller than the old one."""
        return -total_amount(line.amount for line in (*self.mirrored, *self.kept))


def plan_refund(lines: Sequence[SettledLine], returned: Mapping[int, Decimal]) -> RefundPlan:
    """Return the mirror of a settlement and what stays, given the returned quantity per line id.

    A line returned in part keeps its unit price and is rounded anew. An insurer cancels only whole
    settlements, so every settlement is refunded this way. Source: house rule.

    Raises:
        ValueError: an unknown line, a quantity that is not positive, or more than was charged.
    """
    charged = {line.line_id: line.quantity for line in lines}
    for line_id, quantity in returned.items():
        if not 0 < quantity <= charged.get(line_id, Decimal(0)):
            raise ValueError(f"line {line_id} cannot return {quantity}")
    mirrored = tuple(replace(line, quantity=-line.quantity, amount=-line.amount) for line in lines)
    kept = (_keep(line, returned.get(line.line_id, Decimal(0))) for line in lines)
    return RefundPlan(mirrored, tuple(line for line in kept if line.quantity))


def _keep(line: SettledLine, returned: Decimal) -> SettledLine:
    if not returned:
        return line
    quantity = line.quantity - returned
    return replace(line, quantity=quantity, amount=line_amount(line.unit_price, quantity, per=line.per))
