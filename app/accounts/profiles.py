"""Two schools of password rules, as data: the grading of GB/T 22239-2019 and OWASP ASVS 5.0 disagree."""

from dataclasses import dataclass

from app.i18n import N_, Choice


class Profile(Choice):
    """Which school an installation follows."""

    DENGBAO = "dengbao", N_("GB/T 22239: mixed characters, changed every 90 days")
    ASVS = "asvs", N_("OWASP ASVS: long and unguessable, changed only when lost")


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What a school asks beyond length and unguessability."""

    kinds: int = 0  # of character to mix
    days: int | None = None  # after which a password is replaced
    remembered: int = 0  # that may not come again


RULES = {
    Profile.DENGBAO: PasswordRules(kinds=3, days=90, remembered=5),
    Profile.ASVS: PasswordRules(),
}


def default_profile(environment: str) -> Profile:
    """What holds until the district's security administrator chooses."""
    return Profile.DENGBAO if environment == "production" else Profile.ASVS
