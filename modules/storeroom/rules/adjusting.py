"""What a change of retail prices is worth for the stock that lies there (调价损益)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def revaluation(quantity: Decimal, *, pack_factor: int, old: Decimal, new: Decimal) -> Decimal:
    """(new − old) × quantity, in yuan, rounded once, half up. Prices are for a pack, the quantity in minimum units.

    Source: clinic handbook D3; worked numbers G7.
    """
    return ((new - old) * quantity / pack_factor).quantize(_CENT, ROUND_HALF_UP)


def gains_and_losses(amounts: Iterable[Decimal]) -> tuple[Decimal, Decimal, Decimal]:
    """Gain (调盈), loss (调亏, positive) and net of rows that are rounded already."""
    rows = list(amounts)
    gain = sum((row for row in rows if row > 0), Decimal("0.00"))
    loss = -sum((row for row in rows if row < 0), Decimal("0.00"))
    return gain, loss, gain - loss
