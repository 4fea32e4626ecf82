"""Conductors: they speak with the insurer, and before and after each word a use case notes what is known.

No transaction is open while anybody waits for the insurer. A process that dies between two steps leaves a row that
says how far it came; what may have been settled is asked about (5203), never sent again.
"""

from collections.abc import Callable
from typing import Any

import structlog

from app.actor import Actor, system_actor
from app.db import tenant_unit
from app.errors import DomainError, PermissionDenied
from app.faults import fault_of
from app.i18n import gettext
from modules.insurance import queries
from modules.insurance.errors import (
    AnswerMissing,
    InsurerAway,
    InsurerRefused,
    NotConnected,
    TotalsWrong,
    WrongState,
)
from modules.insurance.gateways.insurer import Said, new_message_id
from modules.insurance.models import InsurancePerson, InsuranceSettlement, InsuranceSettlementLine, Outcome
from modules.insurance.queries import Talk
from modules.insurance.rules import trades
from modules.insurance.rules.messages import NotUnderstood, amount_of, line_split_of
from modules.insurance.rules.split import Split
from modules.insurance.rules.states import SettlementState
from modules.insurance.services import steps
from modules.insurance.services.cancelling import cancel, cancel_there
from modules.insurance.services.downloads import cancel_mapping, download_catalogue, upload_mappings
from modules.insurance.services.facts import FeeLine, LineAnswer, VisitFacts
from modules.insurance.services.finding_out import believed, end, find_out, sign_in, still_unknown
from modules.insurance.services.talking import Conversation, begin, begin_about, refusal_of, tenant_id_of

__all__ = [
    "ask",
    "cancel",
    "cancel_mapping",
    "download_catalogue",
    "presettle",
    "pursue",
    "read_person",
    "settle",
    "settle_deferred",
    "upload_mappings",
]
S = SettlementState
log = structlog.get_logger()


def read_person(
    *, patient_id: int, card_type: str, card_no: str, name: str = "", by: Actor
) -> InsurancePerson:
    """Ask the insurer who holds a card or document (1101): 01 e-voucher, 02 identity card, 03 social security card.

    Raises:
        NotConnected: the centre has no connection in use.
        InsurerAway: no answer in time.
        InsurerRefused: not insured, in the insurer's words.
    """
    talk = begin(by)
    try:
        talk.sign_in()
        told = talk.must("1101", trades.person_asked(card_type, card_no, name))
        facts = _person_facts(told)
    except DomainError:
        steps.note_exchanges(settlement_id=None, exchanges=talk.kept(), by=by)
        raise
    return steps.note_person(patient_id=patient_id, exchanges=talk.kept(), by=by, **facts)


def _person_facts(told: dict[str, Any]) -> dict[str, Any]:
    base, insured = told.get("baseinfo") or {}, told.get("insuinfo") or []
    if not base.get("psn_no") or not insured:
        raise InsurerRefused(reason=gettext("No insurance in force"))
    first = insured[0]
    return {
        "person_no": str(base["psn_no"]),
        "document_no": str(base.get("certno", "")),
        "name": str(base.get("psn_name", ""))[:50],
        "insutype": str(first.get("insutype", "")),
        "region": str(first.get("insuplc_admdvs", ""))[:6],
        "account_balance": amount_of(first.get("balc") or 0),
        "benefits": [*insured, *(told.get("idetinfo") or [])][:50],
    }


def presettle(
    *,
    subject_kind: str,
    subject_id: int,
    visit: VisitFacts,
    lines: list[FeeLine],
    uses_account: bool = True,
    by: Actor,
) -> InsuranceSettlement:
    """Ask the insurer how it would share these lines out: 2201 once a visit, 2203A, 2204, 2206; in 8 seconds.

    Raises:
        PersonNotRead, NothingToSettle, AlreadyWithInsurer: nothing was asked.
        NotConnected: the connection was switched off; the attempt may be dropped.
        InsurerAway: no answer in time; `details["settlement_id"]` may be put off or dropped.
        InsurerRefused, TotalsWrong: this attempt has failed.
    """
    asked = steps.begin_presettle(
        subject_kind=subject_kind,
        subject_id=subject_id,
        visit=visit,
        lines=lines,
        uses_account=uses_account,
        by=by,
    )
    return _presettle(asked.id, by)


