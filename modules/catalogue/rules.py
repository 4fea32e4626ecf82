"""Words for groups of drugs, as patients and doctors say them (过敏史)."""

# Word → key of the allergy class. The longer word wins; a drug's own name is looked up in the catalogue instead.
ALLERGEN_WORDS = {
    "青霉素": "penicillin",
    "盘尼西林": "penicillin",
    "penicillin": "penicillin",
    "头孢": "cephalosporin",
    "先锋霉素": "cephalosporin",
    "cephalosporin": "cephalosporin",
    "β-内酰胺": "beta_lactam",
    "内酰胺": "beta_lactam",
    "磺胺": "sulfonamide",
    "sulfa": "sulfonamide",
    "喹诺酮": "quinolone",
    "沙星": "quinolone",
    "quinolone": "quinolone",
    "大环内酯": "macrolide",
    "macrolide": "macrolide",
    "硝基咪唑": "nitroimidazole",
    "解热镇痛": "nsaid",
    "非甾体": "nsaid",
    "nsaid": "nsaid",
    "他汀": "statin",
    "胰岛素": "insulin",
    "激素": "corticosteroid",
    "安定类": "benzodiazepine",
}


def class_of(substance: str) -> str:
    """Key of the drug class a written allergy names, or "" when it names none. Source: house rule."""
    said = substance.strip().lower()
    found = [word for word in ALLERGEN_WORDS if word in said]
    return ALLERGEN_WORDS[max(found, key=len)] if found else ""
