"""What a centre may choose about registration and its queue, with the defaults of the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modules.registration.rules.queue import QueueRules
from modules.registration.rules.visits import FeeScheme, VisitFee, visit_fees


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationSettings:
    """Settings named ``registration.<field>`` of a centre."""

    fee_scheme: str = FeeScheme.GENERAL_TREATMENT.value
    general_treatment_code: str = "X0001"
    registration_fee_code: str = ""  # many regions have dropped it
    consultation_code: str = "X0002"
    emergency_consultation_code: str = "X0003"
    free_return_days: int = 0  # 0: a return visit is never free
    check_in_needed: bool = False  # whether people report in after registering
    elderly_from_years: int = 65
    reenter_after: int = 3
    return_every: int = 3
    generate_days: int = 14
    book_days_ahead: int = 14
    cancel_hours_before: int = 2
    no_show_limit: int = 3
    no_show_days: int = 90
    release_minutes_before: int = 30  # other channels' places open to the window; 0: never

    @property
    def queue_rules(self) -> QueueRules:
        """The queue's two parameters."""
        return QueueRules(reenter_after=self.reenter_after, return_every=self.return_every)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "RegistrationSettings":
        """Read a centre's settings; what is not set keeps the default."""
        prefix = "registration."
        given = {key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)}
        return cls(**{name: given[name] for name in cls.__slots__ if name in given})


def fee_codes(
    settings: RegistrationSettings,
    scheme: FeeScheme,
    *,
    is_emergency: bool = False,
    is_free_return: bool = False,
) -> tuple[str, ...]:
    """Codes of the service items a new visit carries: one scheme or the other, never both."""
    fees = visit_fees(
        scheme, has_registration_fee=bool(settings.registration_fee_code), is_free_return=is_free_return
    )
    consultation = settings.emergency_consultation_code if is_emergency else settings.consultation_code
    codes = {
        VisitFee.GENERAL_TREATMENT: settings.general_treatment_code,
        VisitFee.REGISTRATION: settings.registration_fee_code,
        VisitFee.CONSULTATION: consultation,
    }
    return tuple(codes[fee] for fee in fees)
