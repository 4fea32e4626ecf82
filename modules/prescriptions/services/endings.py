"""How a prescription ends without being dispensed: taken back, void, expired (撤回, 作废, 过期)."""

from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from app import audit, clock
from app.actor import Actor
from app.events import emit
from app.use_cases import use_case
from modules.prescriptions import errors, queries
from modules.prescriptions.events import PrescriptionExpired, PrescriptionVoided, PrescriptionWithdrawn
from modules.prescriptions.models import Item, Kind, Prescription, Status
from modules.prescriptions.services.moves import move_prescription

Reason = Annotated[str, Field(min_length=2, max_length=200)]


@use_case("prescriptions.prescription.sign", offline=True)
def withdraw_prescription(*, prescription_id: int, by: Actor) -> Prescription:
    """Take a signed, unpaid prescription back (撤回); it is a draft again, its lines can be changed.

    Raises:
        NotTreating: only the doctor who signed it.
        PrescriptionNotFound: it is not here.
        StillPaid: money was taken for it.
        NotInThisState: it is not signed and unpaid.
    """
    prescription = _own(prescription_id, by)
    if prescription.is_paid:
        raise errors.StillPaid(number=prescription.number)
    if prescription.status is Status.RETURNED:
        raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    items = queries.list_items(prescription)
    move_prescription(prescription, Status.DRAFT, by)
    prescription.draft = _as_typed(prescription, items)
    prescription.reviewed_at, prescription.reviewer_name = None, ""
    audit.record("prescription.withdrawn", prescription, by=by)
    emit(PrescriptionWithdrawn(prescription_id=prescription.id, visit_id=prescription.visit_id))
    return prescription


@use_case("prescriptions.prescription.void", offline=True)
def void_prescription(*, prescription_id: int, reason: Reason, by: Actor) -> Prescription:
    """Make a prescription void (作废). It stays readable.

    Raises:
        NotTreating: only the doctor who signed it.
        PrescriptionNotFound: it is not here.
        StillPaid: money was taken for it and not given back.
        NotInThisState: it is prepared, handed out, or void already.
    """
    prescription = _own(prescription_id, by)
    if prescription.is_paid and prescription.status in (Status.PAID, Status.RETURNED, Status.EXPIRED):
        raise errors.StillPaid(number=prescription.number)
    was_signed = prescription.status is not Status.DRAFT
    move_prescription(prescription, Status.VOIDED, by)
    prescription.ended_reason = reason
    audit.record("prescription.voided", prescription, by=by, reason=reason)
    if was_signed:
        emit(
            PrescriptionVoided(prescription_id=prescription.id, visit_id=prescription.visit_id, reason=reason)
        )
    return prescription


@use_case("prescriptions.prescription.expire")
def expire_prescription(*, prescription_id: int, by: Actor) -> Prescription:
    """End a prescription that nobody fetched within its validity (过期); what was held for it is released.

    Raises:
        PrescriptionNotFound: it is not here.
        NotInThisState: it is still valid, or was handed out meanwhile.
    """
    prescription = queries.lock_prescriptions([prescription_id])[0]
    if prescription.valid_until is None or prescription.is_valid_at(clock.now()):
        raise errors.NotInThisState(number=prescription.number, state=prescription.status.label)
    move_prescription(prescription, Status.EXPIRED, by)
    audit.record("prescription.expired", prescription, by=by)
    emit(PrescriptionExpired(prescription_id=prescription.id, visit_id=prescription.visit_id))
    return prescription


def _own(prescription_id: int, by: Actor) -> Prescription:
    prescription = queries.lock_prescriptions([prescription_id])[0]
    if prescription.practitioner_id != by.practitioner_id:
        raise errors.NotTreating(
            permission="prescriptions.prescription.sign", doctor=prescription.practitioner_name
        )
    return prescription


def _as_typed(prescription: Prescription, items: list[Item]) -> dict[str, Any]:
    """The signed lines as the doctor's input, so that the desk can open them again."""
    is_herbal = prescription.kind is Kind.HERBAL
    lines: list[dict[str, Any]] = []
    for item in items:
        if is_herbal:
            lines.append({"drug_id": item.drug_id, "grams": item.dose, "footnote": item.footnote})
            continue
        names = ("drug_id", "dose", "route", "frequency", "days", "group_no", "remark")
        typed_line = {name: getattr(item, name) for name in names} | {"skin_test": item.skin_test.value}
        known = queries.usage().get(("frequency", item.frequency))
        if known is not None and known.times == 0:  # as needed: the quantity was typed
            typed_line["quantity"] = item.quantity
        lines.append(typed_line)
    heading = {
        "doses": prescription.doses,
        "decoction": prescription.decoction.value if prescription.decoction else "self",
        "times_a_day": prescription.times_a_day,
        "volume_ml": prescription.volume_ml,
        "timing": prescription.timing.value if prescription.timing else "after_meal",
    }
    typed: dict[str, Any] = to_jsonable_python(
        {
            "lines": [] if is_herbal else lines,
            "herbs": lines if is_herbal else [],
            "heading": heading if is_herbal else {},
        }
    )
    return typed
