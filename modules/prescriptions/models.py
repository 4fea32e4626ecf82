"""Prescriptions and their lines."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.crypto.digests import Proven
from app.db import Model, TenantScoped, choice_column, id_column, quantity_column, text_column
from app.db.indexes import only_where
from app.i18n import N_, Choice
from modules.prescriptions.rules.sheets import SheetKind
from modules.prescriptions.rules.states import PrescriptionState, is_editable, may_move


class Kind(Choice):
    """Western and patent drugs may share a sheet, herbs stand alone."""

    WESTERN = "western", N_("Western and patent")
    HERBAL = "herbal", N_("Herbal")


class Sheet(Choice):
    """The kind of paper (order 53, annex 1)."""

    ORDINARY = "ordinary", N_("Ordinary")
    EMERGENCY = "emergency", N_("Emergency")
    PAEDIATRIC = "paediatric", N_("Paediatric")
    NARCOTIC = "narcotic", N_("Narcotic, psychotropic I")
    PSYCHOTROPIC_2 = "psychotropic_2", N_("Psychotropic II")
    TOXIC = "toxic", N_("Toxic")
    HERBAL = "herbal", N_("Herbal")


class Status(Choice):
    """The life of a prescription; the moves are in ``rules.states``."""

    DRAFT = "draft", N_("Unsigned draft")
    SUBMITTED = "submitted", N_("Signed")
    RETURNED = "returned", N_("Sent back by the pharmacist")
    REVIEW_PASSED = "review_passed", N_("Review passed")
    PAID = "paid", N_("Paid")
    PREPARED = "prepared", N_("Prepared")
    DISPENSED = "dispensed", N_("Dispensed")
    PARTIALLY_RETURNED = "partially_returned", N_("Partly returned")
    FULLY_RETURNED = "fully_returned", N_("Returned")
    VOIDED = "voided", N_("Void")
    EXPIRED = "expired", N_("Expired")


class DecoctionWay(Choice):
    """How herbs are made ready (煎服方式)."""

    SELF = "self", N_("Decocted at home")
    CLINIC = "clinic", N_("Decocted by the clinic")
    GRANULES = "granules", N_("Granules")
    PILLS = "pills", N_("Pills or powder")


class DrinkTime(Choice):
    """When a decoction is drunk."""

    BEFORE_MEAL = "before_meal", N_("before meals")
    AFTER_MEAL = "after_meal", N_("after meals")
    BEDTIME = "bedtime", N_("at bedtime")


class SkinTestMark(Choice):
    """How a line stands to a skin test (皮试)."""

    NONE = "none", N_("No skin test")
    NEEDED = "needed", N_("Skin test")
    EXEMPT = "exempt", N_("Exempt, in use")
    NEGATIVE_ELSEWHERE = "negative_elsewhere", N_("Negative elsewhere")


UNFINISHED = ("submitted", "returned", "review_passed", "paid")
ACTIVE = (
    Status.SUBMITTED,
    Status.REVIEW_PASSED,
    Status.PAID,
    Status.PREPARED,
    Status.DISPENSED,
    Status.PARTIALLY_RETURNED,
)


# Where the bill is settled at the end of the visit, these are paid where they stand.
WORKED_ON = (Status.PREPARED, Status.DISPENSED, Status.PARTIALLY_RETURNED, Status.FULLY_RETURNED)


class Prescription(Proven, TenantScoped, Model):
    """A prescription (处方). Signed lines stay as they are; signing again makes a new revision."""

    __tablename__ = "prescriptions_prescription"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_prescriptions_prescription_visit", "tenant_id", "visit_id", "id"),
        Index("ix_prescriptions_prescription_patient", "tenant_id", "patient_id", "id"),
        Index("ix_prescriptions_prescription_status", "tenant_id", "status", "id"),
        Index(
            "ix_prescriptions_prescription_validity",
            "tenant_id",
            "valid_until",
            **only_where("status IN ('submitted', 'returned', 'review_passed', 'paid')"),
        ),
        CheckConstraint("status = 'draft' OR status = 'voided' OR revision >= 1", name="signed"),
        CheckConstraint(
            "status NOT IN ('prepared', 'dispensed') OR reviewed_at IS NOT NULL", name="reviewed"
        ),
        CheckConstraint("kind <> 'herbal' OR doses >= 1", name="doses"),
    )

    proven = (
        "number",
        "kind",
        "sheet",
        "status",
        "revision",
        "visit_id",
        "patient_id",
        "practitioner_id",
        "practitioner_name",
        "on",
        "signed_at",
        "valid_until",
        "digest",
        "reviewed_at",
        "reviewer_name",
        "dispensed_at",
        "dispenser_name",
    )

    id: Mapped[int] = id_column()
    number: Mapped[str] = mapped_column(Unicode(30))
    kind: Mapped[Kind] = choice_column(Kind)
    sheet: Mapped[Sheet] = choice_column(Sheet)
    status: Mapped[Status] = choice_column(Status)
    revision: Mapped[int] = mapped_column(Integer, default=0)  # how often it was signed
    visit_id: Mapped[int]
    visit_number: Mapped[str] = mapped_column(Unicode(30))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    practitioner_id: Mapped[int] = mapped_column(ForeignKey("tenants_practitioner.id"))
    practitioner_name: Mapped[str] = mapped_column(Unicode(50))
    department_id: Mapped[int] = mapped_column(ForeignKey("tenants_department.id"))
    on: Mapped[date]
    signed_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]  # first moment at which it no longer holds
    is_emergency: Mapped[bool] = mapped_column(default=False)
    long_reason: Mapped[str] = text_column(200, default="")
    heading: Mapped[dict[str, Any]] = mapped_column(default=dict)  # patient and diagnoses as signed (前记)
    findings: Mapped[list[Any]] = mapped_column(
        default=list
    )  # what the checks said, with the doctor's reasons
    digest: Mapped[str] = mapped_column(Unicode(64), default="")
    draft: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was typed, while it is not signed
    doses: Mapped[int] = mapped_column(Integer, default=1)
    decoction: Mapped[DecoctionWay | None] = choice_column(DecoctionWay)
    times_a_day: Mapped[int | None] = mapped_column(Integer)
    volume_ml: Mapped[int | None] = mapped_column(Integer)
    timing: Mapped[DrinkTime | None] = choice_column(DrinkTime)
    paid_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewer_name: Mapped[str] = mapped_column(Unicode(50), default="")
    prepared_at: Mapped[datetime | None]
    preparer_name: Mapped[str] = mapped_column(Unicode(50), default="")
    dispensed_at: Mapped[datetime | None]
    dispenser_name: Mapped[str] = mapped_column(Unicode(50), default="")
    ended_reason: Mapped[str] = text_column(
        200, default=""
    )  # of a void, a withdrawal, a return by the pharmacist

    @property
    def is_editable(self) -> bool:
        """Whether the doctor may change the lines."""
        return is_editable(PrescriptionState(self.status.value))

    @property
    def is_paid(self) -> bool:
        """Whether money was taken for it and not given back."""
        return self.paid_at is not None

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether the pharmacy may still hand it out."""
        return self.valid_until is not None and moment < self.valid_until

    def may_become(self, target: Status, *, reviews_after_payment: bool, on_account: bool = False) -> bool:
        """Whether the move is one of the table's; `on_account`: its bill is settled at the end of the visit."""
        return may_move(
            PrescriptionState(self.status.value),
            PrescriptionState(target.value),
            settles_at_end=on_account,
            reviews_after_payment=reviews_after_payment,
        )

    @property
    def valid_through(self) -> date | None:
        """The last day of validity."""
        if self.valid_until is None:
            return None
        return clock.local(self.valid_until - timedelta(seconds=1)).date()


