"""Reading shifts and the day's report of the centre."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Mapped

from app import clock
from app.actor import Actor
from app.db import Page, db, lock_row, locking, page_by_key
from app.errors import NotFound
from modules.charging.models import (
    Settlement,
    SettlementLine,
    Shift,
    ShiftConfirmation,
    ShiftStatus,
    ShiftSum,
    Tender,
)
from modules.charging.rules.fee_classes import INVOICE_ORDER, FeeClass
from modules.charging.rules.shifts import ShiftEntry
from modules.charging.rules.tenders import TenderMethod

_LONG = timedelta(hours=24)


def find_open_shift(by: Actor) -> Shift | None:
    """The cashier's open shift, or None."""
    return db.session.scalar(_open_shift(by.account_id))


def lock_open_shift(account_id: int) -> Shift | None:
    """The cashier's open shift, held until commit."""
    return db.session.scalar(locking(_open_shift(account_id), Shift))


def _open_shift(account_id: int) -> Select[Shift]:
    return select(Shift).where(Shift.cashier_account_id == account_id, Shift.status == ShiftStatus.OPEN)


def takings_by_tender(by: Actor) -> list[tuple[TenderMethod, Decimal]]:
    """What the cashier's open shift has taken in each way, less what went back. One statement."""
    statement = (
        select(Tender.method, func.sum(Tender.amount))
        .join(Settlement, Settlement.id == Tender.settlement_id)
        .join(Shift, Shift.id == Settlement.shift_id)
        .where(Shift.cashier_account_id == by.account_id, Shift.status == ShiftStatus.OPEN)
        .group_by(Tender.method)
    )
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    return [(method, found[method]) for method in TenderMethod if method in found]


def takings_by_day(since: date, until: date) -> dict[date, Decimal]:
    """Day → yuan taken less yuan given back; days without a settlement are absent."""
    day: Mapped[date] = Settlement.on
    statement = select(day, func.sum(Settlement.amount)).where(day >= since, day <= until).group_by(day)
    return {row[0]: row[1] for row in db.session.execute(statement)}


def get_shift(shift_id: int) -> Shift:
    """The shift, or NotFound."""
    found = db.session.get(Shift, shift_id)
    if found is None:
        raise NotFound(field="shift_id")
    return found


def list_shifts(
    *, before: int | None = None, cashier_account_id: int | None = None, size: int = 30
) -> Page[Shift]:
    """Shifts, the latest first; of one cashier or of all."""
    statement = select(Shift)
    if cashier_account_id is not None:
        statement = statement.where(Shift.cashier_account_id == cashier_account_id)
    return page_by_key(statement, Shift.id, before=before, size=size)


def shift_sums(shift_id: int) -> list[ShiftSum]:
    """The stored sums of a closed shift."""
    return list(
        db.session.scalars(select(ShiftSum).where(ShiftSum.shift_id == shift_id).order_by(ShiftSum.id))
    )


def shift_entries(shift_id: int) -> tuple[list[Settlement], list[ShiftEntry]]:
    """The settlements of a shift, and each one's sums by tender and by fee class, in three statements."""
    settlements = list(
        db.session.scalars(select(Settlement).where(Settlement.shift_id == shift_id).order_by(Settlement.id))
    )
    tenders: dict[int, dict[object, Decimal]] = {settlement.id: {} for settlement in settlements}
    classes: dict[int, dict[object, Decimal]] = {settlement.id: {} for settlement in settlements}
    paid = (
        select(Tender.settlement_id, Tender.method, Tender.amount)
        .join(Settlement, Settlement.id == Tender.settlement_id)
        .where(Settlement.shift_id == shift_id)
    )
    for settlement_id, method, amount in db.session.execute(paid):
        tenders[settlement_id][method] = amount
    charged = (
        select(SettlementLine.settlement_id, SettlementLine.fee_class, func.sum(SettlementLine.amount))
        .join(Settlement, Settlement.id == SettlementLine.settlement_id)
        .where(Settlement.shift_id == shift_id)
        .group_by(SettlementLine.settlement_id, SettlementLine.fee_class)
    )
    for settlement_id, fee_class, amount in db.session.execute(charged):
        classes[settlement_id][fee_class] = amount
    entries = [
        ShiftEntry(by_tender=tenders[settlement.id], by_fee_class=classes[settlement.id])  # type: ignore[arg-type]
        for settlement in settlements
    ]
    return settlements, entries


