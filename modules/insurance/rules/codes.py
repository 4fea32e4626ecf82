"""Codes of the national interface with their words (C6)."""

from app.i18n import N_, Choice


class InsuranceType(Choice):
    """Kind of insurance (insutype)."""

    EMPLOYEE = "310", N_("Employee basic insurance")
    RESIDENT = "390", N_("Resident basic insurance")
    CIVIL_SERVANT = "320", N_("Civil servants' supplement")
    LARGE = "330", N_("Large-amount supplement")
    RETIRED_CADRE = "340", N_("Retired cadres' insurance")
    MATERNITY = "510", N_("Maternity insurance")


class CareType(Choice):
    """Kind of care (med_type)."""

    OUTPATIENT = "11", N_("Ordinary outpatient care")
    REGISTRATION = "12", N_("Outpatient registration")
    EMERGENCY = "13", N_("Emergency care")
    CHRONIC = "14", N_("Chronic and special diseases")
    MATERNITY = "51", N_("Maternity outpatient care")


class ItemLevel(Choice):
    """How far an item is in scope (chrgitm_lv)."""

    WHOLE = "01", N_("Class A")
    PART = "02", N_("Class B")
    NONE = "03", N_("Class C (own expense)")


def options(choice: type[Choice]) -> dict[str, str]:
    """Code → label."""
    return {str(one.value): one.label for one in choice}
