"""Money that arrived at the bank: noted line by line, taken back by a line of its own."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db
from app.errors import Conflict, InvalidInput
from app.i18n import gettext
from app.use_cases import use_case
from modules.reconciliation import queries
from modules.reconciliation.errors import ArrivalKnown
from modules.reconciliation.models import Arrival
from modules.reconciliation.rules.arrivals import REFERENCE, ArrivalUnreadable, read_arrivals

Arrived = Annotated[
    Decimal, Field(ge=Decimal("-99999999.99"), le=Decimal("99999999.99"), max_digits=10, decimal_places=2)
]
Reference = Annotated[str, Field(min_length=1, max_length=63, pattern=rf"^{REFERENCE}$")]


@use_case("reconciliation.arrival.enter")
def note_arrival(
    *, day_id: int, arrived_on: date, amount: Arrived, reference: Reference, by: Actor
) -> Arrival:
    """Note what the bank says arrived for a day, net of the channel's fee.

    Raises:
        NotFound: no such day here.
        ArrivalKnown: the bank's number was noted for the day before.
    """
    day = queries.lock_day(day_id)
    arrival = _note(day.id, arrived_on, amount, reference, by)
    audit.record("arrival.noted", arrival, by=by, on=day.on, amount=amount, reference=reference)
    return arrival


@use_case("reconciliation.arrival.enter")
def note_arrivals(
    *,
    source: Annotated[str, Field(max_length=30)],
    text: Annotated[str, Field(max_length=200_000)],
    by: Actor,
) -> Arrival:
    """Note lines of the bank's statement of a channel: day of the channel, day of arrival, amount, number of the bank.

    Returns the last of them.

    Raises:
        InvalidInput: a line cannot be read, or its day was never begun.
        ArrivalKnown: a line was noted before; none of them is noted now.
    """
    try:
        lines = read_arrivals(text)
    except ArrivalUnreadable as failure:
        raise InvalidInput({"text": [gettext("Line %(n)s cannot be read.", n=failure.place)]}) from failure
    if not lines:
        raise InvalidInput({"text": [gettext("Enter a line at least.")]})
    for place, line in enumerate(lines, start=1):
        day = queries.find_day(source, line.on)
        if day is None:
            raise InvalidInput({"text": [gettext("Line %(n)s is of a day that is not here.", n=place)]})
        arrival = _note(day.id, line.arrived_on, line.amount, line.reference, by)
    audit.record("arrival.brought", None, by=by, source=source, lines=len(lines))
    return arrival


@use_case("reconciliation.arrival.enter")
def take_back_arrival(
    *, arrival_id: int, reason: Annotated[str, Field(min_length=2, max_length=200)], by: Actor
) -> Arrival:
    """Take an arrival back that was noted by mistake: a line with the other sign, both stay to be read.

    Raises:
        NotFound: no such arrival here.
        Conflict: it was taken back before.
    """
    wrong = queries.get_arrival(arrival_id)
    queries.lock_day(wrong.day_id)
    if wrong.reverses_id or queries.is_taken_back(arrival_id):
        raise Conflict
    told = {"reverses_id": wrong.id, "reason": reason}
    arrival = _note(wrong.day_id, wrong.arrived_on, -wrong.amount, f"-{wrong.reference}", by, **told)
    audit.record("arrival.taken_back", arrival, by=by, reason=reason)
    return arrival


def _note(day_id: int, arrived_on: date, amount: Decimal, reference: str, by: Actor, **told: Any) -> Arrival:
    if not amount:
        raise InvalidInput({"amount": [gettext("Enter an amount.")]})
    if queries.knows_arrival(day_id, reference):
        raise ArrivalKnown(field="reference", reference=reference)
    arrival = Arrival(
        day_id=day_id,
        arrived_on=arrived_on,
        amount=amount,
        reference=reference,
        noted_at=clock.now(),
        noted_by=by.name,
        **told,
    )
    db.session.add(arrival)
    db.session.flush()
    return arrival
