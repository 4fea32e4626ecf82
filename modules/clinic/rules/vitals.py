"""What can be measured on a person, and what follows from it (生命体征)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

PRESSURE_FROM_YEARS = 35  # 35岁首诊测血压


def _decimal(lowest: str, highest: str) -> object:
    return Field(ge=Decimal(lowest), le=Decimal(highest), max_digits=5, decimal_places=1)


class GlucoseMoment(StrEnum):
    """When the blood was taken."""

    FASTING = "fasting"
    AFTER_MEAL = "after_meal"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """One measurement. Bounds are what a living patient can show (house rule), not what is healthy."""

    temperature: Annotated[Decimal, _decimal("30", "45")] | None = None  # °C
    pulse: Annotated[int, Field(ge=20, le=300)] | None = None  # a minute
    respiration: Annotated[int, Field(ge=4, le=100)] | None = None  # a minute
    systolic: Annotated[int, Field(ge=40, le=300)] | None = None  # mmHg
    diastolic: Annotated[int, Field(ge=20, le=200)] | None = None  # mmHg
    height: Annotated[Decimal, _decimal("20", "250")] | None = None  # cm
    weight: Annotated[Decimal, _decimal("0.5", "400")] | None = None  # kg
    waist: Annotated[Decimal, _decimal("20", "250")] | None = None  # cm
    spo2: Annotated[int, Field(ge=30, le=100)] | None = None  # %
    glucose: Annotated[Decimal, _decimal("0.5", "60")] | None = None  # mmol/L
    glucose_moment: GlucoseMoment | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured."""
        return all(value is None for value in asdict(self).values())

    @property
    def bmi(self) -> Decimal | None:
        """Body mass index, kg/m², one decimal; None without height and weight."""
        return body_mass_index(self.height, self.weight)


def body_mass_index(height: Decimal | None, weight: Decimal | None) -> Decimal | None:
    """Weight (kg) ÷ height (m)², one decimal, half up."""
    if not height or not weight:
        return None
    return (weight * 10_000 / (height * height)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def pressure_faults(systolic: int | None, diastolic: int | None) -> Iterator[str]:
    """Fields that make a blood pressure impossible: one value alone, or not systolic > diastolic."""
    if (systolic is None) != (diastolic is None):
        yield "systolic" if systolic is None else "diastolic"
    elif systolic is not None and diastolic is not None and systolic <= diastolic:
        yield "diastolic"


def needs_blood_pressure(*, age_years: int, last_measured_on: date | None, today: date) -> bool:
    """Tell whether the doctor is reminded to measure blood pressure: from 35 years, once a calendar year.

    Source: national basic public health services, hypertension (35岁及以上首诊测血压).
    """
    if age_years < PRESSURE_FROM_YEARS:
        return False
    return last_measured_on is None or last_measured_on.year < today.year
