"""The life of a prescription."""

from enum import StrEnum


class PrescriptionState(StrEnum):
    """States of a prescription. Source: house rule after the prescription order (卫生部令第53号)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"  # the pharmacist sent it back
    REVIEW_PASSED = "review_passed"
    PAID = "paid"
    PREPARED = "prepared"
    DISPENSED = "dispensed"
    PARTIALLY_RETURNED = "partially_returned"
    FULLY_RETURNED = "fully_returned"
    VOIDED = "voided"
    EXPIRED = "expired"


_S = PrescriptionState

_MOVES: dict[PrescriptionState, frozenset[PrescriptionState]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.VOIDED}),
    # back to draft is the doctor's withdrawal while nothing is paid
    _S.SUBMITTED: frozenset({_S.DRAFT, _S.REVIEW_PASSED, _S.RETURNED, _S.VOIDED, _S.EXPIRED}),
    # passed from returned is the doctor's second signature; submitted again after a change
    _S.RETURNED: frozenset({_S.SUBMITTED, _S.REVIEW_PASSED, _S.VOIDED, _S.EXPIRED}),
    _S.REVIEW_PASSED: frozenset({_S.DRAFT, _S.PAID, _S.VOIDED, _S.EXPIRED}),
    # back to passed is a refund; expired keeps the money until it is refunded
    _S.PAID: frozenset({_S.REVIEW_PASSED, _S.PREPARED, _S.VOIDED, _S.EXPIRED}),
    _S.PREPARED: frozenset({_S.PAID, _S.DISPENSED}),
    _S.DISPENSED: frozenset({_S.PARTIALLY_RETURNED, _S.FULLY_RETURNED}),
    _S.PARTIALLY_RETURNED: frozenset({_S.PARTIALLY_RETURNED, _S.FULLY_RETURNED}),
    _S.EXPIRED: frozenset({_S.VOIDED}),
    _S.FULLY_RETURNED: frozenset(),
    _S.VOIDED: frozenset(),
}

# Where the bill is settled at the end of the visit, the pharmacy works before payment.
_MOVES_UNPAID = {
    _S.REVIEW_PASSED: frozenset({_S.PREPARED}),
    _S.PREPARED: frozenset({_S.REVIEW_PASSED}),
}


# Where the pharmacist reviews after payment, the bill does not wait for the review; a sheet that is sent back
# then stays paid until the doctor confirms it or the money is given back.
_MOVES_REVIEWED_LATER = {
    _S.SUBMITTED: frozenset({_S.PAID}),
    _S.PAID: frozenset({_S.SUBMITTED, _S.RETURNED}),
    _S.RETURNED: frozenset({_S.PAID}),
}


def may_move(
    current: PrescriptionState,
    target: PrescriptionState,
    *,
    settles_at_end: bool = False,
    reviews_after_payment: bool = False,
) -> bool:
    """Tell whether a prescription may pass from one state to another.

    `settles_at_end` is the tenant's payment mode (先诊疗后结算): preparing then follows the review directly.
    `reviews_after_payment`: the pharmacist reviews paid prescriptions at the window.
    """
    unpaid = _MOVES_UNPAID.get(current, frozenset()) if settles_at_end else frozenset()
    later = _MOVES_REVIEWED_LATER.get(current, frozenset()) if reviews_after_payment else frozenset()
    return target in _MOVES[current] | unpaid | later


def is_editable(state: PrescriptionState) -> bool:
    """Tell whether the doctor may change the lines: only a draft or a returned prescription."""
    return state in (_S.DRAFT, _S.RETURNED)
