"""Rules about measurements."""

from datetime import date
from decimal import Decimal

import pytest

from modules.clinic.rules.vitals import body_mass_index, needs_blood_pressure, pressure_faults

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("height", "weight", "bmi"),
    [("160", "64", "25.0"), ("175", "70", "22.9"), (None, "70", None), ("175", None, None)],
)
def test_body_mass_index(height: str | None, weight: str | None, bmi: str | None) -> None:
    given = [Decimal(value) if value else None for value in (height, weight)]
    assert body_mass_index(*given) == (Decimal(bmi) if bmi else None)


@pytest.mark.parametrize(
    ("age", "last", "due"),
    [
        (35, None, True),
        (34, None, False),
        (60, date(2026, 1, 2), False),
        (60, date(2025, 12, 31), True),
    ],
)
def test_pressure_is_due_once_a_calendar_year(age: int, last: date | None, due: bool) -> None:
    assert needs_blood_pressure(age_years=age, last_measured_on=last, today=TODAY) is due


@pytest.mark.parametrize(
    ("systolic", "diastolic", "faults"),
    [
        (None, None, []),
        (120, 80, []),
        (120, None, ["diastolic"]),
        (None, 80, ["systolic"]),
        (80, 80, ["diastolic"]),
    ],
)
def test_pressure_has_two_values_in_order(
    systolic: int | None, diastolic: int | None, faults: list[str]
) -> None:
    assert list(pressure_faults(systolic, diastolic)) == faults
