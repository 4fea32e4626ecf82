"""Amounts of lines and bills in yuan, and the rounding of cash."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
_JIAO = Decimal("0.1")


def line_amount(unit_price: Decimal, quantity: Decimal, *, per: int = 1) -> Decimal:
    """Return price × quantity ÷ per, rounded once, half up, to 0.01 yuan. Source: house rule.

    `per` is how many units the price buys (a box of 24: 24), so a split price is never rounded itself.
    A negative quantity is the exact mirror of the positive one.
    """
    return (unit_price * quantity / per).quantize(_CENT, ROUND_HALF_UP)


def total_amount(line_amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of lines already rounded; a total is never rounded again. Source: house rule."""
    return sum(line_amounts, Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class CashRounding:
    """What cash pays, in whole jiao (0.1 yuan), and the difference to show as a line of its own."""

    payable: Decimal
    difference: Decimal


def round_cash(due: Decimal, *, to_jiao: bool = True) -> CashRounding:
    """Round the cash part of a bill half up to 0.1 yuan; electronic parts are never rounded (house rule).

    due + difference = payable. `to_jiao` is the tenant's parameter; without it nothing is rounded.
    """
    payable = due.quantize(_JIAO, ROUND_HALF_UP).quantize(_CENT) if to_jiao else due
    return CashRounding(payable, payable - due)
