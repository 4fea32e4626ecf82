"""Reading limits of charge items, and how much a patient was charged for already."""

from datetime import date, time
from decimal import Decimal

from sqlalchemy import and_, func, or_, select

from app import clock
from app.db import db, locking
from modules.charging.models import Bill, Charge, ChargeStatus, ItemKind, ItemLimit
from modules.patients import queries as patients

Item = tuple[ItemKind, int]


def charged_since(patient_id: int, since: dict[Item, date]) -> dict[Item, Decimal]:
    """Item → what of it stands on the patient's bills since its day, what was voided or refunded left out.

    Files that were merged into the patient's count as theirs. One statement.
    """
    wanted = (
        and_(
            Charge.item_kind == kind,
            Charge.item_id == item_id,
            Charge.added_at >= clock.moment_of(day, time(0)),
        )
        for (kind, item_id), day in sorted(since.items())
    )
    statement = (
        select(Charge.item_kind, Charge.item_id, func.sum(Charge.quantity - Charge.refunded_quantity))
        .join(Bill, Bill.id == Charge.bill_id)
        .where(
            Bill.patient_id.in_(patients.files_of(patient_id)),
            Charge.status != ChargeStatus.VOIDED,
            or_(*wanted),
        )
        .group_by(Charge.item_kind, Charge.item_id)
    )
    return {(row[0], row[1]): row[2] for row in db.session.execute(statement)}


def lock_open_limit(item_kind: ItemKind, item_id: int) -> ItemLimit | None:
    """The limit of an item that is in force, held until commit."""
    statement = select(ItemLimit).where(
        ItemLimit.item_kind == item_kind, ItemLimit.item_id == item_id, ItemLimit.valid_to.is_(None)
    )
    return db.session.scalar(locking(statement, ItemLimit))


def limit_history(item_kind: ItemKind, item_id: int) -> list[ItemLimit]:
    """The limits an item has or had, the latest first."""
    statement = (
        select(ItemLimit)
        .where(ItemLimit.item_kind == item_kind, ItemLimit.item_id == item_id)
        .order_by(ItemLimit.valid_from.desc(), ItemLimit.id.desc())
        .limit(50)
    )
    return list(db.session.scalars(statement))
