"""Findings of the safety checks in the reader's words."""

from app.i18n import N_, gettext
from modules.prescriptions.queries.assessment import Assessment
from modules.prescriptions.rules.safety import Check, Finding, Level

_TEXTS = {
    Check.ALLERGY: N_("%(drug)s: the patient is allergic to %(allergy)s"),
    Check.DUPLICATE_INGREDIENT: N_("%(drug)s: same ingredient as %(other)s"),
    Check.DUPLICATE_CLASS: N_("%(drug)s: same class of drug as %(other)s"),
    Check.SINGLE_DOSE: N_("%(drug)s: single dose %(dose)s %(unit)s is above %(limit)s %(unit)s"),
    Check.DAILY_DOSE: N_("%(drug)s: %(dose)s %(unit)s a day is above %(limit)s %(unit)s"),
    Check.AGE: N_("%(drug)s: only from %(from_years)s years, the patient is %(age_years)s"),
    Check.PREGNANCY: N_("%(drug)s: pregnancy"),
    Check.PREGNANCY_NOT_ASKED: N_("%(drug)s: ask whether the patient is pregnant"),
    Check.LACTATION: N_("%(drug)s: breast-feeding"),
    Check.HERB_INCOMPATIBILITY: N_("%(drug)s and %(other)s must not stand together"),
    Check.HERB_GRAMS: N_("%(drug)s: %(dose)s g a day is above %(limit)s g"),
    Check.ANTIMICROBIAL_LEVEL: N_(
        "%(drug)s: antimicrobial of grade %(antimicrobial_level)s, above the title"
    ),
}
LEVEL_WORDS = {
    Level.BLOCK: N_("Forbidden"),
    Level.WARNING: N_("Warning"),
    Level.NOTICE: N_("Notice"),
}
LEVEL_KINDS = {Level.BLOCK: "d", Level.WARNING: "w", Level.NOTICE: ""}


def finding_text(finding: Finding, found: Assessment) -> str:
    """One finding as a sentence, with the drugs' names."""
    drugs = {row.drug.code: row.drug for row in found.lines}
    names = {code: drug.name for code, drug in drugs.items()} | found.active_names
    facts = dict(finding.facts)
    if "allergy" in facts:
        facts["allergy"] = found.substance_of(facts["allergy"].split(";")[0])
    return gettext(
        _TEXTS[finding.check],
        drug=names.get(finding.drug_code, finding.drug_code),
        other=names.get(finding.other, finding.other),
        unit=drugs[finding.drug_code].dose_unit if finding.drug_code in drugs else "",
        **facts,
    )
