"""Purchase orders, deliveries with their inspection, and invoices (采购订单, 验收入库, 发票)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids, numbering
from app.actor import Actor
from app.db import db, lock_row
from app.errors import InvalidInput, NotFound
from app.events import emit
from app.i18n import N_, gettext
from app.money import Amount, Quantity, round_amount
from app.use_cases import use_case
from modules.catalogue import queries as catalogue
from modules.dispensing import services as dispensing
from modules.dispensing.queries import Account, DocumentKind
from modules.storeroom import queries
from modules.storeroom.errors import (
    ColdChainBroken,
    InvoiceTaken,
    ReasonMissing,
    SamePerson,
    SupplierExpired,
    SupplierMissing,
    TooMuchDelivered,
    WrongState,
)
from modules.storeroom.events import InvoiceEntered, OrderPlaced
from modules.storeroom.models import (
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Order,
    OrderLine,
    OrderStatus,
    Plan,
    PlanLine,
    PlanStatus,
    Receipt,
    ReceiptLine,
    ReceiptStatus,
    Supplier,
)
from modules.storeroom.rules.special import is_cold, is_cold_chain, needs_two_signatures
from modules.storeroom.services.purchasing import Reason, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLineInput:
    """A batch that was delivered for a line of the order: packs accepted and packs refused."""

    order_line_id: int
    batch_no: Annotated[str, Field(min_length=1, max_length=40)]
    expires_on: date
    approval_no: Annotated[str, Field(min_length=4, max_length=40)]
    report_no: Annotated[str, Field(max_length=60)] = ""
    accepted: Units = Decimal(0)
    refused: Units = Decimal(0)
    reason: Annotated[str, Field(max_length=200)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLineInput:
    """What the supplier asks for a line of the order."""

    order_line_id: int
    packs: Quantity
    amount: Amount


@use_case("storeroom.purchase.plan")
def order_plan(*, plan_id: int, by: Actor) -> Plan:
    """Place the orders of an approved plan, one for each supplier (采购下单).

    Raises:
        NotFound: no such plan here.
        WrongState: it is not approved, or was ordered before.
        SupplierMissing: a line names no supplier.
        SupplierExpired: the licence of a supplier has ended, or it is no longer in use.
    """
    plan = lock_row(Plan, plan_id)
    if plan is None:
        raise NotFound(field="plan_id")
    if plan.status != PlanStatus.APPROVED:
        raise WrongState(number=plan.number, status=plan.status.label)
    suppliers = {supplier.id: supplier for supplier in queries.list_suppliers()}
    by_supplier: dict[int, list[PlanLine]] = {}
    for line in queries.lines_of_plan(plan_id):
        if line.packs:
            if line.supplier_id is None:
                raise SupplierMissing(drug=line.drug_name)
            by_supplier.setdefault(line.supplier_id, []).append(line)
    controls = {
        drug.id: drug.special_control
        for drug in catalogue.drugs_by_id(
            line.drug_id for lines in by_supplier.values() for line in lines
        ).values()
    }
    for supplier_id, lines in by_supplier.items():
        _place(plan, _licensed(suppliers[supplier_id]), lines, controls, by)
    plan.status = PlanStatus.ORDERED
    audit.record("plan.ordered", plan, by=by, number=plan.number, orders=len(by_supplier))
    return plan


def _licensed(supplier: Supplier) -> Supplier:
    if supplier.is_expired or not supplier.is_active:
        raise SupplierExpired(supplier=supplier.name, until=supplier.licence_until)
    return supplier


def _place(
    plan: Plan, supplier: Supplier, lines: Sequence[PlanLine], controls: Mapping[int, str], by: Actor
) -> None:
    order = Order(
        id=ids.new_id(),
        number=numbering.next_number("storeroom.order", on=clock.today(), prefix="CD"),
        status=OrderStatus.AWAITING,
        plan_id=plan.id,
        supplier_id=supplier.id,
        supplier_name=supplier.name,
        location_id=plan.location_id,
        on=clock.today(),
        by_name=by.name,
    )
    db.session.add(order)
    db.session.flush()
    db.session.add_all(
        OrderLine(
            order_id=order.id,
            drug_id=line.drug_id,
            drug_code=line.drug_code,
            drug_name=line.drug_name,
            pack_unit=line.pack_unit,
            pack_factor=line.pack_factor,
            packs=line.packs,
            pack_cost=line.pack_cost,
            special_control=controls.get(line.drug_id, ""),
        )
        for line in lines
    )
    amount = sum((round_amount(line.packs * line.pack_cost) for line in lines), Decimal("0.00"))
    emit(OrderPlaced(order_id=order.id, supplier_id=supplier.id, number=order.number, amount=amount))
    db.session.flush()


@use_case("storeroom.purchase.plan")
def close_order(*, order_id: int, reason: Reason, by: Actor) -> Order:
    """Close an order of which nothing more is expected.

    Raises:
        NotFound: no such order here.
        WrongState: it is delivered or closed.
    """
    order = _lock_open_order(order_id)
    order.status, order.closed_reason = OrderStatus.CLOSED, reason
    audit.record("order.closed", order, by=by, number=order.number, reason=reason)
    return order


@use_case("storeroom.delivery.receive")
def receive_delivery(
    *,
    order_id: int,
    lines: Annotated[list[DeliveryLineInput], Field(min_length=1, max_length=200)],
    temperature: Annotated[Decimal, Field(ge=-80, le=80, max_digits=4, decimal_places=1)] | None = None,
    by: Actor,
) -> Receipt:
    """Inspect a delivery of an order (验收): batches accepted go into stock, others back with the driver.

    A delivery with special drugs waits for the signature of a second person before it is posted.

    Raises:
        NotFound: no such order or line here.
        WrongState: the order is delivered or closed.
        InvalidInput: a line without a quantity.
        ReasonMissing: packs are refused without a reason.
        TooMuchDelivered: more is accepted than is still to come.
        ColdChainBroken: a drug that travels cold is accepted warm, or unmeasured.
        BatchExpired: an expired batch is accepted.
    """
    order = _lock_open_order(order_id)
    known = {line.id: line for line in queries.lock_lines_of_order(order_id)}
    for number, given in enumerate(lines):
        _inspect(given, number, known, temperature)
    accepted = [line for line in lines if line.accepted]
    needs_second = any(needs_two_signatures(known[line.order_line_id].special_control) for line in accepted)
    receipt = Receipt(
        id=ids.new_id(),
        number=numbering.next_number("storeroom.receipt", on=clock.today(), prefix="YS"),
        status=ReceiptStatus.TO_INSPECT if accepted else ReceiptStatus.REFUSED,
        order_id=order.id,
        at=clock.now(),
        temperature=temperature,
        inspected_by_id=by.account_id,
        inspected_by_name=by.name,
    )
    db.session.add(receipt)
    db.session.flush()
    rows = [_receipt_line(receipt, given, known[given.order_line_id]) for given in lines]
    db.session.add_all(rows)
    _settle(order, known.values())
    db.session.flush()
    audit.record("delivery.inspected", receipt, by=by, number=receipt.number)
    if accepted and not needs_second:
        _post(receipt, order, rows, by)
    return receipt


@use_case("storeroom.delivery.receive")
def sign_delivery(*, receipt_id: int, by: Actor) -> Receipt:
    """Sign the inspection of special drugs as the second person; then it is posted (双人验收).

    Raises:
        NotFound: no such receipt here.
        WrongState: it waits for no signature.
        SamePerson: the same person inspected it.
    """
    receipt = lock_row(Receipt, receipt_id)
    if receipt is None:
        raise NotFound(field="receipt_id")
    if receipt.status != ReceiptStatus.TO_INSPECT:
        raise WrongState(number=receipt.number, status=receipt.status.label)
    if receipt.inspected_by_id == by.account_id:
        raise SamePerson
    receipt.second_by_name = by.name
    audit.record("delivery.signed", receipt, by=by, number=receipt.number)
    _post(receipt, queries.get_order(receipt.order_id), queries.lines_of_receipt(receipt_id), by)
    return receipt


def _inspect(
    given: DeliveryLineInput, number: int, known: Mapping[int, OrderLine], temperature: Decimal | None
) -> None:
    line = known.get(given.order_line_id)
    if line is None:
        raise NotFound(field=f"lines-{number}-order_line_id")
    if not given.accepted + given.refused:
        raise InvalidInput({f"lines-{number}-accepted": [gettext(N_("Enter a quantity."))]})
    if given.refused and not given.reason.strip():
        raise ReasonMissing(field=f"lines-{number}-reason")
    if given.accepted > line.missing:
        raise TooMuchDelivered(
            field=f"lines-{number}-accepted", drug=line.drug_name, packs=f"{line.missing.normalize():f}"
        )
    if given.accepted and is_cold_chain(line.special_control) and not is_cold(temperature):
        raise ColdChainBroken(field="temperature", drug=line.drug_name)
    line.received += given.accepted


def _receipt_line(receipt: Receipt, given: DeliveryLineInput, line: OrderLine) -> ReceiptLine:
    return ReceiptLine(
        id=ids.new_id(),
        receipt_id=receipt.id,
        order_line_id=line.id,
        drug_id=line.drug_id,
        drug_name=line.drug_name,
        batch_no=given.batch_no.strip().upper(),
        expires_on=given.expires_on,
        approval_no=given.approval_no.strip(),
        report_no=given.report_no.strip(),
        pack_cost=line.pack_cost,
        accepted=given.accepted,
        refused=given.refused,
        reason=given.reason.strip(),
    )


def _settle(order: Order, lines: Iterable[OrderLine]) -> None:
    """The order's state follows what has come."""
    came = [(line.received, line.missing) for line in lines]
    if not any(missing for _, missing in came):
        order.status = OrderStatus.DONE
    elif any(received for received, _ in came):
        order.status = OrderStatus.PARTLY


