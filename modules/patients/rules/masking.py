"""What of a resident's identity is shown to everybody at the desks, and what only as an act of its own.

One place says it: a field that stands here is shown masked in every list, page, paper and answer for programs;
who may look at it in full holds ``REVEAL``, and each look leaves a row in the trail.
"""

import re
from collections.abc import Callable, Mapping

from modules.patients.rules.names import mask_identifier

REVEAL = "patients.identity.reveal"
_ROAD = re.compile(r"^(.*?(?:街道|[路街镇乡村巷道]))")
_MASK = "***"


def mask_phone(phone: str) -> str:
    """Return a number with what tells its network or place and its last four digits: 138****1234, 010-****5678."""
    area, hyphen, rest = phone.partition("-") if phone.startswith("0") else ("", "", phone)
    if len(rest) >= 11:
        return area + hyphen + rest[:3] + "*" * (len(rest) - 7) + rest[-4:]
    return area + hyphen + "*" * max(len(rest) - 4, 0) + rest[-4:] if len(rest) > 4 else "*" * len(phone)


def mask_address(address: str) -> str:
    """Return an address as far as its street or village; what has none keeps its first two characters."""
    found = _ROAD.match(address)
    if found and len(found[1]) < len(address):
        return found[1] + _MASK
    return address[:2] + _MASK if len(address) > 2 else _MASK


FIELDS: Mapping[str, Callable[[str], str]] = {
    "document_number": mask_identifier,
    "phone": mask_phone,
    "guardian_phone": mask_phone,
    "address": mask_address,
}


def masked(field: str, value: str | None) -> str:
    """A value as everybody may see it."""
    return FIELDS[field](value) if value else ""
