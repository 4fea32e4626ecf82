"""Prescriptions and their lines, as stored."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app import clock
from app.db import Page, db, page_by_key
from app.db.locks import lock_rows
from app.tenancy import setting
from modules.prescriptions.errors import PrescriptionNotFound
from modules.prescriptions.models import UNFINISHED, Item, Kind, Prescription, Status

_RECENT_LINES = 300


def reviews_after_payment(tenant_id: int | None) -> bool:
    """Whether the pharmacist reviews paid prescriptions at the window (the centre's setting, the default)."""
    return str(setting(tenant_id, "prescription_review", "after_payment")) == "after_payment"


def get_prescription(prescription_id: int) -> Prescription:
    """The prescription, or PrescriptionNotFound."""
    found = db.session.get(Prescription, prescription_id)
    if found is None:
        raise PrescriptionNotFound(field="prescription_id")
    return found


def signers_of(prescription_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Prescription → its department and who signed it. One statement for each 500."""
    wanted, found = sorted(set(prescription_ids)), {}
    for start in range(0, len(wanted), 500):
        statement = select(Prescription.id, Prescription.department_id, Prescription.practitioner_id).where(
            Prescription.id.in_(wanted[start : start + 500])
        )
        found.update({row[0]: (row[1], row[2]) for row in db.session.execute(statement)})
    return found


def lock_prescriptions(prescription_ids: Iterable[int]) -> list[Prescription]:
    """Prescriptions held against other windows, by rising id; all of them, or PrescriptionNotFound."""
    wanted = sorted(set(prescription_ids))
    found = lock_rows(Prescription, wanted)
    if len(found) != len(wanted):
        raise PrescriptionNotFound(field="prescription_id")
    return found


def find_by_number(number: str) -> Prescription | None:
    """The prescription with this number (a scanned barcode), or None."""
    return db.session.scalar(select(Prescription).where(Prescription.number == number.strip().upper()))


def list_items(prescription: Prescription) -> list[Item]:
    """The lines of the newest revision, in order."""
    return items_by_prescription([prescription]).get(prescription.id, [])


def items_by_prescription(prescriptions: Iterable[Prescription]) -> dict[int, list[Item]]:
    """Prescription id → lines of its newest revision, in one statement."""
    revisions = {row.id: row.revision for row in prescriptions}
    rows = db.session.scalars(
        select(Item)
        .where(Item.prescription_id.in_(sorted(revisions)))
        .order_by(Item.prescription_id, Item.line_no)
    )
    found: dict[int, list[Item]] = {}
    for row in rows:
        if row.revision == revisions[row.prescription_id]:
            found.setdefault(row.prescription_id, []).append(row)
    return found


def list_of_visit(visit_id: int) -> list[Prescription]:
    """The prescriptions of a visit, oldest first."""
    statement = select(Prescription).where(Prescription.visit_id == visit_id).order_by(Prescription.id)
    return list(db.session.scalars(statement))


def list_of_patient(
    patient_ids: Iterable[int], *, before: int | None = None, size: int = 8
) -> Page[Prescription]:
    """Signed prescriptions of a patient, newest first, by key."""
    statement = select(Prescription).where(
        Prescription.patient_id.in_(sorted(set(patient_ids))), Prescription.revision >= 1
    )
    return page_by_key(statement, Prescription.id, before=before, size=size)


def list_expired_ids() -> list[int]:
    """Ids of prescriptions whose validity has passed while nobody fetched them, oldest validity first."""
    statement = (
        select(Prescription.id)
        .where(Prescription.status.in_([Status(code) for code in UNFINISHED]))
        .where(Prescription.valid_until <= clock.now())
        .order_by(Prescription.valid_until, Prescription.id)
    )
    return list(db.session.scalars(statement))


@dataclass(frozen=True, slots=True)
class Favourite:
    """A drug a doctor often prescribes, with the usage of the last time."""

    drug_id: int
    times: int
    last: Item


def favourites(practitioner_id: int | None, *, kind: Kind = Kind.WESTERN) -> dict[int, Favourite]:
    """Drug id → favourite, most frequent first, from the doctor's newest 300 lines; one statement."""
    statement = (
        select(Item)
        .where(Item.practitioner_id == practitioner_id)
        .order_by(Item.id.desc())
        .limit(_RECENT_LINES)
    )
    rows = [row for row in db.session.scalars(statement) if (row.frequency == "") == (kind is Kind.HERBAL)]
    times = Counter(row.drug_id for row in rows)
    last: dict[int, Item] = {}
    for row in rows:
        last.setdefault(row.drug_id, row)
    return {drug_id: Favourite(drug_id, count, last[drug_id]) for drug_id, count in times.most_common()}