def lock_shift(shift_id: int) -> Shift:
    """The shift, held until commit, or NotFound."""
    found = lock_row(Shift, shift_id)
    if found is None:
        raise NotFound(field="shift_id")
    return found


def confirmations_of(shift_ids: Iterable[int]) -> dict[int, ShiftConfirmation]:
    """Shift → its confirmation; shifts that nobody confirmed are absent."""
    wanted = sorted(set(shift_ids))
    rows = db.session.scalars(select(ShiftConfirmation).where(ShiftConfirmation.shift_id.in_(wanted)))
    return {row.shift_id: row for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """The day's report of the centre (日汇总): the confirmed shifts that were closed on it, added up."""

    on: date
    shifts: list[tuple[Shift, ShiftConfirmation | None]]
    forgotten: list[Shift]  # open for more than a day
    tenders: list[tuple[TenderMethod, Decimal, Decimal]]  # taken, given back
    classes: list[tuple[FeeClass, Decimal, Decimal]]
    deposits: tuple[Decimal, Decimal]  # cash laid into prepaid accounts, handed back

    @property
    def confirmed(self) -> list[Shift]:
        """What the report adds up."""
        return [shift for shift, confirmation in self.shifts if confirmation]

    @property
    def is_complete(self) -> bool:
        """Whether every shift that was closed on the day is confirmed."""
        return len(self.confirmed) == len(self.shifts)

    @property
    def net(self) -> Decimal:
        """Yuan of the confirmed shifts, refunds taken off."""
        return sum((shift.net_amount for shift in self.confirmed), Decimal("0.00"))

    @property
    def received_cash(self) -> Decimal:
        """Cash that has arrived."""
        parts = (confirmation.received_cash for _, confirmation in self.shifts if confirmation)
        return sum(parts, Decimal("0.00"))


def day_report(on: date) -> DayReport:
    """The day's report of the centre. Four statements, however many shifts there were."""
    begins, ends = clock.day_bounds(on)
    closed = list(
        db.session.scalars(
            select(Shift)
            .where(Shift.closed_at >= begins, Shift.closed_at < ends)
            .order_by(Shift.closed_at, Shift.id)
        )
    )
    confirmations = confirmations_of(shift.id for shift in closed)
    confirmed = sorted(confirmations)
    sums = db.session.execute(
        select(
            ShiftSum.by, ShiftSum.code, func.sum(ShiftSum.receipts_amount), func.sum(ShiftSum.refunds_amount)
        )
        .where(ShiftSum.shift_id.in_(confirmed))
        .group_by(ShiftSum.by, ShiftSum.code)
    ).all()
    by_code = {(row[0], row[1]): (row[2], row[3]) for row in sums}
    return DayReport(
        on=on,
        shifts=[(shift, confirmations.get(shift.id)) for shift in closed],
        forgotten=list_forgotten(),
        tenders=[
            (one, *by_code["tender", one.value]) for one in TenderMethod if ("tender", one.value) in by_code
        ],
        classes=[
            (one, *by_code["fee_class", one.value])
            for one in INVOICE_ORDER
            if ("fee_class", one.value) in by_code
        ],
        deposits=by_code.get(("deposit", "cash"), (Decimal("0.00"), Decimal("0.00"))),
    )


def list_forgotten() -> list[Shift]:
    """Shifts that are open for more than a day, the oldest first."""
    statement = select(Shift).where(Shift.status == ShiftStatus.OPEN, Shift.opened_at < clock.now() - _LONG)
    return list(db.session.scalars(statement.order_by(Shift.id).limit(50)))


def first_unconfirmed(*, size: int) -> tuple[int, list[Shift]]:
    """How many closed shifts wait for the accountant, and the first of them. One statement."""
    statement = (
        select(Shift, func.count().over())
        .outerjoin(ShiftConfirmation, ShiftConfirmation.shift_id == Shift.id)
        .where(Shift.status == ShiftStatus.CLOSED, ShiftConfirmation.id.is_(None))
        .order_by(Shift.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]
