"""Residents' files of a centre: identity, allergies, cards, merges; and the region-wide index."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.blind_index import DISTRICT, blind_index
from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import (
    Control,
    Model,
    TenantScoped,
    choice_column,
    id_column,
    search_key_column,
    text_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.patients.rules.masking import masked


class SexCode(Choice):
    """Sex codes (GB/T 2261.1-2003)."""

    UNKNOWN = "0", N_("Unknown")
    MALE = "1", N_("Male")
    FEMALE = "2", N_("Female")
    UNSPECIFIED = "9", N_("Not stated")


class DocumentKind(Choice):
    """Kinds of identity document (CV02.01.101)."""

    RESIDENT_ID = "01", N_("Resident identity card")
    HOUSEHOLD_BOOK = "02", N_("Household book")
    PASSPORT = "03", N_("Passport")
    OFFICER_ID = "04", N_("Officer's card")
    DRIVING_LICENCE = "05", N_("Driving licence")
    HONG_KONG_MACAU_PERMIT = "06", N_("Hong Kong or Macau permit")
    TAIWAN_PERMIT = "07", N_("Taiwan permit")
    OTHER = "99", N_("Other document")


class CostType(Choice):
    """Who pays (费别)."""

    SELF = "self", N_("Self-paying")
    EMPLOYEE = "employee", N_("Employee insurance")
    RESIDENT = "resident", N_("Resident insurance")
    PUBLIC = "public", N_("Public funds")
    COMMERCIAL = "commercial", N_("Commercial insurance")
    ASSISTANCE = "assistance", N_("Medical assistance")


class AllergyStatus(Choice):
    """Whether anybody asked (过敏史)."""

    NOT_ASKED = "not_asked", N_("Allergies not asked")
    NONE_KNOWN = "none_known", N_("No known allergies")
    LISTED = "listed", N_("Allergies recorded")


class Patient(TenantScoped, HoldsSealed, Model):
    """A resident's file in a centre. The document number is unique among files that are not merged away."""

    __tablename__ = "patients_patient"
    __table_args__ = (
        UniqueConstraint("tenant_id", "record_no"),
        Index(
            "ux_patients_patient_document",
            "tenant_id",
            "document_kind",
            "document_index",
            unique=True,
            **only_where("document_index IS NOT NULL AND merged_into_id IS NULL"),
        ),
        Index("ix_patients_patient_name", "tenant_id", "name", "id"),
        Index("ix_patients_patient_initials", "tenant_id", "initials", "id"),
        Index("ix_patients_patient_pinyin", "tenant_id", "pinyin", "id"),
        Index("ix_patients_patient_any_document", "tenant_id", "document_index"),
        Index("ix_patients_patient_phone", "tenant_id", "phone_index"),
        Index("ix_patients_patient_phone_tail", "tenant_id", "phone_tail_index", "id"),
        Index("ix_patients_patient_born", "tenant_id", "born_on", "name"),
    )

    id: Mapped[int] = id_column()
    record_no: Mapped[str] = search_key_column(20)
    name: Mapped[str] = search_key_column(50)
    initials: Mapped[str] = search_key_column(50)
    pinyin: Mapped[str] = search_key_column(200)
    sex: Mapped[SexCode] = choice_column(SexCode)
    born_on: Mapped[date]
    document_kind: Mapped[DocumentKind | None] = choice_column(DocumentKind)
    sealed_document_number: Mapped[str | None] = sealed_column("document_number", 64)
    document_number = Opened[str | None]("sealed_document_number")
    document_index: Mapped[str | None] = mapped_column(Unicode(40))
    is_proxy_document: Mapped[bool] = mapped_column(default=False)  # a newborn under the mother's document
    sealed_phone: Mapped[str | None] = sealed_column("phone", 32)
    phone = Opened[str | None]("sealed_phone")
    phone_index: Mapped[str | None] = mapped_column(Unicode(40))
    phone_tail_index: Mapped[str | None] = mapped_column(Unicode(40))
    street_code: Mapped[str] = mapped_column(Unicode(20), default="")
    sealed_address: Mapped[str] = sealed_column("address", 200, default="")
    address = Opened[str]("sealed_address")
    ethnicity: Mapped[str] = mapped_column(Unicode(10), default="")
    occupation: Mapped[str] = mapped_column(Unicode(50), default="")
    guardian_name: Mapped[str] = mapped_column(Unicode(50), default="")
    sealed_guardian_phone: Mapped[str | None] = sealed_column("guardian_phone", 32)
    guardian_phone = Opened[str | None]("sealed_guardian_phone")
    cost_type: Mapped[CostType] = choice_column(CostType)
    allergy_status: Mapped[AllergyStatus] = choice_column(AllergyStatus)
    last_visit_on: Mapped[date | None]
    merged_into_id: Mapped[int | None]
    is_watched: Mapped[bool] = mapped_column(default=False)  # the security people are told who reads the file
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    def renew_indexes(self) -> None:
        """What the file is found by; somebody else's document finds nobody."""
        number = None if self.is_proxy_document else self.document_number
        self.document_index = blind_index(number, purpose="document") if number else None
        self.phone_index = blind_index(self.phone, purpose="phone") if self.phone else None
        self.phone_tail_index = blind_index(self.phone[-4:], purpose="phone-tail") if self.phone else None

    @property
    def patient_id(self) -> int:
        """Of whom the file speaks, as every other row about a resident says it."""
        return self.id

    def shown(self, field: str, *, is_revealed: bool = False) -> str:
        """A field of the identity as a page shows it: masked, unless its reader asked for it by an act."""
        value: str | None = getattr(self, field)
        return (value or "") if is_revealed else masked(field, value)

    @property
    def sex_label(self) -> str:
        """Sex in the reader's language."""
        return self.sex.label


