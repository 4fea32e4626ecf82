"""Stock set apart, lost, returned to its supplier or recalled (隔离, 报损, 退货, 召回)."""

from decimal import Decimal

from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import NotFound
from app.events import emit
from app.money import Quantity
from app.use_cases import use_case
from modules.dispensing import services as dispensing
from modules.dispensing.queries import DocumentKind
from modules.storeroom import queries
from modules.storeroom.errors import AlreadyEnded, AlreadyRecalled, SamePerson, SupplierNeeded, WrongState
from modules.storeroom.events import BatchCalledBack
from modules.storeroom.models import Quarantine, Recall, Removal, RemovalKind, RemovalStatus
from modules.storeroom.services.purchasing import Reason

_KINDS = {
    RemovalKind.LOSS: DocumentKind.LOSS,
    RemovalKind.SUPPLIER_RETURN: DocumentKind.SUPPLIER_RETURN,
}


@use_case("storeroom.stock.remove")
def apply_removal(
    *,
    kind: RemovalKind,
    balance_id: int,
    quantity: Quantity,
    reason: Reason,
    supplier_id: int | None = None,
    by: Actor,
) -> Removal:
    """Ask that stock be written off or returned to its supplier; from now on it is frozen. In minimum units.

    Raises:
        NotFound: no such balance or supplier here.
        SupplierNeeded: a return names no supplier.
        OutOfStock: more than lies there free.
    """
    if supplier_id is not None:
        queries.get_supplier(supplier_id)
    found = dispensing.freeze(balance_id=balance_id, quantity=quantity)
    return _apply(kind, found.balance.id, quantity, reason, supplier_id, by)


@use_case("storeroom.stock.remove")
def remove_quarantined(
    *, quarantine_id: int, kind: RemovalKind, reason: Reason, supplier_id: int | None = None, by: Actor
) -> Removal:
    """Ask that what was set apart be written off or returned; it stays frozen until that is decided.

    Raises:
        NotFound: no such quarantine or supplier here.
        SupplierNeeded: a return names no supplier.
        AlreadyEnded: it was let go or taken out before.
    """
    if supplier_id is not None:
        queries.get_supplier(supplier_id)
    quarantine = _lock_quarantine(quarantine_id)
    removal = _apply(kind, quarantine.balance_id, quarantine.quantity, reason, supplier_id, by)
    quarantine.ended_at, quarantine.ended_by_name = clock.now(), by.name
    quarantine.removal_id = removal.id
    db.session.flush()
    return removal


def _apply(
    kind: RemovalKind, balance_id: int, quantity: Decimal, reason: str, supplier_id: int | None, by: Actor
) -> Removal:
    if kind == RemovalKind.SUPPLIER_RETURN and supplier_id is None:
        raise SupplierNeeded(field="supplier_id")
    removal = Removal(
        id=ids.new_id(),
        number=numbering.next_number("storeroom.removal", on=clock.today(), prefix="BS"),
        kind=kind,
        status=RemovalStatus.APPLIED,
        balance_id=balance_id,
        supplier_id=supplier_id,
        quantity=quantity,
        reason=reason,
        applied_at=clock.now(),
        applied_by_id=by.account_id,
        applied_by_name=by.name,
    )
    db.session.add(removal)
    db.session.flush()
    audit.record("removal.applied", removal, by=by, number=removal.number, reason=reason)
    return removal


@use_case("storeroom.stock.approve")
def approve_removal(*, removal_id: int, by: Actor) -> Removal:
    """Approve a loss or return; it is posted at once. Not by who applied for it.

    Raises:
        NotFound: no such application here.
        WrongState: it was decided before.
        SamePerson: the same person applied for it.
    """
    removal = _lock_removal(removal_id)
    if removal.applied_by_id == by.account_id:
        raise SamePerson
    supplier = queries.get_supplier(removal.supplier_id).name if removal.supplier_id else ""
    document = dispensing.take_out_frozen(
        balance_id=removal.balance_id,
        quantity=removal.quantity,
        kind=_KINDS[removal.kind],
        supplier=supplier,
        reason=removal.reason,
        by=by,
    )
    removal.status, removal.decided_by_name = RemovalStatus.POSTED, by.name
    removal.document_id = document.id
    db.session.flush()
    audit.record("removal.approved", removal, by=by, number=removal.number)
    return removal


