"""A doctor asks for a refund (退费申请): the first step of the chain doctor → pharmacy or department → cashier."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, clock, numbering
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.money import Quantity, format_quantity
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    AskedTooMuch,
    CheckoutUnderway,
    NothingCharged,
    NothingToAskBack,
    OtherDepartment,
    OwnRequest,
    RefundAsked,
    RequestMoved,
)
from modules.charging.models import (
    Bill,
    Charge,
    ChargeStatus,
    RefundRequest,
    RefundRequestLine,
    RequestState,
)
from modules.charging.queries import AskedLine
from modules.charging.rules.refund_requests import to_come_back
from modules.charging.services.asked_back import confirm, move_request, note_step, release
from modules.clinic import queries as clinic
from modules.prescriptions import queries as prescriptions

Reason = Annotated[str, Field(min_length=2, max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLineInput:
    """How much of a charge is asked back, or confirmed of what was."""

    charge_id: int
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a request is about: a prescription, or the services of a visit. Who wrote it, in which department."""

    prescription_id: int | None
    number: str
    practitioner_id: int
    department_id: int
    lies_ready: bool  # its drugs are prepared: the pharmacy puts them back first
    charges: list[Charge]


@use_case("charging.request.ask")
def request_refund(
    *,
    visit_id: int,
    prescription_id: int | None = None,
    lines: Annotated[list[AskedLineInput], Field(max_length=100)] = [],  # noqa: B006  never changed
    is_whole: bool = False,
    reason: Reason,
    by: Actor,
) -> RefundRequest:
    """Ask that paid lines of a prescription, or paid services of a visit, be refunded; ``is_whole``: all of them.

    What was neither prepared, handed out nor done needs nobody's word and waits for the cashier at once; the rest
    waits for the pharmacy or the department. While the request is open nothing is prepared or handed out. A
    prescription asked back whole is made void by its refund, unless the patient keeps some of it.

    Raises:
        NotFound: no such visit, prescription or line here.
        OtherDepartment: neither who wrote it nor a colleague of the same department.
        RefundAsked: another request is open on a line.
        NothingToAskBack, AskedTooMuch: more than is paid and not refunded.
        CheckoutUnderway: a line is being settled or refunded at this moment.
    """
    bill = queries.lock_bill_of_visit(visit_id)
    subject = _subject(bill, prescription_id)
    if by.practitioner_id != subject.practitioner_id:
        _refuse_other_department(subject.department_id, by)
    named = {line.charge_id for line in lines}
    for charge in subject.charges:
        if is_whole or charge.id in named:
            _refuse_locked(bill, charge)
    wanted = _wanted(subject.charges, lines, is_whole=is_whole)
    request = _store(bill, subject, wanted, reason, is_whole, by)
    audit.record("refund_request.made", request, by=by, number=request.number, reason=reason)
    waits = subject.lies_ready or any(to_come_back(part, row.left_quantity) for row, part in wanted.items())
    if not waits:
        for row in queries.lines_of_request(request.id):
            row.line.confirmed_quantity = row.line.quantity
        move_request(request, RequestState.CONFIRMED, by)
    return request


@use_case("charging.request.ask")
def withdraw_refund_request(*, request_id: int, by: Actor) -> RefundRequest:
    """Take a request back as long as nothing has come back for it; its lines are as before.

    Raises:
        RefundRequestNotHere: no such request here.
        OtherDepartment: neither who asked nor a colleague of the department.
        RequestMoved: it was confirmed by somebody, or has ended.
        CheckoutUnderway: an insurer is being asked for its refund.
    """
    request, bill = _held(request_id)
    if by.account_id != request.asked_by_id:
        _refuse_other_department(request.department_id, by)
    rows = queries.lines_of_request(request.id)
    for row in rows:
        _refuse_locked(bill, row.charge)
    move_request(request, RequestState.WITHDRAWN, by)
    release(request, rows)
    audit.record("refund_request.withdrawn", request, by=by, number=request.number)
    return request


@use_case("charging.request.ask")
def note_refusal_read(*, request_id: int, by: Actor) -> RefundRequest:
    """The doctor has read why a request was refused; it leaves the home page.

    Raises:
        RefundRequestNotHere: no such request here.
        OtherDepartment: somebody else has asked.
        RequestMoved: it was not refused.
    """
    request = queries.get_request(request_id)
    if by.account_id != request.asked_by_id:
        raise OtherDepartment
    if request.state != RequestState.REFUSED:
        raise RequestMoved(number=request.number, state=request.state.label)
    request.seen_at = request.seen_at or clock.now()
    audit.record("refund_request.refusal_read", request, by=by, number=request.number)
    return request


