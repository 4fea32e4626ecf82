"""Stock promised to signed prescriptions: held at signing, released when nobody fetches it (预占)."""

from collections.abc import Iterable
from decimal import Decimal

from app import clock, ids
from app.actor import Actor
from app.db import db
from app.money import format_quantity
from app.tenancy import setting_of
from modules.charging import queries as charging
from modules.dispensing import queries
from modules.dispensing.errors import AlreadyPrepared, BatchRecalled, OutOfStock, PharmacyMissing
from modules.dispensing.models import Hold, Task, TaskStatus
from modules.dispensing.queries import Allocated, StockLine
from modules.dispensing.rules.batches import Allocation, BatchStock, allocate
from modules.dispensing.services.scans import drop_scans
from modules.prescriptions.events import PrescriptionSigned, SignedLine


def stop_days_of(by: Actor) -> int:
    """How many days before its expiry a batch is no longer promised (the centre's setting, 30)."""
    return int(setting_of(by.tenant_id, "stop_days"))


def hold_stock(signed: PrescriptionSigned) -> None:
    """Hold the drugs of a signed prescription, the nearest expiry first; joins the signing's transaction.

    Where the bill is settled at the end of the visit, the pharmacy may begin at once.

    Raises:
        PharmacyMissing: the centre has no pharmacy yet.
        OutOfStock: a line cannot be held whole; then the prescription is not signed.
    """
    by = signed.actor
    stock = queries.lock_pharmacy_stock((line.drug_id for line in signed.lines), station_id=by.station_id)
    if not stock and queries.find_pharmacy(by.station_id) is None:
        raise PharmacyMissing
    holds = _allocate_lines(signed, stock, stop_days_of(by))
    on_account = charging.pays_at_end(signed.visit_id)
    db.session.add(
        Task(
            prescription_id=signed.prescription_id,
            prescription_number=signed.number,
            kind=signed.kind,
            visit_id=signed.visit_id,
            patient_id=signed.patient_id,
            location_id=stock[0].balance.location_id,
            status=TaskStatus.WAITING if on_account else TaskStatus.UNPAID,
            on_account_at=clock.now() if on_account else None,
            signed_at=clock.now(),
            valid_until=signed.valid_until,
        )
    )
    db.session.add_all(holds)
    db.session.flush()


def release_prescription(*, prescription_id: int) -> None:
    """Let go of everything still held for a prescription that was withdrawn, voided or has expired."""
    task = queries.lock_task(prescription_id)
    if task is None:
        return
    holds = queries.lock_holds(task)
    if task.status == TaskStatus.PREPARED:
        raise AlreadyPrepared(number=task.prescription_number)
    for found in holds:
        release(found, found.hold.waiting)
    drop_scans(task)
    if not any(found.hold.dispensed for found in holds):
        task.status = TaskStatus.CANCELLED
    db.session.flush()


def refuse_prepared(*, item_ids: Iterable[int]) -> None:
    """Refuse while drugs of these prescription lines lie ready to be handed out.

    Raises:
        AlreadyPrepared: the pharmacy puts them back first.
    """
    for prescription_id in queries.prescriptions_of_items(item_ids):
        task = queries.lock_task(prescription_id)
        if task is not None and task.status == TaskStatus.PREPARED:
            raise AlreadyPrepared(number=task.prescription_number)


def release_refunded(*, quantities: dict[int, Decimal]) -> None:
    """Let go of what was refunded before it was handed out, by prescription line.

    Raises:
        AlreadyPrepared: the drugs lie ready; the pharmacy puts them back first.
    """
    for prescription_id in queries.prescriptions_of_items(quantities):
        task = queries.lock_task(prescription_id)
        if task is None or task.status in (
            TaskStatus.DISPENSED,
            TaskStatus.PARTLY_RETURNED,
            TaskStatus.RETURNED,
        ):
            continue
        if task.status == TaskStatus.PREPARED:
            raise AlreadyPrepared(number=task.prescription_number)
        holds = queries.lock_holds(task)
        left = dict(quantities)
        for found in reversed(holds):
            part = min(left.get(found.hold.item_id, Decimal(0)), found.hold.waiting)
            if part:
                left[found.hold.item_id] -= part
                release(found, part)
        drop_scans(task, quantities)
        if not any(found.hold.waiting for found in holds):
            task.status = _when_all_is_released(task, holds)
        db.session.flush()


