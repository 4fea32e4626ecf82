"""What the doctor's typeahead shows: drugs with the last usage, blocked ones with their reason."""

from collections.abc import Iterable, Sequence
from typing import Any

from app.i18n import gettext
from app.money import format_quantity
from modules.catalogue import queries as catalogue
from modules.patients import queries as patients
from modules.prescriptions.models import Kind
from modules.prescriptions.queries.facts import drug_facts, patient_facts
from modules.prescriptions.queries.prescriptions import Favourite, favourites
from modules.prescriptions.rules import safety

SHOWN = 8
DEFAULT_DAYS = 3
_KINDS = {Kind.WESTERN: ("W", "P"), Kind.HERBAL: ("H",)}


def find_drugs(
    text: str, *, practitioner_id: int | None, patient_id: int | None = None, kind: Kind = Kind.WESTERN
) -> list[dict[str, Any]]:
    """Rows for a typeahead, the doctor's most frequent first; an empty text gives the favourites.

    A drug the patient must not have is ``blocked`` with the reason; the service would refuse it, too.
    A module that knows stock and prices offers a lookup of its own over these rows.
    """
    often = favourites(practitioner_id, kind=kind)
    if text.strip():
        drugs = catalogue.search_drugs(text, kinds=_kinds(kind))
    else:
        known = catalogue.drugs_by_id(list(often)[:SHOWN])
        drugs = [known[drug_id] for drug_id in list(often)[:SHOWN] if drug_id in known]
    places = {drug_id: place for place, drug_id in enumerate(often)}
    ranked = sorted(drugs, key=lambda drug: places.get(drug.id, len(places)))[:SHOWN]
    facts = _facts_of(patient_id)
    return [_row(drug, often.get(drug.id), _why_blocked(drug, facts)) for drug in ranked]


def find_allergens(text: str) -> list[dict[str, Any]]:
    """Drugs with the keys under which an allergy to them is recorded."""
    rows = []
    for drug in catalogue.search_drugs(text)[:SHOWN]:
        classes = drug.allergy_classes[:1]
        extra = {
            "substance": drug.name,
            "ingredient": (drug.ingredients or [""])[0],
            "allergy_class": classes[0] if classes else "",
        }
        rows.append({"id": str(drug.id), "text": drug.name, "columns": [drug.strength], "extra": extra})
    return rows


def _kinds(kind: Kind) -> Iterable[Any]:
    return tuple(code for code in catalogue.DrugKind if code.value in _KINDS[kind])


def _facts_of(patient_id: int | None) -> safety.PatientFacts | None:
    if patient_id is None:
        return None
    patient, allergies = patients.patient_with_allergies(patient_id)
    return patient_facts(patient, allergies, {}, patients.completed_years(patient.born_on))


def _why_blocked(drug: catalogue.Drug, facts: safety.PatientFacts | None) -> str:
    if facts is None:
        return ""
    known = drug_facts(drug)
    found: Sequence[safety.Finding] = [
        *safety.check_allergy(known, facts.allergies),
        *safety.check_age(known, facts.age_years),
    ]
    for finding in found:
        if finding.level is not safety.Level.BLOCK:
            continue
        if finding.check is safety.Check.ALLERGY:
            return gettext("The patient is allergic to it.")
        return gettext("Only from %(years)s years.", years=finding.facts["from_years"])
    return ""


def _row(drug: catalogue.Drug, favourite: Favourite | None, blocked: str) -> dict[str, Any]:
    last = favourite.last if favourite else None
    spec = f"{drug.strength}×{drug.pack_factor}{drug.min_unit}/{drug.pack_unit}"
    return {
        "id": str(drug.id),
        "code": "",
        "text": drug.name,
        "columns": [spec if drug.kind.value != "H" else drug.strength, drug.insurance_class],
        "blocked": blocked,
        "mark": "禁" if blocked else "",
        "extra": {
            "spec": spec,
            "dose": format_quantity(last.dose if last else drug.dose_per_min_unit),
            "dose_unit": drug.dose_unit,
            "route": last.route if last else drug.default_route,
            "frequency": last.frequency if last else drug.default_frequency,
            "days": str(last.days if last else DEFAULT_DAYS),
            "grams": format_quantity(last.dose) if last else "10",
            "footnote": last.footnote if last else "",
        },
    }
