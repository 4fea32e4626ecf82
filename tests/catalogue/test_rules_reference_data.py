"""The shipped dictionaries are complete and agree with each other."""

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from app.pinyin import drug_pinyin
from modules.prescriptions.rules.quantities import Frequency
from modules.prescriptions.rules.safety import (
    Caution,
    Check,
    DrugFacts,
    PatientFacts,
    PrescribedLine,
    check_prescription,
)

REFERENCE = Path(__file__).parents[2] / "modules" / "catalogue" / "reference_data"
FILES = sorted(REFERENCE.glob("*.csv"))


@cache
def rows(name):
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def keys(text):
    return frozenset(text.split(";")) - {""}


def number(text):
    return Decimal(text) if text else None


def years(text):
    return int(text) if text else None


@cache
def drug(code):
    safety = next(row for row in rows("drug_safety_demo") if row["code"] == code)
    grams = {row["code"]: Decimal(row["daily_max_g"]) for row in rows("herb_limits_demo")}
    return DrugFacts(
        code=code,
        ingredients=keys(safety["ingredients"]),
        herbs=keys(safety["herbs"]),
        pharm_classes=keys(safety["pharm_classes"]),
        allergy_classes=keys(safety["allergy_classes"]),
        single_max=number(safety["single_max"]),
        daily_max=number(safety["daily_max"]),
        block_under_years=years(safety["block_under_years"]),
        warn_under_years=years(safety["warn_under_years"]),
        pregnancy=Caution(safety["pregnancy"]),
        lactation=Caution(safety["lactation"]),
        herb_daily_grams=grams.get(code),
    )


def pairs():
    return frozenset(frozenset({row["herb_a"], row["herb_b"]}) for row in rows("herb_incompatibilities"))


def checks(*lines, age=40, **patient):
    prescribed = [
        PrescribedLine(drug=drug(code), dose=Decimal(dose), frequency=Frequency(times, 1))
        for code, dose, times in lines
    ]
    found = check_prescription(
        prescribed, patient=PatientFacts(age_years=age, **patient), incompatible_herbs=pairs()
    )
    return {(finding.check, int(finding.level)) for finding in found}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_file_is_whole(path):
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, strict=True)
    assert len(header) == len(set(header))
    assert lines
    assert {len(line) for line in lines} == {len(header)}
    assert b"\r" not in path.read_bytes()


def test_every_file_is_described_with_its_rows():
    readme = (REFERENCE / "README.md").read_text(encoding="utf-8")
    for path in FILES:
        assert f"| {path.name} | {len(rows(path.stem)):,} |" in readme


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("icd10_insurance", ["code"]),
        ("formulary_demo", ["demo_code"]),
        ("drug_safety_demo", ["code"]),
        ("charge_items_demo", ["demo_code"]),
        ("usage_frequency", ["code"]),
        ("usage_route", ["code"]),
        ("value_domains", ["domain_id", "code"]),
        ("gb3304_ethnicity", ["code"]),
        ("admin_divisions_county", ["code"]),
        ("chart_of_accounts", ["code"]),
        ("insurance_trades", ["infno"]),
    ],
)
def test_a_code_stands_once(name, columns):
    codes = [tuple(row[column] for column in columns) for row in rows(name)]
    assert len(codes) == len(set(codes))


def test_every_drug_of_the_formulary_has_its_safety_row():
    formulary = {row["demo_code"]: row for row in rows("formulary_demo")}
    safety = {row["code"]: row for row in rows("drug_safety_demo")}
    assert safety.keys() == formulary.keys()
    for code, row in safety.items():
        assert row["name_zh"] == formulary[code]["name_zh"]
        assert row["dose_unit"] == formulary[code]["dose_unit"]
        assert row["ingredients"]


