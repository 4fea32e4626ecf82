"""What a tied out day refuses."""

from collections.abc import Iterable
from datetime import date

from app import clock
from modules.reconciliation import queries
from modules.reconciliation.errors import DayTiedOut


def refuse_late_booking(on: date, channels: Iterable[str]) -> None:
    """Inside a use case that books money: refuse what would be dated into a day that is tied out.

    Raises:
        DayTiedOut: it would.
    """
    if on < clock.today() and queries.is_tied_out(set(channels), on):
        raise DayTiedOut(on=on.isoformat())
