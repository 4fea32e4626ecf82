"""What has become of a settlement whose answer is missing: query first, then adopt or reverse, never send again."""

from typing import Any, NoReturn

from app.errors import DomainError
from app.i18n import gettext
from modules.insurance.errors import AnswerMissing, InsurerRefused, TotalsWrong
from modules.insurance.models import InsuranceSettlement, Outcome
from modules.insurance.queries import Talk
from modules.insurance.rules import trades
from modules.insurance.rules.messages import NotUnderstood, split_of
from modules.insurance.rules.split import Split, faults_of
from modules.insurance.rules.states import SettlementState
from modules.insurance.services import steps
from modules.insurance.services.talking import Conversation

S = SettlementState


def sign_in(talk: Conversation, settlement_id: int) -> None:
    """Sign the operator in; what was said in vain is kept."""
    try:
        talk.sign_in()
    except DomainError:
        steps.note_exchanges(settlement_id=settlement_id, exchanges=talk.kept(), by=talk.by)
        raise


def believed(told: Any, about: Talk) -> Split:
    """The amounts, if they hold every identity and are of our lines.

    Raises:
        TotalsWrong: they do not; says which.
    """
    try:
        found = split_of(told, fund_includes_account=about.line.fund_includes_account)
    except NotUnderstood:
        raise TotalsWrong(reason=gettext("The answer cannot be read")) from None
    if faults := faults_of(found):
        raise TotalsWrong(reason=" ".join(gettext(text) for text in faults))
    if found.total != about.settlement.asked_amount:
        raise TotalsWrong(reason=gettext("The total is not that of our lines."))
    return found


def find_out(settlement_id: int, msgid: str, talk: Conversation, about: Talk) -> InsuranceSettlement:
    """Query first (5203); what is there and adds up is adopted, anything else is reversed (2601)."""
    names = {"mdtrt_id": about.visit.mdtrt_id, "person_no": about.person.person_no}
    asked = talk.try_to("5203", trades.settled_asked(**names))
    if asked.outcome is not Outcome.DONE:
        return still_unknown(settlement_id, talk)
    info = trades.found_settlement(asked.told.get("output") or {}, msgid=msgid)
    reason = gettext("The insurer knows nothing of it")
    if info is not None:
        try:
            split = believed(info, about)
        except TotalsWrong as refusal:
            reason = refusal.text
        else:
            return steps.note_settled(
                settlement_id=settlement_id,
                setl_id=str(info["setl_id"]),
                split=split,
                is_adopted=True,
                exchanges=talk.kept(),
                by=talk.by,
            )
    undone = talk.try_to("2601", trades.reversing(person_no=names["person_no"], msgid=msgid))
    if undone.outcome is not Outcome.DONE:
        return still_unknown(settlement_id, talk)
    return steps.note_reversed(
        settlement_id=settlement_id, reason=reason[:500], exchanges=talk.kept(), by=talk.by
    )


def still_unknown(settlement_id: int, talk: Conversation) -> NoReturn:
    """Note that nothing is known yet.

    Raises:
        AnswerMissing: always.
    """
    steps.note_unknown(
        settlement_id=settlement_id, reason=gettext("No answer"), exchanges=talk.kept(), by=talk.by
    )
    raise AnswerMissing(settlement_id=settlement_id)


def end(row: InsuranceSettlement) -> InsuranceSettlement:
    """A settlement that came to its end by asking: settled, or reversed and so refused.

    Raises:
        InsurerRefused: it was reversed.
    """
    if row.state is S.REVERSED:
        raise InsurerRefused(reason=row.reason)
    return row
