"""When a channel is asked again about what is not known yet, and until when an order may be paid."""

from datetime import datetime, timedelta

from modules.payments.rules.states import Way

FIRST = (5, 15, 30, 60, 300)  # seconds since the order was sent; clinic.md C5
THEN, UNTIL = 1800, 86_400
LASTS = {
    Way.PAYER_CODE: timedelta(minutes=3),
    Way.QR: timedelta(minutes=10),
    Way.ACCOUNT: timedelta(minutes=10),
}


def ask_next(since: datetime, now: datetime, *, also_at: datetime | None = None) -> datetime | None:
    """The next moment to ask: 5 s, 15 s, 30 s, 1 m, 5 m after ``since``, then every half hour for a day.

    ``also_at`` is a moment of the order's own, when it expires. None: a day has passed, people take over.
    """
    gone = (now - since).total_seconds()
    ahead = [mark for mark in FIRST if mark > gone]
    if ahead:
        mark = float(ahead[0])
    else:
        steps = int((gone - FIRST[-1]) // THEN) + 1
        mark = FIRST[-1] + steps * THEN
        if mark > UNTIL:
            return None
    found = since + timedelta(seconds=mark)
    return min(found, also_at) if also_at is not None and also_at > now else found