def settle_deferred(settlement_id: int, *, by: Actor) -> InsuranceSettlement:
    """Settle what was put off: reckon it anew, then settle.

    Raises:
        InsurerAway: still no answer; it stays put off.
        InsurerRefused, TotalsWrong, AnswerMissing, WrongState: as from `presettle` and `settle`.
    """
    steps.begin_again(settlement_id=settlement_id, by=by)
    try:
        _presettle(settlement_id, by)
        return settle(settlement_id, by=by)
    except (InsurerAway, NotConnected):
        steps.defer_settlement(settlement_id=settlement_id, by=by)
        raise


def _presettle(settlement_id: int, by: Actor) -> InsuranceSettlement:
    talk, about = begin_about(settlement_id, by)
    with tenant_unit(tenant_id_of(by)):
        lines = queries.lines_of(settlement_id)
    try:
        split, answers = _reckon(talk, about, lines)
    except InsurerAway:
        reason = gettext("No answer")
        steps.note_away(settlement_id=settlement_id, reason=reason, exchanges=talk.kept(), by=by)
        raise InsurerAway(settlement_id=settlement_id) from None
    except (InsurerRefused, TotalsWrong) as refusal:
        steps.note_failed(
            settlement_id=settlement_id, reason=refusal.text[:500], exchanges=talk.kept(), by=by
        )
        raise
    return steps.note_presettled(
        settlement_id=settlement_id, split=split, lines=answers, exchanges=talk.kept(), by=by
    )


def _reckon(
    talk: Conversation, about: Talk, lines: list[InsuranceSettlementLine]
) -> tuple[Split, list[LineAnswer]]:
    talk.sign_in()
    names = {"mdtrt_id": _visit_number(talk, about), "person_no": about.person.person_no}
    settlement, facts = about.settlement, about.visit.facts
    if settlement.drops_batch:
        talk.try_to("2205", trades.batch_dropped(batch_no=settlement.drops_batch, **names))
    if facts["diagnoses"]:
        talk.must("2203A", trades.diagnoses_told(facts, **names))
    told = talk.must("2204", trades.lines_told(lines, batch_no=settlement.batch_no, facts=facts, **names))
    answers = _line_answers(told, lines)
    told = talk.must("2206", _settling(about, names))
    return believed(told.get("setlinfo"), about), answers


def _visit_number(talk: Conversation, about: Talk) -> str:
    if about.visit.mdtrt_id:
        return about.visit.mdtrt_id
    person = about.person
    told = talk.must(
        "2201",
        trades.visit_begun(
            about.visit.facts,
            person_no=person.person_no,
            document_no=person.document_no,
            insutype=person.insutype,
        ),
    )
    number = str((told.get("data") or {}).get("mdtrt_id", ""))
    if not number:
        raise InsurerRefused(reason=gettext("The answer cannot be read"))
    steps.note_visit(settlement_id=about.settlement.id, mdtrt_id=number, exchanges=talk.kept(), by=talk.by)
    return number


def _line_answers(told: dict[str, Any], lines: list[InsuranceSettlementLine]) -> list[LineAnswer]:
    rows = {str(row.get("feedetl_sn")): row for row in told.get("result") or []}
    answers = []
    for line in lines:
        row = rows.get(str(line.id))
        try:
            found = line_split_of(row) if row is not None else None
        except NotUnderstood:
            found = None
        if row is None or found is None or not found.holds or found.amount != line.amount:
            raise TotalsWrong(reason=line.name)
        answers.append(
            LineAnswer(
                line_id=line.line_id,
                level=str(row.get("chrgitm_lv", "")),
                full_own=found.full_own,
                over_limit=found.over_limit,
                first_pay=found.first_pay,
                in_scope=found.in_scope,
            )
        )
    return answers


def _settling(about: Talk, names: dict[str, str]) -> dict[str, Any]:
    return trades.settling(
        document_no=about.person.document_no,
        insutype=about.person.insutype,
        med_type=about.settlement.med_type,
        batch_no=about.settlement.batch_no,
        total=about.settlement.asked_amount,
        uses_account=about.settlement.uses_account,
        **names,
    )


