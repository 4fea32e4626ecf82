"""What charging adds to the product."""

from app.i18n import N_
from app.registry import Module, Permission
from modules.charging import subscribers
from modules.charging.queries.checks import check_money
from modules.clinic.events import EncounterBegun
from modules.prescriptions.events import (
    PrescriptionExpired,
    PrescriptionSigned,
    PrescriptionVoided,
    PrescriptionWithdrawn,
)
from modules.registration.events import VisitCancelled, VisitRegistered

module = Module(
    name="charging",
    label=N_("Charging"),
    requires=("prescriptions",),
    permissions=(
        Permission(
            "charging.price.view",
            N_("See prices"),
            ("cashier", "registrar", "doctor", "pharmacist", "storekeeper", "administrator", "auditor"),
        ),
        Permission("charging.price.change", N_("Change prices"), ("administrator",)),
        Permission(
            "charging.bill.view", N_("See bills"), ("cashier", "registrar", "administrator", "auditor")
        ),
        Permission("charging.bill.settle", N_("Take payment"), ("cashier", "registrar")),
        Permission("charging.charge.add", N_("Add service items to a bill"), ("cashier", "registrar")),
        Permission("charging.charge.void", N_("Take unpaid items off a bill"), ("cashier", "registrar")),
        Permission("charging.settlement.refund", N_("Refund"), ("cashier",)),
        Permission("charging.receipt.print", N_("Print receipts"), ("cashier", "registrar")),
        Permission("charging.shift.close", N_("Open and close one's own shift"), ("cashier", "registrar")),
        Permission("charging.shift.view", N_("See everybody's shifts"), ("administrator", "auditor")),
    ),
    now=(
        (VisitRegistered, subscribers.open_bill),
        (VisitCancelled, subscribers.void_visit_charges),
        (EncounterBegun, subscribers.note_visit_seen),
        (PrescriptionSigned, subscribers.charge_prescription),
        (PrescriptionWithdrawn, subscribers.void_withdrawn),
        (PrescriptionVoided, subscribers.void_voided),
        (PrescriptionExpired, subscribers.void_expired),
    ),
    checks=(check_money,),
)
