"""Four checks and ten matches (四查十对), as the prescription order asks before drugs are handed out."""

from app.i18n import N_, Choice


class ReviewCheck(Choice):
    """The ten matches. Source: 处方管理办法 (卫生部令第53号) article 37."""

    DEPARTMENT = "department", N_("Department")
    NAME = "name", N_("Patient name")
    AGE = "age", N_("Age")
    DRUG_NAME = "drug_name", N_("Drug name")
    FORM = "form", N_("Dosage form")
    STRENGTH = "strength", N_("Strength")
    QUANTITY = "quantity", N_("Quantity")
    APPEARANCE = "appearance", N_("Appearance of the drug")
    USAGE = "usage", N_("Usage and dosage")
    DIAGNOSIS = "diagnosis", N_("Clinical diagnosis")


FOUR_CHECKS: tuple[tuple[str, tuple[ReviewCheck, ...]], ...] = (
    (N_("Check the prescription"), (ReviewCheck.DEPARTMENT, ReviewCheck.NAME, ReviewCheck.AGE)),
    (
        N_("Check the drugs"),
        (ReviewCheck.DRUG_NAME, ReviewCheck.FORM, ReviewCheck.STRENGTH, ReviewCheck.QUANTITY),
    ),
    (N_("Check incompatibilities"), (ReviewCheck.APPEARANCE, ReviewCheck.USAGE)),
    (N_("Check rational use"), (ReviewCheck.DIAGNOSIS,)),
)
