"""Everything that changes a prescription.

``mark_paid`` and its like belong to charging and dispensing: they move a prescription inside *their* use case
and cannot be called from outside, so that nobody can say "paid" without a payment.
"""

from modules.prescriptions.services.endings import (
    expire_prescription,
    void_prescription,
    withdraw_prescription,
)
from modules.prescriptions.services.moves import (
    check_payable,
    mark_dispensed,
    mark_paid,
    mark_prepared,
    mark_refunded,
    mark_returned,
    take_back_preparation,
    void_refunded,
)
from modules.prescriptions.services.reviews import (
    confirm_prescription,
    mark_reviewed,
    return_by_pharmacist,
)
from modules.prescriptions.services.sign import (
    save_draft,
    sign_herbal_prescription,
    sign_prescription,
)

__all__ = [
    "check_payable",
    "confirm_prescription",
    "expire_prescription",
    "mark_dispensed",
    "mark_paid",
    "mark_prepared",
    "mark_refunded",
    "mark_returned",
    "mark_reviewed",
    "return_by_pharmacist",
    "save_draft",
    "sign_herbal_prescription",
    "sign_prescription",
    "take_back_preparation",
    "void_prescription",
    "void_refunded",
    "withdraw_prescription",
]
