"""Asking for a refund: how a request moves, and how much of a line needs whose word (退费申请).

Source: clinic.md C2, refund rules 1 and 2; the chain doctor → pharmacy or department → cashier is the issue's.
"""

from decimal import Decimal
from enum import StrEnum


class RequestMove(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REFUNDED = "refunded"


_MOVES: dict[RequestMove, frozenset[RequestMove]] = {
    RequestMove.ASKED: frozenset({RequestMove.CONFIRMED, RequestMove.REFUSED, RequestMove.WITHDRAWN}),
    RequestMove.CONFIRMED: frozenset({RequestMove.WITHDRAWN, RequestMove.REFUNDED}),
    RequestMove.REFUSED: frozenset(),
    RequestMove.WITHDRAWN: frozenset(),
    RequestMove.REFUNDED: frozenset(),
}


def may_move(state: str, target: str, *, by_somebody: bool = False) -> bool:
    """Whether a request may go on like this.

    ``by_somebody``: a pharmacist or department has confirmed it. What came back is refunded, not withdrawn.
    """
    if by_somebody and target == RequestMove.WITHDRAWN:
        return False
    return RequestMove(target) in _MOVES[RequestMove(state)]


def to_come_back(asked: Decimal, left: Decimal) -> Decimal:
    """How much of a line must first come back, or be undone; the rest was never handed out or done."""
    return max(Decimal(0), asked - left)


def confirmable(asked: Decimal, left: Decimal) -> Decimal:
    """How much of what was asked for may go back now."""
    return min(asked, left)
