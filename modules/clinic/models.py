"""Encounters, signed records, diagnoses, measurements, templates."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint, event
from sqlalchemy.orm import Mapped, ORMExecuteState, mapped_column

from app.db import Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.db.units import RoutedSession
from app.i18n import N_, Choice
from app.signing import content_digest
from modules.clinic.rules.vitals import body_mass_index


class EncounterStatus(Choice):
    """Whether the doctor is still with the patient."""

    OPEN = "open", N_("In consultation")
    FINISHED = "finished", N_("Finished")


class Encounter(TenantScoped, Model):
    """A doctor with a patient (接诊), one for each visit; holds the unsigned draft of the record."""

    __tablename__ = "clinic_encounter"
    __table_args__ = (
        UniqueConstraint("tenant_id", "visit_id"),
        Index("ix_clinic_encounter_patient", "tenant_id", "patient_id", "id"),
        Index("ix_clinic_encounter_practitioner", "tenant_id", "practitioner_id", "on"),
    )

    id: Mapped[int] = id_column()
    visit_id: Mapped[int]
    visit_number: Mapped[str] = mapped_column(Unicode(30))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("tenants_practitioner.id"))
    practitioner_name: Mapped[str] = mapped_column(Unicode(50))
    department_id: Mapped[int] = mapped_column(ForeignKey("tenants_department.id"))
    on: Mapped[date]
    status: Mapped[EncounterStatus] = choice_column(EncounterStatus)
    begun_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    record: Mapped[dict[str, Any]] = mapped_column(default=dict)  # parts of the draft
    diagnoses: Mapped[list[Any]] = mapped_column(
        default=list
    )  # of the draft: code, name, edition …, main first
    revision: Mapped[int] = mapped_column(Integer, default=1)  # rises with every save
    signed_number: Mapped[int] = mapped_column(Integer, default=0)  # newest signed version, 0: none

    @property
    def is_signed(self) -> bool:
        """Whether a version of the record is signed."""
        return self.signed_number > 0

    @property
    def diagnosis_text(self) -> str:
        """The diagnoses as a line of text, suspected ones with a question mark."""
        return "；".join(f"{line['name']}{'？' if line['is_suspected'] else ''}" for line in self.diagnoses)


class SignedRecord(TenantScoped, Model):
    """Version n of a record as it was signed. It never changes; a correction is version n + 1."""

    __tablename__ = "clinic_signed_record"
    __table_args__ = (
        UniqueConstraint("tenant_id", "visit_id", "number"),
        Index("ix_clinic_signed_record_patient", "tenant_id", "patient_id", "id"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("number = 1 OR reason <> ''", name="reason"),
    )

    id: Mapped[int] = id_column()
    encounter_id: Mapped[int] = mapped_column(ForeignKey("clinic_encounter.id"))
    visit_id: Mapped[int]
    patient_id: Mapped[int]
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]]  # record, diagnoses, vital signs, heading: all that was signed
    digest: Mapped[str] = mapped_column(Unicode(64))
    reason: Mapped[str] = text_column(200, default="")
    practitioner_id: Mapped[int]
    practitioner_name: Mapped[str] = mapped_column(Unicode(50))
    signed_at: Mapped[datetime]

    @property
    def is_intact(self) -> bool:
        """Whether the content still gives the digest that was signed."""
        return content_digest(self.content) == self.digest


class Diagnosis(TenantScoped, Model):
    """A diagnosis of a signed version, as a row of its own for statistics and reports."""

    __tablename__ = "clinic_diagnosis"
    __table_args__ = (
        UniqueConstraint("tenant_id", "signed_record_id", "position"),
        Index("ix_clinic_diagnosis_patient", "tenant_id", "patient_id", "code"),
        Index("ix_clinic_diagnosis_code", "tenant_id", "code", "on"),
    )

    id: Mapped[int] = id_column()
    signed_record_id: Mapped[int] = mapped_column(ForeignKey("clinic_signed_record.id"))
    visit_id: Mapped[int]
    patient_id: Mapped[int]
    on: Mapped[date]
    position: Mapped[int] = mapped_column(Integer)  # 1 is the main diagnosis
    code: Mapped[str] = mapped_column(Unicode(40))
    name: Mapped[str] = mapped_column(Unicode(300))
    edition: Mapped[str] = mapped_column(Unicode(40))
    is_suspected: Mapped[bool]
    onset_on: Mapped[date | None]
    is_chronic: Mapped[bool]
    notifiable_class: Mapped[str] = mapped_column(Unicode(20), default="")


class Measurement(TenantScoped, Model):
    """Vital signs taken at one moment; a wrong value is followed by a new row, never written over."""

    __tablename__ = "clinic_measurement"
    __table_args__ = (
        Index("ix_clinic_measurement_visit", "tenant_id", "visit_id", "id"),
        Index("ix_clinic_measurement_patient", "tenant_id", "patient_id", "measured_at"),
    )

    id: Mapped[int] = id_column()
    visit_id: Mapped[int]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    measured_at: Mapped[datetime]
    measured_by: Mapped[str] = mapped_column(Unicode(100))
    account_id: Mapped[int]
    temperature: Mapped[Decimal | None] = quantity_column()
    pulse: Mapped[int | None] = mapped_column(Integer)
    respiration: Mapped[int | None] = mapped_column(Integer)
    systolic: Mapped[int | None] = mapped_column(Integer)
    diastolic: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[Decimal | None] = quantity_column()
    weight: Mapped[Decimal | None] = quantity_column()
    waist: Mapped[Decimal | None] = quantity_column()
    spo2: Mapped[int | None] = mapped_column(Integer)
    glucose: Mapped[Decimal | None] = quantity_column()
    glucose_moment: Mapped[str | None] = mapped_column(Unicode(20))

    @property
    def bmi(self) -> Decimal | None:
        """Body mass index, from height and weight."""
        return body_mass_index(self.height, self.weight)


class TemplateScope(Choice):
    """Who sees a template."""

    PERSONAL = "personal", N_("Mine")
    CENTRE = "centre", N_("The whole centre")


class RecordTemplate(TenantScoped, Model):
    """A record with its diagnoses, ready to be taken over (模板)."""

    __tablename__ = "clinic_record_template"
    __table_args__ = (Index("ix_clinic_record_template_owner", "tenant_id", "scope", "practitioner_id"),)

    id: Mapped[int] = id_column()
    scope: Mapped[TemplateScope] = choice_column(TemplateScope)
    practitioner_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(Unicode(50))
    initials: Mapped[str] = mapped_column(Unicode(50), default="")
    record: Mapped[dict[str, Any]]
    diagnoses: Mapped[list[Any]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)


class Phrase(TenantScoped, Model):
    """A doctor's own turn of phrase for one part of the record (个人短语)."""

    __tablename__ = "clinic_phrase"
    __table_args__ = (Index("ix_clinic_phrase_owner", "tenant_id", "practitioner_id", "part"),)

    id: Mapped[int] = id_column()
    practitioner_id: Mapped[int]
    part: Mapped[str] = mapped_column(Unicode(40))
    text: Mapped[str] = text_column(500)
    initials: Mapped[str] = mapped_column(Unicode(60), default="")
    is_active: Mapped[bool] = mapped_column(default=True)


class SignedRowMayNotChange(RuntimeError):
    """A programming error: what was signed or measured was about to be written over."""


_FIXED = (SignedRecord, Diagnosis, Measurement)


def _refuse_change(mapper: Any, connection: Any, row: Any) -> NoReturn:
    raise SignedRowMayNotChange(f"{row.__tablename__}:{row.id}")


for _model in _FIXED:
    event.listen(_model, "before_update", _refuse_change)


@event.listens_for(RoutedSession, "do_orm_execute")
def _refuse_bulk_change(state: ORMExecuteState) -> None:
    if (state.is_update or state.is_delete) and any(mapper.class_ in _FIXED for mapper in state.all_mappers):
        raise SignedRowMayNotChange(str(state.statement))
