from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.prescriptions.rules.quantities import Frequency
from modules.prescriptions.rules.safety import (
    Caution,
    Check,
    DrugFacts,
    Level,
    PatientFacts,
    PrescribedLine,
    Title,
    check_antimicrobial,
    check_prescription,
)

D = Decimal
TID, QW = Frequency(3, 1), Frequency(1, 7)
AMOXICILLIN = DrugFacts(
    code="AMX",
    ingredients=frozenset({"amoxicillin"}),
    pharm_classes=frozenset({"penicillin"}),
    allergy_classes=frozenset({"penicillin", "beta_lactam"}),
    single_max=D(1),
    daily_max=D(4),
    pregnancy=Caution.OK,
    antimicrobial_level=1,
)
AUGMENTED = DrugFacts(
    code="AMC", ingredients=frozenset({"amoxicillin", "clavulanate"}), pharm_classes=frozenset({"penicillin"})
)
PENICILLIN = DrugFacts(
    code="PEN", ingredients=frozenset({"benzylpenicillin"}), pharm_classes=frozenset({"penicillin"})
)
LEVOFLOXACIN = DrugFacts(
    code="LEV",
    block_under_years=18,
    pregnancy=Caution.CONTRAINDICATED,
    lactation=Caution.CAUTION,
    antimicrobial_level=2,
)
METFORMIN = DrugFacts(code="MET", warn_under_years=18, pregnancy=Caution.CAUTION)
ACONITE = DrugFacts(code="FZ", herbs=frozenset({"aconite"}), herb_daily_grams=D(15))
PINELLIA = DrugFacts(code="BX", herbs=frozenset({"pinellia"}), herb_daily_grams=D(9))
PAIRS = frozenset({frozenset({"aconite", "pinellia"})})
ADULT = PatientFacts(age_years=40)


def line(drug, dose=None, frequency=TID):
    return PrescribedLine(drug=drug, dose=None if dose is None else D(dose), frequency=frequency)


def check(*lines, patient=ADULT, **given_):
    found = check_prescription(lines, patient=patient, incompatible_herbs=PAIRS, **given_)
    return [(finding.check, int(finding.level), finding.drug_code, finding.other) for finding in found]


def test_a_sound_prescription_passes_in_silence():
    assert check(line(AMOXICILLIN, "0.5"), line(METFORMIN)) == []


@pytest.mark.parametrize("allergy", ["amoxicillin", "penicillin", "beta_lactam"])
def test_an_allergy_to_the_drug_or_its_class_stops_it(allergy):
    patient = PatientFacts(age_years=40, allergies=frozenset({allergy}))
    assert check(line(AMOXICILLIN), patient=patient) == [(Check.ALLERGY, 3, "AMX", "")]


def test_the_same_ingredient_twice_is_a_warning():
    assert check(line(AMOXICILLIN), line(AUGMENTED)) == [(Check.DUPLICATE_INGREDIENT, 2, "AMX", "AMC")]
    assert check(line(AMOXICILLIN), line(AMOXICILLIN)) == [(Check.DUPLICATE_INGREDIENT, 2, "AMX", "AMX")]


def test_the_same_class_twice_is_a_notice():
    assert check(line(AMOXICILLIN), line(PENICILLIN)) == [(Check.DUPLICATE_CLASS, 1, "AMX", "PEN")]


def test_what_the_patient_still_has_counts_too():
    assert check(line(AMOXICILLIN), active=[AUGMENTED]) == [(Check.DUPLICATE_INGREDIENT, 2, "AMX", "AMC")]


def test_too_much_at_once_warns_and_too_much_a_day_stops():
    assert check(line(AMOXICILLIN, "1.0")) == []
    assert check(line(AMOXICILLIN, "1.25")) == [(Check.SINGLE_DOSE, 2, "AMX", "")]
    assert check(line(AMOXICILLIN, "1.5")) == [
        (Check.DAILY_DOSE, 3, "AMX", ""),
        (Check.SINGLE_DOSE, 2, "AMX", ""),
    ]
    assert check(line(AMOXICILLIN, "1.0", QW)) == []


def test_a_daily_dose_is_not_hidden_by_writing_it_in_two_lines():
    assert (Check.DAILY_DOSE, 3, "AMX", "") in check(line(AMOXICILLIN, "0.75"), line(AMOXICILLIN, "0.75"))


