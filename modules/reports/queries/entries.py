"""The ledgers of one day as the sums take them: every settlement and movement, with whom it belongs to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from modules.catalogue import queries as catalogue
from modules.charging import queries as charging
from modules.dispensing import queries as stock
from modules.insurance import queries as insurance
from modules.prescriptions import queries as prescriptions
from modules.registration import queries as registration
from modules.reports.models import Side

NOBODY = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyEntry:
    """A part of a settlement, with whose work it was: the prescription's, else the visit's."""

    settlement_id: int
    side: Side
    kind: str
    code: str
    scheme: str
    department_id: int
    practitioner_id: int
    amount: Decimal


def money_entries(on: date) -> list[MoneyEntry]:
    """Every settlement of a day, by fee class and by way of paying. Six statements for up to 500 visits."""
    fees, tenders = charging.fee_entries(on, on), charging.tender_entries(on, on)
    desks = registration.desks_of_visits({row.visit_id for row in fees} | {row.visit_id for row in tenders})
    signers = prescriptions.signers_of({row.prescription_id for row in fees if row.prescription_id})
    schemes = insurance.schemes_of({row.insurance_id for row in tenders if row.insurance_id})
    found = []
    for fee in fees:
        own = signers.get(fee.prescription_id or 0) or desks.get(fee.visit_id, NOBODY)
        found.append(
            MoneyEntry(
                settlement_id=fee.settlement_id,
                side=Side.FEE,
                kind=fee.kind.value,
                code=fee.fee_class.value,
                scheme="",
                department_id=own[0],
                practitioner_id=own[1],
                amount=fee.amount,
            )
        )
    for tender in tenders:
        own = desks.get(tender.visit_id, NOBODY)
        is_insured = tender.method in charging.INSURED
        found.append(
            MoneyEntry(
                settlement_id=tender.settlement_id,
                side=Side.TENDER,
                kind=tender.kind.value,
                code=tender.method.value,
                scheme=schemes.get(tender.insurance_id or 0, "") if is_insured else "",
                department_id=own[0],
                practitioner_id=own[1],
                amount=tender.amount,
            )
        )
    return found


def antimicrobials() -> frozenset[int]:
    """Drugs the catalogue calls antimicrobial. One statement on the shared catalogue."""
    return frozenset(drug.id for drug in catalogue.all_drugs() if drug.antimicrobial_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescribingEntry:
    """A prescription handed out for the first time, and whose it is."""

    location_id: int
    department_id: int
    practitioner_id: int
    has_antimicrobial: bool


def prescribing_entries(on: date, antimicrobial_ids: Collection[int]) -> list[PrescribingEntry]:
    """Prescriptions handed out for the first time on a day. Two statements."""
    issues = stock.first_issues(on)
    signers = prescriptions.signers_of(issue.prescription_id for issue in issues)
    return [
        PrescribingEntry(
            location_id=issue.location_id,
            department_id=signers.get(issue.prescription_id, NOBODY)[0],
            practitioner_id=signers.get(issue.prescription_id, NOBODY)[1],
            has_antimicrobial=not issue.drug_ids.isdisjoint(antimicrobial_ids),
        )
        for issue in issues
    ]
