"""What the pharmacy and the storeroom show on the home page."""

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import url_for

from app import clock
from app.actor import Actor
from app.i18n import gettext
from app.money import format_quantity
from app.registry import FIRST_ROWS, Heap, WaitingRow
from modules.dispensing import queries, services
from modules.dispensing.models import OPEN_STATUSES, TaskStatus
from modules.dispensing.rules.batches import ExpiryAlert, expiry_alert, split_into_packs
from modules.patients import queries as patients

SOON_DAYS = 183
PLOT_DAYS = 730
_KINDS = {TaskStatus.WAITING: "w", TaskStatus.REVIEWED: "i", TaskStatus.PREPARED: "o"}
_ALARMS = {ExpiryAlert.EXPIRED: "d", ExpiryAlert.STOPPED: "d", ExpiryAlert.WITHIN_3_MONTHS: "w"}


def tasks_heap(by: Actor) -> Heap:
    """Prescriptions at the actor's pharmacy, the oldest first."""
    count, tasks = queries.first_tasks(
        by.station_id, reviews_first=services.reviews_first(by), size=FIRST_ROWS
    )
    people = patients.patients_by_id(task.patient_id for task in tasks) if tasks else {}
    rows = [
        WaitingRow(
            task.paid_at or task.signed_at,
            f"{people[task.patient_id].name} {task.prescription_number}",
            gettext("To review, not paid") if task.status == TaskStatus.UNPAID else task.status.label,
            url_for("dispensing.show_prescription", prescription_id=task.prescription_id),
            _KINDS.get(task.status, "w"),
        )
        for task in tasks
    ]
    return Heap(count, rows)


def tasks_plot(by: Actor) -> list[tuple[Any, ...]]:
    """How far the open prescriptions of the actor's pharmacy are."""
    found = queries.count_tasks(by.station_id)
    return [(status.label, found.get(status, 0)) for status in OPEN_STATUSES] if found else []


def expiry_heap(by: Actor) -> Heap:
    """Batches that end within half a year or have ended, the earliest first."""
    count, lines = queries.first_near_expiry(within_days=SOON_DAYS, size=FIRST_ROWS)
    today = clock.today()
    rows = [
        WaitingRow(
            line.batch.expires_on,
            f"{line.batch.drug_name} {line.batch.batch_no}",
            _amount(line),
            url_for("dispensing.show_near_expiry", location=line.balance.location_id),
            _ALARMS.get(expiry_alert(line.batch.expires_on, today=today), ""),
        )
        for line in lines
    ]
    return Heap(count, rows)


def _amount(line: queries.StockLine) -> str:
    parts = split_into_packs(line.balance.on_hand, pack_factor=line.batch.pack_factor)
    packs = f"{parts.packs} {line.batch.pack_unit}" if parts.packs else ""
    loose = f"{format_quantity(parts.loose)} {line.batch.min_unit}" if parts.loose else ""
    return f"{packs} {loose}".strip()


def expiry_plot(by: Actor) -> list[tuple[Any, ...]]:
    """Batches in stock by the month of the next two years in which they end; the ended count in this one."""
    today = clock.today()
    months: Counter[str] = Counter()
    for day, batches in queries.ends_by_day(today + timedelta(days=PLOT_DAYS)).items():
        months[f"{max(day, today):%Y-%m}"] += batches
    return sorted(months.items())
