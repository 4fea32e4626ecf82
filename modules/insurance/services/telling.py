"""Telling the insurer of stock and of sales with their codes (3501 to 3506): one message, one answer."""

from dataclasses import dataclass
from typing import Any

from app.actor import Actor
from modules.insurance.errors import InsurerAway
from modules.insurance.gateways.insurer import Deadline
from modules.insurance.models import Outcome
from modules.insurance.services import steps
from modules.insurance.services.talking import Conversation, begin, refusal_of


@dataclass(frozen=True, slots=True)
class Heard:
    """What the insurer said to a record."""

    is_taken: bool
    reason: str = ""  # of a refusal, in the insurer's words


def tell_record(infno: str, inputs: dict[str, Any], *, by: Actor) -> Heard:
    """Tell the insurer of a record. The record's own number makes it safe to tell it once more.

    Raises:
        NotConnected: the centre has no connection in use.
        InsurerAway: no answer to be trusted; perhaps it was heard.
        InsurerRefused: the operator could not sign in.
    """
    talk = begin(by)
    talk.deadline = Deadline()
    try:
        talk.sign_in()
        return _heard(talk, infno, inputs)
    finally:
        steps.note_exchanges(settlement_id=None, exchanges=talk.kept(), by=by)


def _heard(talk: Conversation, infno: str, inputs: dict[str, Any]) -> Heard:
    said = talk.try_to(infno, inputs)
    if said.outcome is Outcome.REFUSED:
        return Heard(False, refusal_of(said))
    if said.outcome is not Outcome.DONE:
        raise InsurerAway
    return Heard(True)
