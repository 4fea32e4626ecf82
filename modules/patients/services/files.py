"""Opening and changing a resident's file (建档)."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field
from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError

from app import audit, clock, numbering
from app.actor import Actor
from app.blind_index import is_value
from app.db import db, lock_row
from app.errors import ChangedMeanwhile, InvalidInput, NotFound
from app.events import emit
from app.i18n import gettext
from app.pinyin import name_pinyin
from app.use_cases import use_case
from modules.patients.errors import AlreadyOnFile, GuardianNeeded, PerhapsOnFile, SameDocumentOtherName
from modules.patients.events import PatientChanged, PatientCreated
from modules.patients.models import AllergyStatus, CostType, DocumentKind, Patient, SexCode
from modules.patients.rules import identity, names
from modules.patients.rules.age import GUARDIAN_BELOW_YEARS, age_on, needs_guardian
from modules.patients.rules.matching import MatchAction, MatchResult, PersonTraits, rank_matches

PersonName = Annotated[str, Field(min_length=2, max_length=50)]
ShortText = Annotated[str, Field(max_length=50)]
Number = Annotated[str, Field(max_length=40)]
Phone = Annotated[str, Field(max_length=30)]
EARLIEST_BIRTH = date(1890, 1, 1)
CHANGEABLE = (  # what a correction may change; the version guards it
    "version",
    "name",
    "sex",
    "born_on",
    "document_kind",
    "document_number",
    "phone",
    "street_code",
    "address",
    "ethnicity",
    "occupation",
    "guardian_name",
    "guardian_phone",
    "cost_type",
)


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was typed, in its one written form."""

    name: str
    sex: SexCode
    born_on: date
    document_kind: DocumentKind | None
    document_number: str | None
    phone: str | None


@use_case("patients.patient.create", offline=True)
def create_patient(
    *,
    name: PersonName,
    sex: SexCode = SexCode.UNKNOWN,
    born_on: date | None = None,
    document_kind: DocumentKind | None = None,
    document_number: Number = "",
    is_proxy_document: bool = False,
    phone: Phone = "",
    street_code: Annotated[str, Field(max_length=20)] = "",
    address: Annotated[str, Field(max_length=200)] = "",
    ethnicity: Annotated[str, Field(max_length=10)] = "",
    occupation: ShortText = "",
    guardian_name: ShortText = "",
    guardian_phone: Phone = "",
    cost_type: CostType = CostType.SELF,
    has_no_known_allergies: bool = False,
    is_another_person: bool = False,
    by: Actor,
) -> Patient:
    """Open a resident's file. Sex and birth date follow from an identity number when they are not typed.

    ``is_another_person`` says that the window has looked at the files that resemble this one.

    Raises:
        InvalidInput: a number, date or phone is wrong, or two of them contradict each other.
        GuardianNeeded: a child below 14, and no guardian.
        AlreadyOnFile: the same number and name have a file (rule 1).
        SameDocumentOtherName: the number belongs to another name (rule 2).
        PerhapsOnFile: files resemble this one (rules 3 to 5) and nobody has confirmed.
    """
    checked = _check(name, sex, born_on, document_kind, document_number, phone)
    guardian = _guardian(checked, guardian_name, guardian_phone)
    newcomer = _traits(checked, street_code, is_proxy_document)
    _refuse_twins(newcomer, is_another_person)
    patient = Patient(
        record_no=numbering.next_number("patient", on=clock.today(), prefix="R"),
        is_proxy_document=is_proxy_document,
        street_code=street_code,
        address=address,
        ethnicity=ethnicity,
        occupation=occupation,
        guardian_name=guardian_name.strip(),
        guardian_phone=guardian,
        cost_type=cost_type,
        allergy_status=AllergyStatus.NONE_KNOWN if has_no_known_allergies else AllergyStatus.NOT_ASKED,
        created_at=clock.now(),
    )
    _write_identity(patient, checked)
    _store(patient)
    audit.record("patient.created", patient, by=by)
    emit(PatientCreated(patient_id=patient.id))
    return patient


