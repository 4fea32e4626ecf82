"""Giving back what an insurer has a part in: the insurer cancels the whole and settles anew what stays (冲红重收)."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import CheckoutUnderway, NotInsured
from modules.charging.events import RefundBegun
from modules.charging.models import (
    PAID,
    Charge,
    ChargeSource,
    ChargeStatus,
    Checkout,
    CheckoutKind,
    CheckoutLine,
    CheckoutState,
    Settlement,
)
from modules.charging.rules.reductions import total_of
from modules.charging.services.asked_back import check_against_requests
from modules.charging.services.checkouts import insured_tenders, lock_checkout, new_checkout, taken_off
from modules.charging.services.execution import note_visit_seen
from modules.charging.services.refunds import RefundLineInput, book_refund, less_personal, look_at
from modules.charging.services.shifts import present_shift
from modules.clinic import queries as clinic

_ZERO = Decimal("0.00")


@use_case("charging.settlement.refund")
def begin_refund(
    *,
    settlement_id: int,
    lines: Annotated[list[RefundLineInput], Field(min_length=1, max_length=100)],
    reason: Annotated[str, Field(min_length=2, max_length=200)],
    by: Actor,
) -> Checkout:
    """Hold a settlement of which something goes back until the insurer has cancelled it and settled what stays.

    Raises:
        NotFound: no such settlement here.
        CheckoutUnderway: another settlement of the bill is on its way.
        NotRefundable, RefundTooLarge, VisitSeen: it may not go back.
        NotInsured: no insurer has a part in it.
        Conflict: the pharmacy has prepared what would go back.
        RefundUnconfirmed, RefundUnlikeRequest, RefundNeedsRequest: doctor and pharmacy have not agreed to it.
    """
    refund = look_at(settlement_id, lines)
    check_against_requests(refund.original, refund.charges, refund.returned, by)
    if not queries.insurance_of(refund.original.id):  # it may have paid nothing, below the deductible
        raise NotInsured
    if found := queries.find_open_checkout(refund.bill.id):
        raise CheckoutUnderway(number=found.number, name=found.opened_by_name)
    amount = sum((line.amount for line in refund.plan.kept), _ZERO)
    checkout = new_checkout(refund.bill, CheckoutKind.REFUND, amount, by, original_id=refund.original.id)
    checkout.reason, checkout.is_insured, checkout.state = reason, True, CheckoutState.INSURING
    checkout.reduced_amount = total_of(refund.kept_reductions)
    kept = {line.line_id: line for line in refund.plan.kept}
    for charge in refund.charges.values():
        line = kept.get(charge.id)
        db.session.add(
            CheckoutLine(
                checkout_id=checkout.id,
                charge_id=charge.id,
                quantity=line.quantity if line else Decimal(0),
                amount=line.amount if line else _ZERO,
                returned=refund.returned.get(charge.id, Decimal(0)),
            )
        )
        if charge.id in refund.returned:
            charge.status = ChargeStatus.LOCKED  # nobody hands out what is about to go back
    db.session.flush()
    emit(
        RefundBegun(
            checkout_id=checkout.id,
            bill_id=refund.bill.id,
            prescription_item_ids=tuple(
                refund.charges[key].source_id
                for key in refund.returned
                if refund.charges[key].source_kind == ChargeSource.PRESCRIPTION_ITEM
            ),
        )
    )
    audit.record("refund.begun", checkout, by=by, number=checkout.number, reason=reason)
    return checkout


@use_case("charging.settlement.refund")
def give_up_refund(*, checkout_id: int, by: Actor) -> Checkout:
    """Leave a settlement as it is, as long as the insurer has not cancelled it.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or it has ended.
        CheckoutUnderway: the insurer has cancelled the settlement; the refund is carried to its end.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.INSURING)
    if not queries.insurance_stands(checkout):
        raise CheckoutUnderway(number=checkout.number, name=checkout.opened_by_name)
    unlock(queries.charges_of_checkout(checkout.id))
    checkout.state, checkout.ended_at = CheckoutState.CLOSED, clock.now()
    db.session.flush()
    visit_id = queries.lock_bill(checkout.bill_id).visit_id
    if clinic.find_encounter(visit_id) is not None:  # the doctor may have taken the patient meanwhile
        note_visit_seen(visit_id=visit_id)
    audit.record("refund.given_up", checkout, by=by, number=checkout.number)
    return checkout


def finish_refund(checkout: Checkout, by: Actor) -> Settlement:
    """Write the mirror and what stays, now that the insurer is done; the bill is held.

    The patient's part goes back the way it came; where more is due than before, it is collected in cash.
    """
    assert checkout.original_id is not None  # noqa: S101  a refund has one, see its check constraint
    lines = queries.lines_of(checkout.id)
    unlock(queries.charges_of_checkout(checkout.id))
    back = [
        RefundLineInput(charge_id=line.charge_id, quantity=line.returned) for line in lines if line.returned
    ]
    refund = look_at(checkout.original_id, back)
    insured = insured_tenders(checkout)
    kept = {**less_personal(refund.paid, checkout.personal_amount), **insured, **taken_off(checkout)}
    references = {**refund.references, **dict.fromkeys(insured, checkout.insurance_reference)}
    shift = present_shift(checkout.opened_by_id, checkout.opened_by_name)
    mirror, again = book_refund(refund, kept, references, shift, checkout.reason, by)
    checkout.state, checkout.ended_at = CheckoutState.SETTLED, clock.now()
    checkout.mirror_id, checkout.settlement_id = mirror.id, again.id if again else None
    db.session.flush()
    audit.record("refund.finished", checkout, by=by, number=mirror.number)
    return mirror


def unlock(charges: list[Charge]) -> None:
    """Paid lines that were held are as they were."""
    for charge in charges:
        if charge.status == ChargeStatus.LOCKED:
            charge.status = PAID[1] if charge.refunded_quantity else PAID[0]
    db.session.flush()