class AllergyKind(Choice):
    """What somebody is allergic to."""

    DRUG = "drug", N_("Medicine")
    FOOD = "food", N_("Food")
    OTHER = "other", N_("Other")


class AllergyCertainty(Choice):
    """How sure it is."""

    CONFIRMED = "confirmed", N_("Certain")
    SUSPECTED = "suspected", N_("Suspected")


class Allergy(TenantScoped, Model):
    """One allergy; ``keys`` are ingredient or class keys that the safety checks compare."""

    __tablename__ = "patients_allergy"
    __table_args__ = (Index("ix_patients_allergy_patient", "tenant_id", "patient_id"),)

    id: Mapped[int] = id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    kind: Mapped[AllergyKind] = choice_column(AllergyKind)
    substance: Mapped[str] = mapped_column(Unicode(100))
    keys: Mapped[list[Any]] = mapped_column(default=list)
    certainty: Mapped[AllergyCertainty] = choice_column(AllergyCertainty)
    reaction: Mapped[str] = mapped_column(Unicode(200), default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Unicode(50), default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(Unicode(200), default="")

    @property
    def is_only_shown(self) -> bool:
        """A drug allergy the catalogue does not know: the banner shows it, the checks cannot compare it."""
        return self.kind is AllergyKind.DRUG and not self.keys


class CardKind(Choice):
    """Media a patient shows at the window (就诊介质)."""

    CLINIC = "clinic", N_("Clinic card")
    SOCIAL_SECURITY = "social_security", N_("Social security card")
    HEALTH = "health", N_("E-health card")


class CardStatus(Choice):
    """Whether a card may be used."""

    NORMAL = "normal", N_("In use")
    LOST = "lost", N_("Reported lost")
    FROZEN = "frozen", N_("Frozen")
    CANCELLED = "cancelled", N_("Cancelled")


class Card(TenantScoped, HoldsSealed, Model):
    """A card of a patient; one number is in use once."""

    __tablename__ = "patients_card"
    __table_args__ = (
        Index("ux_patients_card_number", "tenant_id", "kind", "number_index", unique=True),
        Index("ix_patients_card_find", "tenant_id", "number_index"),
        Index("ix_patients_card_patient", "tenant_id", "patient_id"),
    )

    id: Mapped[int] = id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    kind: Mapped[CardKind] = choice_column(CardKind)
    sealed_number: Mapped[str] = sealed_column("number", 64)
    number = Opened[str]("sealed_number")
    number_index: Mapped[str] = mapped_column(Unicode(40))
    status: Mapped[CardStatus] = choice_column(CardStatus)
    issued_at: Mapped[datetime]

    def renew_indexes(self) -> None:
        """What the card is found by."""
        self.number_index = blind_index(self.number, purpose="card")


class MergeStatus(Choice):
    """The life of a merge."""

    PROPOSED = "proposed", N_("Waiting for a second person")
    DONE = "done", N_("Merged")
    REJECTED = "rejected", N_("Rejected")
    UNDONE = "undone", N_("Taken apart again")


class Merge(TenantScoped, Model):
    """Two files of one person; proposed by one, approved by another, undone when it was a mistake."""

    __tablename__ = "patients_merge"
    __table_args__ = (
        Index("ix_patients_merge_status", "tenant_id", "status", "id"),
        Index(
            "ux_patients_merge_open",
            "tenant_id",
            "merged_id",
            unique=True,
            **only_where("status IN ('proposed', 'done')"),
        ),
    )

    id: Mapped[int] = id_column()
    survivor_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    merged_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    status: Mapped[MergeStatus] = choice_column(MergeStatus)
    reason: Mapped[str] = mapped_column(Unicode(200))
    proposed_by: Mapped[int]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str] = mapped_column(Unicode(200), default="")


