"""The end of a month (月结): the books of every place are closed, and what they said is kept."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy.exc import IntegrityError

from app import audit, clock, ids
from app.actor import Actor
from app.db import db
from app.events import emit
from app.use_cases import use_case
from modules.dispensing import queries as stock
from modules.dispensing import services as dispensing
from modules.dispensing.queries import PeriodLine
from modules.storeroom import queries
from modules.storeroom.errors import MonthNotNext
from modules.storeroom.events import MonthClosed
from modules.storeroom.models import Closing, ClosingLine
from modules.storeroom.rules.months import last_of


@use_case("storeroom.closing.make")
def close_month(*, begins_on: date, by: Actor) -> Closing:
    """Close the books of a month that is over; what was posted wrongly is corrected by a new entry.

    Raises:
        MonthNotNext: another month comes first, the month is not over, or it is closed already.
    """
    if begins_on != queries.month_to_close():
        raise MonthNotNext(field="begins_on")
    ends_on = last_of(begins_on)
    dispensing.close_books(until=ends_on)
    lines = stock.period_lines(begins_on=begins_on, ends_on=ends_on)
    closing = Closing(
        id=ids.new_id(),
        begins_on=begins_on,
        ends_on=ends_on,
        closed_at=clock.now(),
        closed_by_name=by.name,
        opening_amount=_sum(line.opening_amount for line in lines),
        received_amount=_sum(line.received_amount for line in lines),
        issued_amount=_sum(line.issued_amount for line in lines),
        closing_amount=_sum(line.closing_amount for line in lines),
    )
    _store(closing, lines)
    audit.record("month.closed", closing, by=by, month=begins_on.isoformat())
    emit(
        MonthClosed(
            closing_id=closing.id, begins_on=begins_on, ends_on=ends_on, closing_amount=closing.closing_amount
        )
    )
    return closing


def _store(closing: Closing, lines: Sequence[PeriodLine]) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(closing)
            db.session.flush()
    except IntegrityError:  # another desk closed it at this moment
        raise MonthNotNext(field="begins_on") from None
    db.session.add_all(
        ClosingLine(
            closing_id=closing.id,
            location_id=line.location_id,
            batch_id=line.batch_id,
            drug_id=line.drug_id,
            opening=line.opening,
            received=line.received,
            issued=line.issued,
            closing=line.closing,
            opening_amount=line.opening_amount,
            received_amount=line.received_amount,
            issued_amount=line.issued_amount,
            closing_amount=line.closing_amount,
        )
        for line in lines
    )
    db.session.flush()


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))
