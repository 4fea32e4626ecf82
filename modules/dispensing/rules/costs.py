"""What a movement costs: never a fen is left in the books of a place where nothing of a batch lies any more.

Unit costs have six decimals, amounts two. Rounded each for itself, the movements of a batch would leave fen behind, or
take more than came in. Each therefore costs the difference of what the books hold before and are to hold after it.
"""

from decimal import Decimal

from app.money import round_amount

NOTHING = Decimal("0.00")


def cost_out(held: Decimal, *, left: Decimal, unit_cost: Decimal) -> Decimal:
    """What leaves a place in yuan where the books hold `held` and `left` units stay; the last units take all."""
    if not left:
        return held
    return max(held - round_amount(left * unit_cost), NOTHING)


def cost_in(held: Decimal, *, after: Decimal, unit_cost: Decimal) -> Decimal:
    """What comes to a place in yuan where the books hold `held` and `after` units lie then."""
    return max(round_amount(after * unit_cost) - held, NOTHING)