def _post(receipt: Receipt, order: Order, rows: Sequence[ReceiptLine], by: Actor) -> None:
    document = dispensing.take_in(
        DocumentKind.RECEIPT,
        Account.SUPPLIER,
        order.location_id,
        [
            dispensing.StockLineInput(
                drug_id=row.drug_id,
                batch_no=row.batch_no,
                expires_on=row.expires_on,
                packs=row.accepted,
                pack_cost=row.pack_cost,
            )
            for row in rows
            if row.accepted
        ],
        order.supplier_name,
        by,
    )
    receipt.document_id, receipt.status = document.id, ReceiptStatus.POSTED
    db.session.flush()


@use_case("storeroom.invoice.enter")
def enter_invoice(
    *,
    order_id: int,
    number: Annotated[str, Field(min_length=1, max_length=40)],
    on: date,
    lines: Annotated[list[InvoiceLineInput], Field(min_length=1, max_length=200)],
    by: Actor,
) -> Invoice:
    """Enter a supplier's invoice; it is matched with order and receipts at once (三单匹配).

    Raises:
        NotFound: no such order or line here.
        InvoiceTaken: the supplier's invoice was entered before.
    """
    order = lock_row(Order, order_id)
    if order is None:
        raise NotFound(field="order_id")
    known = {line.id for line in queries.lock_lines_of_order(order_id)}
    for place, given in enumerate(lines):
        if given.order_line_id not in known:
            raise NotFound(field=f"lines-{place}-order_line_id")
    invoice = Invoice(
        id=ids.new_id(),
        number=number.strip(),
        supplier_id=order.supplier_id,
        order_id=order.id,
        on=on,
        status=InvoiceStatus.DIFFERENT,
        amount=sum((line.amount for line in lines), Decimal("0.00")),
        entered_by_id=by.account_id,
        entered_by_name=by.name,
    )
    _store_once(invoice, lines)
    is_matched = all(line.matches for line in queries.match_of_order(order_id))
    if is_matched:
        invoice.status = InvoiceStatus.MATCHED
    audit.record("invoice.entered", invoice, by=by, number=invoice.number, is_matched=is_matched)
    emit(
        InvoiceEntered(
            invoice_id=invoice.id,
            supplier_id=order.supplier_id,
            order_id=order.id,
            number=invoice.number,
            amount=invoice.amount,
            is_matched=is_matched,
        )
    )
    return invoice


