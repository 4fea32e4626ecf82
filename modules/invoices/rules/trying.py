"""When the platform is tried again: soon at first, every half hour afterwards, for as long as it takes."""

from datetime import datetime, timedelta

FIRST = (5, 15, 30, 60, 300)  # seconds after each try; clinic.md C5's rhythm of asking
THEN = 1800


def try_next(attempts: int, now: datetime) -> datetime:
    """The moment of the next try after so many."""
    seconds = FIRST[attempts - 1] if 1 <= attempts <= len(FIRST) else THEN
    return now + timedelta(seconds=seconds)
