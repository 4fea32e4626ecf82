"""What must hold in reconciliation, whatever happened; ``flask check`` proves it."""

from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.db import db, tenant_unit
from app.i18n import N_
from app.registry import Finding
from modules.reconciliation.models import Day, Entry
from modules.reconciliation.rules.comparing import add_up
from modules.reconciliation.rules.states import COMPARED, DayState, EntryClass, EntryState

_ZERO = Decimal("0.00")


def check_days(tenant_id: int) -> list[Finding]:
    """The formula of each compared day holds by its entries; tied out ones have nothing left; classes are whole."""
    with tenant_unit(tenant_id):
        days = list(db.session.scalars(select(Day).where(Day.state.in_(COMPARED))))
        sums = _sums()
        broken = sum(1 for day in days if not _holds(day, sums.get(day.id, [])))
        left = sum(1 for day in days if day.state is DayState.CONFIRMED and _left(sums.get(day.id, [])))
        odd = db.session.scalar(select(func.count()).select_from(Entry).where(_odd()))
        return [
            Finding(N_("reconciliation: days whose formula does not hold"), str(broken), "0"),
            Finding(N_("reconciliation: tied out days with open differences"), str(left), "0"),
            Finding(N_("reconciliation: entries with a difference and no class of it"), str(odd), "0"),
        ]


Sums = list[tuple[EntryClass, EntryState, Decimal, Decimal]]  # class, state, difference, ours


def _sums() -> dict[int, Sums]:
    statement = select(
        Entry.day_id, Entry.kind, Entry.state, func.sum(Entry.difference), func.sum(Entry.his_amount)
    ).group_by(Entry.day_id, Entry.kind, Entry.state)
    found: dict[int, Sums] = {}
    for day_id, kind, state, difference, ours in db.session.execute(statement):
        found.setdefault(day_id, []).append((kind, state, difference, ours or _ZERO))
    return found


def _holds(day: Day, sums: Sums) -> bool:
    his = sum((row[3] for row in sums), _ZERO)
    formula = add_up(
        [(row[0], row[2]) for row in sums], his=his, gross=day.gross_amount, back=day.back_amount
    )
    return formula.holds and formula == day.formula


def _left(sums: Sums) -> bool:
    return any(row[1] in {EntryState.OPEN, EntryState.WORKING} for row in sums)


def _odd() -> ColumnElement[bool]:
    """A difference that is called matched, or an entry that is not what its amounts say."""
    theirs, ours = func.coalesce(Entry.line_amount, _ZERO), func.coalesce(Entry.his_amount, _ZERO)
    return or_(
        Entry.difference != theirs - ours, and_(Entry.kind == EntryClass.MATCHED, Entry.difference != 0)
    )
