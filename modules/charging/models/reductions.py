"""Discounts and exemptions: the centre's rules, who is entitled, what was let off by hand, what was taken off."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Unicode
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.digests import Proven
from app.db import (
    AppendOnly,
    Model,
    TenantScoped,
    amount_column,
    choice_column,
    id_column,
    quantity_column,
    text_column,
)
from app.db.indexes import only_where
from app.i18n import N_, Choice


class BenefitKind(Choice):
    """What entitles a patient to a reduction."""

    CONTRACTED = "contracted", N_("Contracted resident")
    MINIMUM_LIVING = "minimum_living", N_("Minimum living allowance")
    EXTREME_POVERTY = "extreme_poverty", N_("Extreme poverty support")
    DISABLED = "disabled", N_("Disabled")
    VETERAN = "veteran", N_("Veteran or martyr's family")
    BEREAVED = "bereaved", N_("Parents who lost their only child")
    OTHER = "other", N_("Other entitlement")


class ReductionRule(TenantScoped, Model):
    """A rule of the centre in force from a day to a day (减免规则); it is ended and made anew, never rewritten."""

    __tablename__ = "charging_reduction_rule"
    __table_args__ = (
        Index("ix_charging_reduction_rule_period", "tenant_id", "valid_from", "valid_to"),
        CheckConstraint("percent >= 0", name="percent"),
        CheckConstraint("amount >= 0 AND (percent > 0 OR amount > 0)", name="amount"),
    )

    id: Mapped[int] = id_column()
    name: Mapped[str] = mapped_column(Unicode(60))
    place: Mapped[int] = mapped_column(
        Integer
    )  # in which order rules are tried; the first that fits a line holds
    benefit: Mapped[BenefitKind | None] = choice_column(BenefitKind)
    age_from: Mapped[int | None] = mapped_column(Integer)
    age_to: Mapped[int | None] = mapped_column(Integer)
    fee_classes: Mapped[list[Any]] = mapped_column(default=list)
    item_codes: Mapped[list[Any]] = mapped_column(default=list)
    percent: Mapped[Decimal] = quantity_column()
    amount: Mapped[Decimal] = amount_column()  # yuan off each line
    cap_day: Mapped[Decimal | None] = amount_column()
    cap_year: Mapped[Decimal | None] = amount_column()
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # the last day; before the first one, where it was ended at once
    basis: Mapped[str] = text_column(200, default="")  # the document it follows
    set_by: Mapped[str] = mapped_column(Unicode(100))


class Benefit(TenantScoped, Model):
    """What a patient is entitled to from a day to a day, and by which paper."""

    __tablename__ = "charging_benefit"
    __table_args__ = (Index("ix_charging_benefit_patient", "tenant_id", "patient_id", "id"),)

    id: Mapped[int] = id_column()
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients_patient.id"))
    kind: Mapped[BenefitKind] = choice_column(BenefitKind)
    evidence: Mapped[str] = text_column(100)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # the last day; before the first one, where it was ended at once
    entered_by: Mapped[str] = mapped_column(Unicode(100))
    entered_at: Mapped[datetime]


class Waiver(Proven, AppendOnly, TenantScoped, Model):
    """What a cashier let off a line by hand, with the reason and, above the centre's limit, who agreed."""

    __tablename__ = "charging_waiver"
    __table_args__ = (
        Index("ix_charging_waiver_charge", "tenant_id", "charge_id"),
        CheckConstraint("amount >= 0", name="amount"),
    )
    proven = ("charge_id", "amount", "reason", "by_account_id", "second_name", "at")

    id: Mapped[int] = id_column()
    charge_id: Mapped[int] = mapped_column(ForeignKey("charging_charge.id"))
    amount: Mapped[Decimal] = amount_column()  # in all; the newest of a line holds
    reason: Mapped[str] = text_column(200)
    by_account_id: Mapped[int]
    by_name: Mapped[str] = mapped_column(Unicode(100))
    second_name: Mapped[str] = mapped_column(Unicode(100), default="")
    at: Mapped[datetime]


class Reduction(Proven, AppendOnly, TenantScoped, Model):
    """What was taken off a line of a settlement, by a rule or by hand; negative in a mirror.

    While a settlement is on its way it stands at the checkout, and counts for caps until that has ended. ``on`` is
    the day whose caps it uses up: a mirror, and what stays after a refund, keep the day of what they are of.
    """

    __tablename__ = "charging_reduction"
    __table_args__ = (
        Index("ix_charging_reduction_settlement", "tenant_id", "settlement_id"),
        Index(
            "ix_charging_reduction_checkout",
            "tenant_id",
            "checkout_id",
            **only_where("checkout_id IS NOT NULL"),
        ),
        Index("ix_charging_reduction_patient", "tenant_id", "patient_id", "on"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("settlement_id IS NOT NULL OR checkout_id IS NOT NULL", name="place"),
    )
    proven = ("settlement_id", "checkout_id", "charge_id", "rule_id", "patient_id", "amount", "on")

    id: Mapped[int] = id_column()
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("charging_settlement.id"))
    checkout_id: Mapped[int | None] = mapped_column(ForeignKey("charging_checkout.id"))
    charge_id: Mapped[int] = mapped_column(ForeignKey("charging_charge.id"))
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("charging_reduction_rule.id"))
    rule_name: Mapped[str] = mapped_column(Unicode(60), default="")
    patient_id: Mapped[int]
    on: Mapped[date]
    amount: Mapped[Decimal] = amount_column()
