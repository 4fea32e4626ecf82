import itertools
from datetime import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from modules.registration.rules.slots import Channel, split_session

TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
QUOTAS = st.dictionaries(st.sampled_from(Channel), st.integers(0, 8))


def test_a_morning_is_cut_into_half_hours():
    plans = split_session(start=time(8), end=time(11, 30), window_minutes=30, capacity=21)
    assert [plan.starts_at for plan in plans] == [
        time(8),
        time(8, 30),
        time(9),
        time(9, 30),
        time(10),
        time(10, 30),
        time(11),
    ]
    assert [plan.capacity for plan in plans] == [3] * 7
    assert plans[-1].ends_at == time(11, 30)


def test_the_last_window_is_what_is_left():
    plans = split_session(start=time(8), end=time(8, 50), window_minutes=20, capacity=5)
    assert [(plan.start_minute, plan.end_minute, plan.capacity) for plan in plans] == [
        (480, 500, 2),
        (500, 520, 2),
        (520, 530, 1),
    ]


def test_a_night_session_runs_past_midnight():
    plans = split_session(start=time(20), end=time(2), window_minutes=180, capacity=6)
    assert [plan.starts_at for plan in plans] == [time(20), time(23)]
    assert (plans[-1].end_minute, plans[-1].ends_at) == (26 * 60, time(2))


def test_every_channel_is_spread_over_the_session():
    plans = split_session(
        start=time(8),
        end=time(10),
        window_minutes=60,
        capacity=10,
        quotas={Channel.PHONE_APP: 4, Channel.FAMILY_DOCTOR: 2},
    )
    assert [plan.quotas[Channel.PHONE_APP] for plan in plans] == [2, 2]
    assert [plan.quotas[Channel.FAMILY_DOCTOR] for plan in plans] == [1, 1]
    assert [plan.quotas[Channel.WINDOW] for plan in plans] == [2, 2]


@pytest.mark.parametrize(
    "given_",
    [
        {"window_minutes": 0},
        {"capacity": -1},
        {"quotas": {Channel.KIOSK: 11}},
        {"quotas": {Channel.KIOSK: -1}},
    ],
)
def test_an_impossible_session_is_refused(given_):
    with pytest.raises(ValueError, match=r"window_minutes|negative|exceed"):
        split_session(**{"start": time(8), "end": time(10), "window_minutes": 30, "capacity": 10, **given_})


@given(start=TIMES, end=TIMES, window=st.integers(1, 240), capacity=st.integers(0, 120), quotas=QUOTAS)
def test_splitting_loses_no_minute_and_no_place(start, end, window, capacity, quotas):
    assume(sum(quotas.values()) <= capacity)
    plans = split_session(start=start, end=end, window_minutes=window, capacity=capacity, quotas=quotas)
    assert sum(plan.capacity for plan in plans) == capacity
    for channel, quota in quotas.items():
        sold = sum(plan.quotas.get(channel, 0) for plan in plans)
        assert sold == quota if channel is not Channel.WINDOW else sold >= quota
    assert all(one.end_minute == other.start_minute for one, other in itertools.pairwise(plans))
    assert (plans[0].starts_at, plans[-1].ends_at) == (start, end)


@given(window=st.integers(5, 60), capacity=st.integers(0, 60))
def test_equal_windows_differ_by_one_place_at_most(window, capacity):
    plans = split_session(
        start=time(8),
        end=time(8 + window * 6 // 60, window * 6 % 60),
        window_minutes=window,
        capacity=capacity,
    )
    sizes = [plan.capacity for plan in plans]
    assert max(sizes) - min(sizes) <= 1
