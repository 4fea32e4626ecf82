"""Having the insurer take a settlement back, whole."""

from app.actor import Actor
from modules.insurance.errors import InsurerRefused
from modules.insurance.models import InsuranceSettlement, Outcome
from modules.insurance.queries import Talk
from modules.insurance.rules import trades
from modules.insurance.services import taking_back
from modules.insurance.services.finding_out import sign_in, still_unknown
from modules.insurance.services.talking import Conversation, begin_about, refusal_of


def cancel(settlement_id: int, *, reason: str, keeps_visit: bool = False, by: Actor) -> InsuranceSettlement:
    """Have the insurer take a settlement back, whole (2208); then its lines (2205) and the visit when nothing is left.

    With `keeps_visit` the visit stays, for what is settled anew.

    Raises:
        WrongState: it is not settled.
        InsurerRefused: the insurer does not take it back; it stays settled.
        AnswerMissing: sent, no answer; the system keeps asking.
    """
    talk, about = begin_about(settlement_id, by)
    sign_in(talk, settlement_id)
    taking_back.begin_cancelling(settlement_id=settlement_id, reason=reason, by=by)
    row = cancel_there(settlement_id, talk, about, is_first=True)
    _clear_up(talk, about, keeps_visit=keeps_visit)
    return row


def cancel_there(
    settlement_id: int, talk: Conversation, about: Talk, *, is_first: bool = False
) -> InsuranceSettlement:
    """Take it back at the insurer (2208); whoever comes later asks first whether it is gone already."""
    names = {"mdtrt_id": about.visit.mdtrt_id, "person_no": about.person.person_no}
    number = about.settlement.setl_id
    if not is_first and _is_gone(settlement_id, talk, names, number):
        return taking_back.note_cancelled(
            settlement_id=settlement_id, cancel_id="", exchanges=talk.kept(), by=talk.by
        )
    said = talk.try_to("2208", trades.cancelling(setl_id=number, **names))
    if said.outcome is Outcome.DONE:
        info = (said.told.get("output") or {}).get("setlinfo") or {}
        cancel_id = str(info.get("setl_id", ""))[:40]
        return taking_back.note_cancelled(
            settlement_id=settlement_id, cancel_id=cancel_id, exchanges=talk.kept(), by=talk.by
        )
    if said.outcome is not Outcome.REFUSED:
        return still_unknown(settlement_id, talk)
    if _is_gone(settlement_id, talk, names, number):  # somebody else was faster
        return taking_back.note_cancelled(
            settlement_id=settlement_id, cancel_id="", exchanges=talk.kept(), by=talk.by
        )
    reason = refusal_of(said)
    taking_back.note_not_cancelled(
        settlement_id=settlement_id, reason=reason, exchanges=talk.kept(), by=talk.by
    )
    raise InsurerRefused(reason=reason)


def _is_gone(settlement_id: int, talk: Conversation, names: dict[str, str], number: str) -> bool:
    """Whether the insurer's books hold the settlement no more.

    Raises:
        AnswerMissing: it does not say.
    """
    asked = talk.try_to("5203", trades.settled_asked(setl_id=number, **names))
    if asked.outcome is not Outcome.DONE:
        still_unknown(settlement_id, talk)
    return trades.found_settlement(asked.told.get("output") or {}, setl_id=number) is None


def _clear_up(talk: Conversation, about: Talk, *, keeps_visit: bool) -> None:
    """What is left in the insurer's books after a cancellation; if it fails, the next reckoning drops it."""
    names = {"mdtrt_id": about.visit.mdtrt_id, "person_no": about.person.person_no}
    talk.try_to("2205", trades.batch_dropped(batch_no=about.settlement.batch_no, **names))
    is_over = False
    if not keeps_visit:
        gone = talk.try_to("2202", {"data": {"mdtrt_id": names["mdtrt_id"], "psn_no": names["person_no"]}})
        is_over = gone.outcome is Outcome.DONE
    taking_back.note_visit_over(
        settlement_id=about.settlement.id, is_cancelled=is_over, exchanges=talk.kept(), by=talk.by
    )
