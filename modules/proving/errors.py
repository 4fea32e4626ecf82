"""What people must understand about proofs."""

from app.errors import Conflict
from app.i18n import N_


class NothingToExplain(Conflict):
    """It was explained, or holds again."""

    code = "proving.nothing_to_explain"
    message = N_("This identity was explained by somebody else, or holds again.")
