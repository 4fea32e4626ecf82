"""Reading and holding the pharmacy's work."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.db import db, locking
from app.errors import NotFound
from modules.charging import queries as charging
from modules.dispensing.models import OPEN_STATUSES, Balance, Batch, Hold, Task, TaskStatus
from modules.dispensing.queries.stock import pharmacy_of


@dataclass(frozen=True, slots=True)
class Allocated:
    """A hold with the balance and the batch it is on."""

    hold: Hold
    balance: Balance
    batch: Batch


def find_task(prescription_id: int) -> Task | None:
    """The work on a prescription, the latest; None before its signing."""
    return db.session.scalar(
        select(Task).where(Task.prescription_id == prescription_id).order_by(Task.id.desc()).limit(1)
    )


def get_task(prescription_id: int) -> Task:
    """The work on a prescription, or NotFound."""
    found = find_task(prescription_id)
    if found is None:
        raise NotFound(field="prescription_id")
    return found


def find_task_by_number(number: str) -> Task | None:
    """The work on the prescription with this number (a scan)."""
    wanted = number.strip().upper()
    return db.session.scalar(
        select(Task).where(Task.prescription_number == wanted).order_by(Task.id.desc()).limit(1)
    )


def lock_task(prescription_id: int) -> Task | None:
    """The present work on a prescription, held until commit; None when there is none."""
    statement = select(Task).where(
        Task.prescription_id == prescription_id, Task.status != TaskStatus.CANCELLED
    )
    return db.session.scalar(locking(statement, Task))


def lock_holds(task: Task) -> list[Allocated]:
    """The task, its holds and their balances, held until commit, in one statement; in the order of issue."""
    statement = (
        select(Hold, Balance, Batch, Task)
        .join(Balance, Balance.id == Hold.balance_id)
        .join(Batch, Batch.id == Hold.batch_id)
        .join(Task, Task.prescription_id == Hold.prescription_id)
        .where(Task.id == task.id)
        .order_by(Balance.id, Hold.id)
    )
    rows = db.session.execute(locking(statement, Task, Hold, Balance)).all()
    return sorted((Allocated(row[0], row[1], row[2]) for row in rows), key=lambda found: found.hold.id)


def task_view(task: Task) -> list[Allocated]:
    """The holds of a task with balances and batches, in the order of issue."""
    statement = (
        select(Hold, Balance, Batch)
        .join(Balance, Balance.id == Hold.balance_id)
        .join(Batch, Batch.id == Hold.batch_id)
        .where(Hold.prescription_id == task.prescription_id)
        .order_by(Hold.id)
    )
    return [Allocated(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def list_tasks(
    location_id: int,
    statuses: Iterable[TaskStatus] = OPEN_STATUSES,
    *,
    reviews_first: bool = False,
    size: int = 60,
) -> list[Task]:
    """Work at a pharmacy in these states, the oldest first."""
    return list(
        db.session.scalars(
            select(Task)
            .where(Task.location_id == location_id, _waits(statuses, reviews_first))
            .order_by(Task.id)
            .limit(size)
        )
    )


def tasks_asked_back(location_id: int, *, size: int = 20) -> list[Task]:
    """Work at a pharmacy of which a doctor asks something back and waits for its word, the oldest first."""
    statement = select(Task).where(
        Task.location_id == location_id,
        Task.prescription_id.in_(charging.prescriptions_asked_back()),
        Task.status != TaskStatus.CANCELLED,
    )
    return list(db.session.scalars(statement.order_by(Task.id).limit(size)))


def _waits(statuses: Iterable[TaskStatus], reviews_first: bool) -> ColumnElement[bool]:
    """In these states; where the review comes before the payment, also what is neither paid nor reviewed."""
    wanted = Task.status.in_(list(statuses))
    if not reviews_first:
        return wanted
    return or_(wanted, and_(Task.status == TaskStatus.UNPAID, Task.reviewed_at.is_(None)))


def first_tasks(station_id: int | None, *, reviews_first: bool = False, size: int) -> tuple[int, list[Task]]:
    """How many prescriptions wait at the pharmacy of a station, and the oldest of them. One statement."""
    statement = (
        select(Task, func.count().over())
        .where(
            Task.location_id == pharmacy_of(station_id).scalar_subquery(),
            _waits(OPEN_STATUSES, reviews_first),
        )
        .order_by(Task.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def count_tasks(station_id: int | None) -> dict[TaskStatus, int]:
    """State → prescriptions that wait at the pharmacy of a station; states without one are absent."""
    statement = (
        select(Task.status, func.count(Task.id))
        .where(
            Task.location_id == pharmacy_of(station_id).scalar_subquery(),
            Task.status.in_(list(OPEN_STATUSES)),
        )
        .group_by(Task.status)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def prescriptions_of_items(item_ids: Iterable[int]) -> list[int]:
    """Prescriptions that still hold stock for some of these lines."""
    waiting = Hold.quantity - Hold.released - Hold.dispensed
    rows = db.session.scalars(
        select(Hold.prescription_id).where(Hold.item_id.in_(sorted(set(item_ids))), waiting > 0).distinct()
    )
    return sorted(rows)


@dataclass(frozen=True, slots=True)
class BatchUser:
    """A prescription that holds or has received a batch."""

    task: Task
    waiting: Decimal
    with_patient: Decimal


def users_of_batch(batch_id: int, *, size: int = 500) -> list[BatchUser]:
    """Who holds a batch or has taken it home, the latest first. One statement."""
    waiting = func.sum(Hold.quantity - Hold.released - Hold.dispensed)
    with_patient = func.sum(Hold.dispensed - Hold.returned)
    used = (
        select(
            Hold.prescription_id.label("prescription_id"),
            waiting.label("waiting"),
            with_patient.label("with_patient"),
        )
        .where(Hold.batch_id == batch_id, Hold.released < Hold.quantity)
        .group_by(Hold.prescription_id)
        .subquery()
    )
    statement = (
        select(Task, used.c.waiting, used.c.with_patient)
        .join(used, used.c.prescription_id == Task.prescription_id)
        .where(Task.status != TaskStatus.CANCELLED, or_(used.c.waiting > 0, used.c.with_patient > 0))
        .order_by(Task.id.desc())
        .limit(size)
    )
    return [BatchUser(row[0], row[1], row[2]) for row in db.session.execute(statement)]
