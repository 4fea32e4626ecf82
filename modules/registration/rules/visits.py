"""What a visit may do and what it costs to register (挂号, 退号)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum


class VisitStage(StrEnum):
    """How far a registered visit has come."""

    APPOINTED = "appointed"
    REGISTERED = "registered"
    CHECKED_IN = "checked_in"
    CALLED = "called"
    IN_CONSULTATION = "in_consultation"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class CancelRefusal(StrEnum):
    """Why a visit cannot be cancelled."""

    ALREADY_CANCELLED = "already_cancelled"
    ALREADY_SEEN = "already_seen"
    DEPENDENT_CHARGES = "dependent_charges"


_UNSEEN = frozenset(
    {
        VisitStage.APPOINTED,
        VisitStage.REGISTERED,
        VisitStage.CHECKED_IN,
        VisitStage.CALLED,
        VisitStage.NO_SHOW,
    }
)


def cancel_refusal(stage: VisitStage, *, has_dependent_charges: bool) -> CancelRefusal | None:
    """Return why a visit cannot be cancelled (退号), or None. Source: house rule.

    Only a visit that no doctor has begun, and whose bill holds nothing beyond its own registration fee.
    """
    if stage is VisitStage.CANCELLED:
        return CancelRefusal.ALREADY_CANCELLED
    if stage not in _UNSEEN:
        return CancelRefusal.ALREADY_SEEN
    return CancelRefusal.DEPENDENT_CHARGES if has_dependent_charges else None


def place_returns_to_pool(*, now: datetime, window_start: datetime) -> bool:
    """Tell whether a cancelled place may be sold again: only before its time window begins (house rule)."""
    return now < window_start


def may_cancel_appointment(*, now: datetime, window_start: datetime, hours_before: int) -> bool:
    """Tell whether an appointment may still be given back: until X hours before (house rule)."""
    return now <= window_start - timedelta(hours=hours_before)


def is_suspended_for_no_shows(
    no_shows: Collection[date], *, today: date, limit: int = 3, within_days: int = 90
) -> bool:
    """Tell whether `limit` no-shows in the last `within_days` suspend appointments (house rule)."""
    return sum(today - timedelta(days=within_days) < day <= today for day in no_shows) >= limit


class VisitFee(StrEnum):
    """What registering may cost."""

    REGISTRATION = "registration"  # 挂号费
    CONSULTATION = "consultation"  # 诊察费
    GENERAL_TREATMENT = "general_treatment"  # 一般诊疗费


class FeeScheme(StrEnum):
    """Which of the two ways of charging a tenant's region has."""

    GENERAL_TREATMENT = "general_treatment"
    REGISTRATION_AND_CONSULTATION = "registration_and_consultation"


def visit_fees(
    scheme: FeeScheme, *, has_registration_fee: bool = True, is_free_return: bool = False
) -> tuple[VisitFee, ...]:
    """Return the fees a new visit carries: the general treatment fee alone, or registration and consultation.

    Many regions have dropped the registration fee (`has_registration_fee`). `is_free_return` frees a return
    visit for the same disease from the registration fee, not from the doctor's work. Source: house rule.
    """
    if scheme is FeeScheme.GENERAL_TREATMENT:
        return (VisitFee.GENERAL_TREATMENT,)
    if has_registration_fee and not is_free_return:
        return (VisitFee.REGISTRATION, VisitFee.CONSULTATION)
    return (VisitFee.CONSULTATION,)
