"""Which refund order carried which refund of a bill: the books name the order that was paid, not the refund."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """What a reversal and what was settled again took off one payment order."""

    settlement_id: int
    amount: Decimal  # negative


@dataclass(frozen=True, slots=True)
class Sent:
    """A refund order."""

    refund_id: int
    amount: Decimal  # positive


def pair(booked: Iterable[Booked], sent: Sequence[Sent]) -> tuple[dict[int, Booked], list[Booked]]:
    """Refund order → what was booked with it, by equal amounts in their order; and what found no refund order."""
    left = list(sent)
    found: dict[int, Booked] = {}
    alone = []
    for one in booked:
        match = next((refund for refund in left if refund.amount == -one.amount), None)
        if match is None:
            alone.append(one)
        else:
            left.remove(match)
            found[match.refund_id] = one
    return found, alone
