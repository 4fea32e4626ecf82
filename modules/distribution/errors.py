"""What distribution refuses; what it has in common with the storeroom's papers is refused in their words."""

from app.errors import DomainError
from app.i18n import N_


class NothingOpen(DomainError):
    """There is nothing to merge."""

    code = "distribution.nothing_open"
    message = N_("None of these plans is open any more.")


class TooMuchApproved(DomainError):
    """More than the centres want."""

    code = "distribution.too_much_approved"
    message = N_("%(drug)s: at most %(packs)s packs can be approved.")


class TooMuchSent(DomainError):
    """More than was approved, ordered or lies there."""

    code = "distribution.too_much_sent"
    message = N_("%(drug)s: at most %(packs)s packs can be sent.")


class PartsWrong(DomainError):
    """Accepted and differing packs are not what was sent."""

    code = "distribution.parts_wrong"
    message = N_(
        "%(drug)s, batch %(batch)s: what was accepted and what differs must add up to %(packs)s packs."
    )


class TooManyCodes(DomainError):
    """More codes than packs."""

    code = "distribution.too_many_codes"
    message = N_("%(drug)s: %(packs)s packs are sent, %(codes)s codes would be more.")
