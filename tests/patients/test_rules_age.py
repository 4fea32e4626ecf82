from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.patients.rules.age import AgeForm, age_on, needs_guardian


@pytest.mark.parametrize(
    ("born", "day", "form", "written"),
    [
        (date(2026, 11, 22), date(2026, 11, 22), AgeForm.DAYS, (0, 0, 0)),
        (date(2026, 11, 1), date(2026, 11, 28), AgeForm.DAYS, (0, 0, 27)),
        (date(2026, 10, 1), date(2026, 10, 31), AgeForm.DAYS, (0, 0, 30)),
        (date(2026, 1, 31), date(2026, 3, 1), AgeForm.MONTHS_AND_DAYS, (0, 1, 1)),
        (date(2025, 11, 23), date(2026, 11, 22), AgeForm.MONTHS_AND_DAYS, (0, 11, 30)),
        (date(2025, 11, 22), date(2026, 11, 22), AgeForm.YEARS_AND_MONTHS, (1, 0, 0)),
        (date(2020, 11, 23), date(2026, 11, 22), AgeForm.YEARS_AND_MONTHS, (5, 11, 30)),
        (date(2020, 11, 22), date(2026, 11, 22), AgeForm.YEARS, (6, 0, 0)),
        (date(2000, 2, 29), date(2026, 2, 28), AgeForm.YEARS, (25, 11, 30)),
        (date(2000, 2, 29), date(2026, 3, 1), AgeForm.YEARS, (26, 0, 1)),
    ],
)
def test_age_is_written_as_clinics_write_it(born, day, form, written):
    age = age_on(born, day)
    assert age is not None
    assert (age.form, (age.years, age.months, age.days)) == (form, written)


def test_nobody_has_an_age_before_birth():
    assert age_on(date(2026, 11, 23), date(2026, 11, 22)) is None


@given(born=st.dates(date(1900, 1, 1), date(2100, 1, 1)), lived=st.integers(0, 40000))
def test_age_never_runs_backwards_and_stays_in_range(born, lived):
    day = born + timedelta(days=lived)
    age, next_age = age_on(born, day), age_on(born, day + timedelta(days=1))
    assert age is not None
    assert next_age is not None
    assert age.total_days == lived
    assert 0 <= age.months <= 11
    assert 0 <= age.days <= 30
    assert (age.years, age.months) <= (next_age.years, next_age.months)


@pytest.mark.parametrize(
    ("born_on", "needed"),
    [(date(2012, 11, 23), True), (date(2012, 11, 22), False), (date(1990, 1, 1), False)],
)
def test_a_child_below_14_has_a_guardian(born_on, needed):
    age = age_on(born_on, date(2026, 11, 22))
    assert age is not None
    assert needs_guardian(age) is needed
