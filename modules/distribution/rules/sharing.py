"""How what was approved is shared out among the centres that asked for it."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

_PACK = Decimal(1)


def shares(approved: Decimal, wanted: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Packs for each, in proportion to what it wanted: whole packs, the rest to the largest remainders.

    Nobody gets more than wanted; together they get what was approved, or all that was wanted. House rule.
    """
    total = sum(wanted.values(), Decimal(0))
    if approved >= total:
        return dict(wanted)
    exact = {key: part * approved / total for key, part in wanted.items()}
    found = {key: part.to_integral_value(ROUND_FLOOR) for key, part in exact.items()}
    rest = approved - sum(found.values(), Decimal(0))
    in_turn = sorted(exact, key=lambda key: (found[key] - exact[key], key))
    while rest > 0:
        for key in in_turn:
            more = min(_PACK, rest, wanted[key] - found[key])
            found[key] += more
            rest -= more
    return found


def spread(packs: Decimal, rooms: Sequence[Decimal]) -> list[Decimal] | None:
    """Fill the rooms in their order; None when there is more than room for it."""
    found = []
    for room in rooms:
        part = min(packs, room)
        found.append(part)
        packs -= part
    return None if packs > 0 else found
