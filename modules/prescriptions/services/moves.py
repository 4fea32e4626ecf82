"""How a prescription moves while charging and dispensing work on it, inside *their* use cases.

They are no use cases of their own: without a payment or a stock movement they must not be reachable.
Every move holds the row first, so that of two windows the second one sees where the first has put it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from app import audit, clock
from app.actor import Actor
from app.db.units import in_write_unit
from app.events import emit
from modules.prescriptions import errors, queries
from modules.prescriptions.events import PrescriptionVoided
from modules.prescriptions.models import WORKED_ON, Prescription, Status


def mark_paid(
    *, prescription_ids: Sequence[int], promised_at: datetime | None = None, by: Actor
) -> list[Prescription]:
    """Money was taken for these prescriptions; what was valid when the payment began is valid.

    What the pharmacy has worked on before the payment, on account, keeps its state.

    Raises:
        PrescriptionNotFound: one of them is not here.
        NotInThisState: one of them is not waiting for payment (a draft, void, expired, paid …).
        PastValidity: one of them is no longer valid.
    """
    found = check_payable(prescription_ids=prescription_ids, promised_at=promised_at, by=by)
    for prescription in found:
        if prescription.status not in WORKED_ON:
            move_prescription(prescription, Status.PAID, by)
        prescription.paid_at = clock.now()
    return found


def check_payable(
    *, prescription_ids: Sequence[int], promised_at: datetime | None = None, by: Actor
) -> list[Prescription]:
    """Prescriptions that may be paid, held: asked before anybody outside takes money for them.

    Raises:
        PrescriptionNotFound, NotInThisState, PastValidity: as `mark_paid`.
    """
    found = _lock(prescription_ids)
    later = queries.reviews_after_payment(by.tenant_id)
    for prescription in found:
        is_worked_on = prescription.status in WORKED_ON
        if prescription.dispensed_at is None:
            _refuse_past_validity(prescription, promised_at)
        may_be_paid = is_worked_on or prescription.may_become(Status.PAID, reviews_after_payment=later)
        if prescription.is_paid or not may_be_paid:
            raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    return found


def mark_refunded(*, prescription_ids: Sequence[int], by: Actor) -> list[Prescription]:
    """The whole amount of undispensed prescriptions was given back.

    A paid one waits again as before the payment; one that was sent back or has expired keeps its state.

    Raises:
        PrescriptionNotFound: one of them is not here.
        NotInThisState: drugs are prepared or handed out, or nothing was paid.
    """
    found = _lock(prescription_ids)
    for prescription in found:
        if not prescription.is_paid:
            raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
        if prescription.status not in (Status.RETURNED, Status.EXPIRED):
            later = queries.reviews_after_payment(by.tenant_id)
            move_prescription(prescription, Status.SUBMITTED if later else Status.REVIEW_PASSED, by)
        prescription.paid_at = None
    return found


def void_refunded(*, prescription_id: int, reason: str, by: Actor) -> None:
    """The doctor asked a whole prescription back and its money is back: it is void, unless drugs were handed out.

    Raises:
        PrescriptionNotFound: it is not here.
    """
    prescription = _lock([prescription_id])[0]
    if prescription.dispensed_at is not None or prescription.is_paid:
        return
    move_prescription(prescription, Status.VOIDED, by)
    prescription.ended_reason = reason
    audit.record("prescription.voided", prescription, by=by, reason=reason)
    emit(PrescriptionVoided(prescription_id=prescription.id, visit_id=prescription.visit_id, reason=reason))


def mark_prepared(*, prescription_id: int, on_account: bool = False, by: Actor) -> Prescription:
    """The drugs are taken from the shelf (调配); `on_account` before they are paid.

    Raises:
        PrescriptionNotFound: it is not here.
        NotInThisState: it is not paid.
        NotReviewed: no pharmacist has reviewed it.
        PastValidity: it is no longer valid.
    """
    prescription = _lock([prescription_id])[0]
    _refuse_past_validity(prescription)
    if prescription.status is Status.PAID and prescription.reviewed_at is None:
        raise errors.NotReviewed(number=prescription.number)
    move_prescription(prescription, Status.PREPARED, by, on_account=on_account)
    prescription.prepared_at, prescription.preparer_name = clock.now(), by.name[:50]
    return prescription


def take_back_preparation(*, prescription_id: int, by: Actor) -> Prescription:
    """The drugs are back on the shelf; the prescription waits as before the preparation.

    Raises:
        PrescriptionNotFound: it is not here.
        NotInThisState: it is not prepared.
    """
    prescription = _lock([prescription_id])[0]
    if prescription.is_paid:
        move_prescription(prescription, Status.PAID, by)
    else:
        move_prescription(prescription, Status.REVIEW_PASSED, by, on_account=True)
    prescription.prepared_at, prescription.preparer_name = None, ""
    return prescription


def mark_dispensed(
    *, prescription_id: int, in_one_act: bool = False, on_account: bool = False, by: Actor
) -> Prescription:
    """The drugs were handed to the patient (发药).

    ``in_one_act`` also passes the review and the preparation where they are missing: the pharmacy of a centre
    with a single pharmacist, who has the right to review, attests all three at once. ``on_account``: before it is paid.

    Raises:
        PrescriptionNotFound: it is not here.
        NotInThisState: it is not prepared; a draft or an unpaid one can never get here.
        PastValidity: it is no longer valid.
    """
    prescription = _lock([prescription_id])[0]
    _refuse_past_validity(prescription)
    if in_one_act and prescription.reviewed_at is None:
        prescription.reviewed_at, prescription.reviewer_name = clock.now(), by.name[:50]
    if in_one_act and on_account and prescription.status is Status.SUBMITTED:
        move_prescription(prescription, Status.REVIEW_PASSED, by)
    if in_one_act and prescription.status in (Status.PAID, Status.REVIEW_PASSED):
        move_prescription(prescription, Status.PREPARED, by, on_account=on_account)
        prescription.prepared_at, prescription.preparer_name = clock.now(), by.name[:50]
    move_prescription(prescription, Status.DISPENSED, by)
    prescription.dispensed_at, prescription.dispenser_name = clock.now(), by.name[:50]
    return prescription


def mark_returned(*, prescription_id: int, is_whole: bool, by: Actor) -> Prescription:
    """Drugs came back from the patient: part of them, or the last of them.

    Raises:
        PrescriptionNotFound: it is not here.
        NotInThisState: nothing was handed out, or everything is back already.
    """
    prescription = _lock([prescription_id])[0]
    move_prescription(prescription, Status.FULLY_RETURNED if is_whole else Status.PARTIALLY_RETURNED, by)
    return prescription


def _lock(prescription_ids: Iterable[int]) -> list[Prescription]:
    if not in_write_unit():
        raise RuntimeError("a prescription is moved inside the use case of the module that works on it")
    return queries.lock_prescriptions(prescription_ids)


def move_prescription(
    prescription: Prescription, target: Status, by: Actor, *, on_account: bool = False
) -> None:
    """Change the state of a locked row, by the table.

    Raises:
        NotInThisState: the table knows no such move.
    """
    later = queries.reviews_after_payment(by.tenant_id)
    if not prescription.may_become(target, reviews_after_payment=later, on_account=on_account):
        raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    prescription.status = target


def _refuse_past_validity(prescription: Prescription, at: datetime | None = None) -> None:
    if prescription.valid_until is not None and not prescription.is_valid_at(at or clock.now()):
        until = prescription.valid_through
        raise errors.PastValidity(number=prescription.number, until=until.isoformat() if until else "")
