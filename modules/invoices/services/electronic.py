"""Electronic invoices as settlements ask for them: a row says what is owed, the conductors pay it.

Nothing here waits for the platform, and no settlement waits for anything here: the rows are written from the outbox.
"""

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db
from app.use_cases import use_case
from modules.charging import queries as charging
from modules.charging.queries import SettlementView
from modules.insurance import queries as insurance
from modules.invoices import queries
from modules.invoices.errors import BeingIssued, NotToRetry
from modules.invoices.models import ElectronicInvoice
from modules.invoices.rules.foot import Foot, foot_of
from modules.invoices.rules.states import OWED, ElectronicKind, SendingState


@use_case("invoices.electronic.issue", is_step=True)
def note_settled(*, settlement_id: int, by: Actor) -> ElectronicInvoice | None:
    """Note that a settlement is owed a blue invoice; nothing where no platform is connected.

    Raises:
        NotFound: no such settlement here.
    """
    if queries.find_line() is None:
        return None
    return _owe_blue(settlement_id, by)


@use_case("invoices.electronic.issue", is_step=True)
def note_refunded(*, original_id: int, mirror_id: int, resettlement_id: int | None = None, by: Actor) -> None:
    """Note what a refund asks for: a red invoice for what was issued, a blue one for what is kept.

    A blue invoice that was never sent is no longer needed, and so is its red one.

    Raises:
        NotFound: no such settlement here.
    """
    if queries.find_line() is None:
        return
    blue = queries.lock_electronic_of(original_id)
    if blue is None:  # the refund was told of before the settlement
        blue = _owe_blue(original_id, by)
    if blue is not None:
        _reverse(blue, mirror_id, by)
    if resettlement_id is not None:
        _owe_blue(resettlement_id, by)


@use_case("invoices.electronic.issue")
def retry_electronic(*, invoice_id: int, by: Actor) -> ElectronicInvoice:
    """Try an invoice again that the platform refused, or one whose turn has not come yet.

    Raises:
        NotFound: no such invoice here.
        NotToRetry: it was issued, or is not needed.
    """
    row = queries.lock_electronic(invoice_id)
    if row.state not in (*OWED, SendingState.REFUSED):
        raise NotToRetry(state=row.state.label)
    if row.state is SendingState.REFUSED:
        row.state = SendingState.WAITING
    row.try_at = clock.now()
    db.session.flush()
    audit.record("electronic.retried", row, by=by, number=row.business_no)
    return row


def give_way(settlement_id: int) -> ElectronicInvoice | None:
    """The electronic invoice a paper is exchanged for; one that was not issued yet is no longer needed.

    Raises:
        BeingIssued: whether it was issued is not known.
    """
    row = queries.lock_electronic_of(settlement_id)
    if row is None:
        if queries.find_line() is not None:  # the outbox has not come to it yet
            _store(settlement_id, SendingState.DROPPED)
        return None
    if row.state is SendingState.SENT:
        raise BeingIssued
    if row.state in (SendingState.WAITING, SendingState.REFUSED):
        row.state = SendingState.DROPPED
        db.session.flush()
    return row if row.state is SendingState.ISSUED else None


def _owe_blue(settlement_id: int, by: Actor) -> ElectronicInvoice | None:
    if found := queries.lock_electronic_of(settlement_id):
        return found
    row = _store(settlement_id, SendingState.WAITING)
    if row is not None:
        audit.record("electronic.owed", row, by=by, number=row.business_no)
    return row


def _store(settlement_id: int, state: SendingState) -> ElectronicInvoice | None:
    view = charging.settlement_view(settlement_id)
    if view.settlement.amount <= 0:
        return None
    row = _new(view.settlement.id, view.bill.id, ElectronicKind.BLUE, _foot(view))
    row.state = state
    db.session.add(row)
    db.session.flush()
    return row


def _reverse(blue: ElectronicInvoice, mirror_id: int, by: Actor) -> None:
    if blue.state in (SendingState.WAITING, SendingState.REFUSED):
        blue.state = SendingState.DROPPED
        db.session.flush()
        audit.record("electronic.dropped", blue, by=by, number=blue.business_no)
    if blue.state is SendingState.DROPPED or queries.red_of(blue.id) is not None:
        return
    red = _new(mirror_id, blue.bill_id, ElectronicKind.RED, -blue.foot)
    red.blue_id = blue.id
    red.reason = charging.get_settlement(mirror_id).reason
    db.session.add(red)
    db.session.flush()
    audit.record("electronic.owed", red, by=by, number=red.business_no)


def _new(settlement_id: int, bill_id: int, kind: ElectronicKind, foot: Foot) -> ElectronicInvoice:
    row = ElectronicInvoice(
        id=ids.new_id(),
        settlement_id=settlement_id,
        bill_id=bill_id,
        kind=kind,
        state=SendingState.WAITING,
        business_no=numbering.next_number("invoices.electronic", on=clock.today(), prefix="E"),
        on=clock.today(),
        try_at=clock.now(),
    )
    row.foot = foot
    return row


def _foot(view: SettlementView) -> Foot:
    """Who paid what; the insurer's own split says which fund, and what was the patient's own."""
    tenders = {tender.method.value: tender.amount for tender in view.tenders}
    insured_id = charging.insurance_of(view.settlement.id)
    if insured_id is None:
        return foot_of(view.settlement.amount, tenders)
    split = insurance.get_settlement(insured_id).split
    return foot_of(
        view.settlement.amount, tenders, pool=split.pool, full_own=split.full_own + split.over_limit
    )
