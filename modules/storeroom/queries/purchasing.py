"""Reading suppliers, limits, plans, orders, receipts and invoices."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Select, func, select

from app.db import Page, db, locking, page_by_key
from app.errors import NotFound
from app.registry import installed
from modules.dispensing import queries as stock
from modules.storeroom.models import (
    DrugRule,
    Invoice,
    InvoiceLine,
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
from modules.storeroom.rules.matching import MatchLine

OPEN_ORDERS = (OrderStatus.AWAITING, OrderStatus.PARTLY)


def list_suppliers() -> list[Supplier]:
    """Every supplier, by code."""
    return list(db.session.scalars(select(Supplier).order_by(Supplier.code)))


def get_supplier(supplier_id: int) -> Supplier:
    """The supplier, or NotFound."""
    found = db.session.get(Supplier, supplier_id)
    if found is None:
        raise NotFound(field="supplier_id")
    return found


def list_drug_rules() -> list[DrugRule]:
    """The limits of every drug that has some, by name."""
    return list(db.session.scalars(select(DrugRule).order_by(DrugRule.drug_name, DrugRule.id)))


def lock_drug_rule(drug_id: int) -> DrugRule | None:
    """The limits of a drug, held until commit; None when it has none yet."""
    return db.session.scalar(locking(select(DrugRule).where(DrugRule.drug_id == drug_id), DrugRule))


def list_plans(*, before: int | None = None, size: int = 40) -> Page[Plan]:
    """Plans, the latest first."""
    return page_by_key(select(Plan), Plan.id, before=before, size=size)


def get_plan(plan_id: int) -> Plan:
    """The plan, or NotFound."""
    found = db.session.get(Plan, plan_id)
    if found is None:
        raise NotFound(field="plan_id")
    return found


def lines_of_plan(plan_id: int) -> list[PlanLine]:
    """Lines of a plan, by code of the drug."""
    statement = select(PlanLine).where(PlanLine.plan_id == plan_id).order_by(PlanLine.drug_code, PlanLine.id)
    return list(db.session.scalars(statement))


def list_orders(*, before: int | None = None, size: int = 40) -> Page[Order]:
    """Orders, the latest first."""
    return page_by_key(select(Order), Order.id, before=before, size=size)


def orders_of_plan(plan_id: int) -> list[Order]:
    """The orders a plan became."""
    return list(db.session.scalars(select(Order).where(Order.plan_id == plan_id).order_by(Order.id)))


def get_order(order_id: int) -> Order:
    """The order, or NotFound."""
    found = db.session.get(Order, order_id)
    if found is None:
        raise NotFound(field="order_id")
    return found


def lines_of_order(order_id: int) -> list[OrderLine]:
    """Lines of an order, by code of the drug."""
    statement = select(OrderLine).where(OrderLine.order_id == order_id)
    return list(db.session.scalars(statement.order_by(OrderLine.drug_code, OrderLine.id)))


def lock_lines_of_order(order_id: int) -> list[OrderLine]:
    """Lines of an order, held until commit."""
    statement = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id)
    return list(db.session.scalars(locking(statement, OrderLine)))


def purchase_costs(drug_ids: Iterable[int]) -> dict[int, list[Decimal]]:
    """Drug id → yuan of a minimum unit, as bought last and as ordered last. Two statements."""
    wanted = sorted(set(drug_ids))
    found = {drug_id: [batch.unit_cost] for drug_id, batch in stock.latest_batches(wanted).items()}
    latest = select(func.max(OrderLine.id)).where(OrderLine.drug_id.in_(wanted)).group_by(OrderLine.drug_id)
    for line in db.session.scalars(select(OrderLine).where(OrderLine.id.in_(latest))):
        unit_cost = (line.pack_cost / line.pack_factor).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        found.setdefault(line.drug_id, []).append(unit_cost)
    return found


def open_orders_by_drug() -> dict[int, Decimal]:
    """Drug id → minimum units that are ordered and have not come. One statement."""
    statement = (
        select(OrderLine.drug_id, OrderLine.pack_factor, func.sum(OrderLine.packs - OrderLine.received))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.status.in_(OPEN_ORDERS))
        .group_by(OrderLine.drug_id, OrderLine.pack_factor)
    )
    found: dict[int, Decimal] = {}
    for drug_id, factor, packs in db.session.execute(statement):
        found[drug_id] = found.get(drug_id, Decimal(0)) + packs * factor
    return found


def coming_packs() -> dict[int, Decimal]:
    """Drug id → packs that come to the centre without an order of its own, as other modules know."""
    found: dict[int, Decimal] = {}
    for module in installed().modules.values():
        for drug_id, packs in (module.coming() if module.coming else {}).items():
            found[drug_id] = found.get(drug_id, Decimal(0)) + packs
    return found


def receipts_of_order(order_id: int) -> list[Receipt]:
    """Deliveries of an order, in the order they came."""
    return list(db.session.scalars(select(Receipt).where(Receipt.order_id == order_id).order_by(Receipt.id)))


def lines_of_receipt(receipt_id: int) -> list[ReceiptLine]:
    """Batches of a delivery."""
    statement = select(ReceiptLine).where(ReceiptLine.receipt_id == receipt_id)
    return list(db.session.scalars(statement.order_by(ReceiptLine.id)))


def lines_of_receipts(receipt_ids: Iterable[int]) -> dict[int, list[ReceiptLine]]:
    """Receipt id → its batches. One statement."""
    statement = select(ReceiptLine).where(ReceiptLine.receipt_id.in_(sorted(set(receipt_ids))))
    found: dict[int, list[ReceiptLine]] = {}
    for line in db.session.scalars(statement.order_by(ReceiptLine.id)):
        found.setdefault(line.receipt_id, []).append(line)
    return found


def invoices_of_order(order_id: int) -> list[Invoice]:
    """Invoices of an order, in the order they were entered."""
    return list(db.session.scalars(select(Invoice).where(Invoice.order_id == order_id).order_by(Invoice.id)))


def match_of_order(order_id: int) -> list[MatchLine]:
    """Order, receipts and invoices of an order side by side, by drug (三单匹配). Three statements."""
    accepted = _sums(
        select(ReceiptLine.order_line_id, func.sum(ReceiptLine.accepted), func.sum(ReceiptLine.refused))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(Receipt.order_id == order_id, Receipt.status == ReceiptStatus.POSTED)
        .group_by(ReceiptLine.order_line_id)
    )
    invoiced = _sums(
        select(InvoiceLine.order_line_id, func.sum(InvoiceLine.packs), func.sum(InvoiceLine.amount))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.order_id == order_id)
        .group_by(InvoiceLine.order_line_id)
    )
    nothing = (Decimal(0), Decimal(0))
    return [
        MatchLine(
            drug_name=line.drug_name,
            ordered=line.packs,
            accepted=accepted.get(line.id, nothing)[0],
            invoiced=invoiced.get(line.id, nothing)[0],
            pack_cost=line.pack_cost,
            amount=invoiced.get(line.id, nothing)[1],
        )
        for line in lines_of_order(order_id)
    ]


def _sums(statement: Select[int, Decimal, Decimal]) -> dict[int, tuple[Decimal, Decimal]]:
    return {row[0]: (row[1], row[2]) for row in db.session.execute(statement)}


def waiting_plans() -> int:
    """Plans that wait for approval."""
    return db.session.scalar(select(func.count()).where(Plan.status == PlanStatus.SUBMITTED)) or 0
