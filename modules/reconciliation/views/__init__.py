"""Pages of reconciliation."""

from modules.reconciliation.views import calendar, days
from modules.reconciliation.views.pages import blueprint

__all__ = ["blueprint", "calendar", "days"]
