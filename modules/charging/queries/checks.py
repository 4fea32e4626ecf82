"""What must add up in the money of a centre, whatever happened; `flask check` proves it."""

from decimal import Decimal

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from app.checks import nobody
from app.db import db, tenant_unit
from app.i18n import N_
from app.money import format_amount, format_quantity
from app.registry import Finding
from modules.charging.models import (
    Charge,
    ChargeStatus,
    Deposit,
    Settlement,
    SettlementKind,
    SettlementLine,
    Shift,
    Tender,
)
from modules.charging.queries.deposits import deposits_in_books
from modules.charging.queries.reductions import reduced_in_books
from modules.charging.queries.refund_requests import asked_unlike_open_lines
from modules.charging.rules.tenders import TenderMethod
from modules.payments import queries as payments

_ZERO = Decimal("0.00")


def check_money(tenant_id: int) -> list[Finding]:
    """Σ charges − Σ refunds = Σ by tender = Σ by fee class, in all and for each receipt and shift; mirrors exact."""
    with tenant_unit(tenant_id):
        net = _sum(Settlement.amount)
        charges = _sum(Settlement.amount, Settlement.kind != SettlementKind.MIRROR)
        refunds = -_sum(Settlement.amount, Settlement.kind == SettlementKind.MIRROR)
        return [
            Finding(
                N_("charging: charges - refunds = by tender"),
                format_amount(charges - refunds),
                format_amount(_sum(Tender.amount)),
            ),
            Finding(
                N_("charging: charges - refunds = by fee class"),
                format_amount(net),
                format_amount(_sum(SettlementLine.amount)),
            ),
            Finding(
                N_("charging: paid charges = net of their settlements"),
                format_amount(_paid_charges()),
                format_amount(net),
            ),
            _deposits(),
            _asked_back(),
            Finding(
                N_("charging: reductions of lines = what settlements took off"),
                format_amount(reduced_in_books()),
                format_amount(_sum(Tender.amount, Tender.method == TenderMethod.REDUCED)),
            ),
            _unique(N_("charging: receipt numbers unique"), Settlement.number, Settlement.id),
            Finding(
                N_("charging: mirrors equal what they reverse"),
                format_amount(_mirrored()),
                format_amount(refunds),
            ),
            nobody(N_("charging: each receipt = its ways of paying"), _receipts_unlike(Tender)),
            nobody(N_("charging: each receipt = its lines"), _receipts_unlike(SettlementLine)),
            nobody(N_("charging: each closed shift = its receipts"), _shifts_unlike()),
            nobody(N_("charging: cash of each closed shift = its receipts in cash"), _drawers_unlike()),
        ]


def _sum(column: object, *where: object) -> Decimal:
    return db.session.scalar(select(func.sum(column)).where(*where)) or _ZERO  # type: ignore[arg-type]


def _paid_charges() -> Decimal:
    """Amounts of the charges as they stand settled now: the newest line that was not mirrored."""
    mirror = aliased(Settlement)
    statement = (
        select(func.sum(SettlementLine.amount))
        .join(Charge, Charge.id == SettlementLine.charge_id)
        .join(Settlement, Settlement.id == SettlementLine.settlement_id)
        .outerjoin(mirror, mirror.mirrors_id == Settlement.id)
        .where(
            Settlement.kind != SettlementKind.MIRROR,
            mirror.id.is_(None),
            Charge.status.in_([ChargeStatus.PAID, ChargeStatus.PARTLY_REFUNDED, ChargeStatus.LOCKED]),
        )
    )
    return db.session.scalar(statement) or _ZERO


def _deposits() -> Finding:
    """Cash of prepaid accounts stands in shifts; movements from before deposits were booked are left out."""
    first, booked = deposits_in_books()
    moved = payments.cash_moved(since_entry=first) if first is not None else _ZERO
    return Finding(
        N_("charging: deposits in shifts = cash of prepaid accounts"),
        format_amount(booked),
        format_amount(moved),
    )


def _asked_back() -> Finding:
    """What charges say is asked back is what the open requests ask."""
    on_charges, in_requests = asked_unlike_open_lines()
    return Finding(
        N_("charging: asked back on charges = open requests for refunds"),
        format_quantity(on_charges),
        format_quantity(in_requests),
    )


def _mirrored() -> Decimal:
    original = aliased(Settlement)
    statement = select(func.sum(original.amount)).join(
        Settlement, and_(Settlement.mirrors_id == original.id, Settlement.kind == SettlementKind.MIRROR)
    )
    return db.session.scalar(statement) or _ZERO


def _receipts_unlike(parts: type[Tender | SettlementLine]) -> Select[str]:
    """Receipts whose parts are not their amount."""
    sums = select(func.coalesce(func.sum(parts.amount), _ZERO)).where(parts.settlement_id == Settlement.id)
    return (
        select(Settlement.number).where(Settlement.amount != sums.scalar_subquery()).order_by(Settlement.id)
    )


def _shifts_unlike() -> Select[str]:
    """Closed shifts whose receipts are not what they say (clinic.md C4)."""
    sums = select(func.coalesce(func.sum(Settlement.amount), _ZERO)).where(Settlement.shift_id == Shift.id)
    return (
        select(Shift.number)
        .where(Shift.closed_at.is_not(None), Shift.net_amount != sums.scalar_subquery())
        .order_by(Shift.id)
    )


def _drawers_unlike() -> Select[str]:
    """Closed shifts whose drawer should hold something else."""
    cash = (
        select(func.coalesce(func.sum(Tender.amount), _ZERO))
        .join(Settlement, Settlement.id == Tender.settlement_id)
        .where(Settlement.shift_id == Shift.id, Tender.method == TenderMethod.CASH)
        .scalar_subquery()
    )
    laid_in = select(func.coalesce(func.sum(Deposit.amount), _ZERO)).where(Deposit.shift_id == Shift.id)
    expected = Shift.float_amount + cash + laid_in.scalar_subquery()
    return (
        select(Shift.number)
        .where(Shift.closed_at.is_not(None), Shift.expected_cash != expected)
        .order_by(Shift.id)
    )


def _unique(name: str, number: object, key: object) -> Finding:
    total, distinct = db.session.execute(
        select(func.count(key), func.count(func.distinct(number)))  # type: ignore[arg-type]
    ).one()
    return Finding(name, str(total), str(distinct))
