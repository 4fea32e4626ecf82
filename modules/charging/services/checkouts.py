"""A settlement in which an insurer or a payment channel takes part (ADR-0019).

Nothing here calls out: these are the steps that are committed; `conduct` asks the outside between them.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db
from app.money import Amount, format_amount
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    BillChanged,
    CheckoutMoved,
    CheckoutNotHere,
    CheckoutUnderway,
    InsuranceStands,
    NothingToSettle,
)
from modules.charging.models import (
    Bill,
    Charge,
    ChargeStatus,
    Checkout,
    CheckoutKind,
    CheckoutLine,
    CheckoutPart,
    CheckoutState,
    PartState,
    Settlement,
)
from modules.charging.queries import Held
from modules.charging.rules.reductions import total_of, trim
from modules.charging.rules.tenders import TenderMethod
from modules.charging.services.parts import end_part, plan_parts, take_over
from modules.charging.services.reductions import store_reductions
from modules.charging.services.settlements import TenderInput, prescription_ids_of, settle_charges
from modules.charging.services.shifts import present_shift
from modules.insurance import queries as insured
from modules.insurance import services as insurance
from modules.insurance.queries import PENDING, SettlementState
from modules.prescriptions import services as prescriptions

SUBJECT = "charging_checkout"  # what an insured settlement of a checkout is for
_ZERO = Decimal("0.00")


@use_case("charging.bill.settle")
def begin_checkout(
    *,
    bill_id: int,
    expected_amount: Amount,
    tenders: Annotated[list[TenderInput], Field(max_length=4)] = [],  # noqa: B006  only read
    is_insured: bool = False,
    by: Actor,
) -> Checkout:
    """Hold what is due on a bill for a settlement with an insurer or a channel (锁定).

    With `tenders` and no insurer nothing is left to agree to, and the channels are asked next.

    Raises:
        NotFound: no such bill here.
        CheckoutUnderway: another settlement of this bill is on its way.
        NothingToSettle: no line is unpaid.
        BillChanged: what is due is not what the window showed.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the tenders do not settle the bill.
        PastValidity, NotInThisState: a prescription on it may not be paid (any more).
    """
    by_rule = bool(setting_of(by.tenant_id, "reduces_by_rule"))
    bill, charges, reductions = queries.lock_to_settle(bill_id, by_rule=by_rule)
    if found := queries.find_open_checkout(bill.id):
        raise CheckoutUnderway(number=found.number, name=found.opened_by_name)
    if not charges:
        raise NothingToSettle
    full = sum((charge.amount for charge in charges), _ZERO)
    due = full - total_of(reductions)
    if due != expected_amount:
        raise BillChanged(due=format_amount(due))
    if prescription_ids := prescription_ids_of(charges):
        prescriptions.check_payable(prescription_ids=prescription_ids, by=by)
    checkout = new_checkout(bill, CheckoutKind.CHARGE, full, by)
    checkout.reduced_amount = full - due
    store_reductions(reductions, patient_id=bill.patient_id, checkout_id=checkout.id)
    for charge in charges:
        charge.status = ChargeStatus.LOCKED
        _add_line(checkout, charge, charge.quantity, charge.amount)
    checkout.is_insured = is_insured
    db.session.flush()
    if tenders and not is_insured:
        plan_parts(checkout, due, tenders, by)
        checkout.state = CheckoutState.COLLECTING
    audit.record("checkout.begun", checkout, by=by, number=checkout.number, amount=due)
    go_on(checkout, by)
    return checkout


@use_case("charging.bill.settle", is_step=True)
def confirm_checkout(
    *,
    checkout_id: int,
    expected_personal: Amount,
    tenders: Annotated[list[TenderInput], Field(max_length=4)],
    insurance_id: int | None = None,
    msgid: Annotated[str, Field(max_length=30)] = "",
    by: Actor,
) -> Checkout:
    """Agree to the split that was shown and say how the patient's part is paid; cash alone settles at once.

    ``insurance_id`` is the split that was shown; ``msgid`` the message by which the insurer will settle, noted
    before it is sent.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or it has gone on in another window.
        BillChanged: the patient's part is not what the window showed.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the ways of paying do not fit the patient's part.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.SHOWN)
    if checkout.insurance_id != insurance_id:
        raise CheckoutMoved(number=checkout.number, state=checkout.state.label)
    parts = plan_parts(checkout, expected_personal, tenders, by)
    take_over(checkout, parts, by)
    audit.record("checkout.confirmed", checkout, by=by, number=checkout.number)
    if checkout.insurance_id:
        checkout.state = CheckoutState.INSURING
        insurance.begin_settling(settlement_id=checkout.insurance_id, msgid=msgid, is_agreed=True, by=by)
    else:
        checkout.state = CheckoutState.COLLECTING
        go_on(checkout, by)
    return checkout


