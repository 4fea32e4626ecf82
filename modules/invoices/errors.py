"""What the desks must be able to explain about invoices."""

from app.errors import Conflict, DomainError, NotFound
from app.i18n import N_


class BookMissing(NotFound):
    """No such book."""

    message = N_("This book of invoices is not here.")


class NumbersOverlap(Conflict):
    """Some of the numbers stand in another book."""

    code = "invoices.numbers_overlap"
    message = N_("Some of these numbers stand in the book %(range)s.")


class RangeWrong(DomainError):
    """From and to make no book."""

    code = "invoices.range_wrong"
    message = N_("The last number is not below the first, and a book has at most %(most)s sheets.")


class BookNotThere(Conflict):
    """The book is not in a state in which this can be done."""

    code = "invoices.book_state"
    message = N_("The book %(range)s is now: %(state)s.")


class NotACashier(DomainError):
    """Only who may print invoices is given a book."""

    code = "invoices.not_a_cashier"
    message = N_("This person may not print invoices here.")


class NoNumbersLeft(Conflict):
    """The cashier has no book with open numbers."""

    code = "invoices.no_numbers_left"
    message = N_("You have no book with numbers left. Have one handed to you.")


class PaperMissing(NotFound):
    """No such paper."""

    message = N_("This invoice is not here.")


class PaperStands(Conflict):
    """The settlement has a valid paper."""

    code = "invoices.paper_stands"
    message = N_("Invoice %(number)s was printed for this receipt. Print that again, or void it first.")


class NothingToInvoice(Conflict):
    """A reversal, or a settlement that was reversed, is not invoiced."""

    code = "invoices.nothing_to_invoice"
    message = N_("Receipt %(number)s was reversed, or is a reversal: there is nothing to invoice.")


class PaperNotVoidable(Conflict):
    """Only a valid paper is voided, and only on its own day."""

    code = "invoices.paper_not_voidable"
    message = N_("Invoice %(number)s of %(on)s is not voided: only a valid one is, on its own day.")


class NotOwnPaper(DomainError):
    """Who printed it voids it."""

    code = "invoices.not_own_paper"
    message = N_("%(name)s printed this invoice and voids it.")


class NoRedDue(Conflict):
    """Only a refunded paper of another day gets a red one."""

    code = "invoices.no_red_due"
    message = N_("Invoice %(number)s waits for no red invoice.")


class BeingIssued(Conflict):
    """The platform was asked and has not answered."""

    code = "invoices.being_issued"
    message = N_(
        "The electronic invoice of this receipt is being issued. Try again when the platform has answered."
    )


class ElectronicMissing(NotFound):
    """No such electronic invoice."""

    message = N_("This electronic invoice is not here.")


class NotConnected(Conflict):
    """The institution has no platform."""

    code = "invoices.not_connected"
    message = N_("No platform of electronic invoices is connected.")


class NotToRetry(Conflict):
    """Nothing is owed any more."""

    code = "invoices.not_to_retry"
    message = N_("This electronic invoice is now: %(state)s. There is nothing to try again.")
