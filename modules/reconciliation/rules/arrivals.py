"""Lines of the bank's statement as somebody brings them: day of the channel, day of arrival, amount, bank's number."""

import csv
import io
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_LINES = 1000
_AMOUNT = re.compile(r"-?\d{1,8}(\.\d{1,2})?")
REFERENCE = r"[\x21-\x2c\x2e-\x7e][\x21-\x7e]{0,62}"  # one that begins with - takes another back
_REFERENCE = re.compile(REFERENCE)


class ArrivalUnreadable(ValueError):
    """A line is not what was agreed; ``place`` counts from 1."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True, slots=True)
class ArrivalLine:
    """Money of a channel's day that arrived."""

    on: date
    arrived_on: date
    amount: Decimal
    reference: str


def read_arrivals(text: str) -> list[ArrivalLine]:
    """Read lines with commas or tabs between; a first line of heads is passed over.

    Raises:
        ArrivalUnreadable: a line has another form.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text.replace("\t", ","), newline=None)) if any(row)]
    except csv.Error as failure:
        raise ArrivalUnreadable(1) from failure
    if rows and not rows[0][0].strip()[:4].isdigit():
        rows = rows[1:]
    if len(rows) > MOST_LINES:
        raise ArrivalUnreadable(MOST_LINES + 1)
    return [_line(row, place) for place, row in enumerate(rows, start=1)]


def _line(row: list[str], place: int) -> ArrivalLine:
    try:
        on, arrived_on, amount, reference = (part.strip() for part in row)
        if not _AMOUNT.fullmatch(amount) or not _REFERENCE.fullmatch(reference):
            raise ValueError(amount)
        found = ArrivalLine(
            date.fromisoformat(on), date.fromisoformat(arrived_on), Decimal(amount), reference
        )
    except ValueError as failure:
        raise ArrivalUnreadable(place) from failure
    if not found.amount:
        raise ArrivalUnreadable(place)
    return found
