"""What prescriptions add to the product."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from app.actor import Actor
from app.i18n import N_
from app.registry import Daily, Duty, Lookup, Module, Permission, Setting, SettingKind
from modules.prescriptions import queries, views
from modules.prescriptions.models import Kind


def find_drugs(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Western drugs and patent medicines of the catalogue, for a centre without a pharmacy of its own."""
    return queries.find_drugs(text, practitioner_id=by.practitioner_id, patient_id=_patient(context))


def find_herbs(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Herbal slices."""
    return queries.find_drugs(
        text, practitioner_id=by.practitioner_id, patient_id=_patient(context), kind=Kind.HERBAL
    )


def find_allergens(text: str, by: Actor, context: Mapping[str, str]) -> list[dict[str, Any]]:
    """Drugs with the keys of an allergy to them."""
    return queries.find_allergens(text)


def _patient(context: Mapping[str, str]) -> int | None:
    given = context.get("patient_id", "")
    return int(given) if given.isdecimal() else None


def _past_validity() -> list[dict[str, Any]]:
    return [{"prescription_id": prescription_id} for prescription_id in queries.list_expired_ids()]


module = Module(
    name="prescriptions",
    label=N_("Prescriptions"),
    requires=("catalogue", "patients", "registration", "clinic"),
    is_optional=False,
    blueprints=(views.blueprint,),
    settings=(
        Setting(
            "prescription_review",
            N_("Prescriptions are reviewed"),
            SettingKind.CHOICE,
            "after_payment",
            options=(("after_payment", N_("After payment")), ("before_payment", N_("Before payment"))),
        ),
    ),
    acts={
        "prescription.draft_saved": N_("Draft of a prescription saved"),
        "prescription.signed": N_("Prescription signed"),
        "prescription.withdrawn": N_("Prescription taken back"),
        "prescription.voided": N_("Prescription made void"),
        "prescription.expired": N_("Prescription expired"),
        "prescription.reviewed": N_("Prescription reviewed"),
        "prescription.returned": N_("Prescription sent back"),
        "prescription.confirmed": N_("Prescription confirmed by the doctor"),
        "prescription.read": N_("Prescription read"),
        "prescription.printed": N_("Prescription printed"),
    },
    permissions=(
        Permission(
            "prescriptions.prescription.view",
            N_("Read prescriptions"),
            ("doctor", "pharmacist", "cashier", "auditor"),
            duty=Duty.RECORD,
        ),
        Permission(
            "prescriptions.prescription.sign",
            N_("Write and sign prescriptions"),
            ("doctor",),
            duty=Duty.RECORD,
        ),
        Permission(
            "prescriptions.prescription.void", N_("Make prescriptions void"), ("doctor",), duty=Duty.RECORD
        ),
        Permission(
            "prescriptions.prescription.review", N_("Review prescriptions"), ("pharmacist",), duty=Duty.RECORD
        ),
        Permission("prescriptions.prescription.expire", N_("End prescriptions past their validity")),
    ),
    lookups=(
        Lookup("drugs", "prescriptions.prescription.sign", find_drugs),
        Lookup("herbs", "prescriptions.prescription.sign", find_herbs),
        Lookup("allergens", "patients.allergy.record", find_allergens),
    ),
    places={
        "clinic.desk.orders": views.orders_place,
        "clinic.desk.context": views.context_place,
        "clinic.desk.history": views.history_place,
    },
    daily=(Daily("prescriptions.expire_prescription", time(0, 15), each=_past_validity),),
)