@use_case("charging.bill.settle", is_step=True)
def reopen_checkout(*, checkout_id: int, by: Actor) -> Checkout:
    """The insurer was not reached, nothing has happened: the split waits to be agreed to again.

    Raises:
        CheckoutNotHere, CheckoutMoved: there is none, or it has gone on in another window.
    """
    checkout = lock_checkout(checkout_id, CheckoutState.INSURING)
    if not queries.is_unsent(checkout):  # another window's message may be there
        raise CheckoutMoved(number=checkout.number, state=checkout.state.label)
    for part in queries.parts_of(checkout.id):
        end_part(part, by)
    checkout.state = CheckoutState.SHOWN
    db.session.flush()
    audit.record("checkout.reopened", checkout, by=by, number=checkout.number)
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
    parts = queries.parts_of(checkout.id)
    for part in parts:
        if part.state != PartState.MOVED:
            end_part(part, by)
    take_over(checkout, plan_parts(checkout, expected_personal, tenders, by, parts), by)
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
    if checkout.insurance_reference:
        raise InsuranceStands
    leave_insurer(checkout, by)
    for part in queries.parts_of(checkout.id):
        end_part(part, by)
    close_checkout(checkout, reason)
    audit.record("checkout.given_up", checkout, by=by, number=checkout.number, reason=reason)
    return checkout


def note_paid(*, part_id: int, by: Actor) -> Settlement | None:
    """A channel has the money of a part; the checkout goes on. What is no longer wanted goes back."""
    part = queries.get_part(part_id)
    if part is None:
        return None
    checkout = lock_checkout(part.checkout_id)
    db.session.refresh(part)
    if part.state == PartState.WAITING:
        part.state = PartState.MOVED
        db.session.flush()
        return go_on(checkout, by)
    if part.state == PartState.FAILED and part.order_id:
        part.state = PartState.MOVED  # paid after another way was chosen
        end_part(part, by)
    return None


def note_not_paid(*, part_id: int) -> None:
    """A channel did not pay, or its order is closed: another way is chosen at the window."""
    part = queries.get_part(part_id)
    if part is None:
        return
    lock_checkout(part.checkout_id)
    db.session.refresh(part)
    if part.state == PartState.WAITING:
        part.state = PartState.FAILED
    db.session.flush()


def lock_checkout(checkout_id: int, *states: CheckoutState) -> Checkout:
    """The checkout with its bill held until commit, in one of the states it must be in."""
    db.session.flush()  # what an outer step has set is not to be read over
    found = queries.lock_checkout(checkout_id)
    if found is None:
        raise CheckoutNotHere(field="checkout_id")
    if states and found.state not in states:
        raise CheckoutMoved(number=found.number, state=found.state.label)
    return found


def leave_insurer(checkout: Checkout, by: Actor, *, is_later: bool = False) -> None:
    """Drop what the insurer was asked to reckon, so that nobody settles it behind the bill's back; or put it off.

    Raises:
        InsuranceStands: the insurer has settled it, or may have.
    """
    live = insured.find_live(SUBJECT, checkout.id) if checkout.is_insured else None
    if live is None:
        return
    if live.state in PENDING or live.state is SettlementState.SETTLED:
        raise InsuranceStands
    put_off = insurance.defer_settlement if is_later else insurance.drop_settlement
    put_off(settlement_id=live.id, by=by)


