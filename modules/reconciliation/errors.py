"""What the accountant must be able to explain about reconciliation."""

from app.errors import Conflict, DomainError
from app.i18n import N_


class DayTiedOut(Conflict):
    """The day is confirmed; nothing in it changes any more."""

    code = "reconciliation.day_tied_out"
    message = N_("%(on)s is tied out: nothing of that day changes any more. Book it on today.")


class StatementNotTaken(DomainError):
    """The file is not a whole statement in the agreed form."""

    code = "reconciliation.statement_not_taken"
    message = N_("The statement is not taken. %(why)s %(detail)s")


class TooEarly(DomainError):
    """The day has not ended."""

    code = "reconciliation.too_early"
    message = N_("A day is reconciled when it is over, from the next morning on.")


class DifferenceTaken(Conflict):
    """Somebody else has the difference in hand, or it is handled."""

    code = "reconciliation.difference_taken"
    message = N_("%(name)s has this difference in hand already.")


class StepNotNow(Conflict):
    """The step does not fit how the difference stands."""

    code = "reconciliation.step_not_now"
    message = N_("This cannot be done about the difference as it stands now.")


class OwnReview(Conflict):
    """Who handled a difference does not review it."""

    code = "reconciliation.own_review"
    message = N_("Another person has to review what you have handled.")


class DifferencesLeft(Conflict):
    """Differences of the day wait."""

    code = "reconciliation.differences_left"
    message = N_("%(count)s differences of this day are not handled and reviewed yet.")


class NotCompared(Conflict):
    """The day was not compared with the other side."""

    code = "reconciliation.not_compared"
    message = N_("This day has not been compared yet.")


class EarlierDayOpen(Conflict):
    """Days are tied out one after the other."""

    code = "reconciliation.earlier_day_open"
    message = N_("%(on)s is not tied out yet; days are tied out one after the other.")


class ArrivalKnown(Conflict):
    """The bank's number was noted before."""

    code = "reconciliation.arrival_known"
    message = N_("The arrival %(reference)s is noted already.")


class ReasonMissing(DomainError):
    """What is done by hand needs its reason."""

    code = "reconciliation.reason_missing"
    message = N_("Enter the reason.")
