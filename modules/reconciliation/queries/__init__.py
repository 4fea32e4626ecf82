"""Everything that reads reconciliation."""

from modules.reconciliation.queries.arrivals import get_arrival, is_taken_back, knows_arrival
from modules.reconciliation.queries.books import Gathered, gather
from modules.reconciliation.queries.calendar import Calendar, Source, calendar_of, list_sources, source_of
from modules.reconciliation.queries.checks import check_days
from modules.reconciliation.queries.days import (
    all_terms,
    centres_due,
    days_due,
    find_day,
    get_day,
    is_compared,
    is_tied_out,
    lock_day,
    newest_day,
    terms_of,
    terms_values,
    unconfirmed_before,
    waiting_differences,
)
from modules.reconciliation.queries.entries import (
    DayView,
    Difference,
    day_view,
    entries_of,
    get_entry,
    lock_entry,
    open_near,
    refunded_by_hand,
    standing_of,
)
from modules.reconciliation.queries.labels import channel_label
from modules.reconciliation.rules.states import INSURER, DayState, EntryClass, EntryState

__all__ = [
    "INSURER",
    "Calendar",
    "DayState",
    "DayView",
    "Difference",
    "EntryClass",
    "EntryState",
    "Gathered",
    "Source",
    "all_terms",
    "calendar_of",
    "centres_due",
    "channel_label",
    "check_days",
    "day_view",
    "days_due",
    "entries_of",
    "find_day",
    "gather",
    "get_arrival",
    "get_day",
    "get_entry",
    "is_compared",
    "is_taken_back",
    "is_tied_out",
    "knows_arrival",
    "list_sources",
    "lock_day",
    "lock_entry",
    "newest_day",
    "open_near",
    "refunded_by_hand",
    "source_of",
    "standing_of",
    "terms_of",
    "terms_values",
    "unconfirmed_before",
    "waiting_differences",
]
