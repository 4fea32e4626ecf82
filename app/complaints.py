"""What is wrong with a field, in words for people: pydantic's findings as our messages."""

from typing import Any

from pydantic import ValidationError

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
}
_PREFIXES = {
    "date": N_("Please type a day as YYYY-MM-DD."),
    "time": N_("Please type a time as HH:MM."),
    "datetime": N_("Please type a day and time as YYYY-MM-DD HH:MM."),
}
_OTHERWISE = N_("Please check this field.")


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