@use_case("charging.request.confirm")
def confirm_refund_request(
    *,
    request_id: int,
    lines: Annotated[list[AskedLineInput], Field(min_length=1, max_length=100)],
    reason: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> RefundRequest:
    """Say for the department that services were not done, or are undone.

    Raises:
        RefundRequestNotHere, NotFound: no such request here, or a line that it does not ask back.
        OtherDepartment, OwnRequest: a colleague of the department confirms.
        RequestMoved: it has gone on, or the pharmacy has the word.
        AskedTooMuch: more than was asked for.
        PartNeedsReason: less than was asked for, and nobody says why.
    """
    request, _ = _held(request_id)
    _refuse_non_department(request, by)
    rows = queries.lines_of_request(request.id)
    given = {line.charge_id: line.quantity for line in lines}
    if given.keys() - {row.charge.id for row in rows}:  # else nothing would be confirmed, and never refunded
        raise NotFound(field="lines")
    quantities = {row.line.id: given.get(row.charge.id, Decimal(0)) for row in rows}
    for row in rows:
        _undo(row, quantities[row.line.id])
    confirm(request, rows, quantities, reason, by)
    audit.record("refund_request.confirmed", request, by=by, number=request.number, reason=reason)
    return request


@use_case("charging.request.confirm")
def refuse_refund_request(*, request_id: int, reason: Reason, by: Actor) -> RefundRequest:
    """Say for the department that services stay done; the request goes back to the doctor with the reason.

    Raises:
        RefundRequestNotHere: no such request here.
        OtherDepartment, OwnRequest: a colleague of the department refuses.
        RequestMoved: it has gone on, or the pharmacy has the word.
    """
    request, _ = _held(request_id)
    _refuse_non_department(request, by)
    _refuse(request, reason, by)
    audit.record("refund_request.refused", request, by=by, number=request.number, reason=reason)
    return request


def refuse_asked_back(*, visit_id: int, prescription_id: int, reason: str, by: Actor) -> bool:
    """The pharmacy takes nothing back of what a doctor asks: whether there was something. Holds the bill."""
    queries.lock_bill_of_visit(visit_id)
    found = queries.asked_of_prescription(prescription_id)
    for request in found:
        _refuse(request, reason, by)
    return bool(found)


def _refuse(request: RefundRequest, reason: str, by: Actor) -> None:
    move_request(request, RequestState.REFUSED, by, reason)
    request.answer = reason
    release(request, queries.lines_of_request(request.id))


def _held(request_id: int) -> tuple[RefundRequest, Bill]:
    """The request as it stands once its bill is held."""
    bill = queries.lock_bill(queries.get_request(request_id).bill_id)
    return queries.get_request(request_id), bill


def _subject(bill: Bill, prescription_id: int | None) -> _Subject:
    if prescription_id is None:
        encounter = clinic.get_encounter(bill.visit_id)
        services = [charge for charge in queries.charges_of(bill.id) if charge.prescription_id is None]
        return _Subject(None, "", encounter.practitioner_id, encounter.department_id, False, services)
    prescription = prescriptions.lock_prescriptions([prescription_id])[0]
    if prescription.visit_id != bill.visit_id:
        raise NotFound(field="prescription_id")
    return _Subject(
        prescription.id,
        prescription.number,
        prescription.practitioner_id,
        prescription.department_id,
        prescription.status is prescriptions.Status.PREPARED,
        queries.charges_of_prescription(prescription_id),
    )


def _wanted(
    charges: Sequence[Charge], lines: Sequence[AskedLineInput], *, is_whole: bool
) -> dict[Charge, Decimal]:
    """What is asked of which charge, or why it may not be."""
    if is_whole:
        wanted = {charge: most for charge in charges if (most := queries.requestable(charge))}
    else:
        known = {charge.id: charge for charge in charges}
        wanted = {}
        for line in lines:
            if (charge := known.get(line.charge_id)) is None:
                raise NotFound(field="lines")
            wanted[charge] = wanted.get(charge, Decimal(0)) + line.quantity
    if not wanted:
        if not charges:
            raise NothingCharged
        raise NothingToAskBack(field="lines", item=charges[0].item_name)
    for charge, quantity in wanted.items():
        _refuse_beyond(charge, quantity)
    return wanted


def _refuse_beyond(charge: Charge, quantity: Decimal) -> None:
    if charge.asked_quantity:
        raise RefundAsked(field="lines", item=charge.item_name)
    most = queries.requestable(charge)
    if not most:
        raise NothingToAskBack(field="lines", item=charge.item_name)
    if quantity > most:
        raise AskedTooMuch(
            field="lines", item=charge.item_name, quantity=f"{format_quantity(most)} {charge.unit}"
        )


def _store(
    bill: Bill, subject: _Subject, wanted: dict[Charge, Decimal], reason: str, is_whole: bool, by: Actor
) -> RefundRequest:
    request = RefundRequest(
        number=numbering.next_number("charging.refund_request", on=clock.today(), prefix="TF"),
        state=RequestState.ASKED,
        bill_id=bill.id,
        visit_id=bill.visit_id,
        patient_id=bill.patient_id,
        prescription_id=subject.prescription_id,
        prescription_number=subject.number,
        department_id=subject.department_id,
        is_whole=is_whole and subject.prescription_id is not None,
        reason=reason,
        asked_at=clock.now(),
        asked_by_id=by.account_id,
        asked_by_name=by.name,
    )
    db.session.add(request)
    db.session.flush()
    for charge, quantity in wanted.items():
        charge.asked_quantity = quantity
        db.session.add(RefundRequestLine(request_id=request.id, charge_id=charge.id, quantity=quantity))
    note_step(request, by, reason)
    return request


def _undo(row: AskedLine, confirmed: Decimal) -> None:
    """What was done of a service counts as not done, as far as it is to go back."""
    if confirmed > row.line.quantity:
        most = f"{format_quantity(row.line.quantity)} {row.charge.unit}"
        raise AskedTooMuch(field="lines", item=row.charge.item_name, quantity=most)
    row.charge.executed_quantity -= to_come_back(confirmed, row.charge.left_quantity)


def _refuse_locked(bill: Bill, charge: Charge) -> None:
    if charge.status == ChargeStatus.LOCKED:
        checkout = queries.find_open_checkout(bill.id)
        raise CheckoutUnderway(
            number=checkout.number if checkout else "", name=checkout.opened_by_name if checkout else ""
        )


def _refuse_other_department(department_id: int, by: Actor) -> None:
    if by.department_id != department_id:
        raise OtherDepartment


def _refuse_non_department(request: RefundRequest, by: Actor) -> None:
    if request.prescription_id is not None:
        raise RequestMoved(number=request.number, state=request.state.label)
    _refuse_other_department(request.department_id, by)
    if request.asked_by_id == by.account_id:
        raise OwnRequest
