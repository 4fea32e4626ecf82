from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.registration.rules.queue import (
    Priority,
    PriorityReason,
    QueueEntry,
    QueueRules,
    order_queue,
    priority_of,
    queue_key,
)

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULES = QueueRules(reenter_after=2, return_every=2)


def waiting(sequence, **given_):
    return QueueEntry(sequence=sequence, **given_)


def numbers(entries, **given_):
    return [entry.sequence for entry in order_queue(entries, rules=RULES, **given_)]


QUEUES = st.lists(
    st.builds(
        QueueEntry,
        sequence=st.integers(1, 500),
        priority=st.sampled_from(Priority),
        window_start=st.sampled_from([None, NINE, TEN]),
        is_returning=st.booleans(),
        passed_at_call=st.sampled_from([None, None, 1, 4]),
    ),
    max_size=15,
    unique_by=lambda entry: entry.sequence,
)


def test_priority_comes_before_time_and_time_before_number():
    queue = [
        waiting(1, window_start=TEN),
        waiting(2, window_start=NINE),
        waiting(3, priority=Priority.PRIORITY, window_start=TEN),
        waiting(4, priority=Priority.EMERGENCY),
        waiting(5, window_start=NINE),
        waiting(6),
    ]
    assert numbers(queue) == [4, 3, 2, 5, 1, 6]


def test_a_passed_number_comes_back_after_two_patients():
    queue = [waiting(1, passed_at_call=5), waiting(2), waiting(3), waiting(4)]
    assert numbers(queue, calls_made=5) == [2, 3, 1, 4]
    assert numbers(queue, calls_made=6) == [2, 1, 3, 4]
    assert numbers(queue, calls_made=7) == [1, 2, 3, 4]
    assert numbers(queue[:1], calls_made=5) == [1]


def test_two_passed_numbers_keep_their_order():
    queue = [waiting(1, passed_at_call=5), waiting(2, passed_at_call=5), waiting(3), waiting(4), waiting(5)]
    assert numbers(queue, calls_made=5) == [3, 4, 1, 2, 5]


def test_one_patient_with_a_report_is_called_after_every_two_others():
    queue = [*(waiting(n) for n in range(1, 6)), *(waiting(n, is_returning=True) for n in (11, 12, 13))]
    assert numbers(queue) == [1, 2, 11, 3, 4, 12, 5, 13]
    assert numbers(queue, others_since_return=2) == [11, 1, 2, 12, 3, 4, 13, 5]


@given(queue=QUEUES, calls=st.integers(5, 20))
def test_everybody_is_called_exactly_once(queue, calls):
    assert sorted(numbers(queue, calls_made=calls)) == sorted(entry.sequence for entry in queue)


@given(queue=QUEUES)
def test_arrival_order_of_the_records_does_not_matter(queue):
    assert numbers(queue, calls_made=5) == numbers(queue[::-1], calls_made=5)


@given(queue=QUEUES)
def test_nobody_is_overtaken_by_a_later_equal(queue):
    order = [
        entry
        for entry in order_queue(queue, rules=RULES)
        if entry.passed_at_call is None and not entry.is_returning
    ]
    assert order == sorted(order, key=queue_key)


@pytest.mark.parametrize(
    ("person", "rank", "reasons"),
    [
        ({"age_years": 64}, Priority.ORDINARY, ()),
        ({"age_years": 65}, Priority.PRIORITY, (PriorityReason.ELDERLY,)),
        ({"age_years": 65, "elderly_from_years": 70}, Priority.ORDINARY, ()),
        ({"age_years": None, "is_military": True}, Priority.PRIORITY, (PriorityReason.MILITARY,)),
        (
            {"age_years": 70, "is_emergency": True},
            Priority.EMERGENCY,
            (PriorityReason.EMERGENCY, PriorityReason.ELDERLY),
        ),
    ],
)
def test_priority_groups(person, rank, reasons):
    assert priority_of(**person) == (rank, reasons)
