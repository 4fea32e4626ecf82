"""What other acts do to a request for a refund: the pharmacy's word confirms it, the refund ends it.

All of it happens inside those acts, which hold the bill; while no line is asked back it costs no statement.
"""

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.money import format_quantity
from app.tenancy import setting_of
from modules.charging import queries
from modules.charging.errors import (
    PartNeedsReason,
    RefundAsked,
    RefundNeedsRequest,
    RefundUnconfirmed,
    RefundUnlikeRequest,
    RequestMoved,
)
from modules.charging.models import (
    Charge,
    RefundRequest,
    RefundRequestStep,
    RequestState,
    Settlement,
    SettlementKind,
)
from modules.charging.queries import AskedLine
from modules.charging.rules.refund_requests import confirmable
from modules.prescriptions import services as prescriptions


def refuse_asked(charges: Iterable[Charge]) -> None:
    """Refuse while one of these lines is asked back.

    Raises:
        RefundAsked: it is.
    """
    for charge in charges:
        if charge.asked_quantity:
            raise RefundAsked(item=charge.item_name)


def check_against_requests(
    original: Settlement, charges: Mapping[int, Charge], returned: Mapping[int, Decimal], by: Actor
) -> None:
    """Refuse a refund that is not what doctor and pharmacy have agreed to.

    Where the centre demands a request (`refunds_need_request`), lines of prescriptions need one. Not so what the
    cashier puts right in their own open shift as long as nothing of the line has left the pharmacy; fees of visits
    and the cashier's own items never need one. Source: C2, refund rules 1 and 7; house rule.

    Raises:
        RefundUnconfirmed, RefundUnlikeRequest: a request says otherwise.
        RefundNeedsRequest: there is none, and the centre demands it.
    """
    asked = [key for key in returned if charges[key].asked_quantity]
    found = queries.open_lines(asked) if asked else {}
    for key, quantity in returned.items():
        if key not in found:
            continue
        line, request = found[key]
        if request.state != RequestState.CONFIRMED:
            raise RefundUnconfirmed(field="lines", number=request.number)
        if quantity != line.confirmed_quantity:
            most = f"{format_quantity(line.confirmed_quantity or Decimal(0))} {charges[key].unit}"
            raise RefundUnlikeRequest(
                field="lines", number=request.number, item=charges[key].item_name, quantity=most
            )
    if setting_of(by.tenant_id, "refunds_need_request"):
        unasked = [charges[key] for key in returned if key not in found and charges[key].prescription_id]
        _refuse_unasked(original, unasked, by)


def _refuse_unasked(original: Settlement, charges: list[Charge], by: Actor) -> None:
    if not charges:
        return
    shift = queries.find_open_shift(by)
    is_own = shift is not None and shift.id == original.shift_id
    if is_own and original.kind == SettlementKind.RESETTLEMENT:  # it stands in the shift of the refund before
        is_own = queries.first_shifts(charge.id for charge in charges) == {original.shift_id}
    for charge in charges:
        if not is_own or charge.executed_quantity or charge.returned_quantity:
            raise RefundNeedsRequest(field="lines", item=charge.item_name)


def end_refunded(charges: Iterable[Charge], mirror: Settlement, by: Actor) -> None:
    """The money of these lines went back: their requests end, and a prescription asked back whole is void."""
    asked = {charge.id: charge for charge in charges if charge.asked_quantity}
    found = queries.open_lines(asked) if asked else {}
    for line, _ in found.values():
        line.closed_at = clock.now()
        asked[line.charge_id].asked_quantity = Decimal(0)
    db.session.flush()
    for request in {request.id: request for _, request in found.values()}.values():
        if queries.has_open_lines(request.id):  # paid with another receipt, which is refunded as well
            continue
        request.mirror_id = mirror.id
        move_request(request, RequestState.REFUNDED, by)
        audit.record("refund_request.refunded", request, by=by, number=request.number)
        if request.is_whole and request.prescription_id is not None:
            prescriptions.void_refunded(prescription_id=request.prescription_id, reason=request.reason, by=by)


def confirm_by_pharmacy(
    prescription_id: int, by: Actor, *, reason: str = "", touched: Container[int] | None = None
) -> None:
    """What is back, or on the shelf, is confirmed of what the doctor asked back; the bill is held.

    ``touched``: the charges of which something came back; requests of other lines wait on.

    Raises:
        PartNeedsReason: less than was asked for, and nobody says why.
    """
    for request in queries.asked_of_prescription(prescription_id):
        rows = queries.lines_of_request(request.id)
        if touched is not None and not any(row.charge.id in touched for row in rows):
            continue
        quantities = {row.line.id: confirmable(row.line.quantity, row.charge.left_quantity) for row in rows}
        confirm(request, rows, quantities, reason, by)


def confirm(
    request: RefundRequest,
    rows: Iterable[AskedLine],
    quantities: Mapping[int, Decimal],
    reason: str,
    by: Actor,
) -> None:
    """Note what may go back of each line; lines of which nothing may are free again.

    Raises:
        PartNeedsReason: less than was asked for, and nobody says why.
    """
    is_part = False
    for row in rows:
        confirmed = quantities.get(row.line.id, Decimal(0))
        row.line.confirmed_quantity = row.charge.asked_quantity = confirmed
        is_part = is_part or confirmed < row.line.quantity
        if not confirmed:
            row.line.closed_at = clock.now()
    if is_part and not reason.strip():
        raise PartNeedsReason(field="reason")
    request.confirmed_by_id = by.account_id
    request.answer = reason if is_part else ""
    move_request(request, RequestState.CONFIRMED, by, reason if is_part else "")


def release(request: RefundRequest, rows: Iterable[AskedLine]) -> None:
    """The lines of a request that ended without a refund are as they were."""
    for row in rows:
        row.charge.asked_quantity = Decimal(0)
        row.line.closed_at = clock.now()
    db.session.flush()


def move_request(request: RefundRequest, target: RequestState, by: Actor, reason: str = "") -> None:
    """Change the state of a request whose bill is held, and keep the step.

    Raises:
        RequestMoved: the table knows no such move.
    """
    if not request.may_become(target):
        raise RequestMoved(number=request.number, state=request.state.label)
    request.state = target
    if not request.is_open:
        request.ended_at = clock.now()
    note_step(request, by, reason)


def note_step(request: RefundRequest, by: Actor, reason: str = "") -> None:
    """Keep how a request went on."""
    db.session.add(
        RefundRequestStep(
            request_id=request.id,
            state=request.state,
            at=clock.now(),
            by_id=by.account_id,
            by_name=by.name,
            reason=reason,
        )
    )
    db.session.flush()
