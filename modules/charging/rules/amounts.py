"""Amounts of lines and bills in yuan."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def line_amount(unit_price: Decimal, quantity: Decimal, *, per: int = 1) -> Decimal:
    """Return price × quantity ÷ per, rounded once, half up, to 0.01 yuan. Source: house rule.

    `per` is how many units the price buys (a box of 24: 24), so a split price is never rounded itself.
    A negative quantity is the exact mirror of the positive one.
    """
    return (unit_price * quantity / per).quantize(_CENT, ROUND_HALF_UP)


def total_amount(line_amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of lines already rounded; a total is never rounded again. Source: house rule."""
    return sum(line_amounts, Decimal("0.00"))
