"""What the window must be able to explain about insurance."""

from app.errors import Conflict, DomainError, Unavailable
from app.i18n import N_


class NotConnected(DomainError):
    """The centre has no connection to the insurer, or it is switched off."""

    code = "insurance.not_connected"
    message = N_("This centre is not connected to the insurer. Charge without insurance.")


class InsurerAway(Unavailable):
    """No answer in time. Nothing is known to have happened."""

    code = "insurance.away"
    message = N_("The insurer does not answer. Settle with the insurer later, or charge without insurance.")


class AnswerMissing(Unavailable):
    """A settlement was sent and no answer came: it is asked about, not sent again."""

    code = "insurance.answer_missing"
    message = N_(
        "The insurer has not confirmed yet. The system asks again by itself; do not settle a second time."
    )


class InsurerRefused(DomainError):
    """The insurer says no, in its own words."""

    code = "insurance.refused"
    message = N_("The insurer refuses: %(reason)s")


class TotalsWrong(DomainError):
    """The insurer's amounts do not add up; the answer is kept and nothing is settled with it."""

    code = "insurance.totals_wrong"
    message = N_("The insurer's amounts do not add up: %(reason)s")


class PersonNotRead(DomainError):
    """The insurer was not asked about this person."""

    code = "insurance.person_not_read"
    message = N_("Read the insured person's card first.")


class NothingToSettle(DomainError):
    """There are no fee lines."""

    code = "insurance.nothing_to_settle"
    message = N_("There is nothing to settle with the insurer.")


class AlreadyWithInsurer(Conflict):
    """This bill has an insured settlement that is not over."""

    code = "insurance.already_with_insurer"
    message = N_("This is already with the insurer: %(state)s.")


class WrongState(Conflict):
    """The settlement is not in a state that allows this."""

    code = "insurance.wrong_state"
    message = N_("This insured settlement is: %(state)s. It does not allow this.")


class RuleOverlaps(Conflict):
    """A rule for the same insurance and kind of care holds in that time."""

    code = "insurance.rule_overlaps"
    message = N_("A later or overlapping rule exists from %(begins)s. A new one must begin after it.")


class UnknownCode(DomainError):
    """The insurer's catalogue has no such code."""

    code = "insurance.unknown_code"
    message = N_("The insurer's catalogue has no code %(code)s. Download it again.")
