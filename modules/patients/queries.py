"""Finding and reading residents' files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select, union
from sqlalchemy.orm import load_only

from app import clock
from app.blind_index import blind_indexes, is_value
from app.db import Page, db, lock_for_turn, page_by_key, starts_with
from app.errors import NotFound
from app.i18n import gettext
from app.watch.rules import Person
from modules.patients.models import Allergy as Allergy
from modules.patients.models import (
    AllergyCertainty,
    AllergyStatus,
    Card,
    CardStatus,
    CostType,
    ImportFile,
    ImportRow,
    ImportRowStatus,
    Merge,
    MergeStatus,
    RequestStatus,
    ResidentRequest,
)
from modules.patients.models import Patient as Patient
from modules.patients.rules.age import AgeForm, age_on
from modules.patients.rules.identity import id_check_digit as id_check_digit
from modules.patients.rules.names import mask_name
from modules.patients.rules.search import QueryKind, classify_query

FOUND_AT_MOST = 8
_MARKS = (
    Patient.id,
    Patient.tenant_id,
    Patient.record_no,
    Patient.name,
    Patient.sex,
    Patient.born_on,
    Patient.last_visit_on,
)


@dataclass(frozen=True, slots=True)
class Banner:
    """What the banner of every page with an open patient shows."""

    id: int
    name: str
    sex_label: str
    age_text: str
    record_no: str
    cost_type_label: str
    allergies: list[dict[str, str]]
    allergy_status: str  # asked_none | listed | not_asked
    tags: list[tuple[str, str]]


def get_patient(patient_id: int) -> Patient:
    """The file, or NotFound."""
    found = db.session.get(Patient, patient_id)
    if found is None:
        raise NotFound(field="patient_id")
    return found


def hold_patient(patient_id: int) -> Patient:
    """The file, or NotFound; who holds it has the only word on what is counted by patient, until commit.

    Held after a bill and before a shift. Rows that refer to the patient are still written by others.
    """
    found = lock_for_turn(Patient, patient_id)
    if found is None:
        raise NotFound(field="patient_id")
    return found


def hold_person(patient_id: int) -> Patient:
    """As ``hold_patient``, the file into which this one was merged, at any remove: the one that counts for all."""
    found = hold_patient(patient_id)
    while found.merged_into_id is not None:
        found = hold_patient(found.merged_into_id)
    return found


def patient_with_allergies(patient_id: int) -> tuple[Patient, list[Allergy]]:
    """The file, or NotFound, with the allergies in force as ``list_allergies`` gives them; one statement."""
    statement = (
        select(Patient, Allergy)
        .outerjoin(Allergy, Allergy.patient_id.in_(files_of(patient_id)) & Allergy.withdrawn_at.is_(None))
        .where(Patient.id == patient_id)
        .order_by(Allergy.certainty, Allergy.id)
    )
    rows: list[tuple[Patient, Allergy | None]] = [(row[0], row[1]) for row in db.session.execute(statement)]
    if not rows:
        raise NotFound(field="patient_id")
    return rows[0][0], [allergy for _, allergy in rows if allergy is not None]


def patients_by_id(patient_ids: Iterable[int]) -> dict[int, Patient]:
    """Id → file, in one statement."""
    rows = db.session.scalars(select(Patient).where(Patient.id.in_(sorted(set(patient_ids)))))
    return {row.id: row for row in rows}


def masked_names(patient_ids: Iterable[int]) -> dict[int, str]:
    """Id → name as public screens and papers show it (张*明)."""
    statement = select(Patient.id, Patient.name).where(Patient.id.in_(sorted(set(patient_ids))))
    return {row[0]: mask_name(row[1]) for row in db.session.execute(statement)}


def search_patients(text: str, *, limit: int = FOUND_AT_MOST, marks_only: bool = False) -> list[Patient]:
    """Files that a typed text may mean: name, pinyin, initials, identity number, phone or tail, card, record.

    One statement, whatever was typed; merged files do not appear. Returns nothing when too little was typed.
    With ``marks_only`` only what tells people apart is read, and the rest of a file cannot be asked for.
    """
    typed = classify_query(text)
    if not typed.kinds:
        return []
    branches = [
        select(Patient.id)
        .where(Patient.merged_into_id.is_(None), condition)
        .order_by(order, Patient.id)
        .limit(limit)
        .subquery()
        for kind in typed.kinds
        for condition, order in _ways(kind, typed.text)
    ]
    found = union(*(select(branch.c.id) for branch in branches)).subquery()
    statement = select(Patient).where(Patient.id.in_(select(found.c.id))).order_by(Patient.name, Patient.id)
    if marks_only:
        statement = statement.options(load_only(*_MARKS, raiseload=True))
    return list(db.session.scalars(statement.limit(limit)))


def _ways(kind: QueryKind, text: str) -> list[tuple[ColumnElement[bool], Any]]:
    """Conditions, each with the order of its own index: cheap whatever the size of the centre."""
    by_document = (is_value(Patient.document_index, text, purpose="document"), Patient.id)
    if kind is QueryKind.ID_NUMBER:
        return [by_document]
    if kind is QueryKind.PHONE:
        return [(is_value(Patient.phone_index, text, purpose="phone"), Patient.id)]
    if kind is QueryKind.PHONE_TAIL:
        return [(is_value(Patient.phone_tail_index, text[-4:], purpose="phone-tail"), Patient.id)]
    if kind is QueryKind.NUMBER:
        same = is_value(Card.number_index, text, purpose="card")
        card = select(Card.patient_id).where(same, Card.status == CardStatus.NORMAL)
        by_record = (Patient.record_no == text.upper(), Patient.id)
        return [by_record, by_document, (Patient.id.in_(card), Patient.id)]
    if kind is QueryKind.CHINESE_NAME:
        return [(starts_with(Patient.name, text), Patient.name)]
    if kind is QueryKind.PINYIN_FULL:
        return [(starts_with(Patient.pinyin, text.lower().replace(" ", "")), Patient.pinyin)]
    return [(starts_with(Patient.initials, text.lower()), Patient.initials)]


def page_of_patients(text: str, *, before: int | None = None) -> Page[Patient]:
    """Files that a typed text may mean (at most thirty), or all, newest first; merged files do not appear."""
    if text:
        return Page(search_patients(text, limit=30), None, True)
    statement = select(Patient).where(Patient.merged_into_id.is_(None))
    return page_by_key(statement, Patient.id, before=before, size=30)


def list_allergies(patient_id: int) -> list[Allergy]:
    """Allergies in force of a file and of those merged into it, confirmed ones first."""
    statement = (
        select(Allergy)
        .where(Allergy.patient_id.in_(files_of(patient_id)), Allergy.withdrawn_at.is_(None))
        .order_by(Allergy.certainty, Allergy.id)
    )
    return list(db.session.scalars(statement))


def list_cards(patient_id: int) -> list[Card]:
    """All cards of a file, newest first."""
    statement = select(Card).where(Card.patient_id == patient_id).order_by(Card.id.desc())
    return list(db.session.scalars(statement))


def list_merges(status: MergeStatus, *, limit: int = 50) -> list[Merge]:
    """Merges in a state, newest first."""
    statement = select(Merge).where(Merge.status == status).order_by(Merge.id.desc()).limit(limit)
    return list(db.session.scalars(statement))


def merges_of(patient_id: int) -> list[Merge]:
    """Merges in which a file takes part and that were not rejected, newest first."""
    statement = (
        select(Merge)
        .where(
            or_(Merge.survivor_id == patient_id, Merge.merged_id == patient_id),
            Merge.status != MergeStatus.REJECTED,
        )
        .order_by(Merge.id.desc())
    )
    return list(db.session.scalars(statement))


def merges_to_decide(account_id: int, *, size: int) -> tuple[int, list[Merge]]:
    """How many proposals wait for this account, which may not have proposed them, and the oldest of them."""
    statement = (
        select(Merge, func.count().over())
        .where(Merge.status == MergeStatus.PROPOSED, Merge.proposed_by != account_id)
        .order_by(Merge.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def get_import(import_id: int) -> ImportFile:
    """The list that was brought, or NotFound."""
    found = db.session.get(ImportFile, import_id)
    if found is None:
        raise NotFound(field="import_id")
    return found


def list_imports() -> list[ImportFile]:
    """The lists brought last."""
    return list(db.session.scalars(select(ImportFile).order_by(ImportFile.id.desc()).limit(10)))


def waiting_rows(import_id: int) -> list[int]:
    """Ids of the rows that wait, in the order of the list."""
    statement = (
        select(ImportRow.id)
        .where(ImportRow.import_id == import_id, ImportRow.status == ImportRowStatus.WAITING)
        .order_by(ImportRow.row_no)
    )
    return list(db.session.scalars(statement))


def refused_rows(import_id: int, *, limit: int = 1000) -> list[ImportRow]:
    """Rows that were refused, in the order of the list."""
    statement = (
        select(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.status == ImportRowStatus.REFUSED)
        .order_by(ImportRow.row_no)
        .limit(limit)
    )
    return list(db.session.scalars(statement))


def count_rows(import_id: int) -> dict[ImportRowStatus, int]:
    """State → number of rows of a list."""
    statement = (
        select(ImportRow.status, func.count(ImportRow.id))
        .where(ImportRow.import_id == import_id)
        .group_by(ImportRow.status)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def files_of(patient_id: "int | ScalarSelect[int]") -> Select[int]:
    """Ids of a file and of every file merged into it, at any remove; for a condition ``in_(…)``."""
    files = select(Patient.id.label("id")).where(Patient.id == patient_id).cte("files", recursive=True)
    merged = select(Merge.merged_id).join(files, Merge.survivor_id == files.c.id)
    files = files.union_all(merged.where(Merge.status == MergeStatus.DONE))
    return select(files.c.id)


def file_ids_after(after: int, *, limit: int) -> list[int]:
    """Ids of files, in their order, for work on all of them."""
    return list(
        db.session.scalars(select(Patient.id).where(Patient.id > after).order_by(Patient.id).limit(limit))
    )


def same_person_ids(patient_id: int) -> list[int]:
    """The file itself and every file merged into it, for histories that must be whole."""
    return sorted(db.session.scalars(select(Patient.id).where(Patient.id.in_(files_of(patient_id)))))


def completed_years(born_on: date, on: date | None = None) -> int:
    """Completed years of age on a day, today unless told; 0 before birth."""
    age = age_on(born_on, on or clock.today())
    return age.years if age else 0


def completed_months(born_on: date, on: date | None = None) -> int:
    """Completed months of age on a day, today unless told; 0 before birth."""
    age = age_on(born_on, on or clock.today())
    return age.years * 12 + age.months if age else 0


def age_text(born_on: date, on: date | None = None) -> str:
    """Age as clinics write it: days, months and days, years and months, years."""
    age = age_on(born_on, on or clock.today())
    if age is None:
        return ""
    if age.form is AgeForm.DAYS:
        return gettext("%(days)s d", days=age.total_days)
    if age.form is AgeForm.MONTHS_AND_DAYS:
        return gettext("%(months)s mo %(days)s d", months=age.months, days=age.days)
    if age.form is AgeForm.YEARS_AND_MONTHS:
        return gettext("%(years)s y %(months)s mo", years=age.years, months=age.months)
    return gettext("%(years)s y", years=age.years)


def age_years(born_on: date, on: date | None = None) -> int | None:
    """Completed years of life on a day; None before birth."""
    age = age_on(born_on, on or clock.today())
    return None if age is None else age.years


def banner(patient: Patient, allergies: list[Allergy] | None = None) -> Banner:
    """What the banner shows; reads the allergies unless they are given."""
    listed = list_allergies(patient.id) if allergies is None else allergies
    tags = []
    age = age_on(patient.born_on, clock.today())
    if age is not None and age.years >= 65:
        tags.append((gettext("65 or older"), "i"))
    status = {
        AllergyStatus.NOT_ASKED: "not_asked",
        AllergyStatus.NONE_KNOWN: "asked_none",
        AllergyStatus.LISTED: "listed",
    }[AllergyStatus.LISTED if listed else patient.allergy_status]
    return Banner(
        id=patient.id,
        name=patient.name,
        sex_label=patient.sex.label,
        age_text=age_text(patient.born_on),
        record_no=patient.record_no,
        cost_type_label=CostType(patient.cost_type).label,
        allergies=[
            {
                "text": allergy.substance,
                "kind": "confirmed" if allergy.certainty is AllergyCertainty.CONFIRMED else "suspected",
            }
            for allergy in listed
        ],
        allergy_status="listed" if listed else status,
        tags=tags,
    )


def people(patient_ids: set[int], documents: set[str]) -> dict[int, Person]:
    """Residents by file, and those who have one of these documents, as the watch compares them. One statement."""
    digests = [digest for number in sorted(documents) for digest in blind_indexes(number, purpose="document")]
    wanted = or_(Patient.id.in_(sorted(patient_ids)), Patient.document_index.in_(digests))
    rows = db.session.scalars(select(Patient).where(wanted))
    return {
        row.id: Person(
            name=row.name,
            document=row.document_number.upper() if row.document_number and not row.is_proxy_document else "",
            home="".join(row.address.split()),
            is_watched=row.is_watched,
        )
        for row in rows
    }


def get_request(request_id: int) -> ResidentRequest:
    """What a resident asked for, or NotFound."""
    found = db.session.get(ResidentRequest, request_id)
    if found is None:
        raise NotFound(field="request_id")
    return found


def page_of_requests(
    state: str, *, patient_id: int | None = None, before: int | None = None
) -> Page[ResidentRequest]:
    """Requests of residents in a state (``late``: open and past their day; empty: all), newest first."""
    statement = select(ResidentRequest)
    if state:
        status = RequestStatus.OPEN if state == "late" else RequestStatus(state)
        statement = statement.where(ResidentRequest.status == status)
    if state == "late":
        statement = statement.where(ResidentRequest.due_on < clock.today())
    if patient_id is not None:
        statement = statement.where(ResidentRequest.patient_id == patient_id)
    return page_by_key(statement, ResidentRequest.id, before=before, size=50)


def open_requests(*, size: int) -> tuple[int, list[ResidentRequest]]:
    """How many requests wait for an answer, and the first of them by their day. One statement."""
    statement = (
        select(ResidentRequest, func.count().over())
        .where(ResidentRequest.status == RequestStatus.OPEN)
        .order_by(ResidentRequest.due_on, ResidentRequest.id)
        .limit(size)
    )
    rows = db.session.execute(statement).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]
