"""Names and phone numbers: one written form for comparing, a masked one for screens."""

import re
import unicodedata

from modules.patients.rules.identity import normalise_identifier

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:0\d{2,3}-?)?[2-9]\d{6,7}(?:-\d{1,6})?")
_SPACES = re.compile(r"\s+")
_NAME_DOTS = re.compile(r"\s*[·•・‧∙⋅.．。]\s*")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇]")
_HAN_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇·]+")


def has_chinese(text: str) -> bool:
    """Tell whether a Chinese character stands in the text."""
    return _HAN.search(text) is not None


def normalise_name(text: str) -> str:
    """Return a name in its one written form: NFKC, trimmed, single spaces, one kind of middle dot.

    A space inside a purely Chinese name is a typing habit (张 明) and is dropped; between Latin words it
    stays. Any of the dots people type between Chinese name parts becomes `·`. Source: house rule.
    """
    name = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    if not has_chinese(name):
        return name
    name = _NAME_DOTS.sub("·", name).strip("·")
    return name.replace(" ", "") if _HAN_NAME.fullmatch(name.replace(" ", "")) else name


def is_acceptable_name(text: str) -> bool:
    """Tell whether a name is long enough to register: 2-50 characters, at least one letter or character."""
    name = normalise_name(text)
    return 2 <= len(name) <= 50 and any(letter.isalpha() for letter in name)


def normalise_phone(text: str) -> str | None:
    """Return a mainland phone number in one form, or None when it is none.

    A mobile is 11 digits 1[3-9]…, also the unallotted 199 0000 … used in examples; the country code +86 or
    0086 is dropped. A landline keeps one hyphen after its area code (010-62345678) and before an extension.
    Source: the public numbering plan; lengths only, no list of operators.
    """
    typed = unicodedata.normalize("NFKC", text).replace("—", "-").replace("‐", "-").replace("–", "-")
    digits = re.sub(r"[\s()]", "", typed)
    digits = re.sub(r"^(?:\+|00)86-?", "", digits)
    mobile = digits.replace("-", "")
    if _MOBILE.fullmatch(mobile):
        return mobile
    if _LANDLINE.fullmatch(digits):
        return _hyphenate_landline(digits)
    return None


def _hyphenate_landline(digits: str) -> str:
    if not digits.startswith("0") or re.match(r"0\d{2,3}-", digits):
        return digits
    area = 3 if digits[1] in "12" else 4  # 010 and 02x are the three-digit area codes
    return f"{digits[:area]}-{digits[area:]}"


def is_mobile(phone: str) -> bool:
    """Tell whether a normalised phone number can receive a short message."""
    return _MOBILE.fullmatch(phone) is not None


def mask_name(name: str) -> str:
    """Return a name for a public screen: first and last character, the middle starred (张*明, 王*)."""
    written = normalise_name(name)
    if len(written) < 3:
        return written[:1] + "*" * (len(written) - 1)
    return written[0] + "*" * (len(written) - 2) + written[-1]


def mask_identifier(number: str) -> str:
    """Return a document number with its first 3 and last 4 characters; below 9 only the last 2 are left."""
    written = normalise_identifier(number)
    if len(written) < 9:
        return "*" * max(len(written) - 2, 0) + written[-2:] if len(written) > 2 else "*" * len(written)
    return written[:3] + "*" * (len(written) - 7) + written[-4:]
