"""Is this the same person? The six matching rules of the patient index (患者主索引)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from app.pinyin import name_pinyin
from modules.patients.rules.identity import DocumentType, Sex, normalise_identifier
from modules.patients.rules.names import normalise_name, normalise_phone

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTraits:
    """What two index entries are compared by. Empty text and None mean not known, and never match.

    `is_proxy_document` marks a newborn who shows the mother's document; nobody is ever matched by it.
    `birth_order` tells twins apart. `street_code` is the fourth address level (nine digits).
    """

    name: str
    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    document_type: DocumentType | None = None
    document_number: str = ""
    phone: str = ""
    street_code: str = ""
    is_proxy_document: bool = False
    birth_order: int | None = None


class MatchAction(StrEnum):
    """What the window does with a match."""

    LINK = "link"
    BLOCK = "block"
    CONFIRM = "confirm"
    LIST = "list"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The rule that spoke (1-6), the likeness (0-100) and what to do."""

    rule: int
    score: int
    action: MatchAction


_NEW_ENTRY = MatchResult(6, 0, MatchAction.NEW)


def match(newcomer: PersonTraits, existing: PersonTraits) -> MatchResult:
    """Compare a newcomer with one index entry by the six matching rules, in order. Source: house rule.

    1 same document type and number, same name: link. 2 same number, other name: block (typing error or
    rename). 3 newcomer without a document; name, sex, birth date and phone or street equal: ask, 90 or more.
    4 name, sex and birth date equal: list, 70-89. 5 name sounds the same, birth date and phone equal: list.
    6 otherwise a new entry. Only rule 1 ever links by itself.
    """
    by_document = _match_documents(newcomer, existing)
    if by_document is not None:
        return by_document
    if _is_other_twin(newcomer, existing):
        return _NEW_ENTRY
    if _same_person_traits(newcomer, existing):
        return _score_same_traits(newcomer, existing)
    if _sounds_alike(newcomer, existing):
        return MatchResult(5, 80 if _same_sex(newcomer, existing) else 75, MatchAction.LIST)
    return _NEW_ENTRY


def rank_matches(
    newcomer: PersonTraits, entries: Iterable[tuple[_Key, PersonTraits]]
) -> list[tuple[_Key, MatchResult]]:
    """Return the entries that resemble the newcomer, a block first, then by rule, then the highest score."""
    judged = [(key, match(newcomer, entry)) for key, entry in entries]
    alike = [(key, result) for key, result in judged if result.action is not MatchAction.NEW]
    return sorted(
        alike, key=lambda pair: (pair[1].action is not MatchAction.BLOCK, pair[1].rule, -pair[1].score)
    )


def _own_number(person: PersonTraits) -> str:
    return "" if person.is_proxy_document else normalise_identifier(person.document_number)


def _match_documents(newcomer: PersonTraits, existing: PersonTraits) -> MatchResult | None:
    number = _own_number(newcomer)
    if not number or number != _own_number(existing):
        return None
    if not _same_name(newcomer, existing):
        return MatchResult(2, 0, MatchAction.BLOCK)
    if newcomer.document_type == existing.document_type:
        return MatchResult(1, 100, MatchAction.LINK)
    return None


def _is_other_twin(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    orders = (newcomer.birth_order, existing.birth_order)
    return None not in orders and orders[0] != orders[1]


def _same_name(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    name = normalise_name(newcomer.name).casefold()
    return bool(name) and name == normalise_name(existing.name).casefold()


def _same_sex(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    return newcomer.sex in (Sex.MALE, Sex.FEMALE) and newcomer.sex == existing.sex


def _same_birth(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    return newcomer.birth_date is not None and newcomer.birth_date == existing.birth_date


def _same_phone(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    phone = normalise_phone(newcomer.phone)
    return phone is not None and phone == normalise_phone(existing.phone)


def _same_person_traits(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    return (
        _same_name(newcomer, existing) and _same_sex(newcomer, existing) and _same_birth(newcomer, existing)
    )


def _score_same_traits(newcomer: PersonTraits, existing: PersonTraits) -> MatchResult:
    phone = _same_phone(newcomer, existing)
    street = bool(newcomer.street_code) and newcomer.street_code == existing.street_code
    if not _own_number(newcomer) and (phone or street):
        return MatchResult(3, 98 if phone and street else 95 if phone else 90, MatchAction.CONFIRM)
    return MatchResult(4, 85 if phone else 80 if street else 70, MatchAction.LIST)


def _sounds_alike(newcomer: PersonTraits, existing: PersonTraits) -> bool:
    return (
        _same_birth(newcomer, existing)
        and _same_phone(newcomer, existing)
        and bool(sound := name_pinyin(newcomer.name).full)
        and sound == name_pinyin(existing.name).full
    )
