"""Days of the district: all visits' acts in the order of the clock, with refusals counted by their code."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from app import clock, daily
from app.db import tenant_unit
from app.errors import DomainError
from app.tenancy import tenant_of
from modules.charging import queries as bills
from modules.charging import services as charging
from modules.demo.services.course import open_file, visit
from modules.demo.services.people import make_resident
from modules.demo.services.storekeeping import keep_store
from modules.demo.services.town import Known, Town
from modules.registration import services as registration

EXPECTED = frozenset(
    {
        "registration.slot_full",
        "registration.session_full",
        "patients.already_on_file",
        "storeroom.nothing_to_buy",  # a day that has only begun uses little
    }
)
FLOAT = Decimal("200.00")
HOURS = (7, 14, 18, 14, 8, 4, 10, 12, 8, 5)  # how arrivals spread from 08:00 to 18:00
LAST_HOUR_CROWD = 14  # people who came within the last hour, so that no desk is empty when the doors open


Step = tuple[datetime, int, Iterator[int]]  # when, which visit, the visit


@dataclass(slots=True)
class Report:
    """What happened in a run."""

    visits: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)

    def refused(self, refusal: DomainError) -> None:
        """Count a refusal; one that a clinic would not expect is kept in words."""
        self.refusals[refusal.code] += 1
        if refusal.code not in EXPECTED and len(self.unexpected) < 20:
            self.unexpected.append(f"{refusal}: {refusal.text}")


def play_day(
    towns: list[Town],
    on: date,
    *,
    visits_per_day: int,
    until: datetime | None,
    report: Report,
    advance: Callable[[], object],
) -> None:
    """Play one day in every centre; with ``until`` it stops at that moment and what is open stays open."""
    for town in towns:
        with clock.at(clock.moment_of(on, time(7, 30))):
            _open_doors(town, on)
    steps = _beginnings(towns, on, visits_per_day, until, report)
    while steps:
        step = heapq.heappop(steps)
        following = None if until is not None and step[0] > until else _play(step, towns, report)
        if following is None:
            advance()
        else:
            heapq.heappush(steps, following)
    if until is None:
        _end_day(towns, clock.moment_of(on, time(23, 30)))


def _beginnings(
    towns: list[Town], on: date, visits_per_day: int, until: datetime | None, report: Report
) -> list[Step]:
    """Everybody's first step: whoever comes today, and the storekeepers."""
    serials = itertools.count()
    steps: list[Step] = []
    for town in towns:
        if town.outside is not None:
            steps.append((clock.moment_of(on, time(8)), next(serials), keep_store(town, on)))
        steps += [
            (moment, next(serials), _whole_visit(town, report))
            for moment in _arrivals(town.dice, on, visits_per_day, until)
        ]
    heapq.heapify(steps)
    return steps


def _end_day(towns: list[Town], evening: datetime) -> None:
    """What is still owed comes in; then the drawers are counted and the doors close."""
    for town in towns[:1]:
        for minutes in range(-60, 1, 10):
            _tell_time(town, evening + timedelta(minutes=minutes))
    for town in towns:
        with clock.at(evening):
            _close_doors(town)


def _tell_time(town: Town, moment: datetime) -> None:
    if town.outside is not None:
        town.outside.tell_time(moment)


def _play(step: Step, towns: list[Town], report: Report) -> Step | None:
    """One act at its moment; None when the visit is over or was refused."""
    moment, serial, course = step
    _tell_time(towns[0], moment)
    with clock.at(moment):
        try:
            minutes = next(course)
        except StopIteration:
            return None
        except DomainError as refusal:
            report.refused(refusal)
            return None
    return moment + timedelta(minutes=minutes), serial, course


def _whole_visit(town: Town, report: Report) -> Iterator[int]:
    """Find or make the resident, then live through the visit."""
    known = _who(town)
    report.visits += 1
    yield 1
    yield from visit(town, known)


def _who(town: Town) -> Known:
    """Somebody who has been here before and is not here today, or a newcomer."""
    if town.people and town.people[0].last_visit_on != clock.today() and town.dice.random() < 0.5:
        town.people.append(known := town.people.pop(0))  # who has not been here for longest
        return known
    while True:
        resident = make_resident(
            town.dice, town.dice.randrange(10**8), clock.today(), region=town.centre.plan.region
        )
        try:
            return open_file(town, resident)
        except DomainError as refusal:
            if refusal.code != "patients.already_on_file" and "same_document" not in refusal.code:
                raise


def _arrivals(dice: random.Random, on: date, count: int, until: datetime | None) -> list[datetime]:
    """Moments of arrival over the day; when the day stops early, a crowd comes in the hour before."""
    opening = clock.moment_of(on, time(8))
    moments = [
        opening + timedelta(hours=dice.choices(range(len(HOURS)), HOURS)[0], minutes=dice.uniform(0, 60))
        for _ in range(count)
    ]
    if until is not None:
        since = max(
            clock.moment_of(on, time(0)), until - timedelta(minutes=55)
        )  # a prescription ends at midnight
        moments += [since + dice.random() * (until - since) for _ in range(LAST_HOUR_CROWD)]
    return sorted(moments)


def _open_doors(town: Town, on: date) -> None:
    """Sessions for the days ahead, and a drawer with change for each cashier."""
    registration.generate_sessions(since=on - timedelta(days=1), days=15, by=town.centre.system)
    for account in ("cashier", "cashier2"):
        cashier = town.centre.actor(account)
        with tenant_unit(town.centre.tenant_id):
            is_open = bills.find_open_shift(cashier) is not None
        if not is_open:
            charging.open_shift(float_amount=FLOAT, by=cashier)


def _close_doors(town: Town) -> None:
    """Count the drawers, end what nobody fetched, close the sessions."""
    for account in ("cashier", "cashier2"):
        cashier = town.centre.actor(account)
        with tenant_unit(town.centre.tenant_id):
            shift = bills.find_open_shift(cashier)
            entries = bills.shift_entries(shift.id)[1] if shift else []
        if shift is not None:
            taken = (
                amount for entry in entries for method, amount in entry.by_tender.items() if method == "cash"
            )
            cash = sum(taken, shift.float_amount)
            charging.close_shift(counted_cash=cash, by=cashier)
    ended = daily.do_one(tenant_of(town.centre.tenant_id), "prescriptions.expire_prescription")
    if ended.state == "failed":
        raise RuntimeError(f"{ended.work}: {ended.error}")
