"""Tables of reconciliation."""

from modules.reconciliation.models.arrivals import Arrival
from modules.reconciliation.models.days import Day, DayConfirmed, StatementFile, Terms
from modules.reconciliation.models.entries import Entry

__all__ = ["Arrival", "Day", "DayConfirmed", "Entry", "StatementFile", "Terms"]
