"""The steps of taking an insured settlement back: an intention before the insurer is asked, its answer after."""

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import use_case
from modules.insurance import queries
from modules.insurance.errors import WrongState
from modules.insurance.events import InsuranceCancelled, InsuranceCancelling
from modules.insurance.models import InsuranceSettlement, InsuranceVisit, VisitState
from modules.insurance.rules.states import SettlementState
from modules.insurance.services.holding import GIVE_UP_WAITING, Exchanges, Number, Reason, held, keep

S = SettlementState


@use_case("insurance.settlement.cancel", is_step=True)
def begin_cancelling(*, settlement_id: int, reason: Reason, by: Actor) -> InsuranceSettlement:
    """Note that the insurer will be asked to take a settlement back, whole (2208).

    Raises:
        WrongState: it is not settled.
        DomainError: its subject stands on it.
    """
    row = held(settlement_id, S.SETTLED)
    row.state, row.reason, row.attempts = S.CANCELLING, reason, 0
    row.ask_at = clock.now() + GIVE_UP_WAITING
    emit(InsuranceCancelling(settlement_id=row.id, subject_kind=row.subject_kind, subject_id=row.subject_id))
    audit.record("settlement.cancelling", row, by=by)
    return row


@use_case("insurance.settlement.cancel", is_step=True)
def note_cancelled(
    *, settlement_id: int, cancel_id: Number, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """The insurer has taken the settlement back."""
    row = queries.lock_settlement(settlement_id)
    keep(exchanges, settlement_id, by)
    if row.state is S.CANCELLED:
        return row
    if row.state is not S.CANCELLING:
        raise WrongState(state=row.state.label)
    row.state, row.cancel_id, row.cancelled_at, row.ask_at = S.CANCELLED, cancel_id, clock.now(), None
    emit(
        InsuranceCancelled(
            settlement_id=row.id,
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            fund_amount=row.fund_amount,
            account_amount=row.account_amount,
            mutual_aid_amount=row.mutual_aid_amount,
            cash_amount=row.cash_amount,
        )
    )
    audit.record("settlement.cancelled", row, by=by)
    return row


@use_case("insurance.settlement.cancel", is_step=True)
def note_not_cancelled(
    *, settlement_id: int, reason: Reason, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """The insurer does not take it back: it stays settled."""
    row = held(settlement_id, S.CANCELLING)
    row.state, row.reason, row.ask_at = S.SETTLED, reason, None
    keep(exchanges, settlement_id, by)
    audit.record("settlement.not_cancelled", row, by=by)
    return row


@use_case("insurance.settlement.cancel", is_step=True)
def note_visit_over(
    *, settlement_id: int, is_cancelled: bool, exchanges: Exchanges, by: Actor
) -> InsuranceSettlement:
    """Keep what was said after a cancellation; the visit itself may be gone from the insurer's books (2205, 2202)."""
    row = queries.get_settlement(settlement_id)
    if is_cancelled:
        db.session.get_one(InsuranceVisit, row.visit_row_id).state = VisitState.CANCELLED
    keep(exchanges, settlement_id, by)
    audit.record("visit.cancelled" if is_cancelled else "exchange.kept", row, by=by)
    return row