@use_case("storeroom.stock.approve")
def reject_removal(*, removal_id: int, reason: Reason, by: Actor) -> Removal:
    """Reject a loss or return, with the reason; the stock is free again.

    Raises:
        NotFound: no such application here.
        WrongState: it was decided before.
    """
    removal = _lock_removal(removal_id)
    dispensing.thaw(balance_id=removal.balance_id, quantity=removal.quantity)
    removal.status, removal.decided_by_name = RemovalStatus.REJECTED, by.name
    removal.decision_reason = reason
    db.session.flush()
    audit.record("removal.rejected", removal, by=by, number=removal.number, reason=reason)
    return removal


@use_case("storeroom.stock.freeze")
def quarantine_stock(*, balance_id: int, quantity: Quantity, reason: Reason, by: Actor) -> Quarantine:
    """Set a quantity at a place apart (隔离): nobody promises, carries over or hands it out. In minimum units.

    Raises:
        NotFound: no such balance here.
        OutOfStock: more than lies there free.
    """
    dispensing.freeze(balance_id=balance_id, quantity=quantity)
    quarantine = Quarantine(
        id=ids.new_id(),
        balance_id=balance_id,
        quantity=quantity,
        reason=reason,
        begun_at=clock.now(),
        begun_by_name=by.name,
    )
    db.session.add(quarantine)
    db.session.flush()
    audit.record("stock.quarantined", quarantine, by=by, reason=reason)
    return quarantine


@use_case("storeroom.stock.freeze")
def end_quarantine(*, quarantine_id: int, by: Actor) -> Quarantine:
    """Let go what was set apart.

    Raises:
        NotFound: no such quarantine here.
        AlreadyEnded: it was let go or taken out before.
    """
    quarantine = _lock_quarantine(quarantine_id)
    dispensing.thaw(balance_id=quarantine.balance_id, quantity=quarantine.quantity)
    quarantine.ended_at, quarantine.ended_by_name = clock.now(), by.name
    db.session.flush()
    audit.record("stock.quarantine_ended", quarantine, by=by)
    return quarantine


@use_case("storeroom.batch.recall")
def recall_batch(*, batch_id: int, reason: Reason, by: Actor) -> Recall:
    """Call a batch back, at every place of the centre (召回): from now on nothing of it goes to a patient.

    Raises:
        NotFound: no such batch here.
        AlreadyRecalled: it is recalled.
    """
    batch = dispensing.recall(batch_id=batch_id)
    recall = Recall(
        id=ids.new_id(),
        batch_id=batch.id,
        drug_name=batch.drug_name,
        batch_no=batch.batch_no,
        reason=reason,
        begun_at=clock.now(),
        begun_by_name=by.name,
    )
    try:
        with db.session.begin_nested():
            db.session.add(recall)
            db.session.flush()
    except IntegrityError:
        raise AlreadyRecalled(field="batch_id") from None
    audit.record("batch.recalled", recall, by=by, batch=batch.batch_no, reason=reason)
    emit(BatchCalledBack(recall_id=recall.id, batch_id=batch.id, batch_no=batch.batch_no, reason=reason))
    return recall


@use_case("storeroom.batch.recall")
def end_recall(*, recall_id: int, reason: Reason, by: Actor) -> Recall:
    """End a recall that was a mistake or is over: what is left of the batch may be handed out again.

    Raises:
        NotFound: no such recall here.
        AlreadyEnded: it was ended before.
    """
    recall = lock_row(Recall, recall_id)
    if recall is None:
        raise NotFound(field="recall_id")
    if recall.ended_at is not None:
        raise AlreadyEnded
    dispensing.release_recalled(batch_id=recall.batch_id)
    recall.ended_at, recall.ended_by_name, recall.ended_reason = clock.now(), by.name, reason
    db.session.flush()
    audit.record("batch.recall_ended", recall, by=by, batch=recall.batch_no, reason=reason)
    return recall


def _lock_removal(removal_id: int) -> Removal:
    removal = lock_row(Removal, removal_id)
    if removal is None:
        raise NotFound(field="removal_id")
    if removal.status != RemovalStatus.APPLIED:
        raise WrongState(number=removal.number, status=removal.status.label)
    return removal


def _lock_quarantine(quarantine_id: int) -> Quarantine:
    quarantine = lock_row(Quarantine, quarantine_id)
    if quarantine is None:
        raise NotFound(field="quarantine_id")
    if quarantine.ended_at is not None:
        raise AlreadyEnded
    return quarantine
