"""Traceability codes (药品追溯码): how they are read, how often a pack may be sold, what a return gives back."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_NATIONAL = re.compile(r"\d{20}")  # 7 digits of drug and pack, then serial and check digits
_GS1 = re.compile(r"\(?01\)?(\d{14})\(?21\)?([!-~]{1,20})")
_BETWEEN = re.compile(r"[\s,;，；、]+")
LONGEST = 40


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code and the part of it that names drug and pack."""

    code: str
    prefix: str


def read_code(text: str) -> ReadCode | None:
    """The code in what a scanner sent: 20 digits, or a GS1 string with product and serial number; else None."""
    typed = text.strip().replace("\x1d", "")
    if _NATIONAL.fullmatch(typed):
        return ReadCode(typed, typed[:7])
    found = _GS1.fullmatch(typed)
    if found is None:
        return None
    return ReadCode(f"01{found[1]}21{found[2]}"[:LONGEST], found[1])


def codes_in(text: str) -> list[str]:
    """The single texts of a list that was scanned or pasted, in their order."""
    return [part for part in _BETWEEN.split(text.strip()) if part]


class PackFault(StrEnum):
    """Why a pack cannot serve a line."""

    SOLD = "sold"
    OVER_SPLIT = "over_split"


def pack_fault(*, used: Decimal, pack_factor: Decimal, quantity: Decimal) -> PackFault | None:
    """Tell why `quantity` more cannot come out of a pack; one code is sold once, opened packs hold no more.

    Source: insurance rules in force since 2025-07-01 (clinic handbook D5, worked numbers G15).
    """
    if used >= pack_factor:
        return PackFault.SOLD
    return PackFault.OVER_SPLIT if used + quantity > pack_factor else None


class PlaceFault(StrEnum):
    """Why a pack cannot be where it is scanned."""

    GONE = "gone"
    ELSEWHERE = "elsewhere"


def place_fault(
    *, lies_at: int | None, wanted_at: int, is_gone: bool, is_followed: bool
) -> PlaceFault | None:
    """Tell why a pack cannot be taken where it is scanned.

    What left for good is never back. Where packs are followed from place to place, it lies where the books say, if they
    say so; elsewhere it is taken to be where somebody holds it in their hand.
    """
    if is_gone:
        return PlaceFault.GONE
    return PlaceFault.ELSEWHERE if is_followed and lies_at is not None and lies_at != wanted_at else None


@dataclass(frozen=True, slots=True)
class SoldPack:
    """What a patient has of a pack; no code where it went out without one."""

    key: int
    code: str
    with_patient: Decimal


def give_back(
    packs: Sequence[SoldPack], quantity: Decimal, given: Iterable[str]
) -> tuple[list[tuple[int, Decimal]], Decimal]:
    """Spread a return over the packs whose codes were scanned, then over those without a code.

    Returns what goes back to which pack, and how much is left that no scanned code covers.
    """
    scanned = set(given)
    wanted = [pack for pack in packs if pack.code in scanned] + [pack for pack in packs if not pack.code]
    back: list[tuple[int, Decimal]] = []
    for pack in wanted:
        part = min(quantity, pack.with_patient)
        if part > 0:
            back.append((pack.key, part))
            quantity -= part
    return back, quantity
