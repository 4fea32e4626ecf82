"""Which month is closed next (月结)."""

from datetime import date, timedelta


def first_of(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """The last day of the month."""
    return first_of(first_of(day) + timedelta(days=31)) - timedelta(days=1)


def month_to_close(*, today: date, closed_until: date | None, first_day: date | None) -> date | None:
    """The first day of the month that is closed next; None when no month is over that is still open.

    Months are closed one after the other, beginning with the first one in which stock moved. House rule.
    """
    if first_day is None:
        return None
    begins_on = first_of(first_day) if closed_until is None else closed_until + timedelta(days=1)
    return begins_on if last_of(begins_on) < today else None
