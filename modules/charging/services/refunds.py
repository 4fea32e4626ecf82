"""Giving money back (退费): a mirror of the whole settlement, and what stays settled again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.events import emit
from app.money import Quantity, format_amount, format_quantity
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    NotRefundable,
    RefundChannelWrong,
    RefundSumWrong,
    RefundTooLarge,
    VisitSeen,
)
from modules.charging.events import BillRefunded, RefundedLine
from modules.charging.models import (
    Bill,
    Charge,
    ChargeSource,
    ChargeStatus,
    Settlement,
    SettlementKind,
    SettlementLine,
    Shift,
)
from modules.charging.rules.refunds import RefundPlan, SettledLine, plan_refund
from modules.charging.rules.tenders import CHANNELS, TenderMethod, refund_faults, round_cash, unrounded
from modules.charging.services.settlements import (
    TenderInput,
    new_settlement,
    prescription_ids_of,
    rounds_cash,
    store_settlement,
    tender_facts,
)
from modules.charging.services.shifts import present_shift
from modules.payments import queries as payments
from modules.payments import services as payment_services
from modules.prescriptions import queries as prescription_queries
from modules.prescriptions import services as prescriptions

_ZERO = Decimal("0.00")
# Where a partial refund of a mixed payment goes first: the drawer is emptied last. Source: house rule.
_REFUND_ORDER = (*CHANNELS, TenderMethod.CASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLineInput:
    """How much of a charge goes back."""

    charge_id: int
    quantity: Quantity


@use_case("charging.settlement.refund")
def refund_lines(
    *,
    settlement_id: int,
    lines: Annotated[list[RefundLineInput], Field(min_length=1, max_length=100)],
    tenders: Annotated[list[TenderInput], Field(max_length=4)] = [],  # noqa: B006  never changed
    reason: Annotated[str, Field(min_length=2, max_length=200)],
    by: Actor,
) -> Settlement:
    """Give money back for whole lines or parts of them (退费); returns the reversal.

    The settlement is mirrored whole and what stays is settled again, both in today's books. Without `tenders`
    a refund of a mixed payment goes to the electronic ways first.

    Raises:
        NotFound: no such settlement here.
        NotRefundable: it is a reversal, or was reversed before.
        RefundTooLarge: more than was paid, or drugs that the patient still has.
        VisitSeen: the fee of a visit that took place.
        RefundChannelWrong, RefundSumWrong: the money would not go back the way it came.
    """
    original = queries.get_settlement(settlement_id)
    bill = queries.lock_bill(original.bill_id)
    if original.kind == SettlementKind.MIRROR or queries.is_mirrored(original.id):
        raise NotRefundable(number=original.number)
    settled = queries.settled_lines(original.id)
    returned = _returned(settled, lines)
    plan = _plan(settled, returned)
    tendered = queries.tenders_of(original.id)
    paid = {tender.method: tender.amount for tender in tendered}
    references = {tender.method: tender.reference for tender in tendered}
    exact = unrounded(paid)
    kept = _less(exact, _refund_parts(plan.refund_amount, exact, tenders))
    if rounds_cash(by) or TenderMethod.ROUNDING in paid:
        kept = round_cash(kept)
    charges = {charge.id: charge for _, charge in settled}
    shift = present_shift(by.account_id, by.name)
    mirror = _mirror(bill, original, plan, paid, references, charges, shift, reason)
    again = _resettle(bill, original, plan, kept, references, charges, shift, reason)
    _open_channel_refunds(bill, _less(exact, unrounded(kept)), references, reason, by)
    refunded = _refunded_lines(plan, returned, charges)
    for charge_id, quantity in returned.items():
        charge = charges[charge_id]
        charge.refunded_quantity += quantity
        whole = charge.refunded_quantity == charge.quantity
        charge.status = ChargeStatus.REFUNDED if whole else ChargeStatus.PARTLY_REFUNDED
    db.session.flush()
    _hand_back_prescriptions(prescription_ids_of(charges[charge_id] for charge_id in returned), by)
    audit.record(
        "bill.refunded", mirror, by=by, original=original.number, amount=plan.refund_amount, reason=reason
    )
    emit(
        BillRefunded(
            mirror_id=mirror.id,
            resettlement_id=again.id if again else None,
            original_id=original.id,
            visit_id=bill.visit_id,
            patient_id=bill.patient_id,
            on=mirror.on,
            refunded_amount=plan.refund_amount,
            refunded_lines=refunded,
            tenders=tender_facts(_less(kept, paid)),
        )
    )
    return mirror


def _returned(
    settled: list[tuple[SettlementLine, Charge]], lines: list[RefundLineInput]
) -> dict[int, Decimal]:
    charges = {charge.id: charge for _, charge in settled}
    returned: dict[int, Decimal] = {}
    for line in lines:
        charge = charges.get(line.charge_id)
        if charge is None:
            raise NotFound(field="lines")
        returned[charge.id] = returned.get(charge.id, Decimal(0)) + line.quantity
        if returned[charge.id] > charge.refundable_quantity:
            if charge.source_kind == ChargeSource.VISIT and charge.executed_quantity:
                raise VisitSeen(field="lines")
            most = f"{format_quantity(charge.refundable_quantity)} {charge.unit}"
            raise RefundTooLarge(field="lines", item=charge.item_name, quantity=most)
    return returned


def _plan(settled: list[tuple[SettlementLine, Charge]], returned: dict[int, Decimal]) -> RefundPlan:
    return plan_refund(
        [
            SettledLine(
                line_id=charge.id,
                unit_price=charge.price_amount,
                quantity=line.quantity,
                amount=line.amount,
                per=charge.per,
            )
            for line, charge in settled
        ],
        returned,
    )


def _refund_parts(
    refund: Decimal, paid: Mapping[TenderMethod, Decimal], tenders: list[TenderInput]
) -> dict[TenderMethod, Decimal]:
    if not tenders:
        return _parts_in_order(refund, paid)
    wished = {TenderMethod(tender.method): tender.amount for tender in tenders if tender.amount}
    for method in refund_faults(wished, paid=paid, refunded={}):
        raise RefundChannelWrong(
            field="tenders", method=method.label, amount=format_amount(paid.get(method, _ZERO))
        )
    parts = sum(wished.values(), _ZERO)
    if parts != refund or len(wished) != sum(1 for tender in tenders if tender.amount):
        raise RefundSumWrong(field="tenders", refund=format_amount(refund), parts=format_amount(parts))
    return wished


def _parts_in_order(refund: Decimal, paid: Mapping[TenderMethod, Decimal]) -> dict[TenderMethod, Decimal]:
    parts: dict[TenderMethod, Decimal] = {}
    for method in _REFUND_ORDER:
        part = min(refund, paid.get(method, _ZERO))
        if part:
            parts[method] = part
            refund -= part
    return parts


def _less(
    paid: Mapping[TenderMethod, Decimal], back: Mapping[TenderMethod, Decimal]
) -> dict[TenderMethod, Decimal]:
    left = {method: paid.get(method, _ZERO) - back.get(method, _ZERO) for method in {**paid, **back}}
    return {method: amount for method, amount in left.items() if amount}


def _mirror(
    bill: Bill,
    original: Settlement,
    plan: RefundPlan,
    paid: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
    charges: Mapping[int, Charge],
    shift: Shift,
    reason: str,
) -> Settlement:
    mirror = new_settlement(bill, SettlementKind.MIRROR, -original.amount, shift)
    mirror.mirrors_id, mirror.reason = original.id, reason
    lines = [(charges[line.line_id], line.quantity, line.amount) for line in plan.mirrored]
    store_settlement(mirror, lines, {method: -amount for method, amount in paid.items()}, references)
    return mirror


def _resettle(
    bill: Bill,
    original: Settlement,
    plan: RefundPlan,
    kept: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
    charges: Mapping[int, Charge],
    shift: Shift,
    reason: str,
) -> Settlement | None:
    if not plan.kept:
        return None
    amount = sum((line.amount for line in plan.kept), _ZERO)
    again = new_settlement(bill, SettlementKind.RESETTLEMENT, amount, shift)
    again.resettles_id, again.reason = original.id, reason
    store_settlement(
        again, [(charges[line.line_id], line.quantity, line.amount) for line in plan.kept], kept, references
    )
    return again


def _open_channel_refunds(
    bill: Bill,
    back: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
    reason: str,
    by: Actor,
) -> None:
    """What a channel took for this bill goes back through it; what was typed by hand is nobody's order."""
    for method, amount in back.items():
        if method not in CHANNELS or amount <= 0 or not references.get(method):
            continue
        order = payments.find_order_by_number(references[method])
        if order is not None and order.id in queries.orders_of_bill(bill.id):
            payment_services.open_refund(order_id=order.id, amount=amount, reason=reason, by=by)


def _refunded_lines(
    plan: RefundPlan, returned: Mapping[int, Decimal], charges: Mapping[int, Charge]
) -> tuple[RefundedLine, ...]:
    kept = {line.line_id: line.amount for line in plan.kept}
    was = {line.line_id: -line.amount for line in plan.mirrored}
    return tuple(
        RefundedLine(
            charge_id=charge_id,
            source_kind=charges[charge_id].source_kind.value,
            source_id=charges[charge_id].source_id,
            quantity=quantity,
            amount=was[charge_id] - kept.get(charge_id, _ZERO),
        )
        for charge_id, quantity in returned.items()
    )


def _hand_back_prescriptions(prescription_ids: Iterable[int], by: Actor) -> None:
    """A prescription that was refunded whole before it was handed out waits again, or can be voided."""
    for prescription_id in prescription_ids:
        lines = queries.charges_of_prescription(prescription_id)
        is_whole = all(line.status == ChargeStatus.REFUNDED for line in lines)
        if is_whole and prescription_queries.get_prescription(prescription_id).dispensed_at is None:
            prescriptions.mark_refunded(prescription_ids=[prescription_id], by=by)
            db.session.flush()
