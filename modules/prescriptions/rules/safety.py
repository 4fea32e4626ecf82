"""Rational-use checks of one prescription (合理用药): what to stop, what to warn of.

The kinds of finding follow the rules for prescription review (卫医管发〔2010〕28号); their
levels are house rules. Limits come with each drug from the catalogue; an unknown limit is not checked.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from itertools import combinations

from modules.prescriptions.rules.quantities import ON_DEMAND, Frequency


class Level(IntEnum):
    """1 is shown, 2 needs a written reason, 3 stops the prescription."""

    NOTICE = 1
    WARNING = 2
    BLOCK = 3


class Check(StrEnum):
    """What was looked at."""

    ALLERGY = "allergy"
    DUPLICATE_INGREDIENT = "duplicate_ingredient"
    DUPLICATE_CLASS = "duplicate_class"
    SINGLE_DOSE = "single_dose"
    DAILY_DOSE = "daily_dose"
    AGE = "age"
    PREGNANCY = "pregnancy"
    PREGNANCY_NOT_ASKED = "pregnancy_not_asked"
    LACTATION = "lactation"
    HERB_INCOMPATIBILITY = "herb_incompatibility"
    HERB_GRAMS = "herb_grams"
    ANTIMICROBIAL_LEVEL = "antimicrobial_level"


class Caution(StrEnum):
    """How a drug stands to pregnancy or lactation."""

    OK = "ok"
    CAUTION = "caution"
    CONTRAINDICATED = "contraindicated"
    UNKNOWN = "unknown"


class Title(IntEnum):
    """Rank of a prescriber (职称); assistants and village doctors need county training for antimicrobials."""

    ASSISTANT = 0
    JUNIOR = 1
    INTERMEDIATE = 2
    SENIOR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugFacts:
    """What the checks know about a drug. Doses are in the drug's own dose unit; ages in completed years.

    `herbs` are the herbal ingredients, for incompatibility and for grams; a patent medicine lists its own.
    Nobody younger than `block_under_years` gets it; below `warn_under_years` a reason is asked.
    """

    code: str
    ingredients: AbstractSet[str] = frozenset()
    herbs: AbstractSet[str] = frozenset()
    pharm_classes: AbstractSet[str] = frozenset()
    allergy_classes: AbstractSet[str] = frozenset()
    single_max: Decimal | None = None
    daily_max: Decimal | None = None
    block_under_years: int | None = None
    warn_under_years: int | None = None
    pregnancy: Caution = Caution.UNKNOWN
    lactation: Caution = Caution.UNKNOWN
    herb_daily_grams: Decimal | None = None
    antimicrobial_level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescribedLine:
    """One line: a drug, its single dose and frequency. A herb's dose is the grams of one day (一日一剂)."""

    drug: DrugFacts
    dose: Decimal | None = None
    frequency: Frequency = ON_DEMAND


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """Completed years; allergies as ingredient or allergy-class keys; None: not asked or does not apply.

    ``suspected_allergies`` are not proven: they ask for a reason, they do not stop.
    """

    age_years: int
    allergies: AbstractSet[str] = frozenset()
    suspected_allergies: AbstractSet[str] = frozenset()
    is_pregnant: bool | None = None
    is_lactating: bool | None = None
    may_be_pregnant: bool = False  # a woman of 15 to 49 years


@dataclass(frozen=True, slots=True)
class Finding:
    """One result. `other` is the second drug's code where two are concerned, `facts` the numbers to show."""

    check: Check
    level: Level
    drug_code: str
    other: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """Names the finding, so that a reason can be given for it."""
        return f"{self.check.value}:{self.drug_code}:{self.other}"


