"""What registration shows on the home page."""

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import url_for

from app import clock
from app.actor import Actor
from app.registry import FIRST_ROWS, Heap, WaitingRow
from modules.patients import queries as patients
from modules.registration import queries

DAYS = 14


def waiting_heap(by: Actor) -> Heap:
    """Who waits to be called in the centre, the longest wait first."""
    count, visits = queries.first_waiting(clock.today(), size=FIRST_ROWS)
    people = patients.patients_by_id(visit.patient_id for visit in visits) if visits else {}
    rows = [
        WaitingRow(
            visit.checked_in_at or visit.registered_at,
            f"{visit.queue_no:03d} {people[visit.patient_id].name}",
            visit.status.label,
            url_for("registration.show_visit", visit_id=visit.id),
            "i",
        )
        for visit in visits
    ]
    return Heap(count, rows)


def booked_heap(by: Actor) -> Heap:
    """Whose appointment of today is still to come, the next first."""
    count, booked = queries.first_booked(clock.today(), size=FIRST_ROWS)
    people = patients.patients_by_id(row.patient_id for row in booked) if booked else {}
    rows = [
        WaitingRow(
            row.window_starts_at,
            people[row.patient_id].name,
            row.status.label,
            url_for("registration.show_window", patient_id=row.patient_id),
        )
        for row in booked
    ]
    return Heap(count, rows)


def days_plot(by: Actor) -> list[tuple[Any, ...]]:
    """Visits of the last fourteen days; a doctor's own."""
    today = clock.today()
    since = today - timedelta(days=DAYS - 1)
    mine = by.practitioner_id if "doctor" in by.roles else None
    found = queries.visits_by_day(since, today, practitioner_id=mine)
    days = [since + timedelta(days=number) for number in range(DAYS)]
    return [(f"{day:%m-%d}", found.get(day, 0)) for day in days] if found else []


def hours_plot(by: Actor) -> list[tuple[Any, ...]]:
    """Visits registered in each hour of today, from the first to this one."""
    hours = Counter(clock.local(at).hour for at in queries.registered_on(clock.today()))
    if not hours:
        return []
    last = max(clock.local(clock.now()).hour, *hours)
    return [(f"{hour:02d}:00", hours[hour]) for hour in range(min(hours), last + 1)]
