"""Reading closed months, and proving them."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from app import clock
from app.db import Page, db, page_by_key, tenant_unit
from app.errors import NotFound
from app.i18n import N_
from app.registry import Finding
from modules.dispensing import queries as stock
from modules.dispensing.queries import PeriodLine
from modules.storeroom.models import Closing, ClosingLine
from modules.storeroom.rules.months import month_to_close as next_month

Key = tuple[int | None, int]
Figures = tuple[Decimal, ...]


def list_closings(*, before: int | None = None) -> Page[Closing]:
    """Closed months, the latest first."""
    return page_by_key(select(Closing), Closing.id, before=before, size=40)


def get_closing(closing_id: int) -> Closing:
    """The closed month, or NotFound."""
    found = db.session.get(Closing, closing_id)
    if found is None:
        raise NotFound(field="closing_id")
    return found


def lines_of_closing(closing_id: int) -> list[PeriodLine]:
    """What the books said of each batch at each place, as it was kept."""
    statement = select(ClosingLine).where(ClosingLine.closing_id == closing_id)
    return [
        PeriodLine(
            location_id=line.location_id,
            batch_id=line.batch_id,
            drug_id=line.drug_id,
            opening=line.opening,
            received=line.received,
            issued=line.issued,
            opening_amount=line.opening_amount,
            received_amount=line.received_amount,
            issued_amount=line.issued_amount,
        )
        for line in db.session.scalars(statement.order_by(ClosingLine.id))
    ]


def month_to_close() -> date | None:
    """The first day of the month that is closed next; None when there is none. Two statements."""
    return next_month(
        today=clock.today(), closed_until=stock.closed_until(), first_day=stock.first_document_day()
    )


def check_closings(tenant_id: int) -> list[Finding]:
    """A month begins with what the one before left; what was kept is what the ledger says (the last two)."""
    with tenant_unit(tenant_id):
        latest = list(db.session.scalars(select(Closing).order_by(Closing.begins_on.desc()).limit(2)))
        kept = [lines_of_closing(closing.id) for closing in latest]
        broken = _differing(_openings(kept[0]), _ends(kept[1])) if len(kept) > 1 else 0
        changed = sum(
            _differing(
                _figures(lines),
                _figures(stock.period_lines(begins_on=closing.begins_on, ends_on=closing.ends_on)),
            )
            for closing, lines in zip(latest, kept, strict=True)
        )
        return [
            Finding(N_("storeroom: a month opens with what the month before left"), str(broken), "0"),
            Finding(N_("storeroom: closed months and the ledger agree"), str(changed), "0"),
        ]


def _differing(one: dict[Key, Figures], other: dict[Key, Figures]) -> int:
    """Batches at places for which two lists say different things; what is missing counts as nothing."""
    return sum(1 for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _openings(lines: list[PeriodLine]) -> dict[Key, Figures]:
    return {
        (line.location_id, line.batch_id): (line.opening, line.opening_amount)
        for line in lines
        if line.opening or line.opening_amount
    }


def _ends(lines: list[PeriodLine]) -> dict[Key, Figures]:
    return {
        (line.location_id, line.batch_id): (line.closing, line.closing_amount)
        for line in lines
        if line.closing or line.closing_amount
    }


def _figures(lines: list[PeriodLine]) -> dict[Key, Figures]:
    return {
        (line.location_id, line.batch_id): (
            line.opening,
            line.received,
            line.issued,
            line.opening_amount,
            line.received_amount,
            line.issued_amount,
        )
        for line in lines
    }
