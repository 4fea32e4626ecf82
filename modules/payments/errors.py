"""What the cashier's window must be able to explain about payments."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class NoMerchant(DomainError):
    """The institution has no merchant with this channel."""

    code = "payments.no_merchant"
    message = N_("This way of paying is not set up here. Take another, or ask the administrator.")


class OrderChanged(Conflict):
    """The number was used for an order with other contents."""

    code = "payments.order_changed"
    message = N_("This order number already stands for another payment.")


class SubjectPaid(Conflict):
    """What the order is for was paid already."""

    code = "payments.subject_paid"
    message = N_("This has been paid already.")


class WrongState(Conflict):
    """The order or refund is no longer, or not yet, where this can be done."""

    code = "payments.wrong_state"
    message = N_("This payment stands at “%(state)s”; that cannot be done now.")


class WrongWay(DomainError):
    """The order is paid in another way."""

    code = "payments.wrong_way"
    message = N_("This payment is made in another way.")


class RefundTooMuch(DomainError):
    """More would go back than was paid."""

    code = "payments.refund_too_much"
    message = N_("At most ¥ %(most)s can still be given back of this payment.")


class BalanceTooLow(DomainError):
    """The prepaid account does not hold so much."""

    code = "payments.balance_too_low"
    message = N_("The account holds ¥ %(balance)s.")


class AddressUnfit(DomainError):
    """The channel's address is not one that money may be sent to."""

    code = "payments.address_unfit"
    message = N_("Enter the channel's address: https://, and a host that the operator has listed.")


class PayerMissing(DomainError):
    """A prepaid order without a resident."""

    code = "payments.payer_missing"
    message = N_("Choose whose account pays.")


class CallbackRefused(DomainError):
    """A report that is not proven to come from the channel."""

    status = 401
    code = "payments.callback_refused"
    message = N_("The signature does not belong to this message.")
