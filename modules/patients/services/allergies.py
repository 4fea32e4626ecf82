"""Recording what a patient must not be given (过敏史)."""

from typing import Annotated

from pydantic import Field

from app import audit, clock
from app.actor import Actor
from app.db import db, lock_row
from app.errors import Conflict, NotFound
from app.i18n import N_
from app.use_cases import use_case
from modules.catalogue.queries import allergy_keys
from modules.patients.models import Allergy, AllergyCertainty, AllergyKind, AllergyStatus, Patient
from modules.patients.queries import list_allergies

Text = Annotated[str, Field(min_length=1, max_length=100)]


class AllergiesListed(Conflict):
    """Allergies are on record, so "none known" would hide them."""

    code = "patients.allergies_listed"
    message = N_("Allergies are on record. Withdraw them one by one, with a reason, if they are wrong.")


@use_case("patients.allergy.record", offline=True)
def record_allergy(
    *,
    patient_id: int,
    substance: Text,
    kind: AllergyKind = AllergyKind.DRUG,
    keys: Annotated[list[str], Field(max_length=20)] | None = None,
    certainty: AllergyCertainty = AllergyCertainty.CONFIRMED,
    reaction: Annotated[str, Field(max_length=200)] = "",
    by: Actor,
) -> Allergy:
    """Record an allergy; ``keys`` are the ingredient or class keys that prescriptions are checked against.

    Without keys they follow from the substance, so that an allergy is checked wherever it was written down.

    Raises:
        NotFound: no such file here.
    """
    patient = _lock(patient_id)
    allergy = Allergy(
        patient_id=patient_id,
        kind=kind,
        substance=substance,
        keys=keys or (allergy_keys(substance) if kind is AllergyKind.DRUG else []),
        certainty=certainty,
        reaction=reaction,
        recorded_at=clock.now(),
        recorded_by=by.name[:50],
    )
    db.session.add(allergy)
    patient.allergy_status = AllergyStatus.LISTED
    db.session.flush()
    audit.record("allergy.recorded", allergy, by=by)
    return allergy


@use_case("patients.allergy.record", offline=True)
def withdraw_allergy(*, allergy_id: int, reason: Text, by: Actor) -> Allergy:
    """Take back an allergy that was recorded wrongly; the row stays readable.

    Raises:
        NotFound: no such allergy here, or it was withdrawn before.
    """
    allergy = lock_row(Allergy, allergy_id)
    if allergy is None or allergy.withdrawn_at is not None:
        raise NotFound(field="allergy_id")
    allergy.withdrawn_at, allergy.withdrawn_reason = clock.now(), reason
    db.session.flush()
    if not list_allergies(allergy.patient_id):
        _lock(allergy.patient_id).allergy_status = AllergyStatus.NOT_ASKED
    audit.record("allergy.withdrawn", allergy, by=by, reason=reason)
    return allergy


@use_case("patients.allergy.record", offline=True)
def none_known(*, patient_id: int, by: Actor) -> Patient:
    """The patient was asked and knows of no allergy.

    Raises:
        NotFound: no such file here.
        AllergiesListed: allergies are on record.
    """
    patient = _lock(patient_id)
    if list_allergies(patient_id):
        raise AllergiesListed
    patient.allergy_status = AllergyStatus.NONE_KNOWN
    audit.record("allergy.none_known", patient, by=by)
    return patient


def _lock(patient_id: int) -> Patient:
    patient = lock_row(Patient, patient_id)
    if patient is None:
        raise NotFound(field="patient_id")
    return patient
