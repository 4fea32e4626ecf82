"""The blueprint of reconciliation, and what its pages share."""

from flask import Blueprint

from modules.reconciliation.queries import DayState, EntryClass, EntryState

blueprint = Blueprint(
    "reconciliation", __name__, template_folder="../templates", url_prefix="/reconciliation"
)
DAY_KINDS = {
    DayState.WAITING: "",
    DayState.DOWNLOADED: "i",
    DayState.EVEN: "o",
    DayState.DIFFERENT: "d",
    DayState.CONFIRMED: "o",
}
ENTRY_KINDS = {
    EntryState.EVEN: "",
    EntryState.OPEN: "d",
    EntryState.WORKING: "w",
    EntryState.HANDLED: "o",
}
CLASS_KINDS = {
    EntryClass.MATCHED: "o",
    EntryClass.LONG: "w",
    EntryClass.SHORT: "d",
    EntryClass.AMOUNT: "d",
    EntryClass.STATE: "w",
    EntryClass.CROSS_DAY: "i",
    EntryClass.DUPLICATE: "w",
}
