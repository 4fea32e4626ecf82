"""The outpatient record: its parts and what must stand in it at signing.

Source: 病历书写基本规范 (卫医政发〔2010〕11号), articles 13 to 15.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from app.i18n import N_

LongText = Annotated[str, Field(max_length=2000)]


class RecordKind(StrEnum):
    """First visit for this illness, or a return (初诊, 复诊)."""

    FIRST = "first"
    RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordText:
    """The written parts. A draft may be incomplete; ``missing_parts`` says what signing still needs."""

    kind: RecordKind = RecordKind.FIRST
    is_emergency: bool = False
    chief_complaint: Annotated[str, Field(max_length=200)] = ""
    present_illness: LongText = ""  # at a return visit: what happened since the last one
    past_history: LongText = ""
    physical_exam: LongText = ""  # positive and necessary negative signs (体征)
    auxiliary_results: LongText = ""
    treatment_advice: LongText = ""  # 处理意见
    tcm_examination: LongText = ""  # 望闻问切, tongue and pulse
    tcm_pattern: Annotated[str, Field(max_length=200)] = ""  # 辨证
    tcm_principle: Annotated[str, Field(max_length=200)] = ""  # 治则治法
    is_pregnant: bool | None = None  # None: not asked, or does not apply
    is_lactating: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisLine:
    """One diagnosis as the doctor chose it; the first is the main one unless another is marked."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    is_main: bool = False
    is_suspected: bool = False
    onset_on: date | None = None


PART_LABELS = {
    "chief_complaint": N_("Chief complaint"),
    "present_illness": N_("Present illness"),
    "past_history": N_("Past history"),
    "physical_exam": N_("Signs"),
    "auxiliary_results": N_("Results"),
    "treatment_advice": N_("Advice"),
    "tcm_examination": N_("Four examinations"),
    "tcm_pattern": N_("Pattern"),
    "tcm_principle": N_("Principle and method"),
}
_CHINESE_MEDICINE = ("中医", "中西医", "针灸", "推拿", "正骨", "民族医")


def is_chinese_medicine(*, code: str, name: str) -> bool:
    """Whether a department practises Chinese medicine, so that its record begins with the four examinations.

    By number 50, 51 or 52 of the catalogue of clinical subjects (医疗机构诊疗科目名录) or by name; where a centre
    writes neither, its own code TCM (house rule).
    """
    subject = code.partition(".")[0].upper()
    return subject in ("50", "51", "52", "TCM") or any(word in name for word in _CHINESE_MEDICINE)


_ALWAYS = ("chief_complaint", "present_illness", "physical_exam", "treatment_advice")
_FIRST_ONLY = ("past_history",)


def missing_parts(record: RecordText) -> tuple[str, ...]:
    """Names of the parts that must not be empty at signing: a first visit needs the past history too.

    Auxiliary results stand there when there are any. Source: article 13.
    """
    needed = _ALWAYS + (_FIRST_ONLY if record.kind is RecordKind.FIRST else ())
    return tuple(part for part in needed if not getattr(record, part).strip())


class DiagnosisFault(StrEnum):
    """Why diagnoses cannot stand as they are."""

    TWO_MAIN = "two_main"
    REPEATED = "repeated"


def diagnosis_faults(lines: Sequence[DiagnosisLine]) -> Iterator[DiagnosisFault]:
    """Report more than one main diagnosis, or a code that stands twice."""
    if sum(line.is_main for line in lines) > 1:
        yield DiagnosisFault.TWO_MAIN
    if len({line.code for line in lines}) < len(lines):
        yield DiagnosisFault.REPEATED


def main_first(lines: Sequence[DiagnosisLine]) -> list[DiagnosisLine]:
    """The diagnoses in order, the main one first; unmarked, the first is the main one."""
    return sorted(lines, key=lambda line: not line.is_main)


def plain(record: RecordText) -> dict[str, Any]:
    """The parts as stored: names and plain values."""
    return asdict(record)
