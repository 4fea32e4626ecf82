"""The life of a day and of a difference, the seven classes (clinic.md C5), and the next steps."""

from app.i18n import N_, Choice


class DayState(Choice):
    """How far the day of a channel or of the insurer is (日状态)."""

    WAITING = "waiting", N_("Not reconciled")
    DOWNLOADED = "downloaded", N_("Statement fetched")
    EVEN = "even", N_("Even")
    DIFFERENT = "different", N_("With differences")
    CONFIRMED = "confirmed", N_("Tied out")


COMPARED = (DayState.EVEN, DayState.DIFFERENT, DayState.CONFIRMED)


class EntryClass(Choice):
    """What a comparison says of one entry. Source: clinic.md C5; an entry counts in one of them only."""

    MATCHED = "matched", N_("Matched")
    LONG = "long", N_("Long")
    SHORT = "short", N_("Short")
    AMOUNT = "amount", N_("Amount differs")
    STATE = "state", N_("State differs")
    CROSS_DAY = "cross_day", N_("Across days")
    DUPLICATE = "duplicate", N_("Paid twice")


class EntryState(Choice):
    """The life of a difference (差异状态)."""

    EVEN = "even", N_("No difference")
    OPEN = "open", N_("To be handled")
    WORKING = "working", N_("In hand")
    HANDLED = "handled", N_("Handled")


class Step(Choice):
    """What is done about a difference."""

    NONE = "none", N_("Nothing yet")
    ASK = "ask", N_("Query again")
    REFUND = "refund", N_("Give the money back")
    RETRY_REFUND = "retry_refund", N_("Retry the refund")
    CARRY = "carry", N_("Carry over one day")
    RECOLLECT = "recollect", N_("Collect it again")
    EXPLAIN = "explain", N_("Explain")
    BY_ITSELF = "by_itself", N_("Settled by itself")


class Form(Choice):
    """How a channel writes its statements."""

    CSV = "csv", N_("CSV, UTF-8")
    CSV_GBK = "csv-gbk", N_("CSV, GBK with Chinese heads")
    PIPE = "pipe", N_("Text with bars between")


class Fault(Choice):
    """Why a statement is not taken."""

    UNREADABLE = "unreadable", N_("The file is not in the agreed form")
    CUT_OFF = "cut_off", N_("The file is cut off: its last line with the totals is missing")
    FOREIGN_LINE = "foreign_line", N_("A line cannot be read")
    CONTRADICTORY = "contradictory", N_("A number stands there twice with different contents")
    WRONG_COUNT = "wrong_count", N_("The count of lines is not what the last line says")
    WRONG_TOTALS = "wrong_totals", N_("The sums of the lines are not what the last line says")


class Origin(Choice):
    """Where a statement came from."""

    FETCHED = "fetched", N_("Fetched from the channel")
    BROUGHT = "brought", N_("Brought by hand")


INSURER = "insurer"  # the other side of a day that is not a channel
