"""Limits of charge items (收费项目限制): for whom an item is, and how often it may be charged. No database."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class LimitFault(StrEnum):
    """Which limit stands in the way."""

    SEX = "sex"
    AGE = "age"
    FREQUENCY = "frequency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """For whom an item is, and how much of it a patient may be charged for in some days; empty: no limit."""

    sex: str = ""
    age_from: int | None = None
    age_to: int | None = None
    in_months: bool = False
    most: int | None = None
    days: int = 1

    def first_day(self, today: date) -> date:
        """The first of the days that count; today is the last."""
        return today - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be charged: for whom, how much, and how much counts already.

    ``sex`` is empty where the file does not say male or female.
    """

    sex: str
    months: int  # completed months of life
    quantity: Decimal
    before: Decimal = Decimal(0)


def find_fault(limit: Limit, asked: Asked) -> LimitFault | None:
    """Return the first limit that stands in the way; bounds of age count, in completed years or months.

    A sex that is not known is not refused: the file is not proof of the other. Source: house rule.
    """
    if limit.sex and asked.sex and asked.sex != limit.sex:
        return LimitFault.SEX
    age = asked.months if limit.in_months else asked.months // 12
    if limit.age_from is not None and age < limit.age_from:
        return LimitFault.AGE
    if limit.age_to is not None and age > limit.age_to:
        return LimitFault.AGE
    if limit.most is not None and asked.before + asked.quantity > limit.most:
        return LimitFault.FREQUENCY
    return None
