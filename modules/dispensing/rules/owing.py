"""What of a line is handed out now and what stays owed, batch by batch."""

from collections.abc import Sequence
from decimal import Decimal


def now_and_later(held: Sequence[Decimal], owed: Decimal) -> list[Decimal] | None:
    """How much of each batch goes out now, in the order of issue; None when more is owed than is held.

    The last batches in the order of issue are owed, so that what ends first goes out first. Source: house rule.
    """
    if not 0 <= owed <= sum(held):
        return None
    left = sum(held) - owed
    given: list[Decimal] = []
    for quantity in held:
        part = min(left, quantity)
        given.append(part)
        left -= part
    return given
