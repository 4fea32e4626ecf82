"""Days that stand in an address or a filter."""

from datetime import date


def typed_day(text: str) -> date:
    """A day as 2026-11-20, for ``request.args.get(name, type=typed_day)``.

    Raises:
        ValueError: it is none, or so far away that no zone or engine reckons with it.
    """
    day = date.fromisoformat(text)
    if not 1900 <= day.year <= 2200:
        raise ValueError(text)
    return day
