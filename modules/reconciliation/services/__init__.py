"""Everything that writes reconciliation; ``conduct`` asks channels and the insurer between the steps."""

from modules.reconciliation.services import conduct
from modules.reconciliation.services.arrivals import note_arrival, note_arrivals, take_back_arrival
from modules.reconciliation.services.comparing import compare_day, compare_insurer
from modules.reconciliation.services.days import (
    begin_days,
    confirm_day,
    note_no_statement,
    set_terms,
    take_statement,
)
from modules.reconciliation.services.differences import begin_step, review_difference, send_back_difference
from modules.reconciliation.services.guards import refuse_late_booking

__all__ = [
    "begin_days",
    "begin_step",
    "compare_day",
    "compare_insurer",
    "conduct",
    "confirm_day",
    "note_arrival",
    "note_arrivals",
    "note_no_statement",
    "refuse_late_booking",
    "review_difference",
    "send_back_difference",
    "set_terms",
    "take_back_arrival",
    "take_statement",
]
