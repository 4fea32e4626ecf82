"""What other desks tell the bill: what was done or handed out is no longer refunded, what came back is."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import exists, select, update

from app.actor import Actor
from app.db import db
from app.money import format_quantity
from modules.charging import queries
from modules.charging.errors import NothingCharged, PrescriptionUnpaid, RefundTooLarge
from modules.charging.models import Bill, Charge, ChargeSource, ChargeStatus, Checkout, CheckoutLine
from modules.charging.models.checkouts import OPEN
from modules.charging.services.asked_back import confirm_by_pharmacy, refuse_asked
from modules.charging.services.bills import shorten_unpaid


def note_dispensed(
    *, visit_id: int, prescription_id: int, owed: Mapping[int, Decimal] | None = None
) -> dict[int, Decimal]:
    """What is paid and not refunded of a prescription leaves the pharmacy, save what stays ``owed``, by line.

    Where the bill is settled at the end of the visit, what waits for payment leaves as well (先诊疗后付费).
    Returns what may leave and was not handed out before this, by prescription line, in minimum units.
    Holds the bill, so that a refund comes before this or after it.

    Raises:
        PrescriptionUnpaid: a line is not paid, or nothing paid is left.
        RefundAsked: the doctor asks a line back.
    """
    handed_out: dict[int, Decimal] = {}
    later = owed or {}
    charges = _locked_charges(visit_id, prescription_id)
    refuse_asked(charges)
    for charge in charges:
        quantity = charge.left_quantity - charge.returned_quantity  # what came back is not given again
        if quantity and charge.source_kind == ChargeSource.PRESCRIPTION_ITEM:
            handed_out[charge.source_id] = quantity
        charge.executed_quantity += quantity - min(quantity, later.get(charge.source_id, Decimal(0)))
    if not handed_out:
        raise PrescriptionUnpaid(item=", ".join(charge.item_name for charge in charges))
    db.session.flush()
    return handed_out


def note_returned(
    *, visit_id: int, prescription_id: int, quantities: Mapping[int, Decimal], reason: str, by: Actor
) -> None:
    """Record what came back to the pharmacy, by prescription line; its money may now be refunded.

    What was not paid yet is taken off the bill at once. What a doctor asks back is confirmed by it; where less came
    back than was asked for, with the reason of the return.

    Raises:
        RefundTooLarge: more came back than was handed out.
        PrescriptionUnpaid: the line is being settled at this moment.
    """
    touched: set[int] = set()
    for charge in _locked_charges(visit_id, prescription_id):
        is_drug = charge.source_kind == ChargeSource.PRESCRIPTION_ITEM  # decocting done is not undone
        if is_drug and (quantity := quantities.get(charge.source_id)):
            if quantity > charge.executed_quantity:
                most = f"{format_quantity(charge.executed_quantity)} {charge.unit}"
                raise RefundTooLarge(item=charge.item_name, quantity=most)
            charge.executed_quantity -= quantity
            if charge.status == ChargeStatus.UNPAID:
                shorten_unpaid(charge, quantity)
            else:
                charge.returned_quantity += quantity
            if charge.asked_quantity:
                touched.add(charge.id)
    db.session.flush()
    if touched:
        confirm_by_pharmacy(prescription_id, by, reason=reason, touched=touched)


def note_put_back(*, visit_id: int, prescription_id: int, by: Actor) -> None:
    """What lay ready is on the shelf again: what a doctor asks back of it is confirmed. Holds the bill."""
    queries.lock_bill_of_visit(visit_id)
    confirm_by_pharmacy(prescription_id, by)


def note_visit_seen(*, visit_id: int) -> None:
    """The doctor has taken the patient: the fees of the visit are earned. One statement.

    What is asked back stays as it was confirmed when the patient is taken again (回诊), and so does what goes back at
    this moment.
    """
    goes_back = exists().where(
        CheckoutLine.charge_id == Charge.id,
        CheckoutLine.returned > 0,
        CheckoutLine.checkout_id == Checkout.id,
        Checkout.state.in_(OPEN),
    )
    db.session.execute(
        update(Charge)
        .where(
            Charge.bill_id.in_(select(Bill.id).where(Bill.visit_id == visit_id)),
            Charge.source_kind == ChargeSource.VISIT,
            Charge.status != ChargeStatus.VOIDED,
            Charge.asked_quantity == 0,
            ~goes_back,
        )
        .values(executed_quantity=Charge.quantity - Charge.refunded_quantity)
        .execution_options(synchronize_session=False)
    )


def _locked_charges(visit_id: int, prescription_id: int) -> list[Charge]:
    bill = queries.lock_bill_of_visit(visit_id)
    charges = queries.charges_of_prescription(prescription_id)
    for charge in charges:
        if not charge.may_be_carried_out(pays_at_end=bill.pays_at_end):
            raise PrescriptionUnpaid(item=charge.item_name)
    if not charges:
        raise NothingCharged
    return charges
