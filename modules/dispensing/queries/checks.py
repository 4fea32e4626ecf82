"""What must add up in the stock of a centre; `flask check` proves it."""

from decimal import Decimal

from sqlalchemy import case, func, or_, select

from app.db import db, tenant_unit
from app.i18n import N_
from app.money import format_amount, format_quantity
from app.registry import Finding
from modules.dispensing.models import Account, Balance, Document, Hold, StockMove
from modules.dispensing.queries.tracing import count_differing_codes

NOTHING = Decimal("0.00")
_IS_COSTED = Balance.costed_quantity == Balance.on_hand


def check_stock(tenant_id: int) -> list[Finding]:
    """Σ moves = balance per batch and location; opening + in − out = closing; holds agree; numbers unique."""
    with tenant_unit(tenant_id):
        ledger = _ledger()
        balances = {
            (row[0], row[1]): row[2]
            for row in db.session.execute(select(Balance.location_id, Balance.batch_id, Balance.on_hand))
        }
        wrong = [key for key in ledger.keys() | balances.keys() if ledger.get(key, 0) != balances.get(key, 0)]
        return [
            Finding(
                N_("dispensing: opening + in - out = closing"),
                format_quantity(sum(ledger.values(), Decimal(0))),
                format_quantity(sum(balances.values(), Decimal(0))),
            ),
            Finding(N_("dispensing: batches whose moves and balance differ"), str(len(wrong)), "0"),
            Finding(N_("dispensing: cost of the balances = ledger"), *_costs()),
            Finding(N_("dispensing: fen where nothing lies"), _fen(), "0.00"),
            Finding(N_("dispensing: last row of the ledger = balance"), str(_stale_rows(balances)), "0"),
            Finding(N_("dispensing: put into bags = bags"), *_repacked()),
            _holds(),
            _numbers(),
            Finding(N_("dispensing: packs whose codes and uses differ"), str(count_differing_codes()), "0"),
        ]


def _ledger() -> dict[tuple[int, int], Decimal]:
    found: dict[tuple[int, int], Decimal] = {}
    for column, sign in ((StockMove.to_location_id, 1), (StockMove.from_location_id, -1)):
        rows = db.session.execute(
            select(column, StockMove.batch_id, func.sum(StockMove.quantity))
            .where(column.is_not(None))
            .group_by(column, StockMove.batch_id)
        )
        for location_id, batch_id, quantity in rows:
            key = (location_id or 0, batch_id)
            found[key] = found.get(key, Decimal(0)) + sign * quantity
    return found


def _costs() -> tuple[str, str]:
    """What the balances hold in yuan, and what came to places less what left them; with how many batches differ."""
    ledger: dict[tuple[int, int], Decimal] = {}
    for column, sign in ((StockMove.to_location_id, 1), (StockMove.from_location_id, -1)):
        rows = db.session.execute(
            select(column, StockMove.batch_id, func.sum(StockMove.cost_amount))
            .where(column.is_not(None))
            .group_by(column, StockMove.batch_id)
        )
        for location_id, batch_id, cost in rows:
            key = (location_id or 0, batch_id)
            ledger[key] = ledger.get(key, NOTHING) + sign * cost
    held = {
        (row[0], row[1]): row[2]
        for row in db.session.execute(
            select(Balance.location_id, Balance.batch_id, Balance.cost_amount).where(_IS_COSTED)
        )
    }
    behind = select(Balance.location_id, Balance.batch_id).where(~_IS_COSTED)
    for row in db.session.execute(behind):  # the former release moved it; the next movement asks the ledger
        held[(row[0], row[1])] = ledger.get((row[0], row[1]), NOTHING)
    wrong = sum(
        1 for key in ledger.keys() | held.keys() if ledger.get(key, NOTHING) != held.get(key, NOTHING)
    )
    return (
        f"{format_amount(sum(held.values(), NOTHING))} {wrong}",
        f"{format_amount(sum(ledger.values(), NOTHING))} 0",
    )


def _fen() -> str:
    """Yuan in the books of places and of the way where nothing of the batch is."""
    empty = select(Balance.cost_amount).where(Balance.on_hand == 0, Balance.cost_amount != 0, _IS_COSTED)
    moving = or_(StockMove.to_account == Account.IN_TRANSIT, StockMove.from_account == Account.IN_TRANSIT)
    is_sent = StockMove.to_account == Account.IN_TRANSIT
    quantity = func.sum(case((is_sent, StockMove.quantity), else_=-StockMove.quantity))
    cost = func.sum(case((is_sent, StockMove.cost_amount), else_=-StockMove.cost_amount))
    way = select(quantity, cost).where(moving).group_by(StockMove.batch_id)
    lost = sum((abs(left) for lies, left in db.session.execute(way) if not lies), NOTHING)
    return format_amount(sum((abs(cost) for cost in db.session.scalars(empty)), lost))


def _stale_rows(balances: dict[tuple[int, int], Decimal]) -> int:
    last: dict[tuple[int, int], tuple[int, Decimal]] = {}
    for location, after in (
        (StockMove.to_location_id, StockMove.to_after),
        (StockMove.from_location_id, StockMove.from_after),
    ):
        newest = (
            select(
                location.label("location_id"),
                StockMove.batch_id.label("batch_id"),
                func.max(StockMove.id).label("id"),
            )
            .where(location.is_not(None))
            .group_by(location, StockMove.batch_id)
            .subquery()
        )
        rows = db.session.execute(
            select(newest.c.location_id, newest.c.batch_id, newest.c.id, after).join(
                StockMove, StockMove.id == newest.c.id
            )
        )
        for location_id, batch_id, move_id, quantity in rows:
            key = (location_id, batch_id)
            if key not in last or last[key][0] < move_id:
                last[key] = (move_id, quantity)
    return sum(1 for key, (_, quantity) in last.items() if balances.get(key) != quantity)


def _repacked() -> tuple[str, str]:
    """What left batches to be put into bags, and what bags were made."""
    sums = [
        db.session.scalar(select(func.sum(StockMove.quantity)).where(side == Account.REPACK))
        for side in (StockMove.to_account, StockMove.from_account)
    ]
    left, right = (format_quantity(one or Decimal(0)) for one in sums)
    return left, right


def _holds() -> Finding:
    held = db.session.scalar(select(func.sum(Balance.held))) or Decimal(0)
    waiting = db.session.scalar(select(func.sum(Hold.quantity - Hold.released - Hold.dispensed))) or Decimal(
        0
    )
    return Finding(
        N_("dispensing: held = waiting prescriptions"), format_quantity(held), format_quantity(waiting)
    )


def _numbers() -> Finding:
    total, distinct = db.session.execute(
        select(func.count(Document.id), func.count(func.distinct(Document.number)))
    ).one()
    return Finding(N_("dispensing: document numbers unique"), str(total), str(distinct))
