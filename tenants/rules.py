"""Pure rules about a centre's settings."""

from typing import Any

from app.i18n import N_
from app.registry import Setting, SettingKind

_TRUE, _FALSE = {True, "1", "true", "on"}, {False, "0", "false", ""}


class NotPossible(ValueError):
    """A value that a setting does not allow; ``message`` is a msgid."""

    def __init__(self, message: str, **facts: Any) -> None:
        self.message, self.facts = message, facts
        super().__init__(message)


def setting_value(declared: Setting, given: Any) -> str | int | bool:
    """The value as it is stored.

    Raises:
        NotPossible: the setting's kind does not allow it.
    """
    if declared.kind is SettingKind.SWITCH:
        return _switch(given)
    if declared.kind is SettingKind.NUMBER:
        return _number(declared, given)
    if not isinstance(given, str):
        raise NotPossible(N_("Please check this field."))
    if declared.kind is SettingKind.CHOICE and given not in dict(declared.options):
        raise NotPossible(N_("Please choose one of the list."))
    if len(given) > declared.most:
        raise NotPossible(N_("At most %(max_length)s characters."), max_length=declared.most)
    return given


def _switch(given: Any) -> bool:
    if not isinstance(given, str | int) or given not in _TRUE | _FALSE:
        raise NotPossible(N_("Please answer yes or no."))
    return given in _TRUE


def _number(declared: Setting, given: Any) -> int:
    text = str(given).strip()
    if isinstance(given, bool) or not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 9:
        raise NotPossible(N_("Please type a whole number."))
    if not declared.least <= int(text) <= declared.most:
        raise NotPossible(N_("From %(least)s to %(most)s."), least=declared.least, most=declared.most)
    return int(text)
