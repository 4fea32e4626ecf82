"""What is said to a channel and how its answers are read; amounts are whole fen on the way.

Bodies are JSON in a fixed order, so that the same order always makes the same text.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from modules.payments.rules.states import Outcome

LONGEST_BODY = 20_000
OK, NOT_EXIST = "OK", "NOT_EXIST"
REFUSALS = {"REFUSED", "CODE_INVALID", "NOT_ENOUGH", "ENDED"}  # what else a channel says leaves it open


class BodyUnreadable(ValueError):
    """What a channel said is not what the protocol allows."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A payment order as the channel has it."""

    out_trade_no: str
    state: str  # WAITING | PAYING | SUCCESS | FAILED | CLOSED
    amount: Decimal
    trade_no: str = ""
    paid_at: datetime | None = None
    qr: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund order as the channel has it."""

    out_refund_no: str
    state: str  # PROCESSING | SUCCESS | FAILED
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Said:
    """A body of the channel, read."""

    code: str
    message: str
    trade: Trade | None = None
    refund: Returned | None = None

    @property
    def is_refusal(self) -> bool:
        """The channel has understood and will not do it."""
        return self.code in REFUSALS


def body_of(**values: Any) -> str:
    """The text of a request."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_fen(amount: Decimal) -> int:
    """Yuan as whole fen."""
    return int(amount.scaleb(2))


def to_yuan(fen: int) -> Decimal:
    """Whole fen as yuan."""
    return Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))


def read(body: str) -> Said:
    """Read what a channel has said.

    Raises:
        BodyUnreadable: it is cut off, or not of the protocol.
    """
    try:
        found = json.loads(body)
        trade, refund = found.get("trade"), found.get("refund")
        return Said(
            str(found["code"])[:40],
            str(found.get("message", ""))[:200],
            _trade(trade) if trade else None,
            _returned(refund) if refund else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as failure:
        raise BodyUnreadable(type(failure).__name__) from failure


def outcome_of(body: str) -> Outcome:
    """What a proven answer means for the act: an answer, or a refusal; an unreadable one leaves it unknown."""
    try:
        said = read(body)
    except BodyUnreadable:
        return Outcome.UNKNOWN
    if said.is_refusal:
        return Outcome.REFUSED
    return Outcome.ANSWERED if said.code in {OK, NOT_EXIST} else Outcome.UNKNOWN


def _trade(found: dict[str, Any]) -> Trade:
    paid_at = found.get("paid_at")
    return Trade(
        str(found["out_trade_no"]),
        str(found["state"]),
        to_yuan(_fen(found["total_fen"])),
        str(found.get("trade_no") or "")[:64],
        datetime.fromisoformat(paid_at).astimezone(UTC) if paid_at else None,
        str(found.get("qr") or "")[:500],
    )


def _returned(found: dict[str, Any]) -> Returned:
    return Returned(str(found["out_refund_no"]), str(found["state"]), to_yuan(_fen(found["refund_fen"])))


def _fen(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**11:
        raise ValueError(value)
    return value
