"""Days put together: by day, month, quarter or year; and how old a bill is."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum


class Bucket(StrEnum):
    """How finely the time axis of a report is cut."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (first_of(day) + timedelta(days=32)).replace(day=1)


def months(since: date, until: date) -> Iterator[date]:
    """First days of months, from the one of `since` to the one before that of `until`."""
    month = first_of(since)
    while month < first_of(until):
        yield month
        month = next_month(month)


Stretch = tuple[date, date]  # its first and its last day


def split(begins_on: date, ends_on: date) -> tuple[list[Stretch], Stretch | None]:
    """Days cut into what is left at both ends and, as first days of the first and the last one, the whole months."""
    first = begins_on if begins_on.day == 1 else next_month(begins_on)
    behind = first_of(ends_on + timedelta(days=1))  # where whole months end
    if first >= behind:
        return ([(begins_on, ends_on)] if begins_on <= ends_on else []), None
    ends = [(begins_on, first - timedelta(days=1)), (behind, ends_on)]
    return [one for one in ends if one[0] <= one[1]], (first, first_of(behind - timedelta(days=1)))


def bucket_of(day: date, bucket: Bucket) -> str:
    """The name of the stretch of time a day belongs to: 2026-11-20, 2026-11, 2026 Q4, 2026."""
    if bucket is Bucket.YEAR:
        return f"{day.year}"
    if bucket is Bucket.QUARTER:
        return f"{day.year} Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}" if bucket is Bucket.MONTH else day.isoformat()


AGES = (0, 7, 30, 90)  # an unpaid bill is of today, up to a week, a month, three months old; then older


def age_of(bill_on: date, today: date) -> int:
    """Which age an unpaid bill is of: an index into AGES, or its length for the oldest."""
    days = (today - bill_on).days
    return next((number for number, most in enumerate(AGES) if days <= most), len(AGES))


def days_of_age(age: int, today: date) -> tuple[date | None, date | None]:
    """First and last day of the bills of an age; None: without end."""
    if age >= len(AGES):
        return None, today - timedelta(days=AGES[-1] + 1)
    last = None if age == 0 else today - timedelta(days=AGES[age - 1] + 1)
    return today - timedelta(days=AGES[age]), last
