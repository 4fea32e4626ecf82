"""Keys of the pages: templates and scripts name an act by its key in the standard scheme; only this file has others."""

from collections.abc import Mapping

from app.i18n import N_

STANDARD = "standard"
ACTS: Mapping[str, str] = {  # the standard's key → what people do with it
    "F8": N_("Save, sign, register, hand out: the main button"),
    "Shift+F8": N_("Finish the visit; the other lines are in order"),
    "F2": N_("Keep the draft; correct"),
    "F3": N_("Find; next drug"),
    "Shift+F3": N_("Scan a pack"),
    "Ins": N_("New; new row"),
    "Ctrl+Del": N_("Remove the row"),
    "F4": N_("Print"),
    "Shift+F4": N_("Print the decoction slip"),
    "F6": N_("Cancel, refund, take back"),
    "Shift+F6": N_("Reduce the bill"),
    "F7": N_("Template; make the sessions"),
    "Shift+F7": N_("Phrase; copy the last prescription"),
    "F9": N_("Call the next patient"),
    "Shift+F9": N_("Call again"),
    "Ctrl+F9": N_("Not here"),
    "F10": N_("Take payment"),
    "Esc": N_("Back, clear, close"),
    "Enter": N_("Next field"),
    "Ctrl+K": N_("Find a patient, record or page"),
    "F1": N_("Keys of this page"),
}
LABELS: Mapping[str, str] = {
    STANDARD: N_("Standard (F8 saves)"),
    "classic": N_("As in older systems (F2 new, F9 saves)"),
    "laptop": N_("Without function keys (Alt and a letter)"),
}
SCHEMES: Mapping[str, Mapping[str, str]] = {  # scheme → the standard's key → its own, where it differs
    STANDARD: {},
    "classic": {
        "Ins": "F2",
        "F2": "F4",
        "F4": "Ctrl+P",
        "Shift+F4": "Ctrl+Shift+P",
        "F8": "F9",
        "Shift+F8": "Shift+F9",
        "F9": "F8",
        "Shift+F9": "Shift+F8",
        "Ctrl+F9": "Ctrl+F8",
    },
    "laptop": {
        "F1": "Alt+H",
        "F2": "Alt+M",
        "F3": "Alt+Q",
        "Shift+F3": "Alt+U",
        "F4": "Alt+P",
        "Shift+F4": "Alt+I",
        "F6": "Alt+X",
        "Shift+F6": "Alt+W",
        "F7": "Alt+T",
        "Shift+F7": "Alt+Y",
        "F8": "Alt+S",
        "Shift+F8": "Alt+G",
        "F9": "Alt+J",
        "Shift+F9": "Alt+R",
        "Ctrl+F9": "Alt+L",
        "F10": "Alt+B",
        "Ins": "Alt+N",
        "Ctrl+Del": "Alt+O",
    },
}


def key_in(scheme: str, key: str) -> str:
    """The key that a scheme has for what the standard does with ``key``; an unknown scheme is the standard."""
    return SCHEMES.get(scheme, {}).get(key, key)
