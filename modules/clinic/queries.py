"""Reading encounters, signed records, diagnoses, measurements and templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select

from app import clock
from app.db import Page, db, locking, page_by_key
from app.errors import NotFound
from modules.clinic.errors import NoEncounter
from modules.clinic.models import Encounter as Encounter
from modules.clinic.models import (
    Measurement,
    Phrase,
    RecordTemplate,
    SignedRecord,
    TemplateScope,
)
from modules.clinic.rules.vitals import PRESSURE_FROM_YEARS, needs_blood_pressure
from modules.patients.queries import completed_years
from tenants.models import Practitioner

_PORTION = 1000


@dataclass(frozen=True, slots=True)
class Treating:
    """An encounter and its doctor, held until the transaction ends."""

    encounter: Encounter
    practitioner: Practitioner


def find_encounter(visit_id: int) -> Encounter | None:
    """The encounter of a visit, or None while nobody has taken the patient."""
    return db.session.scalar(select(Encounter).where(Encounter.visit_id == visit_id))


def get_encounter(visit_id: int) -> Encounter:
    """The encounter of a visit, or NoEncounter."""
    found = find_encounter(visit_id)
    if found is None:
        raise NoEncounter(field="visit_id")
    return found


def lock_treating(visit_id: int) -> Treating:
    """The encounter of a visit with its doctor, held against other windows; one statement."""
    treating = (
        select(Encounter, Practitioner)
        .join(Practitioner, Practitioner.id == Encounter.practitioner_id)
        .where(Encounter.visit_id == visit_id)
    )
    row = db.session.execute(locking(treating, Encounter)).one_or_none()
    if row is None:
        raise NoEncounter(field="visit_id")
    return Treating(row[0], row[1])


def list_encounters(
    patient_ids: Iterable[int], *, before: int | None = None, size: int = 8
) -> Page[Encounter]:
    """A patient's encounters, newest first, by key; several ids when files were merged."""
    statement = select(Encounter).where(Encounter.patient_id.in_(sorted(set(patient_ids))))
    return page_by_key(statement, Encounter.id, before=before, size=size)


def list_versions(visit_id: int) -> list[SignedRecord]:
    """The signed versions of a visit's record, newest first."""
    statement = (
        select(SignedRecord).where(SignedRecord.visit_id == visit_id).order_by(SignedRecord.number.desc())
    )
    return list(db.session.scalars(statement))


def get_version(visit_id: int, number: int) -> SignedRecord:
    """One signed version, or NotFound."""
    found = db.session.scalar(
        select(SignedRecord).where(SignedRecord.visit_id == visit_id, SignedRecord.number == number)
    )
    if found is None:
        raise NotFound(field="number")
    return found


def latest_measurement(visit_id: int) -> Measurement | None:
    """The newest vital signs of a visit."""
    return db.session.scalar(
        select(Measurement).where(Measurement.visit_id == visit_id).order_by(Measurement.id.desc()).limit(1)
    )


def pressure_is_due(patient_id: int, born_on: date) -> bool:
    """Whether this year's blood pressure is still to be measured (from 35 years)."""
    today = clock.today()
    years = completed_years(born_on, today)
    if years < PRESSURE_FROM_YEARS:
        return False
    last = db.session.scalar(
        select(Measurement.measured_at)
        .where(Measurement.patient_id == patient_id, Measurement.systolic.is_not(None))
        .order_by(Measurement.measured_at.desc())
        .limit(1)
    )
    measured_on = clock.local(last).date() if last else None
    return needs_blood_pressure(age_years=years, last_measured_on=measured_on, today=today)


def list_templates(practitioner_id: int | None) -> list[RecordTemplate]:
    """The centre's templates and the doctor's own, by name."""
    mine = (RecordTemplate.scope == TemplateScope.PERSONAL) & (
        RecordTemplate.practitioner_id == practitioner_id
    )
    statement = (
        select(RecordTemplate)
        .where(RecordTemplate.is_active, or_(RecordTemplate.scope == TemplateScope.CENTRE, mine))
        .order_by(RecordTemplate.name, RecordTemplate.id)
        .limit(100)
    )
    return list(db.session.scalars(statement))


def page_of_templates(*, before: int | None = None) -> Page[RecordTemplate]:
    """All templates in use, the doctors' own too, newest first: for who may share them."""
    return page_by_key(
        select(RecordTemplate).where(RecordTemplate.is_active), RecordTemplate.id, before=before, size=50
    )


def get_phrase(phrase_id: int, practitioner_id: int | None) -> Phrase:
    """The doctor's own phrase, or NotFound."""
    found = db.session.get(Phrase, phrase_id)
    if found is None or not found.is_active or found.practitioner_id != practitioner_id:
        raise NotFound(field="phrase_id")
    return found


def get_template(template_id: int, practitioner_id: int | None) -> RecordTemplate:
    """A template the doctor may use, or NotFound."""
    found = db.session.get(RecordTemplate, template_id)
    if found is None or not found.is_active:
        raise NotFound(field="template_id")
    if found.scope is TemplateScope.PERSONAL and found.practitioner_id != practitioner_id:
        raise NotFound(field="template_id")
    return found


def list_phrases(practitioner_id: int | None, *, part: str = "") -> list[Phrase]:
    """The doctor's own phrases, of one part of the record or of all."""
    statement = select(Phrase).where(Phrase.practitioner_id == practitioner_id, Phrase.is_active)
    if part:
        statement = statement.where(Phrase.part == part)
    return list(db.session.scalars(statement.order_by(Phrase.part, Phrase.id).limit(200)))


def first_unsigned(practitioner_id: int | None, on: date, *, size: int) -> tuple[int, list[Encounter]]:
    """How many of the doctor's patients of a day still have an unsigned record, and the first of them."""
    statement = (
        select(Encounter, func.count().over())
        .where(Encounter.practitioner_id == practitioner_id, Encounter.on == on, Encounter.signed_number == 0)
        .order_by(Encounter.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def damaged_records() -> list[int]:
    """Ids of signed records whose content no longer gives their digest. Every version is read, in portions."""
    damaged: list[int] = []
    after = 0
    while True:
        portion = select(SignedRecord).where(SignedRecord.id > after).order_by(SignedRecord.id)
        rows = list(db.session.scalars(portion.limit(_PORTION)))
        damaged += [row.id for row in rows if not row.is_intact]
        if len(rows) < _PORTION:
            return damaged
        after = rows[-1].id
        db.session.expunge_all()
