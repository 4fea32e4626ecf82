"""Figures of the pharmacy that are reckoned from sums."""

from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Per cent with one decimal; None where there is no whole."""
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(_TENTH, ROUND_HALF_UP)


def turnover_days(opening: Decimal, closing: Decimal, used: Decimal, days: int) -> Decimal | None:
    """How many days the average stock lasts (周转天数): average stock × days ÷ what was used; both at cost."""
    if used <= 0:
        return None
    return ((opening + closing) / 2 * days / used).quantize(_TENTH, ROUND_HALF_UP)
