"""Texts for people: msgids in English, catalogues beside each room, zh_Hans by default."""

from enum import StrEnum
from typing import Any, Self

from flask import has_request_context, request
from flask_babel import Babel
from flask_babel import force_locale as force_locale
from flask_babel import get_locale as get_locale
from flask_babel import gettext as _gettext
from flask_babel import lazy_gettext as _lazy_gettext

DEFAULT_LOCALE = "zh_Hans"
LOCALES = {"zh_Hans": "中文", "en": "English"}
LANGUAGE_COOKIE = "his_language"


def N_(text: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
    return text


def gettext(text: str, /, **variables: Any) -> str:
    """The text in the reader's language, with its variables filled in."""
    return str(_gettext(text, **variables))


def lazy(text: str, /, **variables: Any) -> str:
    """A text that is translated each time it is shown (class bodies, module constants)."""
    return _lazy_gettext(text, **variables)  # type: ignore[no-any-return]  # behaves as str


class Choice(StrEnum):
    """A stored code with a label people read: ``REGISTERED = "registered", N_("Registered")``."""

    msgid: str

    def __new__(cls, value: str, msgid: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.msgid = msgid or value
        return member

    @property
    def label(self) -> str:
        return gettext(self.msgid)

    @classmethod
    def options(cls) -> list[tuple[str, str]]:
        """Code and label of each member, in the order written, for a select field."""
        return [(member.value, member.label) for member in cls]


def select_locale() -> str:
    """The language the reader chose, else Chinese. Programs may ask by Accept-Language."""
    if not has_request_context():
        return DEFAULT_LOCALE
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LOCALES:
        return chosen
    if request.path.startswith("/api/") and request.accept_languages.best_match(["zh", "en"]) == "en":
        return "en"
    return DEFAULT_LOCALE


def init_i18n(app: Any, folders: list[str], zone: str) -> None:
    """Join the catalogues of all rooms."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(folders)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT_LOCALE
    app.config["BABEL_DEFAULT_TIMEZONE"] = zone
    Babel(app, locale_selector=select_locale)
