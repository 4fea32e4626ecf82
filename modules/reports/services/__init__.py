"""Adding the ledgers up by day."""

from modules.reports.services.building import (
    begin_day,
    build_day,
    carry_levels,
    note_day,
    note_missing_days,
    pursue,
)
from modules.reports.services.rebuilding import rebuild

__all__ = ["begin_day", "build_day", "carry_levels", "note_day", "note_missing_days", "pursue", "rebuild"]