def settle(
    settlement_id: int, *, by: Actor, noting: Callable[..., object] = steps.begin_settling
) -> InsuranceSettlement:
    """Settle what was reckoned (2207). Its message is noted before it is sent, and never sent twice.

    ``noting`` may be a use case of a room above that does more in the same transaction; it joins `begin_settling`.

    Raises:
        WrongState: it is not reckoned, or another window settles it.
        InsurerAway: the message never left; nothing has changed.
        InsurerRefused: the insurer refused; this attempt has failed.
        AnswerMissing: sent, no answer; the system keeps asking what became of it.
    """
    talk, about = begin_about(settlement_id, by)
    sign_in(talk, settlement_id)
    msgid = new_message_id(talk.line.sender.institution)
    noting(settlement_id=settlement_id, msgid=msgid, by=by)
    names = {"mdtrt_id": about.visit.mdtrt_id, "person_no": about.person.person_no}
    said = talk.try_to("2207", _settling(about, names), msgid=msgid)
    if said.outcome is Outcome.UNREACHABLE:
        steps.note_unsent(settlement_id=settlement_id, exchanges=talk.kept(), by=by)
        raise InsurerAway(settlement_id=settlement_id)
    if said.outcome is Outcome.REFUSED:
        reason = refusal_of(said)
        steps.note_failed(settlement_id=settlement_id, reason=reason, exchanges=talk.kept(), by=by)
        raise InsurerRefused(reason=reason)
    if said.outcome is Outcome.DONE and (row := _settled_by(said, talk, about)):
        return row
    steps.note_unknown(settlement_id=settlement_id, reason=gettext("No answer"), exchanges=talk.kept(), by=by)
    return end(find_out(settlement_id, msgid, talk, about))


def _settled_by(said: Said, talk: Conversation, about: Talk) -> InsuranceSettlement | None:
    info = (said.told.get("output") or {}).get("setlinfo")
    try:
        split = believed(info, about)
    except TotalsWrong:
        return None
    number = str(info.get("setl_id", "")) if isinstance(info, dict) else ""
    if not number:
        return None
    return steps.note_settled(
        settlement_id=about.settlement.id,
        setl_id=number,
        split=split,
        is_adopted=False,
        exchanges=talk.kept(),
        by=talk.by,
    )


def ask(settlement_id: int, *, by: Actor) -> InsuranceSettlement:
    """Ask the insurer what has become of a settlement or of its cancellation; adopt it, or undo it.

    Raises:
        NotFound: no such settlement here.
        AnswerMissing: the insurer does not say yet.
        InsurerRefused: a cancellation is refused for good.
        WrongState: nothing is unknown about it.
    """
    with tenant_unit(tenant_id_of(by)):
        state = queries.get_settlement(settlement_id).state
    talk, about = begin_about(settlement_id, by)
    if state in (S.SETTLING, S.UNKNOWN):
        try:
            talk.sign_in()
        except DomainError:
            return still_unknown(settlement_id, talk)
        return end(find_out(settlement_id, about.settlement.msgid or "", talk, about))
    if state is S.CANCELLING:
        if not by.may("insurance.settlement.cancel"):
            raise PermissionDenied(permission="insurance.settlement.cancel")
        return cancel_there(settlement_id, talk, about)
    raise WrongState(state=state.label)


def pursue(tenant_id: int) -> int:
    """Ask about everything unknown in a centre whose turn has come; returns how many came to an end."""
    by, ended = system_actor(tenant_id, origin="job"), 0
    with tenant_unit(tenant_id):
        due = queries.due_settlements()
    for settlement_id in due:
        try:
            ask(settlement_id, by=by)
        except AnswerMissing:
            return ended  # the insurer is away: the others wait as well
        except DomainError:
            pass  # refused or overtaken: its row says so
        except Exception as failure:  # one that cannot be learned keeps no other from its turn
            log.error("insurance.pursuit_failed", row=settlement_id, error=fault_of(failure))
            steps.note_unknown(settlement_id=settlement_id, reason=fault_of(failure), exchanges=[], by=by)
            continue
        ended += 1
    return ended
