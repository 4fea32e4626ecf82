"""Taking money and giving it back. Rows are written once; a refund is a mirror and a resettlement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.events import emit
from app.money import Amount, Quantity, format_amount, format_quantity
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    BillChanged,
    ChangeOnlyFromCash,
    NothingToSettle,
    NotRefundable,
    RefundChannelWrong,
    RefundSumWrong,
    RefundTooLarge,
    TenderRepeated,
    TenderTooLittle,
    VisitSeen,
)
from modules.charging.events import BillRefunded, BillSettled, RefundedLine, SettledTender
from modules.charging.events import SettledLine as SettledLineFact
from modules.charging.models import (
    Bill,
    Charge,
    ChargeSource,
    ChargeStatus,
    ReceiptPrint,
    Settlement,
    SettlementKind,
    SettlementLine,
    Shift,
    Tender,
)
from modules.charging.rules.refunds import RefundPlan, SettledLine, plan_refund
from modules.charging.rules.tenders import (
    TenderCheck,
    TenderFault,
    TenderMethod,
    check_tenders,
    refund_faults,
)
from modules.charging.services.shifts import present_shift
from modules.prescriptions import queries as prescription_queries
from modules.prescriptions import services as prescriptions

_ZERO = Decimal("0.00")
# Where a partial refund of a mixed payment goes first: the drawer is emptied last. Source: house rule.
_REFUND_ORDER = (TenderMethod.WECHAT, TenderMethod.ALIPAY, TenderMethod.BANK_CARD, TenderMethod.CASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderInput:
    """One way of paying and its amount in yuan; cash as handed over."""

    method: Literal["cash", "bank_card", "wechat", "alipay"]
    amount: Amount
    reference: Annotated[str, Field(max_length=60)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLineInput:
    """How much of a charge goes back."""

    charge_id: int
    quantity: Quantity


@use_case("charging.bill.settle")
def settle_bill(
    *,
    bill_id: int,
    expected_amount: Amount,
    tenders: Annotated[list[TenderInput], Field(max_length=4)],
    by: Actor,
) -> Settlement:
    """Settle everything that is due on a bill (收费). `expected_amount` is what the window showed.

    The bill is held until commit, so two windows never settle it twice.

    Raises:
        NotFound: no such bill here.
        NothingToSettle: no line is unpaid.
        BillChanged: what is due is not what the window showed.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the tenders do not settle the bill.
    """
    bill = queries.lock_bill(bill_id)
    charges = queries.charges_of(bill.id, status=ChargeStatus.UNPAID)
    if not charges:
        raise NothingToSettle
    due = sum((charge.amount for charge in charges), _ZERO)
    if due != expected_amount:
        raise BillChanged(due=format_amount(due))
    paid = _check_tenders(due, tenders)
    for charge in charges:
        charge.status = ChargeStatus.PAID
    settlement = _settlement(bill, SettlementKind.CHARGE, due, present_shift(by), by)
    settlement.change_amount = paid.change
    references = {TenderMethod(tender.method): tender.reference for tender in tenders}
    _store(
        settlement, [(charge, charge.quantity, charge.amount) for charge in charges], paid.booked, references
    )
    paid_prescriptions = _prescription_ids(charges)
    if paid_prescriptions:
        prescriptions.mark_paid(prescription_ids=paid_prescriptions, by=by)
        db.session.flush()
    audit.record("bill.settled", settlement, by=by, number=settlement.number, amount=due)
    emit(
        BillSettled(
            settlement_id=settlement.id,
            number=settlement.number,
            visit_id=bill.visit_id,
            patient_id=bill.patient_id,
            on=settlement.on,
            amount=due,
            lines=tuple(_line_fact(charge) for charge in charges),
            tenders=_tender_facts(paid.booked),
            prescription_ids=paid_prescriptions,
        )
    )
    return settlement


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
    paid = {tender.method: tender.amount for tender in queries.tenders_of(original.id)}
    back = _refund_parts(plan.refund_amount, paid, tenders)
    charges = {charge.id: charge for _, charge in settled}
    shift = present_shift(by)
    mirror = _mirror(bill, original, plan, paid, charges, shift, reason, by)
    again = _resettle(bill, original, plan, _less(paid, back), charges, shift, reason, by)
    refunded = _refunded_lines(plan, returned, charges)
    for charge_id, quantity in returned.items():
        charge = charges[charge_id]
        charge.refunded_quantity += quantity
        whole = charge.refunded_quantity == charge.quantity
        charge.status = ChargeStatus.REFUNDED if whole else ChargeStatus.PARTLY_REFUNDED
    db.session.flush()
    _hand_back_prescriptions(_prescription_ids(charges[charge_id] for charge_id in returned), by)
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
            tenders=_tender_facts({method: -amount for method, amount in back.items()}),
        )
    )
    return mirror


@use_case("charging.receipt.print")
def print_receipt(*, settlement_id: int, by: Actor) -> ReceiptPrint:
    """Count a printing of a receipt; from the second on the paper says that it is a copy (补打).

    Raises:
        NotFound: no such settlement here.
    """
    settlement = queries.get_settlement(settlement_id)
    queries.lock_bill(settlement.bill_id)
    printed = ReceiptPrint(
        settlement_id=settlement_id,
        copy_no=queries.count_prints(settlement_id) + 1,
        printed_at=clock.now(),
        printed_by=by.name,
    )
    db.session.add(printed)
    db.session.flush()
    audit.record("receipt.printed", settlement, by=by, copy_no=printed.copy_no)
    return printed


def _check_tenders(due: Decimal, tenders: list[TenderInput]) -> TenderCheck:
    handed = {TenderMethod(tender.method): tender.amount for tender in tenders}
    if len(handed) != len(tenders):
        raise TenderRepeated(field="tenders")
    check = check_tenders(due, handed)
    if check.fault == TenderFault.CHANGE_WITHOUT_CASH:
        raise ChangeOnlyFromCash(field="tenders")
    if check.fault is not None:
        missing = due - sum(handed.values(), _ZERO)
        raise TenderTooLittle(field="tenders", missing=format_amount(missing), due=format_amount(due))
    return check


def _settlement(bill: Bill, kind: SettlementKind, amount: Decimal, shift: Shift, by: Actor) -> Settlement:
    return Settlement(
        id=ids.new_id(),
        number=numbering.next_number("receipt", on=clock.today(), prefix="S"),
        kind=kind,
        bill_id=bill.id,
        shift_id=shift.id,
        on=clock.today(),
        at=clock.now(),
        amount=amount,
        cashier_account_id=by.account_id,
        cashier_name=by.name,
    )


def _store(
    settlement: Settlement,
    lines: Iterable[tuple[Charge, Decimal, Decimal]],
    tenders: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
) -> None:
    db.session.add(settlement)
    db.session.flush()
    for charge, quantity, amount in lines:
        db.session.add(
            SettlementLine(
                settlement_id=settlement.id,
                charge_id=charge.id,
                kind=settlement.kind,
                fee_class=charge.fee_class,
                quantity=quantity,
                amount=amount,
            )
        )
    for method, amount in tenders.items():
        db.session.add(
            Tender(
                settlement_id=settlement.id,
                method=method,
                amount=amount,
                reference=references.get(method, ""),
            )
        )
    db.session.flush()


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
    left = {method: amount - back.get(method, _ZERO) for method, amount in paid.items()}
    return {method: amount for method, amount in left.items() if amount}


def _mirror(
    bill: Bill,
    original: Settlement,
    plan: RefundPlan,
    paid: Mapping[TenderMethod, Decimal],
    charges: Mapping[int, Charge],
    shift: Shift,
    reason: str,
    by: Actor,
) -> Settlement:
    mirror = _settlement(bill, SettlementKind.MIRROR, -original.amount, shift, by)
    mirror.mirrors_id, mirror.reason = original.id, reason
    lines = [(charges[line.line_id], line.quantity, line.amount) for line in plan.mirrored]
    _store(mirror, lines, {method: -amount for method, amount in paid.items()}, {})
    return mirror


def _resettle(
    bill: Bill,
    original: Settlement,
    plan: RefundPlan,
    kept: Mapping[TenderMethod, Decimal],
    charges: Mapping[int, Charge],
    shift: Shift,
    reason: str,
    by: Actor,
) -> Settlement | None:
    if not plan.kept:
        return None
    amount = sum((line.amount for line in plan.kept), _ZERO)
    again = _settlement(bill, SettlementKind.RESETTLEMENT, amount, shift, by)
    again.resettles_id, again.reason = original.id, reason
    _store(again, [(charges[line.line_id], line.quantity, line.amount) for line in plan.kept], kept, {})
    return again


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


def _line_fact(charge: Charge) -> SettledLineFact:
    return SettledLineFact(
        charge_id=charge.id,
        source_kind=charge.source_kind.value,
        source_id=charge.source_id,
        item_kind=charge.item_kind.value,
        item_id=charge.item_id,
        quantity=charge.quantity,
        amount=charge.amount,
        fee_class=charge.fee_class.value,
    )


def _tender_facts(tenders: Mapping[TenderMethod, Decimal]) -> tuple[SettledTender, ...]:
    return tuple(SettledTender(method=method.value, amount=amount) for method, amount in tenders.items())


def _prescription_ids(charges: Iterable[Charge]) -> tuple[int, ...]:
    found = {charge.prescription_id for charge in charges if charge.prescription_id is not None}
    return tuple(sorted(found))
