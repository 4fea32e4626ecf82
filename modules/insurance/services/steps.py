"""The steps of an insured settlement, each one use case: an intention before the insurer is asked, its answer after.

What the insurer was asked is never repeated by chance: the row says so before it is sent.
"""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from pydantic_core import to_jsonable_python

from app import audit, clock, ids
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import Secret, use_case
from modules.insurance import queries
from modules.insurance.errors import AlreadyWithInsurer, NothingToSettle, PersonNotRead, WrongState
from modules.insurance.events import InsuranceFailed, InsuranceSettled, InsuranceSettling
from modules.insurance.models import (
    InsurancePerson,
    InsuranceSettlement,
    InsuranceSettlementLine,
    InsuranceVisit,
    VisitState,
)
from modules.insurance.rules.split import Split
from modules.insurance.rules.states import REPLACEABLE, SettlementState, wait_seconds
from modules.insurance.services.facts import FeeLine, LineAnswer, VisitFacts
from modules.insurance.services.holding import GIVE_UP_WAITING, Exchanges, Number, Reason, held, keep

S = SettlementState


@use_case("insurance.person.read", is_step=True)
def note_person(
    *,
    patient_id: int,
    person_no: Annotated[str, Field(max_length=40), Secret()],
    document_no: Annotated[str, Field(max_length=60), Secret()],
    name: Annotated[str, Field(max_length=50), Secret()],
    insutype: Annotated[str, Field(max_length=6)],
    region: Annotated[str, Field(max_length=6)],
    account_balance: Decimal,
    benefits: Annotated[list[dict[str, Any]], Field(max_length=50)],
    exchanges: Exchanges,
    by: Actor,
) -> InsurancePerson:
    """Keep what the insurer said about a person (1101)."""
    row = InsurancePerson(
        patient_id=patient_id,
        asked_at=clock.now(),
        name=name,
        insutype=insutype,
        region=region,
        account_balance=account_balance,
        benefits=benefits,
    )
    row.person_no, row.document_no = person_no, document_no
    db.session.add(row)
    keep(exchanges, None, by)
    db.session.flush()
    audit.record("person.read", row, by=by, patient_id=patient_id)
    return row


@use_case("insurance.operator.sign_in", is_step=True)
def note_exchanges(*, settlement_id: int | None, exchanges: Exchanges, by: Actor) -> None:
    """Keep what was said when nothing came of it."""
    keep(exchanges, settlement_id, by)
    audit.record("exchange.kept", None, by=by, settlement_id=settlement_id)


