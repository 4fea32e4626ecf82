"""The cashier's shift (班结): opened with a float, closed with a counted drawer, never changed afterwards."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, numbering
from app.actor import Actor
from app.db import db
from app.errors import Conflict
from app.events import emit
from app.i18n import Choice
from app.money import Amount, format_amount
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    DifferenceNeedsReason,
    MoneyUnderway,
    NoOpenShift,
    OwnShift,
    ReceivedDiffers,
    ShiftAlreadyOpen,
    ShiftConfirmed,
    ShiftStillOpen,
    ShiftUnbalanced,
)
from modules.charging.events import SettledTender, ShiftClosed
from modules.charging.models import Shift, ShiftConfirmation, ShiftStatus, ShiftSum
from modules.charging.rules.fee_classes import FeeClass
from modules.charging.rules.shifts import ShiftEntry, ShiftReport
from modules.charging.rules.shifts import close_shift as add_up
from modules.charging.rules.tenders import TenderMethod

_ZERO = Decimal("0.00")
ChoiceT = TypeVar("ChoiceT", bound=Choice)


@use_case("charging.shift.close")
def open_shift(*, float_amount: Amount = _ZERO, by: Actor) -> Shift:
    """Begin a shift with the small change found in the drawer; without this the first settlement begins one.

    Raises:
        ShiftAlreadyOpen: the cashier has one.
    """
    if found := queries.find_open_shift(by):
        raise ShiftAlreadyOpen(number=found.number)
    shift = begin_shift(by.account_id, by.name, float_amount)
    audit.record("shift.opened", shift, by=by, float_amount=float_amount)
    return shift


def begin_shift(account_id: int, name: str, float_amount: Decimal = _ZERO) -> Shift:
    """A new open shift of a cashier, inside a use case; a second one fails on its index."""
    shift = Shift(
        number=numbering.next_number("shift", on=clock.today(), prefix="B", width=3),
        cashier_account_id=account_id,
        cashier_name=name,
        opened_at=clock.now(),
        float_amount=float_amount,
    )
    db.session.add(shift)
    db.session.flush()
    return shift


def present_shift(account_id: int, name: str) -> Shift:
    """A cashier's open shift, held until commit; begun when there is none, by one of two windows only."""
    for _ in range(2):
        if shift := queries.lock_open_shift(account_id):
            return shift
        try:
            with db.session.begin_nested():
                return begin_shift(account_id, name)
        except IntegrityError:
            continue  # another window of this cashier was first
    raise Conflict


@use_case("charging.shift.close")
def close_shift(
    *,
    counted_cash: Amount,
    difference_reason: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> Shift:
    """Close the cashier's shift: verify its sums, compare the drawer, lock its settlements to it.

    ``counted_cash`` is everything in the drawer, the float included.

    Raises:
        NoOpenShift: there is none.
        MoneyUnderway: a settlement of the cashier is still being paid.
        ShiftUnbalanced: charges − refunds, Σ by tender and Σ by fee class disagree.
        DifferenceNeedsReason: the drawer holds more or less than the books say.
    """
    shift = queries.lock_open_shift(by.account_id)
    if shift is None:
        raise NoOpenShift
    if checkout := queries.taking_money(by.account_id):
        raise MoneyUnderway(number=checkout.number)
    settlements, entries = queries.shift_entries(shift.id)
    report = add_up(entries)
    if not report.is_balanced or report.net != sum((row.amount for row in settlements), _ZERO):
        raise ShiftUnbalanced
    taken, given_back = queries.deposits_of_shift(shift.id)
    expected = report.cash_to_hand_in(opening_float=shift.float_amount, deposits=taken - given_back)
    if counted_cash != expected and not difference_reason:
        raise DifferenceNeedsReason(field="difference_reason", difference=counted_cash - expected)
    shift.status, shift.closed_at = ShiftStatus.CLOSED, clock.now()
    shift.charges_amount, shift.refunds_amount, shift.net_amount = report.charges, report.refunds, report.net
    shift.settlement_count = len(settlements)
    if settlements:
        shift.first_number, shift.last_number = settlements[0].number, settlements[-1].number
    shift.expected_cash, shift.counted_cash = expected, counted_cash
    shift.difference, shift.difference_reason = counted_cash - expected, difference_reason
    _store_sums(shift, report, entries)
    if taken or given_back:
        db.session.add(
            ShiftSum(
                shift_id=shift.id, by="deposit", code="cash", receipts_amount=taken, refunds_amount=given_back
            )
        )
    db.session.flush()
    audit.record("shift.closed", shift, by=by, net=report.net, difference=shift.difference)
    emit(
        ShiftClosed(
            shift_id=shift.id,
            cashier_account_id=shift.cashier_account_id,
            receipts_amount=report.charges,
            refunds_amount=report.refunds,
            tenders=tuple(
                SettledTender(method=method.value, amount=amount)
                for method, amount in report.by_tender.items()
            ),
        )
    )
    return shift


@use_case("charging.shift.confirm")
def confirm_shift(
    *,
    shift_id: int,
    received_cash: Amount,
    note: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> ShiftConfirmation:
    """Confirm that the cash of a closed shift has arrived (收款确认); the shift counts in the day's report from now on.

    Raises:
        NotFound: no such shift here.
        ShiftStillOpen, ShiftConfirmed: it is not closed yet, or was confirmed before.
        OwnShift: the cashier's own.
        ReceivedDiffers: more or less came than was counted, and the note does not say why.
    """
    shift = queries.lock_shift(shift_id)
    if shift.status != ShiftStatus.CLOSED:
        raise ShiftStillOpen(number=shift.number)
    if queries.confirmations_of([shift.id]):
        raise ShiftConfirmed(number=shift.number)
    if shift.cashier_account_id == by.account_id:
        raise OwnShift
    difference = received_cash - shift.cash_to_hand_in
    if difference and not note:
        raise ReceivedDiffers(field="note", difference=format_amount(difference))
    confirmation = ShiftConfirmation(
        shift_id=shift.id,
        received_cash=received_cash,
        difference=difference,
        note=note,
        confirmed_at=clock.now(),
        confirmed_by_id=by.account_id,
        confirmed_by_name=by.name,
    )
    db.session.add(confirmation)
    db.session.flush()
    audit.record("shift.confirmed", shift, by=by, received_cash=received_cash, difference=difference)
    return confirmation


def _store_sums(shift: Shift, report: ShiftReport, entries: list[ShiftEntry]) -> None:
    classes_in: dict[FeeClass, Decimal] = {}
    classes_back: dict[FeeClass, Decimal] = {}
    for entry in entries:
        side = classes_in if entry.amount >= 0 else classes_back
        for fee_class, amount in entry.by_fee_class.items():
            side[fee_class] = side.get(fee_class, _ZERO) + abs(amount)
    _add_sums(shift, "tender", TenderMethod, report.receipts_by_tender, report.refunds_by_tender)
    _add_sums(shift, "fee_class", FeeClass, classes_in, classes_back)


def _add_sums(
    shift: Shift,
    by: str,
    members: type[ChoiceT],
    receipts: Mapping[ChoiceT, Decimal],
    refunds: Mapping[ChoiceT, Decimal],
) -> None:
    for member in members:
        if member in receipts or member in refunds:
            db.session.add(
                ShiftSum(
                    shift_id=shift.id,
                    by=by,
                    code=member.value,
                    receipts_amount=receipts.get(member, _ZERO),
                    refunds_amount=refunds.get(member, _ZERO),
                )
            )