def test_a_finding_carries_the_numbers_to_show():
    found = check_prescription([line(AMOXICILLIN, "1.25")], patient=ADULT)
    assert found[0].facts == {"dose": "1.25", "limit": "1"}


def test_age_stops_or_warns():
    child = PatientFacts(age_years=17)
    assert check(line(LEVOFLOXACIN), patient=child) == [(Check.AGE, 3, "LEV", "")]
    assert check(line(METFORMIN), patient=child) == [(Check.AGE, 2, "MET", "")]
    assert check(line(LEVOFLOXACIN), patient=PatientFacts(age_years=18)) == []


def test_pregnancy_and_lactation_stop_or_warn():
    mother = PatientFacts(age_years=30, is_pregnant=True, is_lactating=True)
    assert check(line(LEVOFLOXACIN), line(METFORMIN), line(AMOXICILLIN), patient=mother) == [
        (Check.PREGNANCY, 3, "LEV", ""),
        (Check.LACTATION, 2, "LEV", ""),
        (Check.PREGNANCY, 2, "MET", ""),
    ]


def test_incompatible_herbs_stop_also_across_prescriptions():
    assert check(line(ACONITE, 9), line(PINELLIA, 9)) == [(Check.HERB_INCOMPATIBILITY, 3, "FZ", "BX")]
    assert check(line(PINELLIA, 9), active=[ACONITE]) == [(Check.HERB_INCOMPATIBILITY, 3, "BX", "FZ")]


def test_a_herb_has_a_daily_ceiling_in_grams():
    assert check(line(ACONITE, 15)) == []
    assert check(line(ACONITE, 16)) == [(Check.HERB_GRAMS, 2, "FZ", "")]


@pytest.mark.parametrize(
    ("level", "title", "given_", "result"),
    [
        (0, Title.ASSISTANT, {}, None),
        (1, Title.ASSISTANT, {}, Level.BLOCK),
        (1, Title.ASSISTANT, {"is_trained_assistant": True}, None),
        (1, Title.JUNIOR, {}, None),
        (2, Title.JUNIOR, {}, Level.BLOCK),
        (2, Title.ASSISTANT, {"is_trained_assistant": True}, Level.BLOCK),
        (2, Title.JUNIOR, {"is_emergency": True, "supply_days": 1}, Level.WARNING),
        (2, Title.JUNIOR, {"is_emergency": True, "supply_days": 2}, Level.BLOCK),
        (2, Title.INTERMEDIATE, {}, None),
        (3, Title.SENIOR, {}, Level.BLOCK),
    ],
)
def test_antimicrobials_follow_the_title(level, title, given_, result):
    drug = DrugFacts(code="X", antimicrobial_level=level)
    found = list(check_antimicrobial(drug, title=title, **given_))
    assert (found[0].level if found else None) is result


DRUGS = st.sampled_from([AMOXICILLIN, AUGMENTED, PENICILLIN, LEVOFLOXACIN, METFORMIN, ACONITE, PINELLIA])
LINES = st.lists(
    st.builds(PrescribedLine, drug=DRUGS, dose=st.decimals("0.1", "20", places=1), frequency=st.just(TID)),
    max_size=6,
)
PATIENTS = st.builds(
    PatientFacts,
    age_years=st.integers(0, 100),
    allergies=st.frozensets(st.sampled_from(["penicillin", "aconite"])),
    is_pregnant=st.sampled_from([None, False, True]),
)


@given(lines=LINES, patient=PATIENTS)
def test_the_gravest_finding_is_read_first(lines, patient):
    found = check_prescription(lines, patient=patient, incompatible_herbs=PAIRS)
    levels = [finding.level for finding in found]
    assert levels == sorted(levels, reverse=True)
    assert {finding.drug_code for finding in found} <= {each.drug.code for each in lines}


@given(lines=LINES, more=DRUGS, patient=PATIENTS)
def test_adding_a_line_never_hides_a_finding(lines, more, patient):
    before = check_prescription(lines, patient=patient, incompatible_herbs=PAIRS)
    after = check_prescription([*lines, line(more)], patient=patient, incompatible_herbs=PAIRS)
    assert all(finding in after for finding in before)
