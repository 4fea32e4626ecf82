"""What a checkout learns from the insurer: the split beforehand, the settlement, its failure, its cancellation."""

from dataclasses import replace
from decimal import Decimal

from app import audit
from app.actor import Actor
from app.db import db
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import CheckoutMoved, InsuranceBooked, InsuranceStands
from modules.charging.models import Checkout, CheckoutKind, CheckoutState, PartState
from modules.charging.services.checkouts import SUBJECT, go_on, leave_insurer, lock_checkout
from modules.charging.services.insured_refunds import finish_refund
from modules.charging.services.parts import end_part
from modules.charging.services.settled_later import may_settle_later, settle_later
from modules.insurance.events import (
    InsuranceCancelled,
    InsuranceCancelling,
    InsuranceFailed,
    InsuranceSettled,
    InsuranceSettling,
)

_ZERO = Decimal("0.00")


@use_case("charging.bill.settle", is_step=True)
def note_split(
    *,
    checkout_id: int,
    insurance_id: int,
    fund_amount: Decimal,
    account_amount: Decimal,
    hospital_amount: Decimal,
    by: Actor,
) -> Checkout:
    """Keep how the insurer would share the lines out, for the cashier to show before any money moves.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or it has gone on in another window.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.SHOWN, CheckoutState.INSURING)
    checkout.insurance_id = insurance_id
    _share_out(checkout, fund_amount, account_amount, hospital_amount)
    db.session.flush()
    audit.record("checkout.split", checkout, by=by, number=checkout.number, fund=fund_amount)
    return checkout


@use_case("charging.bill.settle")
def pay_without_insurer(*, checkout_id: int, is_later: bool = False, by: Actor) -> Checkout:
    """Leave the insurer out of a settlement on its way: the patient pays all of it.

    With ``is_later`` what was asked is put off, and settled with the insurer when that can be reached.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or the insurer is settling it.
        InsuranceStands: the insurer still pays for what is to be refunded, or may have settled.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.SHOWN, CheckoutState.INSURING)
    if checkout.state == CheckoutState.INSURING and checkout.insurance_id:
        checkout = lock_checkout(checkout_id, CheckoutState.SHOWN)
    if checkout.kind == CheckoutKind.REFUND and not queries.insurance_is_gone(checkout):
        raise InsuranceStands
    leave_insurer(checkout, by, is_later=is_later)
    checkout.is_insured, checkout.insurance_id = False, None
    _share_out(checkout, _ZERO, _ZERO, _ZERO)
    audit.record("checkout.uninsured", checkout, by=by, number=checkout.number)
    if checkout.kind == CheckoutKind.REFUND:
        finish_refund(checkout, by)
    return checkout


def allow_settling(event: InsuranceSettling) -> None:
    """The insurer settles for a checkout that waits for just this split, or that was paid without it so far.

    Raises:
        CheckoutMoved: it was given up, paid without the insurer, or waits for another split.
    """
    if event.subject_kind != SUBJECT:
        return
    checkout = lock_checkout(event.subject_id)
    if not checkout.is_open and may_settle_later(checkout):
        return
    if checkout.state != CheckoutState.INSURING or checkout.insurance_id != event.settlement_id:
        raise CheckoutMoved(number=checkout.number, state=checkout.state.label)


def allow_cancelling(event: InsuranceCancelling) -> None:
    """The insurer takes back what a receipt stands on only when that receipt is being refunded.

    Raises:
        InsuranceBooked: it is not.
    """
    if event.subject_kind != SUBJECT:
        return
    checkout = lock_checkout(event.subject_id)
    if checkout.state != CheckoutState.SETTLED or checkout.insurance_id != event.settlement_id:
        return
    refund = queries.find_open_checkout(checkout.bill_id)
    if refund is None or refund.original_id is None or refund.original_id != checkout.settlement_id:
        raise InsuranceBooked


def note_insured(event: InsuranceSettled) -> None:
    """The insurer has settled: its parts are fixed, and the patient's part is collected."""
    if event.subject_kind != SUBJECT:
        return
    checkout, by = lock_checkout(event.subject_id), event.actor
    if not checkout.is_open and may_settle_later(checkout):
        settle_later(checkout, event, by)
        return
    if checkout.state != CheckoutState.INSURING or checkout.insurance_id != event.settlement_id:
        return
    accounts = event.account_amount + event.mutual_aid_amount
    _share_out(checkout, event.fund_amount, accounts, event.hospital_amount)
    if checkout.kind == CheckoutKind.REFUND:
        checkout.insurance_reference = event.setl_id
        finish_refund(checkout, by)
        return
    held = queries.held_by(checkout.id)
    parts = [part for part in held.parts if part.state in (PartState.WAITING, PartState.HANDED)]
    if sum((part.amount for part in parts), _ZERO) != checkout.personal_amount:
        for part in parts:  # the insurer has settled another sum than it showed: the cashier asks again
            end_part(part, by)
    if go_on(checkout, by, replace(held, parts=parts), insured_as=event.setl_id) is None:
        checkout.state, checkout.insurance_reference = CheckoutState.COLLECTING, event.setl_id
    db.session.flush()


def note_not_insured(event: InsuranceFailed) -> None:
    """Nothing comes of the insurer's part: the cashier chooses again."""
    if event.subject_kind != SUBJECT:
        return
    checkout = lock_checkout(event.subject_id)
    if checkout.insurance_id != event.settlement_id or not checkout.is_open:
        return
    checkout.insurance_id = None
    _share_out(checkout, _ZERO, _ZERO, _ZERO)
    if checkout.kind == CheckoutKind.CHARGE:
        checkout.state = CheckoutState.SHOWN
        for part in queries.parts_of(checkout.id):
            end_part(part, event.actor)
    db.session.flush()


def note_insurance_cancelled(event: InsuranceCancelled) -> None:
    """The insurer has taken its settlement back; a settlement on its way may now be given up."""
    if event.subject_kind != SUBJECT:
        return
    checkout = lock_checkout(event.subject_id)
    if checkout.insurance_id != event.settlement_id or not checkout.is_open:
        return
    checkout.insurance_id, checkout.insurance_reference = None, ""
    _share_out(checkout, _ZERO, _ZERO, _ZERO)
    db.session.flush()


def _share_out(checkout: Checkout, fund: Decimal, account: Decimal, hospital: Decimal) -> None:
    checkout.fund_amount, checkout.account_amount, checkout.hospital_amount = fund, account, hospital
