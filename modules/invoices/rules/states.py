"""The lives of books, papers and electronic invoices (clinic.md C2, C3)."""

from app.i18n import N_, Choice


class BookState(Choice):
    """The life of a book of paper."""

    WAITING = "waiting", N_("Waiting for use")
    IN_USE = "in_use", N_("In use")
    USED_UP = "used_up", N_("Used up")
    RETURNED = "returned", N_("Back in the safe")
    VOIDED = "voided", N_("Voided")


UNUSED = (BookState.WAITING, BookState.IN_USE, BookState.RETURNED)  # may have numbers left


class PaperKind(Choice):
    """What a number was used for."""

    INVOICE = "invoice", N_("Invoice")
    RED = "red", N_("Red invoice")
    SPOILT = "spoilt", N_("Spoilt sheet")


class PaperState(Choice):
    """The life of a paper invoice."""

    ISSUED = "issued", N_("Issued")
    TO_RED = "to_red", N_("Red invoice due")
    REVERSED = "reversed", N_("Reversed by a red one")
    VOIDED = "voided", N_("Voided")


class ElectronicKind(Choice):
    """Blue for money taken, red for its reversal."""

    BLUE = "blue", N_("Blue invoice")
    RED = "red", N_("Red invoice")


class SendingState(Choice):
    """How an electronic invoice stands. A sent one is asked about before anything is said again."""

    WAITING = "waiting", N_("To be issued")
    SENT = "sent", N_("Sent, not answered")
    ISSUED = "issued", N_("Issued")
    REFUSED = "refused", N_("Platform refused")
    REVERSED = "reversed", N_("Reversed by a red one")
    DROPPED = "dropped", N_("Not needed")


OWED = (SendingState.WAITING, SendingState.SENT)  # the platform still has to answer
VALID = (SendingState.ISSUED, SendingState.REVERSED)  # has a number
TAGS = {
    "waiting": "i",
    "in_use": "o",
    "sent": "w",
    "issued": "o",
    "refused": "d",
    "to_red": "w",
    "voided": "",
    "reversed": "",
    "dropped": "",
    "told": "o",
}


class ExchangeState(Choice):
    """Whether the platform knows that an electronic invoice was exchanged for paper (换开)."""

    WAITING = "waiting", N_("To be told")
    SENT = "sent", N_("Sent, not answered")
    TOLD = "told", N_("Known to the platform")
    REFUSED = "refused", N_("Platform refused")
