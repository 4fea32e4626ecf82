"""How charges come onto a bill and go from it while they are unpaid."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app import audit, ids
from app.actor import Actor
from app.db import db
from app.errors import NotFound
from app.money import Quantity
from app.tenancy import setting_of
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.charging import queries
from modules.charging.errors import (
    BillMissing,
    ChargeHandedOut,
    ChargeNotVoidable,
    CheckoutUnderway,
    PrescriptionPaid,
    PriceMissing,
)
from modules.charging.models import PAID, Bill, Charge, ChargeSource, ChargeStatus, ItemKind
from modules.charging.rules.amounts import line_amount
from modules.charging.rules.reductions import share_of
from modules.charging.services.lines import NewLine, add_lines, amount_of
from modules.charging.services.packages import package_lines
from modules.prescriptions.events import PrescriptionSigned
from modules.registration.events import VisitRegistered


def open_bill(visit: VisitRegistered) -> Bill:
    """Open the bill of a new visit with its fees; joins the registration's transaction.

    Raises:
        PriceMissing: a fee has no price in force.
        LimitSex, LimitAge, LimitDay, LimitDays: a fee is not for this patient, or not so often.
    """
    bill = Bill(
        visit_id=visit.visit_id,
        visit_number=visit.visit_number,
        patient_id=visit.patient_id,
        on=visit.on,
        pays_at_end=bool(setting_of(visit.actor.tenant_id, "pays_at_end")),
    )
    db.session.add(bill)
    db.session.flush()
    priced = queries.priced_services(visit.fee_codes) if visit.fee_codes else {}
    for code in visit.fee_codes:
        if code not in priced:
            raise PriceMissing(field="fee_codes", item=code)
    lines = [
        NewLine(
            priced=priced[code],
            quantity=Decimal(1),
            source_kind=ChargeSource.VISIT,
            source_id=visit.visit_id,
            field="fee_codes",
        )
        for code in visit.fee_codes
    ]
    add_lines(bill.id, visit.patient_id, lines)
    return bill


def charge_prescription(signed: PrescriptionSigned) -> None:
    """Put the lines of a signed prescription on the bill, and the decoction if the clinic decocts.

    Raises:
        BillMissing: the visit has no bill.
        PriceMissing: a drug has no price in force.
        LimitSex, LimitAge, LimitDay, LimitDays: a drug is not for this patient, or not so often.
    """
    decoction = signed.decoction == "clinic"
    bill_id, prices = queries.prices_for_prescription(
        signed.visit_id, (line.drug_id for line in signed.lines), decoction=decoction
    )
    drugs = {one.price.item_id: one for one in prices if one.price.item_kind == ItemKind.DRUG}
    for line in signed.lines:
        if line.drug_id not in drugs:
            raise PriceMissing(field=f"lines-{line.line_no - 1}-drug_id", item=line.drug_name)
    if bill_id is None:
        raise BillMissing(field="visit_id")
    lines = [
        NewLine(
            priced=drugs[line.drug_id],
            quantity=line.quantity,
            source_kind=ChargeSource.PRESCRIPTION_ITEM,
            source_id=line.item_id,
            prescription_id=signed.prescription_id,
            field=f"lines-{line.line_no - 1}-drug_id",
        )
        for line in signed.lines
    ]
    if decoction:
        service = next((one for one in prices if one.price.item_kind == ItemKind.SERVICE), None)
        if service is None:
            raise PriceMissing(field="decoction", item=queries.DECOCTION_CODE)
        lines.append(
            NewLine(
                priced=service,
                quantity=Decimal(signed.doses),
                source_kind=ChargeSource.DECOCTION,
                source_id=signed.lines[0].item_id,
                prescription_id=signed.prescription_id,
                field="decoction",
            )
        )
    add_lines(bill_id, signed.patient_id, lines)


def void_prescription_charges(*, prescription_id: int, visit_id: int, reason: str) -> None:
    """Void the unpaid lines of a prescription that was withdrawn, voided or has expired.

    Raises:
        CheckoutUnderway: its lines are being settled at this moment.
        PrescriptionPaid: some of its money has not been given back.
        ChargeHandedOut: some of it was handed out before the payment and not brought back.
    """
    bill = queries.lock_bill_of_visit(visit_id)
    charges = queries.charges_of_prescription(prescription_id)
    _refuse_locked(bill, charges)
    if any(charge.status in PAID for charge in charges):
        raise PrescriptionPaid
    _void([charge for charge in charges if charge.status == ChargeStatus.UNPAID], reason)


def release_expired_charges(*, prescription_id: int, visit_id: int) -> None:
    """Void what was never paid of an expired prescription; what was paid stays until it is refunded.

    Raises:
        CheckoutUnderway: its lines are being settled at this moment; it expires when that has ended.
    """
    bill = queries.lock_bill_of_visit(visit_id)
    charges = queries.charges_of_prescription(prescription_id)
    _refuse_locked(bill, charges)
    _void([charge for charge in charges if charge.status == ChargeStatus.UNPAID], "expired")


def void_visit_charges(*, visit_id: int, reason: str) -> None:
    """Void every unpaid line of a visit that was cancelled; what was paid waits for its refund.

    Raises:
        CheckoutUnderway: the bill is being settled at this moment.
        ChargeHandedOut: drugs on it were handed out and not brought back.
    """
    if queries.find_bill(visit_id) is None:
        return
    bill = queries.lock_bill_of_visit(visit_id)
    charges = queries.charges_of(bill.id)
    _refuse_locked(bill, charges)
    _void([charge for charge in charges if charge.status == ChargeStatus.UNPAID], reason)


@use_case("charging.charge.add")
def add_charge(*, bill_id: int, item_id: int, quantity: Quantity = Decimal(1), by: Actor) -> Charge:
    """Put a service item or material on a bill at the window, or the members of a package; answers the first line.

    Raises:
        NotFound: no such bill here, or no such item.
        PriceMissing: the item has no price in force.
        PackageEmpty, PackageItemUnusable, PackageNotWhole: the package cannot be charged today.
        LimitSex, LimitAge, LimitDay, LimitDays: an item is not for this patient, or not so often.
    """
    bill = queries.lock_bill(bill_id)
    lines = _wanted(item_id, quantity)
    charges = add_lines(bill.id, bill.patient_id, lines)
    package = lines[0].package
    audit.record(
        "charge.added",
        charges[0],
        by=by,
        item=" ".join(charge.item_code for charge in charges),
        amount=amount_of(charges),
        **({"package": package.name} if package else {}),
    )
    return charges[0]


def _wanted(item_id: int, quantity: Decimal) -> list[NewLine]:
    """An item of the price list as one line, a package as many."""
    if priced := queries.priced_item(item_id):
        return [
            NewLine(priced=priced, quantity=quantity, source_kind=ChargeSource.MANUAL, field="item_id"),
        ]
    if package := queries.package_in_force(item_id):
        return package_lines(package, quantity, "item_id")
    raise PriceMissing(field="item_id", item=catalogue.get_service(item_id).name)


@use_case("charging.charge.void")
def void_charge(
    *, charge_id: int, reason: Annotated[str, Field(min_length=2, max_length=200)], by: Actor
) -> Charge:
    """Take an unpaid line of the cashier's own off the bill; it stays readable as voided.

    Raises:
        NotFound: no such line here.
        ChargeNotVoidable: it is paid, voided, or born from a visit or a prescription.
    """
    charge = db.session.get(Charge, charge_id)
    if charge is None:
        raise NotFound(field="charge_id")
    queries.lock_bill(charge.bill_id)
    db.session.refresh(charge)
    if charge.status != ChargeStatus.UNPAID or charge.source_kind != ChargeSource.MANUAL:
        raise ChargeNotVoidable
    _void([charge], reason)
    audit.record("charge.voided", charge, by=by, reason=reason)
    return charge


def _refuse_locked(bill: Bill, charges: list[Charge]) -> None:
    if any(charge.status == ChargeStatus.LOCKED for charge in charges):
        checkout = queries.find_open_checkout(bill.id)
        raise CheckoutUnderway(
            number=checkout.number if checkout else "", name=checkout.opened_by_name if checkout else ""
        )


def shorten_unpaid(charge: Charge, quantity: Decimal) -> None:
    """Part of an unpaid line came back: the line stays readable as voided, the rest stands as a line of its own.

    What was let off the line by hand stays let off the rest, in its share.
    """
    rest = charge.quantity - quantity
    executed, charge.executed_quantity = charge.executed_quantity, Decimal(0)
    _void([charge], "returned")
    if rest:
        db.session.add(_rest_of(charge, rest, executed))
        db.session.flush()


def _rest_of(charge: Charge, quantity: Decimal, executed: Decimal) -> Charge:
    same = (
        "bill_id",
        "source_kind",
        "source_id",
        "prescription_id",
        "item_kind",
        "item_id",
        "item_code",
        "item_name",
        "fee_class",
        "unit",
        "price_amount",
        "per",
        "price_unit",
        "price_id",
        "package_version_id",
        "package_name",
        "added_at",
    )
    amount = line_amount(charge.price_amount, quantity, per=charge.per)
    return Charge(
        id=ids.new_id(),
        status=ChargeStatus.UNPAID,
        quantity=quantity,
        amount=amount,
        executed_quantity=executed,
        waived_amount=share_of(charge.waived_amount, amount, charge.amount),
        **{name: getattr(charge, name) for name in same},
    )


def _void(charges: list[Charge], reason: str) -> None:
    for charge in charges:
        if charge.executed_quantity and charge.item_kind == ItemKind.DRUG:
            raise ChargeHandedOut(item=charge.item_name)
    for charge in charges:
        charge.status = ChargeStatus.VOIDED
        charge.void_reason = reason
    db.session.flush()
