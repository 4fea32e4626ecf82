from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.prescriptions.rules.quantities import (
    ON_DEMAND,
    DispenseQuantity,
    Frequency,
    dispense_quantity,
    herb_grams,
)

D = Decimal
TID, QOD, BIW, ONCE = Frequency(3, 1), Frequency(1, 2), Frequency(2, 7), Frequency(1, 0)
FREQUENCIES = st.builds(Frequency, st.integers(1, 12), st.sampled_from([1, 2, 7, 14, 30]))


def quantity(dose, content, frequency, days, *, factor=24, split=True, each=False):
    return dispense_quantity(
        dose=D(dose),
        dose_per_min_unit=D(content),
        frequency=frequency,
        days=days,
        pack_factor=factor,
        is_splittable=split,
        rounds_each_dose=each,
    )


def test_amoxicillin_for_a_week_is_42_capsules():
    opened = quantity("0.5", "0.25", TID, 7)
    assert opened == DispenseQuantity(D(42))


def test_amoxicillin_in_unopened_boxes_is_2_boxes():
    boxes = quantity("0.5", "0.25", TID, 7, split=False)
    assert boxes == DispenseQuantity(D(48), packs=2)


def test_fifteen_grams_of_huangqi_for_7_doses_are_105_grams():
    assert herb_grams(grams=D(15), doses=7) == D(105)


def test_every_other_day_for_14_days_is_7_tablets():
    assert quantity(1, 1, QOD, 14) == DispenseQuantity(D(7))


def test_twice_a_week_for_4_weeks_is_8_tablets():
    assert quantity(1, 1, BIW, 28) == DispenseQuantity(D(8))


def test_the_total_is_rounded_up_once_but_an_opened_ampoule_is_not_kept():
    assert quantity("0.6", "1", TID, 3) == DispenseQuantity(D(6))
    assert quantity("0.6", "1", TID, 3, each=True) == DispenseQuantity(D(9))


def test_one_single_dose_does_not_depend_on_the_days():
    assert quantity(2, 1, ONCE, 7) == DispenseQuantity(D(2))


def test_on_demand_the_doctor_types_the_quantity():
    assert quantity(1, 1, ON_DEMAND, 7) is None


@pytest.mark.parametrize("wrong", [("0", "1", 7), ("1", "0", 7), ("1", "1", 0), ("-1", "1", 7)])
def test_nothing_is_computed_from_zero(wrong):
    dose, content, days = wrong
    with pytest.raises(ValueError, match="greater than zero"):
        quantity(dose, content, TID, days)


def test_the_busiest_day_counts_for_the_daily_limit():
    assert [f.doses_on_a_day for f in (TID, QOD, BIW, ONCE, ON_DEMAND)] == [3, 1, 1, 1, 0]


DOSES = st.decimals("0.01", "500", places=2)


@given(dose=DOSES, content=DOSES, frequency=FREQUENCIES, days=st.integers(1, 90), factor=st.integers(1, 100))
def test_the_patient_gets_enough_and_less_than_one_unit_too_much(dose, content, frequency, days, factor):
    opened = quantity(dose, content, frequency, days, factor=factor)
    boxes = quantity(dose, content, frequency, days, factor=factor, split=False)
    need = Fraction(dose) * frequency.times * days / frequency.per_days / Fraction(content)
    assert need <= Fraction(opened.min_units) < need + 1
    assert opened.min_units <= boxes.min_units == boxes.packs * factor < opened.min_units + factor


@given(dose=DOSES, content=DOSES, frequency=FREQUENCIES, days=st.integers(1, 60))
def test_rounding_each_dose_never_gives_less(dose, content, frequency, days):
    once = quantity(dose, content, frequency, days)
    each = quantity(dose, content, frequency, days, each=True)
    assert each.min_units >= once.min_units
