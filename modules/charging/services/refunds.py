"""Giving money back (退费): a mirror of the whole settlement, and what stays settled again."""

from collections.abc import Iterable, Mapping, Sequence
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
    InsuredRefund,
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
    Tender,
)
from modules.charging.rules.fee_classes import FeeClass
from modules.charging.rules.reductions import Reduction, keep_reductions, total_of, trim
from modules.charging.rules.refunds import RefundPlan, SettledLine, plan_refund
from modules.charging.rules.tenders import (
    CHANNELS,
    INSURED,
    TenderMethod,
    refund_faults,
    round_cash,
    unrounded,
)
from modules.charging.services.asked_back import check_against_requests, end_refunded
from modules.charging.services.hints import fee_facts, tender_facts
from modules.charging.services.reductions import store_reductions
from modules.charging.services.settlements import (
    TenderInput,
    new_settlement,
    prescription_ids_of,
    rounds_cash,
    store_settlement,
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
        InsuredRefund: the insurer takes part; it is asked first (`begin_refund`).
        RefundUnconfirmed, RefundUnlikeRequest, RefundNeedsRequest: doctor and pharmacy have not agreed to it.
        RefundChannelWrong, RefundSumWrong: the money would not go back the way it came.
    """
    refund = look_at(settlement_id, lines)
    check_against_requests(refund.original, refund.charges, refund.returned, by)
    if queries.insurance_of(refund.original.id):
        raise InsuredRefund(method=min(set(refund.paid) & set(INSURED), default=INSURED[0]).label)
    exact = unrounded(refund.paid)
    reduced = total_of(refund.kept_reductions)
    own: dict[TenderMethod, Decimal] = {
        method: amount for method, amount in exact.items() if method != TenderMethod.REDUCED
    }
    back = refund.plan.refund_amount - (exact.get(TenderMethod.REDUCED, _ZERO) - reduced)
    kept = _less(own, _refund_parts(back, own, tenders))
    if reduced:
        kept[TenderMethod.REDUCED] = reduced
    return book_refund(refund, kept, refund.references, present_shift(by.account_id, by.name), reason, by)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A settlement of which something goes back; its bill is held."""

    bill: Bill
    original: Settlement
    charges: Mapping[int, Charge]
    returned: Mapping[int, Decimal]
    plan: RefundPlan
    tenders: list[Tender]
    reductions: Sequence[Reduction] = ()  # what was taken off its lines

    @property
    def kept_reductions(self) -> list[Reduction]:
        """What stays taken off the lines that are settled again: only what was paid goes back."""
        kept = {line.line_id: line.amount for line in self.plan.kept}
        amounts = {line.line_id: (-line.amount, kept.get(line.line_id, _ZERO)) for line in self.plan.mirrored}
        return keep_reductions(self.reductions, amounts)

    @property
    def paid(self) -> dict[TenderMethod, Decimal]:
        """How it was paid."""
        return {tender.method: tender.amount for tender in self.tenders}

    @property
    def references(self) -> dict[TenderMethod, str]:
        """Order, voucher and settlement numbers by way of paying."""
        return {tender.method: tender.reference for tender in self.tenders}


def look_at(settlement_id: int, lines: Sequence[RefundLineInput]) -> Refund:
    """What would go back, if all of it may; holds the bill.

    Raises:
        NotFound: no such settlement here.
        NotRefundable: it is a reversal, or was reversed before.
        RefundTooLarge, VisitSeen: some of it may not go back.
    """
    original = queries.get_settlement(settlement_id)
    bill = queries.lock_bill(original.bill_id)
    if original.kind == SettlementKind.MIRROR or queries.is_mirrored(original.id):
        raise NotRefundable(number=original.number)
    settled = queries.settled_lines(original.id)
    returned = _returned(settled, lines)
    return Refund(
        bill=bill,
        original=original,
        charges={charge.id: charge for _, charge in settled},
        returned=returned,
        plan=_plan(settled, returned),
        tenders=(tenders := queries.tenders_of(original.id)),
        reductions=queries.settled_reductions(original.id)
        if any(tender.method == TenderMethod.REDUCED for tender in tenders)
        else (),
    )


def book_refund(
    refund: Refund,
    kept: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
    shift: Shift,
    reason: str,
    by: Actor,
) -> tuple[Settlement, Settlement | None]:
    """Write the mirror, and what stays settled again with the tenders `kept`; money of channels is sent back."""
    if rounds_cash(by) or TenderMethod.ROUNDING in refund.paid:
        kept = round_cash(kept)
    mirror = _mirror(refund, shift, reason)
    again = _resettle(refund, kept, references, shift, reason)
    patient_id = refund.bill.patient_id
    store_reductions(refund.reductions, patient_id=patient_id, settlement_id=mirror.id, sign=-1)
    if again:
        still = trim(refund.kept_reductions, kept.get(TenderMethod.REDUCED, _ZERO))
        store_reductions(still, patient_id=patient_id, settlement_id=again.id)
    _open_channel_refunds(refund, _less(unrounded(refund.paid), unrounded(kept)), reason, by)
    for charge_id, quantity in refund.returned.items():
        charge = refund.charges[charge_id]
        charge.refunded_quantity += quantity
        charge.returned_quantity = max(Decimal(0), charge.returned_quantity - quantity)
        whole = charge.refunded_quantity == charge.quantity
        charge.status = ChargeStatus.REFUNDED if whole else ChargeStatus.PARTLY_REFUNDED
    db.session.flush()
    _hand_back_prescriptions(prescription_ids_of(refund.charges[key] for key in refund.returned), by)
    amount = refund.plan.refund_amount
    audit.record(
        "bill.refunded", mirror, by=by, original=refund.original.number, amount=amount, reason=reason
    )
    emit(
        BillRefunded(
            mirror_id=mirror.id,
            resettlement_id=again.id if again else None,
            original_id=refund.original.id,
            visit_id=refund.bill.visit_id,
            patient_id=refund.bill.patient_id,
            on=mirror.on,
            refunded_amount=amount,
            refunded_lines=_refunded_lines(refund),
            tenders=tender_facts(_less(kept, refund.paid), mirror.on),
            fees=fee_facts(_fee_parts(refund), mirror.on),
        )
    )
    end_refunded((refund.charges[key] for key in refund.returned), mirror, by)
    return mirror, again


def less_personal(paid: Mapping[TenderMethod, Decimal], wanted: Decimal) -> dict[TenderMethod, Decimal]:
    """The patient's ways of paying after a refund: less what goes back, or more cash where more is due."""
    others = (*INSURED, TenderMethod.REDUCED)
    own = {method: amount for method, amount in unrounded(paid).items() if method not in others}
    back = sum(own.values(), _ZERO) - wanted
    if back >= 0:
        return _less(own, _parts_in_order(back, own))
    return {**own, TenderMethod.CASH: own.get(TenderMethod.CASH, _ZERO) - back}


def _returned(
    settled: list[tuple[SettlementLine, Charge]], lines: Sequence[RefundLineInput]
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


def _mirror(refund: Refund, shift: Shift, reason: str) -> Settlement:
    mirror = new_settlement(refund.bill, SettlementKind.MIRROR, -refund.original.amount, shift)
    mirror.mirrors_id, mirror.reason = refund.original.id, reason
    lines = [(refund.charges[line.line_id], line.quantity, line.amount) for line in refund.plan.mirrored]
    store_settlement(mirror, lines, {way: -amount for way, amount in refund.paid.items()}, refund.references)
    return mirror


def _resettle(
    refund: Refund,
    kept: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
    shift: Shift,
    reason: str,
) -> Settlement | None:
    if not refund.plan.kept:
        return None
    amount = sum((line.amount for line in refund.plan.kept), _ZERO)
    again = new_settlement(refund.bill, SettlementKind.RESETTLEMENT, amount, shift)
    again.resettles_id, again.reason = refund.original.id, reason
    lines = [(refund.charges[line.line_id], line.quantity, line.amount) for line in refund.plan.kept]
    store_settlement(again, lines, kept, references)
    return again


def _open_channel_refunds(
    refund: Refund, back: Mapping[TenderMethod, Decimal], reason: str, by: Actor
) -> None:
    """What a channel took for this bill goes back through it; what was typed by hand is nobody's order."""
    for method, amount in back.items():
        if method not in CHANNELS or amount <= 0 or not refund.references.get(method):
            continue
        order = payments.find_order_by_number(refund.references[method])
        if order is not None and order.id in queries.orders_of_bill(refund.bill.id):
            payment_services.open_refund(order_id=order.id, amount=amount, reason=reason, by=by)


def _fee_parts(refund: Refund) -> list[tuple[FeeClass, Decimal]]:
    """What was mirrored and what stays, line by line with the fee class."""
    return [
        (refund.charges[line.line_id].fee_class, line.amount)
        for line in (*refund.plan.mirrored, *refund.plan.kept)
    ]


def _refunded_lines(refund: Refund) -> tuple[RefundedLine, ...]:
    kept = {line.line_id: line.amount for line in refund.plan.kept}
    was = {line.line_id: -line.amount for line in refund.plan.mirrored}
    return tuple(
        RefundedLine(
            charge_id=charge_id,
            source_kind=refund.charges[charge_id].source_kind.value,
            source_id=refund.charges[charge_id].source_id,
            quantity=quantity,
            amount=was[charge_id] - kept.get(charge_id, _ZERO),
        )
        for charge_id, quantity in refund.returned.items()
    )


def _hand_back_prescriptions(prescription_ids: Iterable[int], by: Actor) -> None:
    """A prescription that was refunded whole before it was handed out waits again, or can be voided."""
    for prescription_id in prescription_ids:
        lines = queries.charges_of_prescription(prescription_id)
        is_whole = all(line.status == ChargeStatus.REFUNDED for line in lines)
        if is_whole and prescription_queries.get_prescription(prescription_id).dispensed_at is None:
            prescriptions.mark_refunded(prescription_ids=[prescription_id], by=by)
            db.session.flush()
