"""One fee class per charge, and what the invoice and the insurer call it."""

from collections.abc import Iterable
from decimal import Decimal

from app.i18n import N_, Choice


class FeeClass(Choice):
    """Outpatient fee classes; the value is the insurer's med_chrgitm_type code (国家医保信息平台接口规范)."""

    CONSULTATION = "02", N_("Consultation fees")
    EXAMINATION = "03", N_("Examination fees")
    LABORATORY = "04", N_("Laboratory fees")
    TREATMENT = "05", N_("Treatment fees")
    SURGERY = "06", N_("Surgery fees")
    MATERIAL = "08", N_("Medical materials")
    WESTERN_DRUG = "09", N_("Western medicine fees")
    HERBAL_DRUG = "10", N_("Herbal medicine fees")
    PATENT_DRUG = "11", N_("Patent medicine fees")
    GENERAL_TREATMENT = "12", N_("General treatment fees")
    REGISTRATION = "13", N_("Registration fees")
    OTHER = "14", N_("Other outpatient fees")


# In the printed order of the invoice; their accounts stand in app/account_hints.py.
INVOICE_ORDER = (
    FeeClass.REGISTRATION,
    FeeClass.CONSULTATION,
    FeeClass.EXAMINATION,
    FeeClass.LABORATORY,
    FeeClass.TREATMENT,
    FeeClass.SURGERY,
    FeeClass.MATERIAL,
    FeeClass.WESTERN_DRUG,
    FeeClass.PATENT_DRUG,
    FeeClass.HERBAL_DRUG,
    FeeClass.GENERAL_TREATMENT,
    FeeClass.OTHER,
)


def invoice_lines(charges: Iterable[tuple[FeeClass, Decimal]]) -> list[tuple[FeeClass, Decimal]]:
    """Return the invoice's lines: one per fee class with charges, in the printed order."""
    totals = {fee_class: Decimal("0.00") for fee_class in INVOICE_ORDER}
    seen = set()
    for fee_class, amount in charges:
        totals[fee_class] += amount
        seen.add(fee_class)
    return [(fee_class, total) for fee_class, total in totals.items() if fee_class in seen]