def test_every_safety_limit_makes_sense():
    for row in rows("drug_safety_demo"):
        single, daily = number(row["single_max"]), number(row["daily_max"])
        assert (single is None) == (daily is None), row["code"]
        assert single is None or 0 < single <= daily, row["code"]
        block, warn = years(row["block_under_years"]), years(row["warn_under_years"])
        assert block is None or warn is None or block < warn, row["code"]
        assert {row["pregnancy"], row["lactation"]} <= set(Caution)


def test_every_herb_has_its_grams_and_every_pair_its_keys():
    herbs = {row["demo_code"] for row in rows("formulary_demo") if row["type"] == "H"}
    limits = rows("herb_limits_demo")
    assert {row["code"] for row in limits} == herbs
    for row in limits:
        assert {row["herb"]} == drug(row["code"]).herbs
        assert 0 < Decimal(row["daily_min_g"]) < Decimal(row["daily_max_g"])
    assert len(pairs()) == len(rows("herb_incompatibilities"))
    assert all(len(pair) == 2 for pair in pairs())


def test_default_usage_of_every_drug_is_a_known_code():
    routes = {row["code"] for row in rows("usage_route")}
    frequencies = {row["code"] for row in rows("usage_frequency")}
    for row in rows("formulary_demo"):
        assert row["default_route"] in routes, row["demo_code"]
        assert row["default_freq"] in frequencies, row["demo_code"]
        assert int(row["pack_factor"]) >= 1
        assert Decimal(row["dose_per_min_unit"]) > 0


def test_common_diagnoses_are_insurance_codes():
    codes = {row["code"] for row in rows("icd10_insurance")}
    assert {row["code"] for row in rows("common_diagnoses")} <= codes
    assert {row["insurance_code"] for row in rows("icd10_clinical_to_insurance")} <= codes


def test_divisions_and_accounts_have_their_parents():
    for name, parent in (("admin_divisions_county", "parent_code"), ("chart_of_accounts", "parent")):
        codes = {row["code"] for row in rows(name)}
        assert {row[parent] for row in rows(name)} - {""} <= codes
    counties = {row["code"] for row in rows("admin_divisions_county")}
    assert {row["county_code"] for row in rows("admin_streets_sample")} <= counties


def test_every_drug_can_be_typed_in_pinyin():
    assert all(drug_pinyin(row["name_zh"]).initials for row in rows("formulary_demo"))


def test_the_demo_drugs_raise_the_alarms_a_doctor_expects():
    assert checks(("D0001", "0.5", 3)) == set()
    assert (Check.ALLERGY, 3) in checks(("D0002", "0.375", 3), allergies=frozenset({"penicillin"}))
    assert (Check.DUPLICATE_INGREDIENT, 2) in checks(("D0001", "0.5", 3), ("D0002", "0.375", 3))
    assert (Check.DUPLICATE_CLASS, 1) in checks(("D0027", "0.3", 2), ("D0028", "75", 1))
    assert (Check.DUPLICATE_INGREDIENT, 2) in checks(("D0167", "4", 3), ("D0116", "4", 1))
    assert (Check.AGE, 3) in checks(("D0015", "0.5", 1), age=17)
    assert (Check.PREGNANCY, 3) in checks(("D0056", "10", 1), is_pregnant=True)
    assert (Check.DAILY_DOSE, 3) in checks(("D0025", "1", 4))


def test_aconite_meets_no_pinellia_not_even_inside_a_patent_medicine():
    assert (Check.HERB_INCOMPATIBILITY, 3) in checks(("D0185", "9", 1), ("D0176", "9", 1))
    assert (Check.HERB_INCOMPATIBILITY, 3) in checks(("D0148", "25", 2), ("D0142", "1", 3))
    assert checks(("D0186", "4", 1)) == {(Check.HERB_GRAMS, 2)}


def test_no_patent_medicine_breaks_the_eighteen_incompatibilities_inside_itself():
    for row in rows("drug_safety_demo"):
        herbs = sorted(keys(row["herbs"]))
        assert not [pair for pair in pairs() if pair <= set(herbs)], row["code"]