class IndexEntry(Control):
    """One file as the region knows it (居民主索引); fed by events, to find twins across centres."""

    __tablename__ = "patients_index_entry"
    __table_args__ = (
        UniqueConstraint("tenant_id", "patient_id"),
        Index("ix_patients_index_entry_document", "document_index"),
        Index("ix_patients_index_entry_name", "name_key", "born_on"),
    )

    id: Mapped[int] = id_column()
    tenant_id: Mapped[int]
    patient_id: Mapped[int]
    person_no: Mapped[int]  # files with the same number are one person
    document_index: Mapped[str | None] = mapped_column(Unicode(40))
    name_key: Mapped[str] = mapped_column(Unicode(40))  # blind index of the name
    sex: Mapped[str] = mapped_column(Unicode(2))
    born_on: Mapped[date]
    phone_index: Mapped[str | None] = mapped_column(Unicode(40))
    is_merged: Mapped[bool] = mapped_column(default=False)

    def follow(self, patient: Patient) -> None:
        """Bring the entry in line with the file, under the district's own key."""
        self.name_key = blind_index(patient.name, purpose="region-name", tenant_id=DISTRICT)
        number = patient.document_number if patient.document_index else None
        self.document_index = blind_index(number, purpose="document", tenant_id=DISTRICT) if number else None
        phone = patient.phone
        self.phone_index = blind_index(phone, purpose="phone", tenant_id=DISTRICT) if phone else None
        self.sex, self.born_on = patient.sex.value, patient.born_on
        self.is_merged = patient.merged_into_id is not None


class ImportRowStatus(Choice):
    """What became of one row of an imported file."""

    WAITING = "waiting", N_("Waiting")
    IMPORTED = "imported", N_("File opened")
    REFUSED = "refused", N_("Refused")


class ImportFile(TenantScoped, Model):
    """A list of residents that somebody brought (导入); its rows are worked off by a job."""

    __tablename__ = "patients_import"
    __table_args__ = (Index("ix_patients_import_day", "tenant_id", "id"),)

    id: Mapped[int] = id_column()
    name: Mapped[str] = mapped_column(Unicode(100))
    rows: Mapped[int]
    brought_at: Mapped[datetime]
    brought_by: Mapped[str] = mapped_column(Unicode(100))


class ImportRow(TenantScoped, HoldsSealed, Model):
    """One row as it was brought; its text is forgotten once the resident has a file."""

    __tablename__ = "patients_import_row"
    __table_args__ = (UniqueConstraint("tenant_id", "import_id", "row_no"),)

    id: Mapped[int] = id_column()
    import_id: Mapped[int] = mapped_column(ForeignKey("patients_import.id"))
    row_no: Mapped[int]  # as a spreadsheet counts: the head is row 1
    sealed_text: Mapped[str] = sealed_column("text", 2000)
    text = Opened[str]("sealed_text")
    status: Mapped[ImportRowStatus] = choice_column(ImportRowStatus)
    patient_id: Mapped[int | None]
    complaint: Mapped[str] = text_column(500, default="")


class RequestKind(Choice):
    """What a resident asks of the centre (Personal Information Protection Law, articles 45 and 46)."""

    COPY = "copy", N_("Copy of the file")
    CORRECTION = "correction", N_("Correction")


class RequestedBy(Choice):
    """Who asks."""

    SELF = "self", N_("The resident")
    GUARDIAN = "guardian", N_("The guardian")


class RequestStatus(Choice):
    """The life of a request."""

    OPEN = "open", N_("Not answered yet")
    ANSWERED = "answered", N_("Answered")
    REFUSED = "refused", N_("Refused")


class CorrectedField(Choice):
    """What of a file a resident may ask to have corrected."""

    NAME = "name", N_("Full name")
    SEX = "sex", N_("Sex")
    BORN_ON = "born_on", N_("Date of birth")
    DOCUMENT_NUMBER = "document_number", N_("Document number")
    PHONE = "phone", N_("Phone")
    ADDRESS = "address", N_("Address")
    ETHNICITY = "ethnicity", N_("Ethnicity")
    OCCUPATION = "occupation", N_("Occupation")
    GUARDIAN_NAME = "guardian_name", N_("Guardian")
    GUARDIAN_PHONE = "guardian_phone", N_("Guardian's phone")


class ResidentRequest(TenantScoped, HoldsSealed, Model):
    """A resident, or the guardian, asks for a copy of the file or for a correction, and is answered by a day."""

    __tablename__ = "patients_request"
    __table_args__ = (
        Index("ix_patients_request_status", "tenant_id", "status", "id"),
        Index("ix_patients_request_patient", "tenant_id", "patient_id", "id"),
    )

    id: Mapped[int] = id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    kind: Mapped[RequestKind] = choice_column(RequestKind)
    status: Mapped[RequestStatus] = choice_column(RequestStatus)
    requested_by: Mapped[RequestedBy] = choice_column(RequestedBy)
    requester_name: Mapped[str] = mapped_column(Unicode(50))
    sealed_requester_document: Mapped[str] = sealed_column("requester_document", 64)
    requester_document = Opened[str]("sealed_requester_document")
    purpose: Mapped[str] = mapped_column(Unicode(200))
    field: Mapped[CorrectedField | None] = choice_column(CorrectedField)
    sealed_wish: Mapped[str] = sealed_column("wish", 200, default="")
    wish = Opened[str]("sealed_wish")
    evidence: Mapped[str] = mapped_column(Unicode(200), default="")
    asked_at: Mapped[datetime]
    asked_by: Mapped[int]
    asked_name: Mapped[str] = mapped_column(Unicode(100))
    due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None]
    answered_name: Mapped[str] = mapped_column(Unicode(100), default="")
    answer: Mapped[str] = mapped_column(Unicode(200), default="")

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer."""
        return self.status is RequestStatus.OPEN
