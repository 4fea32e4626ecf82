"""What arrives at the bank: gross − refunds − fee."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.reconciling import Till

from app.actor import Actor
from app.db import tenant_unit
from app.errors import Conflict, InvalidInput
from modules.reconciliation import queries, services
from modules.reconciliation.errors import ArrivalKnown

D = Decimal
NEXT = date(2026, 11, 20)


def arrived(ours: dict[str, Any], day_id: int) -> Decimal:
    """What the bank has of a day."""
    with tenant_unit(ours["tenant_id"]):
        return queries.day_view(day_id).arrived


def test_what_arrives_is_gross_less_refunds_less_fee(
    g9: Till, accountant: Actor, ours: dict[str, Any]
) -> None:
    day = g9.compare("19")
    assert day.due_at_bank == D("89.86")
    services.note_arrival(day_id=day.id, arrived_on=NEXT, amount=D("89.86"), reference="B1", by=accountant)
    assert arrived(ours, day.id) == day.due_at_bank
    with tenant_unit(ours["tenant_id"]):
        calendar = queries.calendar_of(date(2026, 11, 1))
    assert calendar.cells[day.source, day.on].arrived == D("89.86")


def test_a_line_of_the_bank_counts_once_and_is_taken_back_by_another(
    g9: Till, accountant: Actor, ours: dict[str, Any]
) -> None:
    day = g9.compare("19")
    text = "2026-11-19,2026-11-20,80.00,B1\n2026-11-19,2026-11-20,9.86,B2"
    services.note_arrivals(source=day.source, text=text, by=accountant)
    with pytest.raises(ArrivalKnown):
        services.note_arrivals(
            source=day.source, text="2026-11-19,2026-11-20,1.00,B3\n" + text, by=accountant
        )
    with tenant_unit(ours["tenant_id"]):
        first = queries.day_view(day.id).arrivals[0]
    services.take_back_arrival(arrival_id=first.id, reason="录错", by=accountant)
    assert arrived(ours, day.id) == D("9.86")
    with pytest.raises(Conflict):
        services.take_back_arrival(arrival_id=first.id, reason="录错", by=accountant)


@pytest.mark.parametrize("text", ["", "hello", "2026-11-19,2026-11-20,1.00", "2025-01-01,2025-01-02,1.00,B1"])
def test_lines_that_cannot_be_read_or_are_of_no_day_are_refused(
    g9: Till, accountant: Actor, text: str
) -> None:
    day = g9.compare("19")
    with pytest.raises(InvalidInput):
        services.note_arrivals(source=day.source, text=text, by=accountant)


def test_nobody_can_keep_an_arrival_from_being_taken_back(
    g9: Till, accountant: Actor, ours: dict[str, Any]
) -> None:
    day = g9.compare("19")
    note = {"day_id": day.id, "arrived_on": NEXT, "by": accountant}
    long = "B" * 62
    first = services.note_arrival(amount=D("1.00"), reference=long + "1", **note)
    second = services.note_arrival(amount=D("2.00"), reference=long + "2", **note)
    for reference in (f"-{long}1", long + "12"):
        with pytest.raises(InvalidInput):
            services.note_arrival(amount=D("0.01"), reference=reference, **note)
        line = f"2026-11-19,2026-11-20,0.01,{reference}"
        with pytest.raises(InvalidInput):
            services.note_arrivals(source=day.source, text=line, by=accountant)
    for arrival in (first, second):
        services.take_back_arrival(arrival_id=arrival.id, reason="录错", by=accountant)
    assert arrived(ours, day.id) == D(0)
