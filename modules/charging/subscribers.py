"""What the bill does when something happens at another desk."""

from modules.charging import services
from modules.clinic.events import EncounterBegun
from modules.payments.events import PaymentEnded, PaymentSucceeded, PrepaidPaidOut, PrepaidToppedUp
from modules.prescriptions.events import (
    PrescriptionExpired,
    PrescriptionSigned,
    PrescriptionVoided,
    PrescriptionWithdrawn,
)
from modules.registration.events import VisitCancelled, VisitRegistered


def open_bill(event: VisitRegistered) -> None:
    """Open the bill with the fees of the visit."""
    services.open_bill(event)


def void_visit_charges(event: VisitCancelled) -> None:
    """Take the unpaid fees back."""
    services.void_visit_charges(visit_id=event.visit_id, reason=event.reason)


def note_visit_seen(event: EncounterBegun) -> None:
    """The fees of the visit are earned."""
    services.note_visit_seen(visit_id=event.visit_id)


def charge_prescription(event: PrescriptionSigned) -> None:
    """Put the drugs on the bill."""
    services.charge_prescription(event)


def void_withdrawn(event: PrescriptionWithdrawn) -> None:
    """Take the drugs off the bill."""
    services.void_prescription_charges(
        prescription_id=event.prescription_id, visit_id=event.visit_id, reason="withdrawn"
    )


def void_voided(event: PrescriptionVoided) -> None:
    """Take the drugs off the bill."""
    services.void_prescription_charges(
        prescription_id=event.prescription_id, visit_id=event.visit_id, reason=event.reason
    )


def void_expired(event: PrescriptionExpired) -> None:
    """Take off the bill what was never paid."""
    services.release_expired_charges(prescription_id=event.prescription_id, visit_id=event.visit_id)


def note_paid(event: PaymentSucceeded) -> None:
    """A channel has the money of a part of a settlement on its way."""
    if event.subject_kind == services.PART:
        services.note_paid(part_id=event.subject_id, by=event.actor)


def book_deposit(event: PrepaidToppedUp) -> None:
    """Cash of a prepaid account is in the drawer of who took it."""
    services.book_deposit(
        entry_id=event.entry_id, patient_id=event.patient_id, amount=event.amount, by=event.actor
    )


def book_deposit_back(event: PrepaidPaidOut) -> None:
    """Cash of a prepaid account is out of the drawer of who gave it."""
    services.book_deposit(
        entry_id=event.entry_id, patient_id=event.patient_id, amount=-event.amount, by=event.actor
    )


def note_not_paid(event: PaymentEnded) -> None:
    """A channel has not taken the money: another way is chosen."""
    if event.subject_kind == services.PART:
        services.note_not_paid(part_id=event.subject_id)
