from datetime import UTC, date, datetime
from itertools import product

import pytest

from modules.registration.rules.visits import (
    CancelRefusal,
    FeeScheme,
    VisitFee,
    VisitStage,
    cancel_refusal,
    is_suspended_for_no_shows,
    may_cancel_appointment,
    place_returns_to_pool,
    visit_fees,
)

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stage", "charged", "refusal"),
    [
        (VisitStage.REGISTERED, False, None),
        (VisitStage.CALLED, False, None),
        (VisitStage.REGISTERED, True, CancelRefusal.DEPENDENT_CHARGES),
        (VisitStage.IN_CONSULTATION, False, CancelRefusal.ALREADY_SEEN),
        (VisitStage.FINISHED, True, CancelRefusal.ALREADY_SEEN),
        (VisitStage.CANCELLED, False, CancelRefusal.ALREADY_CANCELLED),
    ],
)
def test_only_an_unseen_visit_without_charges_is_cancelled(stage, charged, refusal):
    assert cancel_refusal(stage, has_dependent_charges=charged) is refusal


def test_a_place_is_sold_again_only_before_its_window():
    assert place_returns_to_pool(now=TEN.replace(hour=9), window_start=TEN)
    assert not place_returns_to_pool(now=TEN, window_start=TEN)


def test_an_appointment_is_given_back_in_time():
    assert may_cancel_appointment(now=TEN.replace(hour=8), window_start=TEN, hours_before=2)
    assert not may_cancel_appointment(now=TEN.replace(hour=8, minute=1), window_start=TEN, hours_before=2)


def test_three_no_shows_in_ninety_days_suspend_appointments():
    today = date(2026, 11, 23)
    missed = [date(2026, 11, 20), date(2026, 10, 1)]
    assert not is_suspended_for_no_shows(missed, today=today)
    assert not is_suspended_for_no_shows([*missed, date(2026, 8, 25)], today=today)
    assert is_suspended_for_no_shows([*missed, date(2026, 8, 26)], today=today)


@pytest.mark.parametrize(("scheme", "fee", "free"), [*product(FeeScheme, [True, False], [True, False])])
def test_a_visit_never_pays_both_ways(scheme, fee, free):
    fees = visit_fees(scheme, has_registration_fee=fee, is_free_return=free)
    assert fees
    assert len(set(fees)) == len(fees)
    assert fees == (VisitFee.GENERAL_TREATMENT,) or VisitFee.GENERAL_TREATMENT not in fees


def test_the_general_treatment_fee_stands_alone():
    assert visit_fees(FeeScheme.GENERAL_TREATMENT) == (VisitFee.GENERAL_TREATMENT,)
