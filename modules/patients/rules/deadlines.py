"""By when a resident's request is to be answered."""

from datetime import date, timedelta

SATURDAY = 5


def working_days_after(day: date, count: int) -> date:
    """The day so many working days later, Monday to Friday; public holidays are not known here, so it may be early.

    Source: Personal Information Protection Law, articles 45, 46 and 50, ask for an answer in good time; the number
    of days is the centre's setting.
    """
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < SATURDAY
    return day
