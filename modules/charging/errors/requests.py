"""What asking for refunds must be able to explain."""

from app.errors import Conflict, DomainError, NotFound
from app.i18n import N_


class RefundRequestNotHere(NotFound):
    """No such request."""

    message = N_("This request for a refund is not here.")


class RefundAsked(Conflict):
    """A line is asked back: it is not prepared, handed out or asked back a second time."""

    code = "charging.refund_asked"
    message = N_("%(item)s: a refund was asked for. Nothing more is done with it until that has ended.")


class NothingToAskBack(Conflict):
    """Nothing of the line is paid and not refunded."""

    code = "charging.nothing_to_ask_back"
    message = N_("%(item)s: nothing is left that could be refunded.")


class AskedTooMuch(DomainError):
    """More than was paid and not refunded."""

    code = "charging.asked_too_much"
    message = N_("%(item)s: at most %(quantity)s can be asked back.")


class OtherDepartment(DomainError):
    """Neither who wrote it nor a colleague of the department."""

    code = "charging.other_department"
    message = N_("Only the doctor who wrote it, or a colleague of the same department, may do this.")


class RequestMoved(Conflict):
    """The request has gone on in another window."""

    code = "charging.request_moved"
    message = N_("Request %(number)s is now: %(state)s. Look at it again.")


class OwnRequest(DomainError):
    """Who asks does not confirm."""

    code = "charging.own_request"
    message = N_("Somebody else of the department confirms your own request.")


class PartNeedsReason(DomainError):
    """Less than was asked for is confirmed."""

    code = "charging.part_needs_reason"
    message = N_("Less is confirmed than was asked for. Say why; to confirm nothing, refuse the request.")


class RefundUnconfirmed(Conflict):
    """The pharmacy or the department has not confirmed it yet."""

    code = "charging.refund_unconfirmed"
    message = N_("Request %(number)s waits for its confirmation. Nothing of it is refunded before.")


class RefundUnlikeRequest(DomainError):
    """What was confirmed is refunded, not more and not less."""

    code = "charging.refund_unlike_request"
    message = N_("Request %(number)s: of %(item)s, %(quantity)s was confirmed. Refund exactly that.")


class RefundNeedsRequest(DomainError):
    """The centre refunds prescriptions only on a doctor's request."""

    code = "charging.refund_needs_request"
    message = N_("%(item)s is refunded on the doctor's request only. Send the patient to the doctor.")
