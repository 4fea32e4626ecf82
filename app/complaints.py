"""What is wrong with a field, in words for people: pydantic's findings as our messages."""

import dataclasses
import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from app.i18n import N_, gettext

MESSAGES = {
    "missing": N_("Please fill this in."),
    "extra_forbidden": N_("This field is unknown."),
    "string_too_short": N_("Needs at least %(min_length)s characters."),
    "string_too_long": N_("At most %(max_length)s characters."),
    "string_pattern_mismatch": N_("This is not written as expected."),
    "greater_than": N_("Must be more than %(gt)s."),
    "greater_than_equal": N_("Must be at least %(ge)s."),
    "less_than": N_("Must be less than %(lt)s."),
    "less_than_equal": N_("Must be at most %(le)s."),
    "decimal_max_places": N_("At most %(decimal_places)s decimals."),
    "decimal_max_digits": N_("This number is too long."),
    "decimal_whole_digits": N_("This number is too long."),
    "decimal_parsing": N_("Please type a number."),
    "decimal_type": N_("Please type a number."),
    "int_parsing": N_("Please type a whole number."),
    "int_from_float": N_("Please type a whole number."),
    "int_type": N_("Please type a whole number."),
    "enum": N_("Please choose one of the list."),
    "literal_error": N_("Please choose one of the list."),
    "bool_parsing": N_("Please answer yes or no."),
    "too_short": N_("At least %(min_length)s needed."),
    "too_long": N_("At most %(max_length)s allowed."),
    "string_unicode": N_("This text holds characters that cannot be stored."),
    "text_not_storable": N_("This text holds characters that cannot be stored."),
    "number_not_storable": N_("This number is too long."),
    "too_deep": N_("This is nested too deeply."),
    "day_not_storable": N_("This day is too far away."),
}
_PREFIXES = {
    "date": N_("Please type a day as YYYY-MM-DD."),
    "time": N_("Please type a time as HH:MM."),
    "datetime": N_("Please type a day and time as YYYY-MM-DD HH:MM."),
}
_OTHERWISE = N_("Please check this field.")
_CONTROLS = frozenset(chr(code) for code in range(32)) - set("\t\n\r")
_LARGEST, _LARGEST_DECIMAL = 2**63 - 1, Decimal(10) ** 15
FIRST_YEAR, LAST_YEAR = 1800, 2299
MOST_NESTED = 12


def complaint(kind: str, context: dict[str, Any] | None = None) -> str:
    """One finding as a sentence in the reader's language."""
    message = MESSAGES.get(kind) or _PREFIXES.get(kind.split("_")[0], _OTHERWISE)
    return gettext(message, **{key: str(value) for key, value in (context or {}).items()})


def complaints_of(error: ValidationError) -> dict[str, list[str]]:
    """Field → complaints. A field of a line is named like its input: ``lines-0-days``."""
    found: dict[str, list[str]] = {}
    for finding in error.errors(include_url=False, include_input=False):
        name = "-".join(str(part) for part in finding["loc"]) or "form"
        found.setdefault(name, []).append(complaint(finding["type"], finding.get("ctx")))
    return found


def refuse_what_no_engine_stores(value: Any) -> None:
    """Refuse what some engine or some calendar could not hold, at any depth of an argument.

    Control characters and half characters (PostgreSQL refuses NUL), integers beyond 63 bits, numbers that are
    none, days outside the centuries in which zones and calendars add up.
    """
    for part in _parts(value, MOST_NESTED):
        if isinstance(part, str) and not _is_storable_text(part):
            raise PydanticCustomError("text_not_storable", "text cannot be stored")
        if isinstance(part, int | float | Decimal) and not _is_storable_number(part):
            raise PydanticCustomError("number_not_storable", "number cannot be stored")
        if isinstance(part, date) and not FIRST_YEAR <= part.year <= LAST_YEAR:
            raise PydanticCustomError("day_not_storable", "day cannot be stored")


def _is_storable_text(text: str) -> bool:
    return _CONTROLS.isdisjoint(text) and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _is_storable_number(number: int | float | Decimal) -> bool:
    if isinstance(number, int):
        return abs(number) <= _LARGEST
    return math.isfinite(number) and abs(Decimal(number)) < _LARGEST_DECIMAL


def _parts(value: Any, levels: int) -> Iterator[Any]:
    """The value and everything inside it."""
    inner: list[Any]
    if isinstance(value, dict):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    else:
        yield value
        return
    if levels == 0:
        raise PydanticCustomError("too_deep", "nested too deeply")
    for item in inner:
        yield from _parts(item, levels - 1)
