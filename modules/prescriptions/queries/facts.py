"""What the safety checks know of a patient, a drug and a usage, gathered from the modules below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app import clock
from app.db import db
from app.dictionaries import DictionaryEntry
from modules.catalogue import queries as catalogue
from modules.patients import queries as patients
from modules.prescriptions.rules import safety, sheets


def patient_facts(
    patient: patients.Patient, allergies: Sequence[patients.Allergy], record: Mapping[str, object], age: int
) -> safety.PatientFacts:
    """What the checks need to know of the patient."""
    proven = frozenset(key for row in allergies if row.certainty.value == "confirmed" for key in row.keys)
    suspected = frozenset(key for row in allergies if row.certainty.value != "confirmed" for key in row.keys)
    pregnant, lactating = record.get("is_pregnant"), record.get("is_lactating")
    return safety.PatientFacts(
        age_years=age,
        allergies=proven,
        suspected_allergies=suspected,
        is_pregnant=pregnant if isinstance(pregnant, bool) else None,
        is_lactating=lactating if isinstance(lactating, bool) else None,
        may_be_pregnant=patient.sex.value == "2" and 15 <= age <= 49,
    )


def drug_facts(drug: catalogue.Drug) -> safety.DrugFacts:
    """What the checks need to know of a drug of the catalogue."""
    is_herb = drug.kind.value == sheets.DrugKind.HERBAL.value
    return safety.DrugFacts(
        code=drug.code,
        ingredients=frozenset(drug.ingredients),
        herbs=frozenset(drug.herbs),
        pharm_classes=frozenset(drug.classes),
        allergy_classes=frozenset(drug.allergy_classes),
        single_max=drug.single_max,
        daily_max=drug.daily_max,
        block_under_years=drug.block_below_years,
        warn_under_years=drug.warn_below_years,
        pregnancy=safety.Caution(drug.pregnancy or "unknown"),
        lactation=safety.Caution(drug.lactation or "unknown"),
        herb_daily_grams=catalogue.herb_daily_grams().get(drug.code) if is_herb else None,
        antimicrobial_level=drug.antimicrobial_level,
    )


@dataclass(frozen=True, slots=True)
class Usage:
    """A route or a frequency of the dictionary."""

    code: str
    name: str
    times: int
    per_days: int


_usage_of_day: tuple[date | None, dict[tuple[str, str], Usage]] = (None, {})


def usage() -> dict[tuple[str, str], Usage]:
    """(dictionary, code) → route or frequency as they hold today; read once a day and process."""
    global _usage_of_day
    day, found = _usage_of_day
    if day != clock.today() or not found:
        found = _read_usage()
        _usage_of_day = (clock.today(), found)
    return found


def _read_usage() -> dict[tuple[str, str], Usage]:
    today = clock.today()
    rows = db.session.scalars(
        select(DictionaryEntry)
        .where(DictionaryEntry.dictionary.in_(["frequency", "route"]))
        .where(DictionaryEntry.valid_from <= today, DictionaryEntry.valid_to > today)
        .order_by(DictionaryEntry.rank.desc())
    )
    return {
        (row.dictionary, row.code): Usage(
            row.code, row.name, int(row.facts.get("times", 0)), int(row.facts.get("per_days", 0))
        )
        for row in rows
    }
