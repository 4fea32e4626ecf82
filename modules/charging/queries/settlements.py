"""Reading settlements and receipts."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from app.db import db
from app.errors import NotFound
from modules.charging.models import (
    Bill,
    Charge,
    ReceiptPrint,
    Settlement,
    SettlementKind,
    SettlementLine,
    Tender,
)
from modules.charging.rules.fee_classes import FeeClass, invoice_lines


@dataclass(frozen=True, slots=True)
class SettlementView:
    """A settlement with its lines (and the charge each is of), and its tenders."""

    settlement: Settlement
    bill: Bill
    lines: list[tuple[SettlementLine, Charge]]
    tenders: list[Tender]

    @property
    def classes(self) -> list[tuple[FeeClass, Decimal]]:
        """The invoice's lines: one per fee class, in the printed order."""
        return invoice_lines((line.fee_class, line.amount) for line, _ in self.lines)


def get_settlement(settlement_id: int) -> Settlement:
    """The settlement, or NotFound."""
    found = db.session.get(Settlement, settlement_id)
    if found is None:
        raise NotFound(field="settlement_id")
    return found


def settlement_view(settlement_id: int) -> SettlementView:
    """A settlement with everything on it."""
    settlement = get_settlement(settlement_id)
    bill = db.session.get_one(Bill, settlement.bill_id)
    return SettlementView(settlement, bill, settled_lines(settlement_id), tenders_of(settlement_id))


def settled_lines(settlement_id: int) -> list[tuple[SettlementLine, Charge]]:
    """Lines of a settlement with their charges, in the order of the bill."""
    rows = db.session.execute(
        select(SettlementLine, Charge)
        .join(Charge, Charge.id == SettlementLine.charge_id)
        .where(SettlementLine.settlement_id == settlement_id)
        .order_by(Charge.id)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in rows]


def first_shifts(charge_ids: Iterable[int]) -> set[int]:
    """The shifts in which these lines were paid, whatever was refunded and settled again since. One statement."""
    statement = (
        select(Settlement.shift_id)
        .join(SettlementLine, SettlementLine.settlement_id == Settlement.id)
        .where(
            SettlementLine.charge_id.in_(sorted(charge_ids)),
            Settlement.kind == SettlementKind.CHARGE,
        )
    )
    return set(db.session.scalars(statement))


def tenders_of(settlement_id: int) -> list[Tender]:
    """How a settlement was paid."""
    return list(
        db.session.scalars(select(Tender).where(Tender.settlement_id == settlement_id).order_by(Tender.id))
    )


def is_mirrored(settlement_id: int) -> bool:
    """Whether a settlement was reversed."""
    return db.session.scalar(select(Settlement.id).where(Settlement.mirrors_id == settlement_id)) is not None


def count_prints(settlement_id: int) -> int:
    """How often a receipt was printed."""
    return (
        db.session.scalar(
            select(func.max(ReceiptPrint.copy_no)).where(ReceiptPrint.settlement_id == settlement_id)
        )
        or 0
    )


def get_receipt_print(print_id: int) -> ReceiptPrint:
    """One printing of a receipt, or NotFound."""
    found = db.session.get(ReceiptPrint, print_id)
    if found is None:
        raise NotFound(field="print_id")
    return found
