"""Limits of charge items, without a database."""

from datetime import date
from decimal import Decimal

import pytest

from modules.charging.rules.limits import Asked, Limit, LimitFault, find_fault

D = Decimal


def _asked(months: int = 480, sex: str = "1", quantity: str = "1", before: str = "0") -> Asked:
    return Asked(sex=sex, months=months, quantity=D(quantity), before=D(before))


@pytest.mark.parametrize(
    ("sex", "fault"), [("1", LimitFault.SEX), ("2", None), ("", None)], ids=["other", "same", "not known"]
)
def test_a_limit_of_sex_refuses_the_other_one_only(sex: str, fault: LimitFault | None) -> None:
    assert find_fault(Limit(sex="2"), _asked(sex=sex)) == fault


@pytest.mark.parametrize(
    ("months", "fault"),
    [
        (65 * 12 - 1, LimitFault.AGE),
        (65 * 12, None),
        (75 * 12 + 11, None),
        (76 * 12, LimitFault.AGE),
    ],
    ids=["eve of the birthday", "birthday", "last month of the last year", "birthday after"],
)
def test_bounds_of_age_count_in_completed_years(months: int, fault: LimitFault | None) -> None:
    assert find_fault(Limit(age_from=65, age_to=75), _asked(months)) == fault


@pytest.mark.parametrize(("months", "is_fault"), [(5, True), (6, False), (36, False), (37, True)])
def test_bounds_of_age_count_in_completed_months(months: int, is_fault: bool) -> None:
    limit = Limit(age_from=6, age_to=36, in_months=True)
    assert (find_fault(limit, _asked(months)) == LimitFault.AGE) == is_fault


@pytest.mark.parametrize(("age_from", "age_to"), [(0, None), (None, 200)])
def test_a_limit_of_age_may_be_open_at_one_end(age_from: int | None, age_to: int | None) -> None:
    assert find_fault(Limit(age_from=age_from, age_to=age_to), _asked(0)) is None


@pytest.mark.parametrize(
    ("before", "quantity", "is_fault"),
    [("0", "1", False), ("0", "2", False), ("1", "1", False), ("2", "1", True), ("0", "2.5", True)],
)
def test_a_limit_of_frequency_counts_what_was_charged_before(
    before: str, quantity: str, is_fault: bool
) -> None:
    fault = find_fault(Limit(most=2), _asked(before=before, quantity=quantity))
    assert (fault == LimitFault.FREQUENCY) == is_fault


def test_today_is_the_last_of_the_days_that_count() -> None:
    assert Limit(most=1).first_day(date(2026, 11, 20)) == date(2026, 11, 20)
    assert Limit(most=1, days=30).first_day(date(2026, 11, 20)) == date(2026, 10, 22)