@use_case("insurance.settlement.settle", is_step=True)
def begin_presettle(
    *,
    subject_kind: Annotated[str, Field(max_length=40)],
    subject_id: int,
    visit: Annotated[VisitFacts, Secret()],
    lines: Annotated[list[FeeLine], Field(max_length=200), Secret()],
    uses_account: bool = True,
    by: Actor,
) -> InsuranceSettlement:
    """Note that the insurer will be asked to reckon these lines.

    Raises:
        NothingToSettle: no lines.
        PersonNotRead: the insurer was never asked about the patient.
        AlreadyWithInsurer: the subject has a settlement that is under way or settled.
    """
    if not lines:
        raise NothingToSettle
    before = _give_way(subject_kind, subject_id, by)
    person = queries.find_person(visit.patient_id)
    if person is None:  # so it is where the centre is not connected
        raise PersonNotRead(field="patient_id")
    row = InsuranceSettlement(
        id=ids.new_id(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        visit_row_id=_open_visit(visit, person).id,
        visit_id=visit.visit_id,
        insutype=person.insutype,
        person_id=person.id,
        med_type=visit.med_type,
        state=S.ASKED,
        drops_batch=before.batch_no if before else "",
        uses_account=uses_account,
        on=clock.today(),
        asked_at=clock.now(),
        asked_by=by.account_id,
        asked_name=by.name,
        asked_amount=sum((line.amount for line in lines), Decimal("0.00")),
    )
    row.batch_no = str(row.id)
    db.session.add(row)
    db.session.flush()
    _add_lines(row.id, lines)
    audit.record("settlement.asked", row, by=by, subject_kind=subject_kind, subject_id=subject_id)
    return row


def _give_way(subject_kind: str, subject_id: int, by: Actor) -> InsuranceSettlement | None:
    before = queries.find_live(subject_kind, subject_id)
    if before is None:
        return None
    if before.state not in REPLACEABLE:
        raise AlreadyWithInsurer(state=before.state.label, settlement_id=before.id)
    before.state = S.DROPPED
    db.session.flush()
    return before


def _open_visit(facts: VisitFacts, person: InsurancePerson) -> InsuranceVisit:
    row = queries.find_open_visit(facts.visit_id)
    if row is None or (row.person_id != person.id and not row.mdtrt_id):
        row = row or InsuranceVisit(
            visit_id=facts.visit_id, patient_id=facts.patient_id, state=VisitState.OPEN
        )
        row.person_id = person.id
        db.session.add(row)
    row.facts = to_jsonable_python(asdict(facts))
    db.session.flush()
    return row


def _add_lines(settlement_id: int, lines: list[FeeLine]) -> None:
    wanted = {(line.item_kind, line.item_code) for line in lines if not line.national_code}
    known = queries.mappings_of(wanted) if wanted else {}
    for line in lines:
        mapped = known.get((line.item_kind, line.item_code))
        facts = asdict(line) | {
            "national_code": line.national_code or (mapped.national_code if mapped else "")
        }
        db.session.add(InsuranceSettlementLine(settlement_id=settlement_id, **facts))


@use_case("insurance.settlement.settle", is_step=True)
def begin_again(*, settlement_id: int, by: Actor) -> InsuranceSettlement:
    """Note that the insurer will be asked once more about a settlement that was put off.

    Raises:
        WrongState: it is not waiting for that.
    """
    row = held(settlement_id, S.DEFERRED, S.ASKED)
    row.state, row.reason, row.drops_batch = S.ASKED, "", row.batch_no
    audit.record("settlement.asked", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_visit(
    *, settlement_id: int, mdtrt_id: Number, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """Keep the insurer's number of the visit (2201) before anything is built on it."""
    row = queries.get_settlement(settlement_id)
    visit = db.session.get_one(InsuranceVisit, row.visit_row_id)
    visit.mdtrt_id = visit.mdtrt_id or mdtrt_id
    keep(exchanges, settlement_id, by)
    audit.record("visit.told", visit, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_presettled(
    *,
    settlement_id: int,
    split: Split,
    lines: Annotated[list[LineAnswer], Field(max_length=200)],
    exchanges: Exchanges,
    by: Actor,
) -> InsuranceSettlement:
    """Keep how the insurer would share the lines out (2204, 2206)."""
    row = held(settlement_id, S.ASKED)
    row.state, row.split, row.shown_cash_amount, row.reason = S.PRESETTLED, split, split.cash, ""
    answers = {answer.line_id: answer for answer in lines}
    for line in queries.lines_of(settlement_id):
        if answer := answers.get(line.line_id):
            line.level = answer.level
            line.full_own_amount, line.over_limit_amount = answer.full_own, answer.over_limit
            line.first_pay_amount, line.in_scope_amount = answer.first_pay, answer.in_scope
    keep(exchanges, settlement_id, by)
    audit.record("settlement.presettled", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_failed(
    *, settlement_id: int, reason: Reason, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """The insurer refused, or its answer is not to be believed: this attempt is over."""
    row = held(settlement_id, S.ASKED, S.PRESETTLED, S.SETTLING)
    row.state, row.reason, row.ask_at = S.FAILED, reason, None
    keep(exchanges, settlement_id, by)
    _say_failed(row)
    audit.record("settlement.failed", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_away(*, settlement_id: int, reason: Reason, exchanges: Exchanges, by: Actor) -> InsuranceSettlement:
    """The insurer could not be asked; the settlement may be put off, dropped or tried again."""
    row = held(settlement_id, S.ASKED)
    row.reason = reason
    keep(exchanges, settlement_id, by)
    audit.record("settlement.unanswered", row, by=by)
    return row


@use_case("insurance.settlement.settle")
def defer_settlement(*, settlement_id: int, by: Actor) -> InsuranceSettlement:
    """Charge now, settle with the insurer later (先收费后补结算).

    Raises:
        NotFound: no such settlement here.
        WrongState: it is already being settled, or over.
    """
    row = held(settlement_id, S.ASKED, S.PRESETTLED)
    row.state = S.DEFERRED
    audit.record("settlement.deferred", row, by=by)
    return row


@use_case("insurance.settlement.settle")
def drop_settlement(*, settlement_id: int, by: Actor) -> InsuranceSettlement:
    """Give up an insured settlement before it is settled: the bill is paid without the insurer.

    Raises:
        NotFound: no such settlement here.
        WrongState: it is being settled, or over.
    """
    row = held(settlement_id, S.ASKED, S.PRESETTLED, S.DEFERRED)
    row.state = S.DROPPED
    _say_failed(row)
    audit.record("settlement.dropped", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def begin_settling(
    *, settlement_id: int, msgid: Annotated[str, Field(max_length=30)], is_agreed: bool = False, by: Actor
) -> InsuranceSettlement:
    """Note the message that will settle, before it is sent (2207). Two windows never both get here.

    Whose subject it is may refuse, unless the caller holds the subject and `is_agreed`.

    Raises:
        WrongState: it is not reckoned, or another window settles it.
        DomainError: its subject does not wait for it.
    """
    row = held(settlement_id, S.PRESETTLED)
    row.state, row.msgid, row.attempts = S.SETTLING, msgid, 0
    row.ask_at = clock.now() + GIVE_UP_WAITING
    if not is_agreed:
        emit(
            InsuranceSettling(settlement_id=row.id, subject_kind=row.subject_kind, subject_id=row.subject_id)
        )
    audit.record("settlement.sent", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_unsent(*, settlement_id: int, exchanges: Exchanges, by: Actor) -> InsuranceSettlement:
    """The settling message never left: the settlement stands as it was reckoned."""
    row = held(settlement_id, S.SETTLING)
    row.state, row.msgid, row.ask_at = S.PRESETTLED, None, None
    keep(exchanges, settlement_id, by)
    audit.record("settlement.unanswered", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_unknown(
    *, settlement_id: int, reason: Reason, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """No answer that can be believed: the insurer will be asked what has become of it."""
    row = held(settlement_id, S.SETTLING, S.UNKNOWN, S.CANCELLING)
    if row.state is S.SETTLING:
        row.state = S.UNKNOWN
    row.reason = reason
    row.ask_at = clock.now() + timedelta(seconds=wait_seconds(row.attempts))
    row.attempts += 1
    keep(exchanges, settlement_id, by)
    audit.record("settlement.unanswered", row, by=by)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_settled(
    *,
    settlement_id: int,
    setl_id: Annotated[str, Field(min_length=1, max_length=40)],
    split: Split,
    is_adopted: bool,
    exchanges: Exchanges,
    by: Actor,
) -> InsuranceSettlement:
    """The insurer has settled; adopted when it was found by asking. Whoever comes second finds it done."""
    row = queries.lock_settlement(settlement_id)
    keep(exchanges, settlement_id, by)
    if row.state is S.SETTLED and row.setl_id == setl_id:
        return row
    if row.state not in (S.SETTLING, S.UNKNOWN):
        raise WrongState(state=row.state.label)
    row.state, row.setl_id, row.split = S.SETTLED, setl_id, split
    row.is_adopted, row.settled_at, row.ask_at, row.reason = is_adopted, clock.now(), None, ""
    _say_settled(row)
    audit.record("settlement.settled", row, by=by, setl_id=setl_id)
    return row


@use_case("insurance.settlement.settle", is_step=True)
def note_reversed(
    *, settlement_id: int, reason: Reason, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """The insurer has nothing of it, or has taken it back (2601)."""
    row = queries.lock_settlement(settlement_id)
    keep(exchanges, settlement_id, by)
    if row.state is S.REVERSED:
        return row
    if row.state not in (S.SETTLING, S.UNKNOWN):
        raise WrongState(state=row.state.label)
    row.state, row.reason, row.ask_at = S.REVERSED, reason, None
    _say_failed(row)
    audit.record("settlement.reversed", row, by=by)
    return row


def _say_settled(row: InsuranceSettlement) -> None:
    emit(
        InsuranceSettled(
            settlement_id=row.id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            visit_id=row.visit_id,
            setl_id=row.setl_id,
            total_amount=row.total_amount,
            fund_amount=row.fund_amount,
            account_amount=row.account_amount,
            mutual_aid_amount=row.mutual_aid_amount,
            hospital_amount=row.hospital_amount,
            cash_amount=row.cash_amount,
            insutype=row.insutype,
            is_adopted=row.is_adopted,
        )
    )


def _say_failed(row: InsuranceSettlement) -> None:
    emit(
        InsuranceFailed(
            settlement_id=row.id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            state=row.state.value,
            reason=row.reason,
        )
    )