def _when_all_is_released(task: Task, holds: list[Allocated]) -> TaskStatus:
    """Nothing is held any more: what was owed is refunded, or nothing was ever handed out."""
    if task.status != TaskStatus.PARTLY_DISPENSED:
        return TaskStatus.CANCELLED
    if not any(found.hold.with_patient for found in holds):
        return TaskStatus.RETURNED
    came_back = any(found.hold.returned for found in holds)
    return TaskStatus.PARTLY_RETURNED if came_back else TaskStatus.DISPENSED


def release(found: Allocated, quantity: Decimal) -> None:
    """Let go of a quantity of a locked hold."""
    found.hold.released += quantity
    found.balance.held -= quantity


def replace_expired(task: Task, holds: list[Allocated], by: Actor) -> list[Allocated]:
    """Where a held batch has expired meanwhile, hold another one instead; returns what is to be handed out.

    Raises:
        OutOfStock: no other batch suffices.
    """
    good = [found for found in holds if not found.hold.waiting or found.batch.expires_on > clock.today()]
    for found in holds:
        if found not in good:
            good += _hold_another(task, found, by)
    return sorted(good, key=lambda found: found.hold.id)


def refuse_recalled(holds: list[Allocated]) -> None:
    """Of a recalled batch nothing is prepared or handed out; the holds are locked.

    Raises:
        BatchRecalled: with the way out.
    """
    waiting = [found.batch.id for found in holds if found.hold.waiting]
    if recalled := queries.recalled_among(waiting):
        raise BatchRecalled(drug=recalled.drug_name, batch=recalled.batch_no)


def replace_recalled(task: Task, holds: list[Allocated], by: Actor) -> int:
    """Hold other batches instead of recalled ones; returns how many holds were exchanged.

    Raises:
        OutOfStock: no other batch suffices.
    """
    recalled = [found for found in holds if found.hold.waiting and found.batch.is_recalled]
    for found in recalled:
        _hold_another(task, found, by)
    return len(recalled)


def _hold_another(task: Task, found: Allocated, by: Actor) -> list[Allocated]:
    quantity = found.hold.waiting
    release(found, quantity)
    db.session.flush()
    stock = queries.lock_drug_stock([found.hold.drug_id], location_id=task.location_id)
    again = allocate(
        [line.balance.stock(line.batch) for line in stock],
        quantity,
        today=clock.today(),
        stop_days=min(1, stop_days_of(by)),
    )
    if again.is_refused:
        raise _out_of_stock(found.hold.drug_name, found.batch.min_unit, again)
    by_batch = {line.batch.id: line for line in stock}
    held: list[Allocated] = []
    for pick in again.picks:
        line = by_batch[pick.batch_id]
        hold = _hold(
            task.prescription_id,
            found.hold.item_id,
            found.hold.line_no,
            found.hold.drug_name,
            line,
            pick.quantity,
        )
        db.session.add(hold)
        held.append(Allocated(hold, line.balance, line.batch))
    db.session.flush()
    return held


def _allocate_lines(signed: PrescriptionSigned, stock: list[StockLine], stop_days: int) -> list[Hold]:
    by_batch = {line.batch.id: line for line in stock}
    holds: list[Hold] = []
    for line in signed.lines:
        free: list[BatchStock] = [
            found.balance.stock(found.batch) for found in stock if found.batch.drug_id == line.drug_id
        ]
        found = allocate(free, line.quantity, today=clock.today(), stop_days=stop_days)
        if found.is_refused:
            unit = next((entry.batch.min_unit for entry in stock if entry.batch.drug_id == line.drug_id), "")
            raise _out_of_stock(line.drug_name, unit, found, line)
        for pick in found.picks:
            entry = by_batch[pick.batch_id]
            holds.append(
                _hold(
                    signed.prescription_id, line.item_id, line.line_no, line.drug_name, entry, pick.quantity
                )
            )
    return holds


def _hold(
    prescription_id: int, item_id: int, line_no: int, drug_name: str, stock: StockLine, quantity: Decimal
) -> Hold:
    stock.balance.held += quantity
    return Hold(
        id=ids.new_id(),
        prescription_id=prescription_id,
        item_id=item_id,
        line_no=line_no,
        drug_id=stock.batch.drug_id,
        drug_name=drug_name,
        balance_id=stock.balance.id,
        batch_id=stock.batch.id,
        quantity=quantity,
        released=Decimal(0),
        dispensed=Decimal(0),
        returned=Decimal(0),
    )


def _out_of_stock(drug: str, unit: str, found: Allocation, line: SignedLine | None = None) -> OutOfStock:
    return OutOfStock(
        field=f"lines-{line.line_no - 1}-drug_id" if line else "",
        drug=drug,
        requested=f"{format_quantity(found.requested)} {unit}".strip(),
        available=f"{format_quantity(found.available)} {unit}".strip(),
    )