def _store_once(invoice: Invoice, lines: Sequence[InvoiceLineInput]) -> None:
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    for line in lines:
        packs, amount = sums.get(line.order_line_id, (Decimal(0), Decimal(0)))
        sums[line.order_line_id] = (packs + line.packs, amount + line.amount)
    try:
        with db.session.begin_nested():
            db.session.add(invoice)
            db.session.flush()
    except IntegrityError:
        raise InvoiceTaken(field="number", number=invoice.number) from None
    db.session.add_all(
        InvoiceLine(invoice_id=invoice.id, order_line_id=line_id, packs=packs, amount=amount)
        for line_id, (packs, amount) in sums.items()
    )
    db.session.flush()


@use_case("storeroom.invoice.accept")
def accept_difference(*, invoice_id: int, reason: Reason, by: Actor) -> Invoice:
    """Accept an invoice that differs from order or receipt, with the reason; not by who entered it.

    Raises:
        NotFound: no such invoice here.
        WrongState: it does not differ, or was accepted.
        SamePerson: the same person entered it.
    """
    invoice = lock_row(Invoice, invoice_id)
    if invoice is None:
        raise NotFound(field="invoice_id")
    if invoice.status != InvoiceStatus.DIFFERENT:
        raise WrongState(number=invoice.number, status=invoice.status.label)
    if invoice.entered_by_id == by.account_id:
        raise SamePerson
    invoice.status, invoice.accepted_by_name, invoice.reason = InvoiceStatus.ACCEPTED, by.name, reason
    audit.record("invoice.difference_accepted", invoice, by=by, number=invoice.number, reason=reason)
    return invoice


def _lock_open_order(order_id: int) -> Order:
    order = lock_row(Order, order_id)
    if order is None:
        raise NotFound(field="order_id")
    if not order.is_open:
        raise WrongState(number=order.number, status=order.status.label)
    return order
