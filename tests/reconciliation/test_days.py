"""A day of a channel: fetched, compared, worked off, tied out."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from support.reconciling import Till, moment

from app import clock
from app.actor import Actor
from modules.reconciliation import services
from modules.reconciliation.rules.states import DayState, EntryClass, EntryState, Step

D = Decimal


def test_the_day_of_g9(g9: Till, days_hold: Any) -> None:
    day = g9.compare("19")
    formula = day.formula
    assert (formula.his, formula.long, formula.cross_day) == (D("87.40"), D("18.00"), D("-15.00"))
    assert formula.net == D("90.40")
    assert formula.holds
    assert g9.classes("19") == {
        "matched": [D("0.00"), D("0.00"), D("0.00")],
        "cross_day": [D("-15.00")],
        "long": [D("18.00")],
    }
    assert day.gross_amount == D("110.40")
    assert (day.fee_amount, day.expected_fee) == (D("0.54"), D("0.54"))  # 0.66, of which 0.12 comes back
    assert (day.state, day.open_count) == (DayState.DIFFERENT, 2)
    assert days_hold()


def test_what_stands_in_the_next_statement_is_cleared_with_it(g9: Till, days_hold: Any) -> None:
    g9.compare("19")
    with moment("21 09:30:00"):
        following = g9.compare("20")
    assert (following.formula.his, following.formula.cross_day, following.formula.net) == (D(0), D("15.00"), D("15.00"))
    (late,) = [row for row in g9.entries("19").values() if row.kind is EntryClass.CROSS_DAY]
    assert (late.state, late.step) == (EntryState.HANDLED, Step.BY_ITSELF)
    assert g9.day("19").open_count == 1
    assert following.state is DayState.EVEN
    assert days_hold()
