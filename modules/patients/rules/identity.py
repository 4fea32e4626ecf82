"""Identity documents: their kinds, and what a resident identity number says."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_EARLIEST_BIRTH = date(1850, 1, 1)
_SPACES = re.compile(r"\s+")


class Sex(StrEnum):
    """Sex codes (GB/T 2261.1-2003)."""

    UNKNOWN = "0"
    MALE = "1"
    FEMALE = "2"
    UNSPECIFIED = "9"


class DocumentType(StrEnum):
    """Kinds of identity document (WS 364.3-2011, table CV02.01.101)."""

    RESIDENT_ID = "01"
    HOUSEHOLD_BOOK = "02"
    PASSPORT = "03"
    OFFICER_ID = "04"
    DRIVING_LICENCE = "05"
    HONG_KONG_MACAU_PERMIT = "06"
    TAIWAN_PERMIT = "07"
    OTHER = "99"


def normalise_identifier(text: str) -> str:
    """Return a document, card or visit number for storing and comparing: NFKC, no spaces, upper case."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text)).upper()


class IdNumberFault(StrEnum):
    """Why a resident identity number cannot be right."""

    SHAPE = "shape"
    CHECK_DIGIT = "check_digit"
    BIRTH_DATE = "birth_date"
    FUTURE_BIRTH = "future_birth"


@dataclass(frozen=True, slots=True)
class IdNumberReading:
    """What a resident identity number says; `fault` is None when the number stands.

    The region prefix (digits 1-6) is not judged: prefixes are reformed, so an unknown one may only warn.
    """

    number: str
    fault: IdNumberFault | None = None
    birth_date: date | None = None
    sex: Sex = Sex.UNKNOWN

    @property
    def is_valid(self) -> bool:
        """Tell whether the number may be used as an identifier."""
        return self.fault is None


def id_check_digit(first_17: str) -> str:
    """Return the check digit, 0-9 or X, of the first 17 digits (GB 11643-1999, section 4)."""
    weighted = sum(int(digit) * weight for digit, weight in zip(first_17, _CHECK_WEIGHTS, strict=True))
    return _CHECK_DIGITS[weighted % 11]


def read_id_number(text: str, *, today: date) -> IdNumberReading:
    """Read an 18-character resident identity number (公民身份号码, GB 11643-1999).

    Digits 7-14 are the birth date, digit 17 is odd for men and even for women, the last one is the check
    digit. A 15-digit number is refused as a shape fault; turn it with `id_15_to_18` first.
    """
    number = normalise_identifier(text)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return IdNumberReading(number, IdNumberFault.SHAPE)
    if id_check_digit(number[:17]) != number[17]:
        return IdNumberReading(number, IdNumberFault.CHECK_DIGIT)
    birth_date = _real_date(number[6:14])
    if birth_date is None:
        return IdNumberReading(number, IdNumberFault.BIRTH_DATE)
    if birth_date > today:
        return IdNumberReading(number, IdNumberFault.FUTURE_BIRTH)
    return IdNumberReading(number, None, birth_date, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def id_15_to_18(text: str) -> str | None:
    """Turn a first-generation 15-digit number into its 18-character form, or None when it is no such number.

    The century is 19, as all 15-digit numbers were issued before 2000 (GB 11643-1989 to GB 11643-1999).
    The serial numbers 996-999 marked people older than 100 and are refused: their century is not certain.
    """
    number = normalise_identifier(text)
    if not re.fullmatch(r"[0-9]{15}", number) or number[12:15] >= "996":
        return None
    if _real_date(f"19{number[6:12]}") is None:
        return None
    first_17 = f"{number[:6]}19{number[6:]}"
    return first_17 + id_check_digit(first_17)


def birth_date_conflicts(number: IdNumberReading, typed: date | None) -> bool:
    """Tell whether the typed birth date contradicts a valid number, which blocks. Source: house rule."""
    return number.is_valid and typed is not None and typed != number.birth_date


def _real_date(digits: str) -> date | None:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return day if day >= _EARLIEST_BIRTH else None
