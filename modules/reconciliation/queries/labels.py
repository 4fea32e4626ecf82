"""Names of the other sides for people."""

from app.i18n import gettext
from modules.payments.queries import Channel
from modules.reconciliation.rules.states import INSURER


def channel_label(channel: str) -> str:
    """A channel, or the insurer."""
    return gettext("Medical insurer") if channel == INSURER else Channel(channel).label
