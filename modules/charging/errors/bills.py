"""What taking money must be able to explain."""

from app.errors import Conflict, DomainError, NotFound
from app.i18n import N_


class BillMissing(DomainError):
    """The visit has no bill."""

    code = "charging.bill_missing"
    message = N_("This visit has no bill.")


class BillChanged(Conflict):
    """Charges were added or taken back after the page was opened, or another window has settled."""

    code = "charging.bill_changed"
    message = N_("The bill has changed: now due is ¥ %(due)s. Look at it again before taking money.")


class NothingToSettle(Conflict):
    """No unpaid charge is left."""

    code = "charging.nothing_to_settle"
    message = N_("Nothing is due on this bill.")


class TenderTooLittle(DomainError):
    """The tenders do not reach what is due."""

    code = "charging.tender_too_little"
    message = N_("¥ %(missing)s is missing: due is ¥ %(due)s.")


class ChangeOnlyFromCash(DomainError):
    """More than due was taken, and not in cash."""

    code = "charging.change_only_from_cash"
    message = N_("Only cash may exceed what is due. Enter the exact amount for other ways of paying.")


class TenderRepeated(DomainError):
    """One way of paying stands in two lines."""

    code = "charging.tender_repeated"
    message = N_("Enter each way of paying once.")


class ChargeNotVoidable(Conflict):
    """Only an unpaid charge that the cashier added is taken back here."""

    code = "charging.charge_not_voidable"
    message = N_("This line is paid, voided, or belongs to a desk that must take it back itself.")


class PrescriptionPaid(Conflict):
    """A paid prescription is not taken back; its money is refunded first."""

    code = "charging.prescription_paid"
    message = N_("This prescription is paid. Refund it at the cashier's window first.")


class NotRefundable(Conflict):
    """The settlement is a reversal itself, or was reversed already."""

    code = "charging.not_refundable"
    message = N_("Receipt %(number)s was already reversed, or is a reversal itself.")


class RefundTooLarge(DomainError):
    """More than was paid, or drugs that are still with the patient."""

    code = "charging.refund_too_large"
    message = N_(
        "%(item)s: at most %(quantity)s may be refunded. Drugs handed out first go back to the pharmacy."
    )


class VisitSeen(DomainError):
    """The doctor has seen the patient; the fee of the visit stays."""

    code = "charging.visit_seen"
    message = N_("The patient has been seen; the fee of the visit is not refunded.")


class InsuredRefund(Conflict):
    """The insurer has a part in it and is asked first."""

    code = "charging.insured_refund"
    message = N_("%(method)s took part in this settlement: the insurer is asked before money goes back.")


class RefundChannelWrong(DomainError):
    """Money goes back by the way it came, and not more than came that way."""

    code = "charging.refund_channel_wrong"
    message = N_("%(method)s: at most ¥ %(amount)s can go back this way.")


class RefundSumWrong(DomainError):
    """The ways of refunding do not add up to the refund."""

    code = "charging.refund_sum_wrong"
    message = N_("The refund is ¥ %(refund)s; the parts add up to ¥ %(parts)s.")


class ShiftAlreadyOpen(Conflict):
    """The cashier has an open shift."""

    code = "charging.shift_already_open"
    message = N_("Your shift %(number)s is still open.")


class NoOpenShift(Conflict):
    """There is nothing to close."""

    code = "charging.no_open_shift"
    message = N_("You have no open shift.")


class ShiftUnbalanced(Conflict):
    """Charges − refunds ≠ Σ by tender, or ≠ Σ by fee class: nothing may be closed on wrong books."""

    code = "charging.shift_unbalanced"
    message = N_("The sums of this shift do not agree. It stays open; call the operator.")


class DifferenceNeedsReason(DomainError):
    """The drawer does not hold what the books say."""

    code = "charging.difference_needs_reason"
    message = N_("The drawer differs by ¥ %(difference)s. Say why.")


class ShiftStillOpen(Conflict):
    """Only a closed shift is confirmed."""

    code = "charging.shift_still_open"
    message = N_("Shift %(number)s is not closed yet.")


class ShiftConfirmed(Conflict):
    """The accountant has confirmed it before."""

    code = "charging.shift_confirmed"
    message = N_("Shift %(number)s was confirmed before.")


class OwnShift(DomainError):
    """Who took the money does not confirm that it came."""

    code = "charging.own_shift"
    message = N_("Somebody else confirms your own shift.")


class ReceivedDiffers(DomainError):
    """Less or more came than the cashier counted."""

    code = "charging.received_differs"
    message = N_("Received differs by ¥ %(difference)s from what the cashier counted. Say why.")


class PrescriptionUnpaid(Conflict):
    """Nothing leaves the pharmacy that is not paid."""

    code = "charging.prescription_unpaid"
    message = N_("Not paid, or refunded in the meantime: %(item)s. Send the patient to the cashier.")


class NothingCharged(PrescriptionUnpaid):
    """None of the prescription's lines stands on the bill any more."""

    message = N_("Nothing of this prescription stands on the bill. Ask the doctor to sign it again.")


class CheckoutNotHere(NotFound):
    """No such settlement on its way."""

    message = N_("This settlement is not here.")


class CheckoutUnderway(Conflict):
    """The bill is being settled in a window."""

    code = "charging.checkout_underway"
    message = N_("%(name)s is settling this bill (%(number)s). Finish or give up that settlement first.")


class CheckoutMoved(Conflict):
    """The checkout has gone on in another window."""

    code = "charging.checkout_moved"
    message = N_("Settlement %(number)s is now: %(state)s. Look at it again.")


class InsuranceStands(Conflict):
    """The insurer still counts the bill as settled."""

    code = "charging.insurance_stands"
    message = N_("The insurer has settled this bill. Cancel it there first.")


class InsuranceBooked(Conflict):
    """A receipt counts on it; the insurer takes it back when that receipt is refunded."""

    code = "charging.insurance_booked"
    message = N_("A receipt stands on this insured settlement. Refund the receipt instead.")


class NotInsured(Conflict):
    """No insurer has a part in it."""

    code = "charging.not_insured"
    message = N_("No insurer took part in this settlement. Refund it directly.")


class MoneyUnderway(Conflict):
    """Money of the shift is on its way, or lies in the drawer for a settlement that has not ended."""

    code = "charging.money_underway"
    message = N_(
        "Settlement %(number)s is still being paid. Finish it or give it up before closing the shift."
    )


class ChargeHandedOut(Conflict):
    """What the patient has is not taken off the bill."""

    code = "charging.charge_handed_out"
    message = N_("%(item)s was handed out. The pharmacy takes it back first, then it leaves the bill.")
