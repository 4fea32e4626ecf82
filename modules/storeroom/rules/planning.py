"""How much to buy (采购计划): average daily use × days − stock − in transit, within the drug's least and most."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The figures of one drug, in minimum units; `maximum` None is no limit."""

    used: Decimal  # in the observed days
    observed_days: int
    in_stock: Decimal
    in_transit: Decimal
    minimum: Decimal
    maximum: Decimal | None
    pack_factor: int

    @property
    def used_a_day(self) -> Decimal:
        """Average daily use, four decimals; what came back more than went out counts as none."""
        return (max(self.used, Decimal(0)) / self.observed_days).quantize(Decimal("0.0001"))


def packs_to_buy(need: Need, *, days: int) -> Decimal:
    """Whole packs to buy so that stock lasts for the days and is not below the minimum then.

    Rounded up; where the maximum limits, rounded down. Source: house rule after the purchase plan of the yardstick.
    """
    there = need.in_stock + need.in_transit
    exact = max(need.used, Decimal(0)) * days / need.observed_days
    wanted = max(exact, need.minimum) - there
    if wanted <= 0:
        return Decimal(0)
    packs = (wanted / need.pack_factor).to_integral_value(ROUND_CEILING)
    if need.maximum is not None:
        room = max(need.maximum - there, Decimal(0))
        packs = min(packs, (room / need.pack_factor).to_integral_value(ROUND_FLOOR))
    return packs
