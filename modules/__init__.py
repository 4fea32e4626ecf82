"""The product: one package for each field of work, lowest first."""

INSTALLED = (
    "catalogue",
    "patients",
    "registration",
    "clinic",
    "prescriptions",
    "charging",
    "dispensing",
    "demo",
)
