"""What a doctor writes on one line of a sheet. The quantity is computed from it (B6, B7)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

Dose = Annotated[Decimal, Field(gt=Decimal(0), le=Decimal("100000"), max_digits=10, decimal_places=4)]
Grams = Annotated[Decimal, Field(gt=Decimal(0), le=Decimal(500), max_digits=6, decimal_places=2)]
Remark = Annotated[str, Field(max_length=100)]
Code = Annotated[str, Field(min_length=1, max_length=20)]
MAX_DAYS = 84  # a long prescription of a stable patient: twelve weeks (长期处方管理规范 2021, article 14)


class SkinTest(StrEnum):
    """How a line stands to a skin test (皮试)."""

    NONE = "none"
    NEEDED = "needed"
    EXEMPT = "exempt"  # in use, without a break
    NEGATIVE_ELSEWHERE = "negative_elsewhere"


class Decoction(StrEnum):
    """How herbs are made ready (煎服方式)."""

    SELF = "self"
    CLINIC = "clinic"
    GRANULES = "granules"
    PILLS = "pills"


class Timing(StrEnum):
    """When a decoction is drunk."""

    BEFORE_MEAL = "before_meal"
    AFTER_MEAL = "after_meal"
    BEDTIME = "bedtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugLine:
    """A Western drug or patent medicine. ``dose`` is in the drug's dose unit."""

    drug_id: int
    dose: Dose
    route: Code
    frequency: Code
    days: Annotated[int, Field(ge=1, le=MAX_DAYS)]
    group_no: Annotated[int, Field(ge=1, le=20)] | None = None  # drugs of one infusion share it
    quantity: (
        Annotated[Decimal, Field(gt=Decimal(0), le=Decimal(9999), max_digits=8, decimal_places=2)] | None
    ) = None  # minimum units, only where the frequency leaves the quantity open (prn)
    skin_test: SkinTest | None = None
    remark: Remark = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HerbLine:
    """One herb: grams in each dose (付) and how it is boiled (脚注)."""

    drug_id: int
    grams: Grams
    footnote: Annotated[str, Field(max_length=10)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HerbalHeading:
    """What holds for all herbs of a sheet (B7). Up to 7 doses; above, a written reason."""

    doses: Annotated[int, Field(ge=1, le=30)]
    decoction: Decoction = Decoction.SELF
    times_a_day: Annotated[int, Field(ge=1, le=6)] = 2
    volume_ml: Annotated[int, Field(ge=20, le=500)] = 200
    timing: Timing = Timing.AFTER_MEAL


FOOTNOTES = ("先煎", "后下", "包煎", "另煎", "烊化", "冲服", "捣碎", "另包")

# Order 53, article 6 (9): usage is written out; these words say nothing.
_EMPTY_WORDS = re.compile(r"遵\s*医\s*嘱|自\s*用|as\s+directed", re.IGNORECASE)


def says_nothing(text: str) -> bool:
    """Tell whether a usage text is one of the empty words that may not stand on a prescription."""
    return _EMPTY_WORDS.search(text) is not None


class GroupFault(StrEnum):
    """Why an infusion group cannot stand."""

    MIXED = "mixed"


class Grouped(Protocol):
    """A line that may belong to an infusion group."""

    @property
    def group_no(self) -> int | None: ...
    @property
    def route(self) -> str: ...
    @property
    def frequency(self) -> str: ...
    @property
    def days(self) -> int: ...


def group_faults(lines: Sequence[Grouped]) -> Iterator[tuple[int, GroupFault]]:
    """Report groups whose drugs do not share route, frequency and days: they run in one bottle."""
    seen: dict[int, tuple[str, str, int]] = {}
    for line in lines:
        if line.group_no is None:
            continue
        usage = (line.route, line.frequency, line.days)
        if seen.setdefault(line.group_no, usage) != usage:
            yield line.group_no, GroupFault.MIXED


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingReason:
    """Why the doctor prescribes although a check warns; ``key`` names the finding."""

    key: Annotated[str, Field(max_length=120)]
    text: Annotated[str, Field(min_length=2, max_length=200)]
