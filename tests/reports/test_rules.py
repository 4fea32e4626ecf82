"""Pure rules of the reports."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.reports.rules.days import (
    AGES,
    Bucket,
    age_of,
    bucket_of,
    days_of_age,
    first_of,
    months,
    next_month,
    split,
)
from modules.reports.rules.shares import share, turnover_days
from modules.reports.rules.tables import Column, Form, Row, totals

D = Decimal
TODAY = date(2026, 11, 20)
pytestmark = pytest.mark.one_engine


@pytest.mark.parametrize(
    ("bucket", "name"),
    [
        (Bucket.DAY, "2026-10-01"),
        (Bucket.MONTH, "2026-10"),
        (Bucket.QUARTER, "2026 Q4"),
        (Bucket.YEAR, "2026"),
    ],
)
def test_days_belong_to_stretches_of_time(bucket: Bucket, name: str) -> None:
    assert bucket_of(date(2026, 10, 1), bucket) == name


def test_quarters_begin_with_their_months() -> None:
    assert [bucket_of(date(2026, month, 1), Bucket.QUARTER)[-1] for month in range(1, 13)] == list(
        "111222333444"
    )


def test_months_from_one_to_the_one_before() -> None:
    assert next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert list(months(date(2026, 11, 20), date(2027, 1, 2))) == [date(2026, 11, 1), date(2026, 12, 1)]
    assert list(months(TODAY, TODAY)) == []


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2026, 11, 20), 0),
        (date(2026, 11, 19), 1),
        (date(2026, 11, 13), 1),
        (date(2026, 11, 12), 2),
        (date(2026, 10, 21), 2),
        (date(2026, 10, 20), 3),
        (date(2026, 8, 22), 3),
        (date(2026, 8, 21), 4),
        (date(2020, 1, 1), 4),
    ],
)
def test_a_bill_is_of_one_age_and_its_days_hold_it(on: date, age: int) -> None:
    assert age_of(on, TODAY) == age
    for other in range(len(AGES) + 1):
        first, last = days_of_age(other, TODAY)
        holds = (first is None or on >= first) and (last is None or on <= last)
        assert holds is (other == age)


def test_shares_are_rounded_half_up_and_none_of_nothing() -> None:
    assert share(D("12.345"), D("100")) == D("12.3")
    assert share(1, 8) == D("12.5")
    assert share(D("0.0005"), D("1")) == D("0.1")
    assert share(D(5), D(0)) is None


def test_turnover_is_the_average_stock_over_what_a_day_uses() -> None:
    assert turnover_days(D("900"), D("300"), D("600"), 30) == D("30.0")
    assert turnover_days(D("100"), D("100"), D("0"), 30) is None


def test_only_counts_and_yuan_are_added() -> None:
    columns = [
        Column("drug"),
        Column("n", Form.COUNT),
        Column("q", Form.QUANTITY),
        Column("yuan", Form.MONEY),
    ]
    rows = [Row(["a", 1, D(5), D("1.10")]), Row(["b", 2, D(7), None])]
    assert totals(columns, rows, "all") == ["all", D(3), None, D("1.10")]


def test_an_age_nobody_knows_is_the_oldest() -> None:
    today = date(2026, 11, 20)
    assert days_of_age(99, today) == days_of_age(len(AGES), today) == (None, today - timedelta(days=91))


@pytest.mark.parametrize(
    ("since", "until", "ends", "whole"),
    [
        ("2026-11-05", "2026-11-20", ["2026-11-05..2026-11-20"], None),
        ("2026-11-01", "2026-11-30", [], "2026-11-01..2026-11-01"),
        (
            "2026-10-31",
            "2026-12-01",
            ["2026-10-31..2026-10-31", "2026-12-01..2026-12-01"],
            "2026-11-01..2026-11-01",
        ),
        ("2025-12-15", "2026-12-31", ["2025-12-15..2025-12-31"], "2026-01-01..2026-12-01"),
        ("2026-10-20", "2026-11-19", ["2026-10-20..2026-11-19"], None),
        ("2026-11-02", "2026-11-01", [], None),
    ],
)
def test_days_are_whole_months_and_what_is_left_at_both_ends(
    since: str, until: str, ends: list[str], whole: str | None
) -> None:
    days, found = split(date.fromisoformat(since), date.fromisoformat(until))
    said = [f"{one[0]}..{one[1]}" for one in days]
    assert (said, f"{found[0]}..{found[1]}" if found else None) == (ends, whole)


@given(st.dates(date(2020, 1, 1), date(2026, 1, 1)), st.integers(0, 900))
def test_cut_into_months_every_day_is_there_once(since: date, length: int) -> None:
    until = since + timedelta(days=length)
    days, whole = split(since, until)
    stretches = days + ([(whole[0], next_month(whole[1]) - timedelta(days=1))] if whole else [])
    there = [one[0] + timedelta(days=n) for one in stretches for n in range((one[1] - one[0]).days + 1)]
    assert sorted(there) == [since + timedelta(days=n) for n in range(length + 1)]
    assert whole is None or (whole[0] == first_of(whole[0]) and whole[1] == first_of(whole[1]))
