"""Taking money and giving it back. Rows are written once; a refund is a mirror and a resettlement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db
from app.events import emit
from app.money import Amount, format_amount
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.charging import queries
from modules.charging.errors import (
    BillChanged,
    ChangeOnlyFromCash,
    NothingToSettle,
    TenderRepeated,
    TenderTooLittle,
)
from modules.charging.events import BillSettled
from modules.charging.events import SettledLine as SettledLineFact
from modules.charging.models import (
    Bill,
    Charge,
    ChargeStatus,
    ReceiptPrint,
    Settlement,
    SettlementKind,
    SettlementLine,
    Shift,
    Tender,
)
from modules.charging.rules.reductions import Reduction, total_of
from modules.charging.rules.tenders import (
    TenderCheck,
    TenderFault,
    TenderMethod,
    check_tenders,
)
from modules.charging.services.hints import fee_facts, tender_facts
from modules.charging.services.reductions import store_reductions
from modules.charging.services.shifts import present_shift
from modules.prescriptions import services as prescriptions

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderInput:
    """One way of paying and its amount in yuan; cash as handed over."""

    method: Literal["cash", "bank_card", "wechat", "alipay", "digital_yuan", "prepaid"]
    amount: Amount
    reference: Annotated[str, Field(max_length=60)] = ""
    way: Literal["payer_code", "qr"] = "payer_code"  # who shows the code, where a channel is asked


@use_case("charging.bill.settle")
def settle_bill(
    *,
    bill_id: int,
    expected_amount: Amount,
    tenders: Annotated[list[TenderInput], Field(max_length=4)],
    by: Actor,
) -> Settlement:
    """Settle everything that is due on a bill (收费), where nobody outside takes part.

    `expected_amount` is what the window showed. The bill is held until commit, so two windows never settle it twice.

    Raises:
        NotFound: no such bill here.
        NothingToSettle: no line is unpaid.
        BillChanged: what is due is not what the window showed.
        TenderTooLittle, ChangeOnlyFromCash, TenderRepeated: the tenders do not settle the bill.
    """
    by_rule = bool(setting_of(by.tenant_id, "reduces_by_rule"))
    bill, charges, reductions = queries.lock_to_settle(bill_id, by_rule=by_rule)
    if not charges:
        raise NothingToSettle
    due = sum((charge.amount for charge in charges), _ZERO) - total_of(reductions)
    if due != expected_amount:
        raise BillChanged(due=format_amount(due))
    paid = checked_tenders(due, tenders, by)
    references = {TenderMethod(tender.method): tender.reference for tender in tenders}
    shift = present_shift(by.account_id, by.name)
    settlement = settle_charges(
        bill, charges, paid.booked, references, paid.change, shift, clock.now(), by, reductions=reductions
    )
    audit.record("bill.settled", settlement, by=by, number=settlement.number, amount=due)
    return settlement


def settle_charges(
    bill: Bill,
    charges: Sequence[Charge],
    booked: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
    change: Decimal,
    shift: Shift,
    promised_at: datetime,
    by: Actor,
    *,
    reductions: Sequence[Reduction] = (),
) -> Settlement:
    """Make charges paid, in the books of a shift. Prescriptions are judged valid as of `promised_at`.

    What is taken off stands beside the ways of paying, so that the full prices stay those of the lines.
    """
    if taken_off := total_of(reductions):
        booked = {**booked, TenderMethod.REDUCED: taken_off}
    due = sum((charge.amount for charge in charges), _ZERO)
    for charge in charges:
        charge.status = ChargeStatus.PAID
    settlement = new_settlement(bill, SettlementKind.CHARGE, due, shift)
    settlement.change_amount = change
    store_settlement(
        settlement, [(charge, charge.quantity, charge.amount) for charge in charges], booked, references
    )
    store_reductions(reductions, patient_id=bill.patient_id, settlement_id=settlement.id)
    paid_prescriptions = prescription_ids_of(charges)
    if paid_prescriptions:
        prescriptions.mark_paid(prescription_ids=paid_prescriptions, promised_at=promised_at, by=by)
        db.session.flush()
    emit(
        BillSettled(
            settlement_id=settlement.id,
            number=settlement.number,
            visit_id=bill.visit_id,
            patient_id=bill.patient_id,
            on=settlement.on,
            amount=due,
            lines=tuple(_line_fact(charge) for charge in charges),
            tenders=tender_facts(booked, settlement.on),
            prescription_ids=paid_prescriptions,
            fees=fee_facts(((charge.fee_class, charge.amount) for charge in charges), settlement.on),
        )
    )
    return settlement


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


def rounds_cash(by: Actor) -> bool:
    """Whether cash is rounded to the jiao in this centre."""
    return bool(setting_of(by.tenant_id, "rounds_cash"))


def checked_tenders(due: Decimal, tenders: Sequence[TenderInput], by: Actor) -> TenderCheck:
    """The tenders as they are booked, or the refusal that says what is wrong with them."""
    handed = {TenderMethod(tender.method): tender.amount for tender in tenders}
    if len(handed) != len(tenders):
        raise TenderRepeated(field="tenders")
    check = check_tenders(due, handed, rounds_cash=rounds_cash(by))
    if check.fault == TenderFault.CHANGE_WITHOUT_CASH:
        raise ChangeOnlyFromCash(field="tenders")
    if check.fault is not None:
        missing = due - sum(handed.values(), _ZERO)
        raise TenderTooLittle(field="tenders", missing=format_amount(missing), due=format_amount(due))
    return check


def new_settlement(bill: Bill, kind: SettlementKind, amount: Decimal, shift: Shift) -> Settlement:
    """A settlement of today with its number in the books of a shift, not yet stored."""
    return Settlement(
        id=ids.new_id(),
        number=numbering.next_number("receipt", on=clock.today(), prefix="S"),
        kind=kind,
        bill_id=bill.id,
        shift_id=shift.id,
        on=clock.today(),
        at=clock.now(),
        amount=amount,
        cashier_account_id=shift.cashier_account_id,
        cashier_name=shift.cashier_name,
    )


def store_settlement(
    settlement: Settlement,
    lines: Iterable[tuple[Charge, Decimal, Decimal]],
    tenders: Mapping[TenderMethod, Decimal],
    references: Mapping[TenderMethod, str],
) -> None:
    """Store a settlement with its lines and tenders."""
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


def prescription_ids_of(charges: Iterable[Charge]) -> tuple[int, ...]:
    """The prescriptions some charges belong to."""
    found = {charge.prescription_id for charge in charges if charge.prescription_id is not None}
    return tuple(sorted(found))