@use_case("patients.patient.change")
def change_patient(
    *,
    patient_id: int,
    version: int,
    name: PersonName,
    sex: SexCode,
    born_on: date,
    document_kind: DocumentKind | None = None,
    document_number: Number = "",
    phone: Phone = "",
    street_code: Annotated[str, Field(max_length=20)] = "",
    address: Annotated[str, Field(max_length=200)] = "",
    ethnicity: Annotated[str, Field(max_length=10)] = "",
    occupation: ShortText = "",
    guardian_name: ShortText = "",
    guardian_phone: Phone = "",
    cost_type: CostType = CostType.SELF,
    by: Actor,
) -> Patient:
    """Correct a resident's file; the trail keeps what stood before.

    A field that comes back as it was shown, masked, stays as it is stored.

    Raises:
        NotFound: no such file here.
        ChangedMeanwhile: somebody changed it after the page was opened.
        InvalidInput, GuardianNeeded, AlreadyOnFile, SameDocumentOtherName: as when a file is opened.
    """
    patient = lock_row(Patient, patient_id)
    if patient is None:
        raise NotFound(field="patient_id")
    if patient.version != version:
        raise ChangedMeanwhile
    document_number = _typed_or_kept(patient, "document_number", document_number)
    phone = _typed_or_kept(patient, "phone", phone)
    guardian_phone = _typed_or_kept(patient, "guardian_phone", guardian_phone)
    address = _typed_or_kept(patient, "address", address)
    checked = _check(name, sex, born_on, document_kind, document_number, phone)
    guardian = _guardian(checked, guardian_name, guardian_phone)
    _refuse_document_of_another(checked, patient)
    _write_identity(patient, checked)
    patient.street_code, patient.address = street_code, address
    patient.ethnicity, patient.occupation = ethnicity, occupation
    patient.guardian_name, patient.guardian_phone = guardian_name.strip(), guardian
    patient.cost_type = cost_type
    db.session.flush()
    audit.record("patient.changed", patient, by=by)
    emit(PatientChanged(patient_id=patient.id))
    return patient


@use_case("patients.patient.change", is_step=True)
def note_visit(*, patient_id: int, on: date, by: Actor) -> Patient:
    """Keep the day of the last visit on the file (registration does, inside its own transaction).

    Raises:
        NotFound: no such file here, or it is merged into another.
    """
    patient = db.session.get(Patient, patient_id)
    if patient is None or patient.merged_into_id is not None:
        raise NotFound(field="patient_id")
    if patient.last_visit_on is None or patient.last_visit_on < on:
        patient.last_visit_on = on
    return patient


def _typed_or_kept(patient: Patient, field: str, typed: str) -> str:
    return patient.shown(field, is_revealed=True) if typed and typed == patient.shown(field) else typed


def candidates(newcomer: PersonTraits) -> list[tuple[Patient, MatchResult]]:
    """Files that resemble a newcomer, the most alike first (also the warning while typing)."""
    found = db.session.scalars(_resembling(newcomer))
    by_id = {row.id: row for row in found}
    ranked = rank_matches(newcomer, [(row.id, _traits_of(row)) for row in by_id.values()])
    return [(by_id[key], result) for key, result in ranked if result.action is not MatchAction.NEW]


def form_choices() -> dict[str, list[tuple[str, str]]]:
    """Options of the select fields of a file, for pages that open one."""
    return {
        "sexes": SexCode.options(),
        "document_kinds": DocumentKind.options(),
        "cost_types": CostType.options(),
    }


