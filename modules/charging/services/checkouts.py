"""A settlement in which an insurer or a payment channel takes part (ADR-0019).

Nothing here calls out: these are the steps that are committed; `conduct` asks the outside between them.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db
from app.money import Amount, format_amount
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    BillChanged,
    CheckoutMoved,
    CheckoutNotHere,
    CheckoutUnderway,
    NothingToSettle,
)
from modules.charging.models import Bill, Charge, ChargeStatus, Settlement
from modules.charging.models.checkouts import (
    Checkout,
    CheckoutKind,
    CheckoutLine,
    CheckoutPart,
    CheckoutState,
    PartState,
)
from modules.charging.rules.tenders import LOCAL, TenderMethod
from modules.charging.services.settlements import TenderInput, checked_tenders, settle_charges

SUBJECT = "charging_checkout"  # what payment orders and insured settlements of a checkout are for
UNCONFIRMED_MINUTES = 30
_ZERO = Decimal("0.00")


@use_case("charging.bill.settle")
def begin_checkout(*, bill_id: int, expected_amount: Amount, by: Actor) -> Checkout:
    """Hold what is due on a bill for a settlement with an insurer or a channel (锁定).

    Raises:
        NotFound: no such bill here.
        CheckoutUnderway: another settlement of this bill is on its way.
        NothingToSettle: no line is unpaid.
        BillChanged: what is due is not what the window showed.
    """
    bill = queries.lock_bill(bill_id)
    if found := queries.find_open_checkout(bill.id):
        raise CheckoutUnderway(number=found.number, name=found.opened_by_name)
    charges = queries.charges_of(bill.id, status=ChargeStatus.UNPAID)
    if not charges:
        raise NothingToSettle
    due = sum((charge.amount for charge in charges), _ZERO)
    if due != expected_amount:
        raise BillChanged(due=format_amount(due))
    checkout = _new_checkout(bill, CheckoutKind.CHARGE, due, by)
    for charge in charges:
        charge.status = ChargeStatus.LOCKED
        _add_line(checkout, charge, charge.quantity, charge.amount)
    db.session.flush()
    audit.record("checkout.begun", checkout, by=by, number=checkout.number, amount=due)
    return checkout


@use_case("charging.bill.settle")
def confirm_checkout(
    *,
    checkout_id: int,
    expected_personal: Amount,
    tenders: Annotated[list[TenderInput], Field(max_length=4)],
    by: Actor,
) -> Checkout:
    """Agree to the split that was shown and say how the patient's part is paid; cash alone settles at once.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or it has gone on in another window.
        BillChanged: the patient's part is not what the window showed.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the ways of paying do not fit the patient's part.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.SHOWN)
    _plan_parts(checkout, expected_personal, tenders)
    checkout.state = CheckoutState.INSURING if checkout.insurance_id else CheckoutState.COLLECTING
    audit.record("checkout.confirmed", checkout, by=by, number=checkout.number)
    go_on(checkout, by)
    return checkout


@use_case("charging.bill.settle")
def collect_checkout(
    *,
    checkout_id: int,
    expected_personal: Amount,
    tenders: Annotated[list[TenderInput], Field(max_length=4)],
    by: Actor,
) -> Checkout:
    """Choose other ways for the part that has not been paid; what was paid stays.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or it has gone on in another window.
        BillChanged: what is left to pay is not what the window showed.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the ways of paying do not fit.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.COLLECTING)
    for part in queries.parts_of(checkout.id):
        if part.state == PartState.WAITING:
            _end_part(part, by)
    _plan_parts(checkout, expected_personal, tenders)
    audit.record("checkout.collected", checkout, by=by, number=checkout.number)
    go_on(checkout, by)
    return checkout


@use_case("charging.bill.settle")
def give_up_checkout(
    *, checkout_id: int, reason: Annotated[str, Field(max_length=200)] = "", by: Actor
) -> Checkout:
    """Let the lines of a checkout go; what a channel has taken for it goes back the way it came.

    An insured settlement is cancelled at the insurer before this (`conduct.give_up`).

    Raises:
        CheckoutNotHere: there is none.
        CheckoutMoved: it is settled, or at the insurer, whose answer is not known.
        InsuranceStands: the insurer still counts it as settled.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.SHOWN, CheckoutState.COLLECTING)
    if checkout.fund_amount or checkout.account_amount:
        _refuse_standing_insurance(checkout)
    for part in queries.parts_of(checkout.id):
        _end_part(part, by)
    close_checkout(checkout, reason)
    audit.record("checkout.given_up", checkout, by=by, number=checkout.number, reason=reason)
    return checkout


def lock_checkout(checkout_id: int, *states: CheckoutState) -> Checkout:
    """The checkout with its bill held until commit, in one of the states it must be in."""
    found = queries.find_checkout(checkout_id)
    if found is None:
        raise CheckoutNotHere(field="checkout_id")
    queries.lock_bill(found.bill_id)
    db.session.refresh(found)
    if states and found.state not in states:
        raise CheckoutMoved(number=found.number, state=found.state.label)
    return found


def close_checkout(checkout: Checkout, reason: str) -> None:
    """End a checkout without a settlement; its lines wait for payment again."""
    checkout.state, checkout.ended_at = CheckoutState.CLOSED, clock.now()
    checkout.reason = checkout.reason or reason
    for charge in queries.charges_of_checkout(checkout.id):
        if charge.status == ChargeStatus.LOCKED:
            charge.status = ChargeStatus.UNPAID
    db.session.flush()
