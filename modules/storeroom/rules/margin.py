"""Drugs are sold at what they cost (零差率); herbs and exempt drugs may carry a margin. Source: clinic handbook D4."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_MICRO = Decimal("0.000001")  # a minimum unit's price is not finer


def is_without_margin(price: Decimal, *, pack_factor: int, unit_costs: Iterable[Decimal]) -> bool:
    """Whether the price of a pack is one of the purchase prices; a drug that was never bought has none to meet."""
    costs = set(unit_costs)
    return not costs or (price / pack_factor).quantize(_MICRO, ROUND_HALF_UP) in costs


def exempt_codes(text: str) -> frozenset[str]:
    """Codes typed with commas (of either width) or spaces between."""
    return frozenset(text.upper().replace("，", " ").replace(",", " ").split())