def find_resembling(
    *, name: str, sex: str = "", born_on: str = "", document_number: str = "", phone: str = ""
) -> list[Patient]:
    """Files that resemble what has been typed so far, the most alike first; half a field counts as none."""
    number = identity.normalise_identifier(document_number)
    reading = identity.read_id_number(number, today=clock.today()) if len(number) == 18 else None
    typed_sex = sex if sex in set(SexCode) else SexCode.UNKNOWN.value
    born = reading.birth_date if reading and reading.fault is None else _day_or_none(born_on)
    if reading and reading.fault is None:
        typed_sex = reading.sex.value
    newcomer = PersonTraits(
        name=names.normalise_name(name),
        sex=identity.Sex(typed_sex),
        birth_date=born,
        document_type=identity.DocumentType.RESIDENT_ID if reading else None,
        document_number=number if reading else "",
        phone=names.normalise_phone(phone) or "",
    )
    return [patient for patient, _ in candidates(newcomer)]


def _day_or_none(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _resembling(newcomer: PersonTraits):  # type: ignore[no-untyped-def]  # a Select of Patient
    conditions = []
    if newcomer.document_number and not newcomer.is_proxy_document:
        conditions.append(is_value(Patient.document_index, newcomer.document_number, purpose="document"))
    if newcomer.birth_date is not None:
        conditions.append(and_(Patient.born_on == newcomer.birth_date, Patient.name == newcomer.name))
        if newcomer.phone:
            same_phone = is_value(Patient.phone_index, newcomer.phone, purpose="phone")
            conditions.append(and_(same_phone, Patient.born_on == newcomer.birth_date))
    if not conditions:
        conditions.append(Patient.id.is_(None))
    return (
        select(Patient)
        .where(Patient.merged_into_id.is_(None), or_(*conditions))
        .order_by(Patient.id)
        .limit(20)
    )


def _refuse_twins(newcomer: PersonTraits, is_another_person: bool) -> None:
    alike = candidates(newcomer)
    for patient, result in alike:
        if result.action is MatchAction.LINK:
            raise AlreadyOnFile(field="document_number", record_no=patient.record_no)
        if result.action is MatchAction.BLOCK:
            raise SameDocumentOtherName(
                field="document_number", name=names.mask_name(patient.name), record_no=patient.record_no
            )
    if alike and not is_another_person:
        listed = ", ".join(f"{patient.name} {patient.record_no}" for patient, _ in alike[:3])
        raise PerhapsOnFile(field="is_another_person", candidates=listed)


def _refuse_document_of_another(checked: _Checked, patient: Patient) -> None:
    if not checked.document_number or patient.is_proxy_document:
        return
    same = is_value(Patient.document_index, checked.document_number, purpose="document")
    statement = select(Patient).where(same, Patient.id != patient.id, Patient.merged_into_id.is_(None))
    for other in db.session.scalars(statement):
        if other.name != checked.name:
            raise SameDocumentOtherName(
                field="document_number", name=names.mask_name(other.name), record_no=other.record_no
            )
        raise AlreadyOnFile(field="document_number", record_no=other.record_no)


def _write_identity(patient: Patient, checked: _Checked) -> None:
    """Who the file is of, with the keys it is found by; a document of somebody else finds nobody."""
    key = name_pinyin(checked.name)
    patient.name, patient.initials, patient.pinyin = checked.name, key.initials[:50], key.full[:200]
    patient.sex, patient.born_on = checked.sex, checked.born_on
    patient.document_kind, patient.document_number = checked.document_kind, checked.document_number
    patient.phone = checked.phone
    patient.renew_indexes()


def _store(patient: Patient) -> None:
    """The database has the last word: two windows at once cannot both open a file for one document."""
    try:
        with db.session.begin_nested():
            db.session.add(patient)
            db.session.flush()
    except IntegrityError:
        first = select(Patient.record_no).where(Patient.document_index == patient.document_index)
        record_no = db.session.scalar(first.where(Patient.merged_into_id.is_(None)))
        raise AlreadyOnFile(field="document_number", record_no=record_no or "") from None


def _traits(checked: _Checked, street_code: str, is_proxy: bool) -> PersonTraits:
    return PersonTraits(
        name=checked.name,
        sex=identity.Sex(checked.sex.value),
        birth_date=checked.born_on,
        document_type=identity.DocumentType(checked.document_kind.value) if checked.document_kind else None,
        document_number=checked.document_number or "",
        phone=checked.phone or "",
        street_code=street_code,
        is_proxy_document=is_proxy,
    )


def _traits_of(patient: Patient) -> PersonTraits:
    return PersonTraits(
        name=patient.name,
        sex=identity.Sex(patient.sex.value),
        birth_date=patient.born_on,
        document_type=identity.DocumentType(patient.document_kind.value) if patient.document_kind else None,
        document_number=patient.document_number or "",
        phone=patient.phone or "",
        street_code=patient.street_code,
        is_proxy_document=patient.is_proxy_document,
    )


def _check(
    name: str,
    sex: SexCode,
    born_on: date | None,
    document_kind: DocumentKind | None,
    document_number: str,
    phone: str,
) -> _Checked:
    complaints: dict[str, list[str]] = {}
    if not names.is_acceptable_name(name):
        complaints["name"] = [gettext("Please type the name as on the document, 2 to 50 characters.")]
    number = identity.normalise_identifier(document_number)
    if number and document_kind is None:
        document_kind = DocumentKind.RESIDENT_ID
    if number and document_kind is DocumentKind.RESIDENT_ID:
        sex, born_on = _read_number(number, sex, born_on, complaints)
    if born_on is None and "document_number" not in complaints:
        complaints["born_on"] = [gettext("Please fill this in.")]
    elif born_on is not None and not EARLIEST_BIRTH <= born_on <= clock.today():
        complaints["born_on"] = [gettext("This birth date is not possible.")]
    typed_phone = names.normalise_phone(phone) if phone.strip() else None
    if phone.strip() and typed_phone is None:
        complaints["phone"] = [gettext("This is not a phone number: 11 digits, or area code and number.")]
    if complaints or born_on is None:
        raise InvalidInput(complaints)
    return _Checked(
        names.normalise_name(name),
        sex,
        born_on,
        document_kind if number else None,
        number or None,
        typed_phone,
    )


def _read_number(
    number: str, sex: SexCode, born_on: date | None, complaints: dict[str, list[str]]
) -> tuple[SexCode, date | None]:
    """Birth date and sex from an identity number (GB 11643-1999); what was typed must agree with it."""
    texts = {
        identity.IdNumberFault.SHAPE: gettext(
            "An identity number has 18 characters: 17 digits and a digit or X."
        ),
        identity.IdNumberFault.CHECK_DIGIT: gettext(
            "The last character does not fit the others: a typing error."
        ),
        identity.IdNumberFault.BIRTH_DATE: gettext("The birth date inside this number does not exist."),
        identity.IdNumberFault.FUTURE_BIRTH: gettext("The birth date inside this number lies in the future."),
    }
    reading = identity.read_id_number(number, today=clock.today())
    if reading.fault is not None:
        complaints["document_number"] = [texts[reading.fault]]
        return sex, born_on
    if identity.birth_date_conflicts(reading, born_on):
        complaints["born_on"] = [gettext("The identity number says %(day)s.", day=str(reading.birth_date))]
    of_number = SexCode(reading.sex.value)
    if sex in (SexCode.MALE, SexCode.FEMALE) and sex is not of_number:
        complaints["sex"] = [gettext("The identity number says: %(sex)s.", sex=of_number.label)]
    return of_number, reading.birth_date


def _guardian(checked: _Checked, name: str, phone: str) -> str | None:
    """The guardian's phone in one form; refuses when a guardian is needed and missing."""
    age = age_on(checked.born_on, clock.today())
    if age is not None and needs_guardian(age) and not name.strip():
        raise GuardianNeeded(field="guardian_name", years=GUARDIAN_BELOW_YEARS)
    if not phone.strip():
        return None
    normal = names.normalise_phone(phone)
    if normal is None:
        raise InvalidInput(
            {"guardian_phone": [gettext("This is not a phone number: 11 digits, or area code and number.")]}
        )
    return normal
