"""Insured people as the insurer described them, and their visits there."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.fields import HoldsSealed, Opened, sealed_column
from app.db import AppendOnly, Model, TenantScoped, amount_column, choice_column, id_column
from app.db.indexes import only_where
from app.i18n import N_, Choice


class InsurancePerson(AppendOnly, TenantScoped, HoldsSealed, Model):
    """What the insurer said about a person (1101) at a moment; the next answer is a new row."""

    __tablename__ = "insurance_person"
    __table_args__ = (Index("ix_insurance_person_patient", "tenant_id", "patient_id", "id"),)
    written_later = frozenset({"sealed_person_no", "sealed_document_no"})  # under a new key

    id: Mapped[int] = id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    asked_at: Mapped[datetime]
    sealed_person_no: Mapped[str] = sealed_column("person_no", 40)
    person_no = Opened[str]("sealed_person_no")
    sealed_document_no: Mapped[str] = sealed_column("document_no", 60)
    document_no = Opened[str]("sealed_document_no")
    name: Mapped[str] = mapped_column(Unicode(50))
    insutype: Mapped[str] = mapped_column(Unicode(6))
    region: Mapped[str] = mapped_column(Unicode(6))  # where the person is insured
    account_balance: Mapped[Decimal] = amount_column()
    benefits: Mapped[list[Any]] = mapped_column(default=list)  # all insurances and special standing


class VisitState(Choice):
    """Whether a visit stands in the insurer's books."""

    OPEN = "open", N_("With the insurer")
    CANCELLED = "cancelled", N_("Cancelled")


class InsuranceVisit(TenantScoped, Model):
    """A visit as the insurer knows it (2201)."""

    __tablename__ = "insurance_visit"
    __table_args__ = (
        Index(
            "ux_insurance_visit_open", "tenant_id", "visit_id", unique=True, **only_where("state = 'open'")
        ),
    )

    id: Mapped[int] = id_column()
    visit_id: Mapped[int]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("insurance_person.id"))
    mdtrt_id: Mapped[str] = mapped_column(Unicode(40), default="")  # empty until the insurer gave one
    state: Mapped[VisitState] = choice_column(VisitState)
    facts: Mapped[dict[str, Any]]  # department, doctor, diagnoses, as they are told
