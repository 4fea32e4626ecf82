"""What prescriptions add to the product."""

from app.i18n import N_
from app.registry import Module, Permission

module = Module(
    name="prescriptions",
    label=N_("Prescriptions"),
    requires=("catalogue", "patients", "registration", "clinic"),
    is_optional=False,
    permissions=(
        Permission(
            "prescriptions.prescription.view",
            N_("Read prescriptions"),
            ("doctor", "pharmacist", "cashier", "auditor"),
        ),
        Permission("prescriptions.prescription.sign", N_("Write and sign prescriptions"), ("doctor",)),
        Permission("prescriptions.prescription.void", N_("Make prescriptions void"), ("doctor",)),
        Permission("prescriptions.prescription.review", N_("Review prescriptions"), ("pharmacist",)),
        Permission("prescriptions.prescription.expire", N_("End prescriptions past their validity")),
    ),
)
