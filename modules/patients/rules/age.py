"""Age as a clinic writes it."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

GUARDIAN_BELOW_YEARS = 14
ADULT_FROM_YEARS = 18


class AgeForm(StrEnum):
    """Which units a clinic writes for a person of this age."""

    DAYS = "days"
    MONTHS_AND_DAYS = "months_and_days"
    YEARS_AND_MONTHS = "years_and_months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Age:
    """Completed years, months beyond them (0-11), days beyond those (0-30), and all days lived."""

    years: int
    months: int
    days: int
    total_days: int

    @property
    def form(self) -> AgeForm:
        """How to write it: days below 28 days, months below 1 year, years and months below 6, then years.

        Source: house rule after the prescription order (卫生部令第53号, article 6), which asks for days or
        months in newborns and infants.
        """
        if self.total_days < 28 or (self.years == 0 and self.months == 0):
            return AgeForm.DAYS
        if self.years == 0:
            return AgeForm.MONTHS_AND_DAYS
        return AgeForm.YEARS_AND_MONTHS if self.years < 6 else AgeForm.YEARS


def age_on(birth_date: date, day: date) -> Age | None:
    """Return the age on a day by the calendar, or None before birth. A birthday counts from its morning.

    Someone born on 29 February completes the year on 1 March of a common year.
    """
    if day < birth_date:
        return None
    months = (day.year - birth_date.year) * 12 + day.month - birth_date.month
    if day.day < birth_date.day:
        months -= 1
    left = day - _months_later(birth_date, months)
    return Age(months // 12, months % 12, max(left.days, 0), (day - birth_date).days)


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)
    return min(first + timedelta(days=start.day - 1), last)


def needs_guardian(age: Age) -> bool:
    """Tell whether a guardian must be recorded: below 14 years. Source: house rule."""
    return age.years < GUARDIAN_BELOW_YEARS


def is_adult(age: Age | None) -> bool:
    """Tell whether somebody is grown up. Source: Civil Code (民法典), article 17."""
    return age is not None and age.years >= ADULT_FROM_YEARS
