"""What a clerk typed or scanned into the one search box."""

import re
from dataclasses import dataclass
from enum import StrEnum

from modules.patients.rules.identity import id_15_to_18, normalise_identifier
from modules.patients.rules.names import has_chinese, is_mobile, normalise_name, normalise_phone


class QueryKind(StrEnum):
    """What a typed search may be, in the order in which to try them."""

    ID_NUMBER = "id_number"
    PHONE = "phone"
    PHONE_TAIL = "phone_tail"
    NUMBER = "number"  # card, visit, record or other document number
    CHINESE_NAME = "chinese_name"
    PINYIN_FULL = "pinyin_full"
    PINYIN_INITIALS = "pinyin_initials"


@dataclass(frozen=True, slots=True)
class TypedQuery:
    """The text in its comparable form and the columns to look in; no kinds means type more."""

    text: str
    kinds: tuple[QueryKind, ...]


def classify_query(text: str) -> TypedQuery:
    """Tell what a clerk typed or scanned into the one search box. Source: house rule.

    Four digits may be the end of a phone or of a card number, so several kinds may come back. A 15-digit
    identity number comes back in its 18-character form. Latin text is lower case, numbers are upper case.
    """
    name = normalise_name(text)
    if has_chinese(name):
        return TypedQuery(name, (QueryKind.CHINESE_NAME,))
    number = normalise_identifier(text)
    if re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return TypedQuery(number, (QueryKind.ID_NUMBER, QueryKind.NUMBER))
    if longer := id_15_to_18(number):
        return TypedQuery(longer, (QueryKind.ID_NUMBER,))
    letters = number.lower().replace("'", "").strip()
    if letters and re.fullmatch(r"[a-z ]+", letters):
        return _classify_letters(letters)
    return _classify_number(number)


def _classify_letters(letters: str) -> TypedQuery:
    kinds = (QueryKind.PINYIN_INITIALS,)
    if re.search("[aeiouv]", letters) and len(letters) > 1:
        return TypedQuery(letters, (QueryKind.PINYIN_FULL, *kinds))
    return TypedQuery(letters, kinds)


def _classify_number(number: str) -> TypedQuery:
    phone = normalise_phone(number)
    if phone is not None and (is_mobile(phone) or "-" in phone):
        return TypedQuery(phone, (QueryKind.PHONE, QueryKind.NUMBER))
    if number.isascii() and number.isdigit() and 4 <= len(number) <= 10:
        return TypedQuery(number, (QueryKind.PHONE_TAIL, QueryKind.NUMBER))
    if len(number) >= 4 and re.fullmatch(r"[0-9A-Z\-]+", number):
        return TypedQuery(number, (QueryKind.NUMBER,))
    return TypedQuery(number, ())
