"""Bags made of opened packs (拆零分装): how long they may be used, what their lot is called."""

import calendar
from datetime import date


def bag_expiry(today: date, batch_expires_on: date, *, months: int) -> date:
    """The last day of bags: some months from today, never beyond the batch's own. Source: house rule (verify)."""
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return min(date(year, month + 1, min(today.day, last)), batch_expires_on)


def lot_number(batch_no: str, today: date) -> str:
    """The lot of the bags: the batch's own number with the day, so that people see both."""
    return f"{batch_no[:32]}-R{today:%y%m%d}"
