"""What people must understand about proofs."""

from app.errors import Conflict
from app.i18n import N_


class FaultChanged(Conflict):
    """A proof has found other numbers since the page was shown."""

    code = "proving.fault_changed"
    message = N_("The books were proven meanwhile and other numbers were found. Look at them again.")


class NothingToExplain(Conflict):
    """It was explained, or holds again."""

    code = "proving.nothing_to_explain"
    message = N_("This identity was explained by somebody else, or holds again.")
