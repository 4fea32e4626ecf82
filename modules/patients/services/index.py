"""The region-wide index (居民主索引) in the control database, fed by events after commit."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, or_, select

from app import audit, ids
from app.actor import Actor, system_actor
from app.blind_index import DISTRICT, is_value
from app.db import Mode, db, tenant_unit
from app.use_cases import use_case
from modules.patients import queries
from modules.patients.models import IndexEntry

_BATCH = 200


@use_case("patients.index.follow", database="control")
def follow_patient(*, patient_id: int, person_patient_id: int | None = None, by: Actor) -> IndexEntry:
    """Bring the region's entry of a file up to date; files with the same document number are one person.

    ``person_patient_id`` names the surviving file of a merge.

    Raises:
        NotFound: one of the two is no file here.
    """
    with tenant_unit(by.tenant_id or 0, Mode.READ):
        patient = queries.get_patient(patient_id)
        if person_patient_id is not None:
            queries.get_patient(person_patient_id)
    entry = db.session.scalar(
        select(IndexEntry).where(IndexEntry.tenant_id == by.tenant_id, IndexEntry.patient_id == patient_id)
    )
    if entry is None:
        entry = IndexEntry(tenant_id=by.tenant_id, patient_id=patient_id, person_no=ids.new_id())
        db.session.add(entry)
    entry.follow(patient)
    db.session.flush()
    number = patient.document_number if entry.document_index else None
    entry.person_no = _person_no(entry, number, person_patient_id, by.tenant_id or 0)
    audit.record("index.followed", entry, by=by)
    return entry


@use_case("patients.index.follow", database="control", is_step=True)
def renew_entries(*, patient_ids: Annotated[list[int], Field(max_length=_BATCH)], by: Actor) -> None:
    """Compute the entries of some files anew, under the key that the district uses now."""
    with tenant_unit(by.tenant_id or 0, Mode.READ):
        files = queries.patients_by_id(patient_ids)
    entries = select(IndexEntry).where(
        IndexEntry.tenant_id == by.tenant_id, IndexEntry.patient_id.in_(patient_ids)
    )
    for entry in db.session.scalars(entries):
        entry.follow(files[entry.patient_id])
    audit.record("index.renewed", None, by=by, rows=len(patient_ids))


def renew_entries_of(tenant_id: int) -> int:
    """Compute every entry of a centre anew; returns how many files were looked at."""
    after, looked_at = 0, 0
    while True:
        with tenant_unit(tenant_id, Mode.READ):
            batch = queries.file_ids_after(after, limit=_BATCH)
        if not batch:
            return looked_at
        renew_entries(patient_ids=batch, by=system_actor(tenant_id))
        after, looked_at = batch[-1], looked_at + len(batch)


def _person_no(entry: IndexEntry, number: str | None, person_patient_id: int | None, tenant_id: int) -> int:
    conditions: list[ColumnElement[bool]] = []
    if person_patient_id is not None:
        conditions.append((IndexEntry.tenant_id == tenant_id) & (IndexEntry.patient_id == person_patient_id))
    elif number is not None:
        same = is_value(IndexEntry.document_index, number, purpose="document", tenant_id=DISTRICT)
        conditions.append(same)
    if not conditions:
        return entry.person_no
    first = db.session.scalar(
        select(IndexEntry.person_no).where(or_(*conditions)).order_by(IndexEntry.person_no).limit(1)
    )
    return first or entry.person_no
