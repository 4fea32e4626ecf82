"""The sums are what the ledgers say; `flask check` proves it of every day before today that waits for nothing."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from app import clock
from app.db import db, tenant_unit
from app.i18n import N_
from app.money import format_amount
from app.registry import Finding
from modules.charging import queries as charging
from modules.dispensing import queries as stock
from modules.reports.models import Day, MoneySum, PlaceSum, Side, StockSum
from modules.reports.queries.days import stale_days, unfinished_days
from modules.reports.queries.stock import level_to_carry_from, stock_at
from modules.reports.rules.days import first_of

ZERO = Decimal("0.00")
_NAMES = {
    Side.FEE: N_("reports: settlements by fee class = ledger"),
    Side.TENDER: N_("reports: settlements by tender = ledger"),
}


def check_sums(tenant_id: int) -> list[Finding]:
    """Sums = ledgers, by fee class and by way of paying, and of stock by place and drug; as far as days are done."""
    with tenant_unit(tenant_id):
        waiting = [row[1] for row in stale_days(size=1)]
        return findings(min([clock.today(), *waiting, *unfinished_days()]) - timedelta(days=1))


def findings(until: date) -> list[Finding]:
    """What the ledgers say up to a day, against the sums."""
    first = db.session.scalar(select(func.min(Day.on)))
    if first is None or first > until:
        return []
    ledger = charging.settlement_totals(first, until)
    return [
        *(_money(side, ledger, first, until) for side in Side),
        Finding(N_("reports: stock of the sums = ledger"), str(_differing(until)), "0"),
        Finding(N_("reports: stock of places = stock of their drugs"), str(_differing_places(until)), "0"),
    ]


def _money(side: Side, ledger: dict[date, Decimal], first: date, until: date) -> Finding:
    rows: Sequence[tuple[date, Decimal]] = [
        (row[0], row[1])
        for row in db.session.execute(
            select(MoneySum.on, func.sum(MoneySum.amount))
            .where(MoneySum.side == side, MoneySum.on >= first, MoneySum.on <= until)
            .group_by(MoneySum.on)
        )
    ]
    sums = dict(rows)
    wrong = [on for on in sums.keys() | ledger.keys() if sums.get(on, ZERO) != ledger.get(on, ZERO)]
    total = sum(sums.values(), ZERO)
    return Finding(
        _NAMES[side],
        f"{format_amount(total)} {len(wrong)}",
        f"{format_amount(sum(ledger.values(), ZERO))} 0",
    )


def _differing(until: date) -> int:
    """Places and drugs of which the sums (levels included) and the ledger say different things."""
    known = level_to_carry_from(until)
    sums, ledger = stock_at(until + timedelta(days=1), known_at=known), stock.stock_totals(until)
    nothing = (Decimal(0), Decimal(0))
    return sum(1 for key in sums.keys() | ledger.keys() if sums.get(key, nothing) != ledger.get(key, nothing))


def _differing_places(until: date) -> int:
    """Days and months of places whose sums are not those of their drugs."""
    days = _sums(StockSum, StockSum.on <= until)
    wrong = _unlike(days, _sums(PlaceSum, ~PlaceSum.is_month, PlaceSum.on <= until))
    whole: dict[_Key, _Sums] = {}
    for (on, *rest), (cost, retail, entries) in _sums(PlaceSum, ~PlaceSum.is_month).items():
        held = whole.get((first_of(on), *rest), (ZERO, ZERO, 0))
        whole[(first_of(on), *rest)] = (held[0] + cost, held[1] + retail, held[2] + entries)
    return wrong + _unlike(whole, _sums(PlaceSum, and_(PlaceSum.is_month)))


_Key = tuple[Any, ...]  # day, place, kind, comes in
_Sums = tuple[Decimal, Decimal, int]


def _sums(model: type[StockSum | PlaceSum], *conditions: ColumnElement[bool]) -> dict[_Key, _Sums]:
    key = (model.on, model.location_id, model.kind, model.comes_in)
    sums = (func.sum(model.cost_amount), func.sum(model.retail_amount), func.sum(model.entries))
    rows = db.session.execute(select(*key, *sums).where(*conditions).group_by(*key))
    return {tuple(row[:4]): (row[4], row[5], row[6]) for row in rows}


def _unlike(one: dict[_Key, _Sums], other: dict[_Key, _Sums]) -> int:
    return sum(1 for key in one.keys() | other.keys() if one.get(key) != other.get(key))