def check_prescription(
    lines: Sequence[PrescribedLine],
    *,
    patient: PatientFacts,
    active: Sequence[DrugFacts] = (),
    incompatible_herbs: AbstractSet[frozenset[str]] = frozenset(),
) -> list[Finding]:
    """Return every finding, the gravest first, then in the order of the lines.

    `active` are drugs the patient still has from other prescriptions. `incompatible_herbs` are pairs of herb
    keys (十八反, 十九畏).
    """
    drugs = [line.drug for line in lines]
    findings = [
        *(finding for drug in drugs for finding in _check_patient(drug, patient)),
        *check_doses(lines),
        *check_duplicates(drugs, active=active),
        *check_herbs(drugs, active=active, incompatible=incompatible_herbs),
    ]
    place = {drug.code: position for position, drug in reversed(list(enumerate(drugs)))}
    return sorted(findings, key=lambda finding: (-finding.level, place[finding.drug_code]))


def _check_patient(drug: DrugFacts, patient: PatientFacts) -> Iterator[Finding]:
    yield from check_allergy(drug, patient.allergies, suspected=patient.suspected_allergies)
    yield from check_age(drug, patient.age_years)
    if patient.is_pregnant:
        yield from _check_caution(Check.PREGNANCY, drug, drug.pregnancy)
    elif patient.may_be_pregnant and patient.is_pregnant is None:
        yield from check_pregnancy_not_asked(drug)
    if patient.is_lactating:
        yield from _check_caution(Check.LACTATION, drug, drug.lactation)


def check_allergy(
    drug: DrugFacts, allergies: AbstractSet[str], *, suspected: AbstractSet[str] = frozenset()
) -> Iterator[Finding]:
    """Stop a drug whose ingredient, herb or class the patient is allergic to (3); warn if suspected (2).

    One finding a drug, the first key in order; a proven allergy comes before a suspected one.
    """
    own = drug.ingredients | drug.herbs | drug.allergy_classes
    for known, level in ((allergies, Level.BLOCK), (suspected, Level.WARNING)):
        if keys := sorted(known & own):
            yield Finding(Check.ALLERGY, level, drug.code, facts={"allergy": ";".join(keys)})
            return


def check_age(drug: DrugFacts, age_years: int) -> Iterator[Finding]:
    """Stop (3) or warn (2) below the drug's ages, e.g. quinolones below 18 years."""
    for limit, level in ((drug.block_under_years, Level.BLOCK), (drug.warn_under_years, Level.WARNING)):
        if limit is not None and age_years < limit:
            facts = {"age_years": str(age_years), "from_years": str(limit)}
            yield Finding(Check.AGE, level, drug.code, facts=facts)
            return


def check_pregnancy_not_asked(drug: DrugFacts) -> Iterator[Finding]:
    """Ask a woman of 15 to 49 years before a drug that pregnancy forbids (2) or restrains (1). House rule."""
    level = {Caution.CONTRAINDICATED: Level.WARNING, Caution.CAUTION: Level.NOTICE}.get(drug.pregnancy)
    if level is not None:
        yield Finding(Check.PREGNANCY_NOT_ASKED, level, drug.code)


def _check_caution(check: Check, drug: DrugFacts, caution: Caution) -> Iterator[Finding]:
    level = {Caution.CONTRAINDICATED: Level.BLOCK, Caution.CAUTION: Level.WARNING}.get(caution)
    if level is not None:
        yield Finding(check, level, drug.code)


def check_doses(lines: Sequence[PrescribedLine]) -> Iterator[Finding]:
    """Compare single doses (2), daily doses (3) and a herb's daily grams (2) with the drugs' limits.

    Lines of the same drug add up to one daily dose. On demand counts as no daily dose: only the single one
    is known.
    """
    daily: dict[str, Decimal] = {}
    for line in lines:
        if line.dose is None:
            continue
        yield from _over(Check.SINGLE_DOSE, Level.WARNING, line.drug, line.dose, line.drug.single_max)
        today = line.dose if line.drug.herb_daily_grams else line.dose * line.frequency.doses_on_a_day
        daily[line.drug.code] = daily.get(line.drug.code, Decimal(0)) + today
    for drug in {line.drug.code: line.drug for line in lines}.values():
        dose = daily.get(drug.code, Decimal(0))
        yield from _over(Check.DAILY_DOSE, Level.BLOCK, drug, dose, drug.daily_max)
        yield from _over(Check.HERB_GRAMS, Level.WARNING, drug, dose, drug.herb_daily_grams)


