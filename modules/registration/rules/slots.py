"""How a clinic session (出诊) is cut into slots (号源) with time windows and channel quotas."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

_DAY_MINUTES = 24 * 60


class Channel(StrEnum):
    """Where a place may be sold from. Source: house rule."""

    WINDOW = "window"
    KIOSK = "kiosk"
    PHONE_APP = "phone_app"
    HOTLINE_114 = "hotline_114"
    UPPER_LEVEL = "upper_level"  # reserved for patients sent back by the upper hospital
    FAMILY_DOCTOR = "family_doctor"  # residents who signed with the doctor's team


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """One time window: start and end in minutes from the session day's midnight, places per channel.

    A night session runs past midnight, so minutes may exceed 1440.
    """

    start_minute: int
    end_minute: int
    quotas: Mapping[Channel, int]

    @property
    def capacity(self) -> int:
        """All places of the window."""
        return sum(self.quotas.values())

    @property
    def starts_at(self) -> time:
        """Wall-clock start."""
        return _clock(self.start_minute)

    @property
    def ends_at(self) -> time:
        """Wall-clock end."""
        return _clock(self.end_minute)


def is_open_to(
    kept_for: Channel, buyer: Channel, *, starts_at: datetime, now: datetime, release_minutes: int
) -> bool:
    """Tell whether a buyer may have a place: its own channel's always, others' shortly before (house rule).

    Places kept for another channel open to the window `release_minutes` (0: never) before they begin.
    """
    if kept_for is buyer:
        return True
    if buyer is not Channel.WINDOW or not release_minutes:
        return False
    return now >= starts_at - timedelta(minutes=release_minutes)


def split_session(
    *, start: time, end: time, window_minutes: int, capacity: int, quotas: Mapping[Channel, int] | None = None
) -> list[SlotPlan]:
    """Cut a session into windows that cover it exactly and hold its capacity exactly.

    Windows last `window_minutes` (1-1440), the last one what is left. An `end` at or before `start` means
    the next day. Places follow the minutes, earlier windows getting the odd ones. `quotas` are places of the
    whole session per channel, spread evenly; places without a quota go to the window. A place never
    disappears and none is added. Source: house rule.

    Raises:
        ValueError: the window length or a number is negative or zero, or the quotas exceed the capacity.
    """
    if not 1 <= window_minutes <= _DAY_MINUTES:
        raise ValueError("window_minutes must be 1-1440")
    places = _spread_channels(capacity, quotas or {})
    first = start.hour * 60 + start.minute
    last = end.hour * 60 + end.minute
    if last <= first:
        last += _DAY_MINUTES
    plans: list[SlotPlan] = []
    sold = 0
    for window_start in range(first, last, window_minutes):
        window_end = min(window_start + window_minutes, last)
        upto = -(-capacity * (window_end - first) // (last - first))
        plans.append(SlotPlan(window_start, window_end, _count(places[sold:upto])))
        sold = upto
    return plans


def _spread_channels(capacity: int, quotas: Mapping[Channel, int]) -> list[Channel]:
    """Return the channel of each place in order, every channel spread as evenly as its quota allows."""
    if capacity < 0 or any(quota < 0 for quota in quotas.values()):
        raise ValueError("capacity and quotas cannot be negative")
    left = {channel: quotas.get(channel, 0) for channel in Channel}
    free = capacity - sum(left.values())
    if free < 0:
        raise ValueError("quotas exceed the capacity")
    left[Channel.WINDOW] += free
    share = dict(left)
    places: list[Channel] = []
    for number in range(1, capacity + 1):
        due = {
            channel: share[channel] * number - (share[channel] - left[channel]) * capacity
            for channel in Channel
            if left[channel]
        }
        chosen = max(due, key=lambda channel: due[channel])
        left[chosen] -= 1
        places.append(chosen)
    return places


def _count(places: list[Channel]) -> dict[Channel, int]:
    return {channel: places.count(channel) for channel in Channel if channel in places}


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
