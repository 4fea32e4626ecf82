"""What must hold of invoices, whatever happened; `flask check` proves it."""

from decimal import Decimal

from sqlalchemy import func, or_, select

from app.db import db, tenant_unit
from app.i18n import N_
from app.money import format_amount
from app.registry import Finding
from modules.charging import queries as charging
from modules.invoices.models import Book, ElectronicInvoice, Paper
from modules.invoices.rules.states import VALID, ElectronicKind, PaperKind, PaperState, SendingState


def check_invoices(tenant_id: int) -> list[Finding]:
    """No number without an explanation, voids with their reason, electronic amounts as they were settled."""
    with tenant_unit(tenant_id):
        taken = db.session.scalar(select(func.sum(Book.next_no - Book.first_no))) or 0
        used = db.session.scalar(select(func.count()).select_from(Paper)) or 0
        issued, settled = _electronic()
        return [
            Finding(N_("invoices: numbers taken = papers, used or voided"), str(taken), str(used)),
            Finding(N_("invoices: papers outside their book"), str(_strays()), "0"),
            Finding(N_("invoices: refunded receipts with a valid paper"), str(_forgotten()), "0"),
            Finding(N_("invoices: electronic amounts = settled amounts"), issued, settled),
            Finding(N_("invoices: reversed ones without a red invoice"), str(_without_red()), "0"),
        ]


def _strays() -> int:
    outside = or_(Paper.no < Book.first_no, Paper.no >= Book.next_no)
    statement = select(func.count(Paper.id)).join(Book, Book.id == Paper.book_id).where(outside)
    return db.session.scalar(statement) or 0


def _forgotten() -> int:
    """Papers that still stand although their settlement was reversed."""
    statement = select(func.count(Paper.id)).where(
        Paper.kind == PaperKind.INVOICE,
        Paper.state == PaperState.ISSUED,
        Paper.settlement_id.in_(charging.mirrored_ids()),
    )
    return db.session.scalar(statement) or 0


def _electronic() -> tuple[str, str]:
    ids = select(ElectronicInvoice.settlement_id).where(ElectronicInvoice.state.in_(VALID))
    issued = db.session.scalar(
        select(func.sum(ElectronicInvoice.total_amount)).where(ElectronicInvoice.state.in_(VALID))
    )
    return format_amount(issued or Decimal(0)), format_amount(charging.amount_of(ids))


def _without_red() -> int:
    reds = select(ElectronicInvoice.blue_id).where(
        ElectronicInvoice.kind == ElectronicKind.RED, ElectronicInvoice.state == SendingState.ISSUED
    )
    statement = select(func.count(ElectronicInvoice.id)).where(
        ElectronicInvoice.state == SendingState.REVERSED, ElectronicInvoice.id.not_in(reds)
    )
    return db.session.scalar(statement) or 0
