"""What must add up in the money of a centre, whatever happened; `flask check` proves it."""

from decimal import Decimal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from app.db import db, tenant_unit
from app.money import format_amount
from app.registry import Finding
from modules.charging.models import Charge, ChargeStatus, Settlement, SettlementKind, SettlementLine, Tender
from modules.charging.queries.deposits import deposits_in_books
from modules.charging.queries.reductions import reduced_in_books
from modules.charging.rules.tenders import TenderMethod
from modules.payments import queries as payments

_ZERO = Decimal("0.00")


def check_money(tenant_id: int) -> list[Finding]:
    """Σ charges − Σ refunds = Σ by tender = Σ by fee class; numbers unique; mirrors exact."""
    with tenant_unit(tenant_id):
        net = _sum(Settlement.amount)
        charges = _sum(Settlement.amount, Settlement.kind != SettlementKind.MIRROR)
        refunds = -_sum(Settlement.amount, Settlement.kind == SettlementKind.MIRROR)
        return [
            Finding(
                "charging: charges - refunds = by tender",
                format_amount(charges - refunds),
                format_amount(_sum(Tender.amount)),
            ),
            Finding(
                "charging: charges - refunds = by fee class",
                format_amount(net),
                format_amount(_sum(SettlementLine.amount)),
            ),
            Finding(
                "charging: paid charges = net of their settlements",
                format_amount(_paid_charges()),
                format_amount(net),
            ),
            _deposits(),
            Finding(
                "charging: reductions of lines = what settlements took off",
                format_amount(reduced_in_books()),
                format_amount(_sum(Tender.amount, Tender.method == TenderMethod.REDUCED)),
            ),
            _unique("charging: receipt numbers unique", Settlement.number, Settlement.id),
            Finding(
                "charging: mirrors equal what they reverse",
                format_amount(_mirrored()),
                format_amount(refunds),
            ),
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
        "charging: deposits in shifts = cash of prepaid accounts", format_amount(booked), format_amount(moved)
    )


def _mirrored() -> Decimal:
    original = aliased(Settlement)
    statement = select(func.sum(original.amount)).join(
        Settlement, and_(Settlement.mirrors_id == original.id, Settlement.kind == SettlementKind.MIRROR)
    )
    return db.session.scalar(statement) or _ZERO


def _unique(name: str, number: object, key: object) -> Finding:
    total, distinct = db.session.execute(
        select(func.count(key), func.count(func.distinct(number)))  # type: ignore[arg-type]
    ).one()
    return Finding(name, str(total), str(distinct))
