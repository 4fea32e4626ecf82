"""The region-wide index (居民主索引) in the control database, fed by events after commit."""

from sqlalchemy import ColumnElement, or_, select

from app import audit, ids
from app.actor import Actor
from app.blind_index import blind_index
from app.db import Mode, db, tenant_unit
from app.use_cases import use_case
from modules.patients import queries
from modules.patients.models import IndexEntry


@use_case("patients.index.follow", database="control")
def follow_patient(*, patient_id: int, person_patient_id: int | None = None, by: Actor) -> IndexEntry:
    """Bring the region's entry of a file up to date; files with the same document number are one person.

    ``person_patient_id`` names the surviving file of a merge.

    Raises:
        NotFound: no such file here.
    """
    with tenant_unit(by.tenant_id or 0, Mode.READ):
        patient = queries.get_patient(patient_id)
    entry = db.session.scalar(
        select(IndexEntry).where(IndexEntry.tenant_id == by.tenant_id, IndexEntry.patient_id == patient_id)
    )
    if entry is None:
        entry = IndexEntry(tenant_id=by.tenant_id, patient_id=patient_id, person_no=ids.new_id())
        db.session.add(entry)
    entry.document_index = patient.document_index
    entry.name_key = blind_index(patient.name, purpose="region-name")
    entry.sex, entry.born_on, entry.phone_index = patient.sex.value, patient.born_on, patient.phone_index
    entry.is_merged = patient.merged_into_id is not None
    db.session.flush()
    entry.person_no = _person_no(entry, person_patient_id, by.tenant_id or 0)
    audit.record("index.followed", entry, by=by)
    return entry


def _person_no(entry: IndexEntry, person_patient_id: int | None, tenant_id: int) -> int:
    conditions: list[ColumnElement[bool]] = []
    if person_patient_id is not None:
        conditions.append((IndexEntry.tenant_id == tenant_id) & (IndexEntry.patient_id == person_patient_id))
    elif entry.document_index is not None:
        conditions.append(IndexEntry.document_index == entry.document_index)
    if not conditions:
        return entry.person_no
    first = db.session.scalar(
        select(IndexEntry.person_no).where(or_(*conditions)).order_by(IndexEntry.person_no).limit(1)
    )
    return first or entry.person_no
