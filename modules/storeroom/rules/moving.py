"""Which drugs hardly move (滞销)."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How long stock lasts at the pace of the observed days, in minimum units."""

    on_hand: Decimal
    used: Decimal
    observed_days: int

    @property
    def days(self) -> int | None:
        """Whole days that stock lasts; None when nothing was used."""
        if self.used <= 0:
            return None
        return int((self.on_hand * self.observed_days / self.used).to_integral_value(ROUND_FLOOR))

    def is_slow(self, *, lasts_days: int) -> bool:
        """Nothing was used, or stock lasts for more than these days (house rule)."""
        return self.days is None or self.days > lasts_days