def _over(
    check: Check, level: Level, drug: DrugFacts, dose: Decimal, limit: Decimal | None
) -> Iterator[Finding]:
    if limit is not None and dose > limit:
        yield Finding(check, level, drug.code, facts={"dose": f"{dose:f}", "limit": f"{limit:f}"})


def check_duplicates(drugs: Sequence[DrugFacts], *, active: Sequence[DrugFacts] = ()) -> Iterator[Finding]:
    """Report a shared ingredient (2) or, failing that, a shared pharmacological class (1).

    Two lines of the very same drug share an ingredient too.
    """
    pairs = [*combinations(drugs, 2), *((drug, held) for drug in drugs for held in active)]
    for drug, other in pairs:
        same = drug.ingredients & other.ingredients
        if same or drug.code == other.code:
            facts = {"ingredient": ";".join(sorted(same))}
            yield Finding(Check.DUPLICATE_INGREDIENT, Level.WARNING, drug.code, other.code, facts)
        elif classes := drug.pharm_classes & other.pharm_classes:
            facts = {"pharm_class": ";".join(sorted(classes))}
            yield Finding(Check.DUPLICATE_CLASS, Level.NOTICE, drug.code, other.code, facts)


def check_herbs(
    drugs: Sequence[DrugFacts],
    *,
    incompatible: AbstractSet[frozenset[str]],
    active: Sequence[DrugFacts] = (),
) -> Iterator[Finding]:
    """Stop two drugs whose herbs must not meet (十八反, 十九畏: level 3); a drug's own recipe is accepted."""
    pairs = [*combinations(drugs, 2), *((drug, held) for drug in drugs for held in active)]
    for drug, other in pairs:
        for herb in sorted(drug.herbs):
            for met in sorted(other.herbs):
                if frozenset({herb, met}) in incompatible:
                    facts = {"herb": herb, "other_herb": met}
                    yield Finding(Check.HERB_INCOMPATIBILITY, Level.BLOCK, drug.code, other.code, facts)


_TITLE_FOR_LEVEL = {1: Title.JUNIOR, 2: Title.INTERMEDIATE, 3: Title.SENIOR}


def check_antimicrobial(
    drug: DrugFacts,
    *,
    title: Title,
    is_trained_assistant: bool = False,
    is_emergency: bool = False,
    supply_days: int | None = None,
) -> Iterator[Finding]:
    """Judge whether a prescriber may use an antimicrobial (抗菌药物临床应用管理办法, 卫生部令第84号).

    Level 1 (non-restricted) from the junior title, or an assistant or village doctor trained by the county
    (article 24); level 2 (restricted) from the intermediate title; level 3 (special) never in outpatient
    care (article 27). In an emergency one level may be overstepped for one day's quantity with a reason
    (article 28): level 2 of warning instead of a stop.
    """
    needed = _TITLE_FOR_LEVEL.get(drug.antimicrobial_level)
    if needed is None:
        return
    facts = {"antimicrobial_level": str(drug.antimicrobial_level), "needed_title": needed.name.lower()}
    if drug.antimicrobial_level == 3:
        yield Finding(Check.ANTIMICROBIAL_LEVEL, Level.BLOCK, drug.code, facts=facts)
    elif title < needed and not (is_trained_assistant and needed is Title.JUNIOR):
        excused = is_emergency and supply_days is not None and supply_days <= 1
        level = Level.WARNING if excused else Level.BLOCK
        yield Finding(Check.ANTIMICROBIAL_LEVEL, level, drug.code, facts=facts)
