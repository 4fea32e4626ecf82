"""What the pharmacy does when something happens at another desk."""

from modules.charging.events import BillRefunded, BillSettled, RefundBegun
from modules.charging.queries import INSURED, ChargeSource
from modules.dispensing import services
from modules.prescriptions.events import (
    PrescriptionExpired,
    PrescriptionSigned,
    PrescriptionVoided,
    PrescriptionWithdrawn,
)


def hold_stock(event: PrescriptionSigned) -> None:
    """Hold the drugs, or nothing is signed."""
    services.hold_stock(event)


def release_stock(event: PrescriptionWithdrawn | PrescriptionVoided | PrescriptionExpired) -> None:
    """Let go of what was held."""
    services.release_prescription(prescription_id=event.prescription_id)


def take_up_paid(event: BillSettled) -> None:
    """Paid prescriptions wait at the window."""
    is_insured = any(tender.method in INSURED for tender in event.tenders)
    services.take_up_paid(prescription_ids=event.prescription_ids, is_insured=is_insured)


def keep_on_shelf(event: RefundBegun) -> None:
    """What lies ready is put back before an insurer is asked to cancel."""
    services.refuse_prepared(item_ids=event.prescription_item_ids)


def release_refunded(event: BillRefunded) -> None:
    """Let go of what was refunded before it was handed out."""
    lines = [line for line in event.refunded_lines if line.source_kind == ChargeSource.PRESCRIPTION_ITEM]
    services.release_refunded(quantities={line.source_id: line.quantity for line in lines})
