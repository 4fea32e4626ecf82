"""The product: one package for each field of work, lowest first."""

INSTALLED: tuple[str, ...] = (
    "catalogue",
    "patients",
    "registration",
    "clinic",
    "prescriptions",
    "payments",
    "insurance",
    "charging",
    "invoices",
    "reconciliation",
    "dispensing",
    "storeroom",
    "distribution",
    "reports",
    "proving",
    "demo",
)
