"""The pharmacist's judgement of a prescription (审方) and the doctor's answer to it."""

from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.use_cases import use_case
from modules.prescriptions import errors, queries
from modules.prescriptions.models import Prescription, Status
from modules.prescriptions.services.moves import move_prescription
from tenants.queries import get_practitioner

Reason = Annotated[str, Field(min_length=2, max_length=200)]


@use_case("prescriptions.prescription.review", offline=True, is_step=True)
def mark_reviewed(*, prescription_id: int, by: Actor) -> Prescription:
    """The pharmacist finds the prescription in order; before or after payment, as the centre works.

    Raises:
        NotAReviewer: no pharmacist with the right to review.
        PrescriptionNotFound: it is not here.
        NotInThisState: it is not waiting for a review.
    """
    _refuse_non_reviewer(by)
    prescription = queries.lock_prescriptions([prescription_id])[0]
    if prescription.reviewed_at is not None:
        raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    if prescription.status is not Status.PAID:  # after payment the review is a mark, the state stays
        move_prescription(prescription, Status.REVIEW_PASSED, by)
    prescription.reviewed_at, prescription.reviewer_name = clock.now(), by.name[:50]
    audit.record("prescription.reviewed", prescription, by=by)
    return prescription


@use_case("prescriptions.prescription.review", offline=True)
def return_by_pharmacist(*, prescription_id: int, reason: Reason, by: Actor) -> Prescription:
    """The pharmacist sends the prescription back to the doctor.

    Raises:
        NotAReviewer: no pharmacist with the right to review.
        PrescriptionNotFound: it is not here.
        NotInThisState: it is not waiting for a review.
    """
    _refuse_non_reviewer(by)
    prescription = queries.lock_prescriptions([prescription_id])[0]
    move_prescription(prescription, Status.RETURNED, by)
    prescription.ended_reason = reason
    prescription.reviewed_at, prescription.reviewer_name = None, ""
    audit.record("prescription.returned", prescription, by=by, reason=reason)
    return prescription


@use_case("prescriptions.prescription.sign", offline=True)
def confirm_prescription(*, prescription_id: int, reason: Reason, by: Actor) -> Prescription:
    """The doctor signs a second time for a sheet that was sent back; it counts as reviewed (双签).

    Raises:
        NotTreating: only the doctor who signed it.
        PrescriptionNotFound: it is not here.
        NotInThisState: it was not sent back.
    """
    prescription = queries.lock_prescriptions([prescription_id])[0]
    if prescription.practitioner_id != by.practitioner_id:
        raise errors.NotTreating(
            permission="prescriptions.prescription.sign", doctor=prescription.practitioner_name
        )
    if prescription.status is not Status.RETURNED:
        raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    move_prescription(prescription, Status.PAID if prescription.is_paid else Status.REVIEW_PASSED, by)
    prescription.reviewed_at = clock.now()
    prescription.reviewer_name = by.name[:50]
    prescription.ended_reason = f"{prescription.ended_reason} / {reason}"[:200]
    audit.record("prescription.confirmed", prescription, by=by, reason=reason)
    return prescription


def _refuse_non_reviewer(by: Actor) -> None:
    if by.is_system:
        return
    if by.practitioner_id is None or not get_practitioner(by.practitioner_id).may_review:
        raise errors.NotAReviewer(permission="prescriptions.prescription.review")
