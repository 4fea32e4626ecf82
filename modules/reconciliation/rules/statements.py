"""Reading a channel's statement of a day (对账单): every form becomes the same lines, or it is refused with its reason.

The last line counts and sums all others: ``TOTAL, lines, gross, refunds, fee, net``. Refunds are negative.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from modules.reconciliation.rules.states import Fault, Form

_CHINA = timezone(timedelta(hours=8))
_ENCODING = {Form.CSV: "utf-8-sig", Form.CSV_GBK: "gbk", Form.PIPE: "utf-8-sig"}
_FIRST_HEADS = {"time", "交易时间"}
_TOTALS = {"TOTAL", "合计"}
_COLUMNS, _FOOT_COLUMNS = 8, 6
_AMOUNT = re.compile(r"-?\d{1,10}\.\d{2}")
_NUMBER = re.compile(r"[\x21-\x7e]{1,64}")
_KINDS = {"PAY": 1, "REFUND": -1, "支付": 1, "退款": -1}
_DONE = {"SUCCESS", "成功"}
LARGEST = 8_000_000


class StatementRefused(ValueError):
    """A file that is not taken; ``detail`` says where."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault, self.detail = fault, detail


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of money as the channel tells it."""

    at: datetime
    out_trade_no: str
    out_refund_no: str
    trade_no: str
    amount: Decimal
    fee: Decimal

    @property
    def key(self) -> tuple[str, str]:
        """By what it is matched."""
        return self.out_trade_no, self.out_refund_no


@dataclass(frozen=True, slots=True)
class Statement:
    """A day as the channel tells it; ``repeated`` are lines that stood there twice and count once."""

    lines: tuple[Line, ...]
    gross: Decimal
    back: Decimal
    fee: Decimal
    repeated: tuple[str, ...] = ()


def read_statement(content: bytes, form: Form) -> Statement:
    """Read a whole file.

    Raises:
        StatementRefused: it is cut off, of another form, or contradicts itself.
    """
    rows = _rows(content, form)
    if not rows or rows[0][0].strip() not in _FIRST_HEADS or len(rows[0]) != _COLUMNS:
        raise StatementRefused(Fault.UNREADABLE)
    foot = rows[-1]
    if len(rows) < 2 or foot[0].strip() not in _TOTALS or len(foot) != _FOOT_COLUMNS:
        raise StatementRefused(Fault.CUT_OFF)
    lines, repeated = _once([_line(row, place) for place, row in enumerate(rows[1:-1], start=2)])
    return _agreeing(lines, repeated, foot)


def _rows(content: bytes, form: Form) -> list[list[str]]:
    try:
        text = content.decode(_ENCODING[form])
    except UnicodeDecodeError as failure:
        is_at_end = failure.start >= len(content) - 3  # a letter cut in two
        raise StatementRefused(Fault.CUT_OFF if is_at_end else Fault.UNREADABLE) from failure
    mark = "|" if form is Form.PIPE else ","
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=mark, strict=True) if any(row)]
    except csv.Error as failure:
        raise StatementRefused(Fault.CUT_OFF) from failure


def _line(row: Sequence[str], place: int) -> Line:
    try:
        at, out_trade_no, out_refund_no, trade_no, kind, amount, fee, status = (part.strip() for part in row)
        moment = datetime.fromisoformat(at)
        sign = _KINDS[kind]
        found = Line(
            (moment if moment.tzinfo else moment.replace(tzinfo=_CHINA)).astimezone(UTC),
            out_trade_no,
            out_refund_no,
            trade_no,
            _amount(amount),
            _amount(fee),
        )
    except (ValueError, KeyError, OverflowError) as failure:
        raise StatementRefused(Fault.FOREIGN_LINE, str(place)) from failure
    is_named = bool(out_refund_no) == (sign < 0) and all(
        _NUMBER.fullmatch(number) for number in (out_trade_no, out_refund_no or "-", trade_no or "-")
    )
    if status not in _DONE or not is_named or found.amount * sign <= 0:
        raise StatementRefused(Fault.FOREIGN_LINE, str(place))
    return found


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _once(lines: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    kept: dict[tuple[str, str], Line] = {}
    repeated = []
    for line in lines:
        known = kept.setdefault(line.key, line)
        if known is line:
            continue
        if known != line:
            raise StatementRefused(Fault.CONTRADICTORY, line.out_refund_no or line.out_trade_no)
        repeated.append(line.out_refund_no or line.out_trade_no)
    return tuple(kept.values()), tuple(repeated)


def _agreeing(lines: tuple[Line, ...], repeated: tuple[str, ...], foot: Sequence[str]) -> Statement:
    zero = Decimal("0.00")
    gross = sum((line.amount for line in lines if line.amount > 0), zero)
    back = -sum((line.amount for line in lines if line.amount < 0), zero)
    fee = sum((line.fee for line in lines), zero)
    try:
        count, sums = int(foot[1]), [_amount(text.strip()) for text in foot[2:]]
    except ValueError as failure:
        raise StatementRefused(Fault.CUT_OFF) from failure
    if count not in {len(lines), len(lines) + len(repeated)}:
        raise StatementRefused(Fault.WRONG_COUNT, f"{len(lines)} ≠ {count}")
    if sums != [gross, back, fee, gross - back - fee]:
        raise StatementRefused(Fault.WRONG_TOTALS, f"{gross} / {back} / {fee}")
    return Statement(lines, gross, back, fee, repeated)
