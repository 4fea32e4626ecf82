"""One fee class per charge, and what the invoice, the accounts and the insurer call it."""

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class FeeClassPlaces:
    """Where a fee class appears: invoice line order (1 first), income account, pending-settlement account."""

    invoice_line: int
    income_account: str
    pending_account: str

    @property
    def is_drug(self) -> bool:
        """Tell whether the class holds drugs, of any kind."""
        return self.income_account.startswith("4101010108")


# Accounts: primary-care supplement of the government accounting system (财会〔2018〕25号), 41010101, 230801.
FEE_CLASS_PLACES = {
    FeeClass.REGISTRATION: FeeClassPlaces(1, "4101010101", "23080101"),
    FeeClass.CONSULTATION: FeeClassPlaces(2, "4101010102", "23080102"),
    FeeClass.EXAMINATION: FeeClassPlaces(3, "4101010103", "23080103"),
    FeeClass.LABORATORY: FeeClassPlaces(4, "4101010104", "23080104"),
    FeeClass.TREATMENT: FeeClassPlaces(5, "4101010105", "23080105"),
    FeeClass.SURGERY: FeeClassPlaces(6, "4101010106", "23080106"),
    FeeClass.MATERIAL: FeeClassPlaces(7, "4101010107", "23080107"),
    FeeClass.WESTERN_DRUG: FeeClassPlaces(8, "41010101080101", "230801080101"),
    FeeClass.PATENT_DRUG: FeeClassPlaces(9, "410101010802", "2308010802"),
    FeeClass.HERBAL_DRUG: FeeClassPlaces(10, "410101010803", "2308010803"),
    FeeClass.GENERAL_TREATMENT: FeeClassPlaces(11, "4101010109", "23080109"),
    FeeClass.OTHER: FeeClassPlaces(12, "4101010110", "23080110"),
}


def invoice_lines(charges: Iterable[tuple[FeeClass, Decimal]]) -> list[tuple[FeeClass, Decimal]]:
    """Return the invoice's lines: one per fee class with charges, in the printed order."""
    totals = {fee_class: Decimal("0.00") for fee_class in FEE_CLASS_PLACES}
    seen = set()
    for fee_class, amount in charges:
        totals[fee_class] += amount
        seen.add(fee_class)
    return [(fee_class, total) for fee_class, total in totals.items() if fee_class in seen]