class Item(Proven, TenantScoped, Model):
    """One signed line. ``quantity`` counts minimum units; for herbs it is grams × doses."""

    __tablename__ = "prescriptions_item"
    __table_args__ = (
        UniqueConstraint(
            "tenant_id", "prescription_id", "revision", "line_no", name="uq_prescriptions_item_line"
        ),
        Index("ix_prescriptions_item_patient", "tenant_id", "patient_id", "supplied_until"),
        Index("ix_prescriptions_item_practitioner", "tenant_id", "practitioner_id", "id"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("days >= 1", name="days"),
    )

    proven = (
        "prescription_id",
        "revision",
        "line_no",
        "patient_id",
        "drug_id",
        "drug_code",
        "drug_name",
        "strength",
        "dose",
        "dose_unit",
        "route",
        "frequency",
        "days",
        "quantity",
        "min_unit",
        "packs",
        "skin_test",
    )

    id: Mapped[int] = id_column()
    prescription_id: Mapped[int] = mapped_column(ForeignKey("prescriptions_prescription.id"))
    revision: Mapped[int] = mapped_column(Integer)
    line_no: Mapped[int] = mapped_column(Integer)
    patient_id: Mapped[int]
    practitioner_id: Mapped[int]
    group_no: Mapped[int | None] = mapped_column(Integer)
    drug_id: Mapped[int]  # the shared catalogue is in the control database: code and name as used stand here
    drug_code: Mapped[str] = mapped_column(Unicode(30))
    drug_name: Mapped[str] = mapped_column(Unicode(100))
    form: Mapped[str] = mapped_column(Unicode(30))
    strength: Mapped[str] = mapped_column(Unicode(60))
    dose: Mapped[Decimal] = quantity_column()
    dose_unit: Mapped[str] = mapped_column(Unicode(10))
    route: Mapped[str] = mapped_column(Unicode(20))
    route_name: Mapped[str] = mapped_column(Unicode(50))
    frequency: Mapped[str] = mapped_column(Unicode(20))
    frequency_name: Mapped[str] = mapped_column(Unicode(50))
    days: Mapped[int] = mapped_column(Integer)
    quantity: Mapped[Decimal] = quantity_column()
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    packs: Mapped[int | None] = mapped_column(Integer)  # whole packs, when the pack is not opened
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)
    skin_test: Mapped[SkinTestMark] = choice_column(SkinTestMark)
    footnote: Mapped[str] = mapped_column(Unicode(10), default="")
    remark: Mapped[str] = mapped_column(Unicode(100), default="")
    supplied_until: Mapped[date]  # last day the quantity lasts; duplicates are looked for until then


def sheet_of(kind: SheetKind) -> Sheet:
    """The stored choice of a rule's sheet."""
    return Sheet(kind.value)