def close_checkout(checkout: Checkout, reason: str) -> None:
    """End a checkout without a settlement; its lines wait for payment again."""
    checkout.state, checkout.ended_at = CheckoutState.CLOSED, clock.now()
    checkout.reason = checkout.reason or reason
    for charge in queries.charges_of_checkout(checkout.id):
        if charge.status == ChargeStatus.LOCKED:
            charge.status = ChargeStatus.UNPAID
    db.session.flush()


def go_on(
    checkout: Checkout, by: Actor, known: Held | None = None, *, insured_as: str = ""
) -> Settlement | None:
    """Settle a checkout as soon as nothing is waited for; the bill is held, and what it holds perhaps `known`.

    `insured_as` is the insurer's number, as it comes: the row is then written once, with the settlement.
    """
    if checkout.state != CheckoutState.COLLECTING and not insured_as:
        return None
    held = known or queries.held_by(checkout.id)
    parts = [part for part in held.parts if part.state not in (PartState.FAILED, PartState.GIVEN_BACK)]
    waits = any(part.state == PartState.WAITING for part in parts)
    if waits or sum((part.amount for part in parts), _ZERO) != checkout.personal_amount:
        return None
    if checkout.insurance_id and not queries.is_settled_there(checkout.insurance_id):
        return None  # the insurer is taking its part back
    return _finish(checkout, held, parts, insured_as or checkout.insurance_reference, by)


def _finish(
    checkout: Checkout, held: Held, parts: Iterable[CheckoutPart], insured_as: str, by: Actor
) -> Settlement:
    booked: dict[TenderMethod, Decimal] = {}
    references: dict[TenderMethod, str] = {}
    change = _ZERO
    for part in parts:
        booked[part.method] = booked.get(part.method, _ZERO) + part.amount
        references[part.method] = part.reference
        change += max(part.handed - part.amount, _ZERO)
    for method, amount in insured_tenders(checkout).items():
        booked[method], references[method] = amount, insured_as
    shift = present_shift(checkout.opened_by_id, checkout.opened_by_name)
    settlement = settle_charges(
        checkout.bill,
        held.charges,
        booked,
        references,
        change,
        shift,
        checkout.opened_at,
        by,
        reductions=trim(held.reductions, checkout.taken_off),
    )
    checkout.state, checkout.ended_at = CheckoutState.SETTLED, clock.now()
    checkout.settlement_id, checkout.insurance_reference = settlement.id, insured_as
    db.session.flush()
    audit.record("checkout.settled", checkout, by=by, number=settlement.number, amount=checkout.amount)
    return settlement


def insured_tenders(checkout: Checkout) -> dict[TenderMethod, Decimal]:
    """What somebody else than the patient pays, as the insurer has settled it."""
    parts = {
        TenderMethod.POOLED_FUND: checkout.fund_amount,
        TenderMethod.PERSONAL_ACCOUNT: checkout.account_amount,
        TenderMethod.HOSPITAL_PART: checkout.hospital_amount,
    }
    return {method: amount for method, amount in parts.items() if amount}


def taken_off(checkout: Checkout) -> dict[TenderMethod, Decimal]:
    """What rules and waivers take off the patient's part, as it is booked."""
    return {TenderMethod.REDUCED: checkout.taken_off} if checkout.taken_off else {}


def new_checkout(
    bill: Bill, kind: CheckoutKind, amount: Decimal, by: Actor, original_id: int | None = None
) -> Checkout:
    """A settlement of today on its way, with its number."""
    checkout = Checkout(
        id=ids.new_id(),
        number=numbering.next_number("checkout", on=clock.today(), prefix="K"),
        kind=kind,
        bill_id=bill.id,
        original_id=original_id,
        amount=amount,
        on=clock.today(),
        opened_at=clock.now(),
        opened_by_id=by.account_id,
        opened_by_name=by.name,
    )
    db.session.add(checkout)
    db.session.flush()
    return checkout


def _add_line(checkout: Checkout, charge: Charge, quantity: Decimal, amount: Decimal) -> None:
    db.session.add(
        CheckoutLine(checkout_id=checkout.id, charge_id=charge.id, quantity=quantity, amount=amount)
    )
