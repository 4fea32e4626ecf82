"""Which batch (批号) leaves first and where a return goes. Quantities count minimum units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

STOP_DAYS = 30

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStock:
    """One batch at one location: what is free to issue, its last usable day and its cost per minimum unit."""

    batch_id: int
    expires_on: date
    available: Decimal
    unit_cost: Decimal
    received_on: date = date.min
    is_frozen: bool = False
    is_bags: bool = False  # opened packs, re-packed


@dataclass(frozen=True, slots=True)
class BatchPick:
    """A quantity taken from (or given back to) one batch."""

    batch_id: int
    quantity: Decimal
    unit_cost: Decimal

    @property
    def cost_amount(self) -> Decimal:
        """Yuan of this pick, rounded once, half up."""
        return (self.quantity * self.unit_cost).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The picks in order of issue; none at all when the stock does not suffice."""

    picks: tuple[BatchPick, ...]
    requested: Decimal
    available: Decimal

    @property
    def is_refused(self) -> bool:
        """Tell whether less is available than requested; a line is never issued in part by itself."""
        return self.requested > self.available

    @property
    def cost_amount(self) -> Decimal:
        """Yuan of all picks, the sum of rounded lines."""
        return sum((pick.cost_amount for pick in self.picks), Decimal("0.00"))


def is_issuable(batch: BatchStock, *, today: date, stop_days: int = STOP_DAYS) -> bool:
    """Tell whether a batch may be issued: not frozen and expiring after today + stop days (house rule).

    With `stop_days` 0 a batch that ends today is refused already.
    """
    return (
        not batch.is_frozen and batch.available > 0 and batch.expires_on > today + timedelta(days=stop_days)
    )


def allocate(
    batches: Iterable[BatchStock], quantity: Decimal, *, today: date, stop_days: int = STOP_DAYS
) -> Allocation:
    """Choose batches, the nearest expiry first (FEFO, 近效期先出), then bags, the earlier receipt, the id.

    `quantity` is positive. The whole is allocated or nothing. Source: house rule.
    """
    if quantity <= 0:
        raise ValueError("quantity must be positive")
    usable = [batch for batch in batches if is_issuable(batch, today=today, stop_days=stop_days)]
    available = sum((batch.available for batch in usable), Decimal(0))
    if quantity > available:
        return Allocation((), quantity, available)
    picks: list[BatchPick] = []
    left = quantity
    for batch in sorted(usable, key=_turn):
        taken = min(left, batch.available)
        if taken:
            picks.append(BatchPick(batch.batch_id, taken, batch.unit_cost))
        left -= taken
    return Allocation(tuple(picks), quantity, available)


def _turn(batch: BatchStock) -> tuple[date, bool, date, int]:
    return (batch.expires_on, not batch.is_bags, batch.received_on, batch.batch_id)


def allocate_return(issued: Sequence[BatchPick], quantity: Decimal) -> tuple[BatchPick, ...] | None:
    """Give a return back to the recorded batches of its issue, the last issued first; None if too much.

    `issued` is in the order of issue and already less by earlier returns. Source: house rule.
    """
    if not 0 < quantity <= sum(pick.quantity for pick in issued):
        return None
    back: list[BatchPick] = []
    left = quantity
    for pick in reversed(issued):
        given = min(left, pick.quantity)
        if given:
            back.append(BatchPick(pick.batch_id, given, pick.unit_cost))
        left -= given
    return tuple(back)


class ExpiryAlert(StrEnum):
    """How near a batch is to its end."""

    NONE = "none"
    WITHIN_6_MONTHS = "within_6_months"
    WITHIN_3_MONTHS = "within_3_months"
    STOPPED = "stopped"
    EXPIRED = "expired"


def expiry_alert(expires_on: date, *, today: date, stop_days: int = STOP_DAYS) -> ExpiryAlert:
    """Return the warning colour's reason; 6 months are 183 days, 3 months 92 days (house rule)."""
    days_left = (expires_on - today).days
    steps = (
        (0, ExpiryAlert.EXPIRED),
        (stop_days + 1, ExpiryAlert.STOPPED),
        (93, ExpiryAlert.WITHIN_3_MONTHS),
        (184, ExpiryAlert.WITHIN_6_MONTHS),
    )
    return next((alert for below, alert in steps if days_left < below), ExpiryAlert.NONE)


@dataclass(frozen=True, slots=True)
class PackQuantity:
    """A quantity as people read it: whole packages and loose minimum units (x 盒 y 片)."""

    packs: int
    loose: Decimal
    is_negative: bool = False


def split_into_packs(min_units: Decimal, *, pack_factor: int) -> PackQuantity:
    """Return whole packages and what is left; packs × factor + loose is the quantity, less than 0 or not."""
    if pack_factor < 1:
        raise ValueError("pack_factor must be 1 or more")
    packs, loose = divmod(abs(min_units), Decimal(pack_factor))
    return PackQuantity(int(packs), loose, min_units < 0)
