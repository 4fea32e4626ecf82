"""What charging adds to the product."""

from app import clock
from app.i18n import N_
from app.registry import Lookup, MenuEntry, Module, Permission, Waiting
from modules.charging import api, queries, subscribers, views
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
    blueprints=(views.blueprint,),
    menu=(
        MenuEntry(N_("Cashier's desk"), "charging.show_desk", "cash", "charging.bill.view", order=60),
        MenuEntry(N_("My shift"), "charging.show_shift", "receipt", "charging.shift.close", order=61),
        MenuEntry(
            N_("Shifts"), "charging.list_shifts", "report-money", "charging.shift.view", "administration", 40
        ),
        MenuEntry(
            N_("Price list"), "charging.list_prices", "tag", "charging.price.view", "administration", 30
        ),
    ),
    lookups=(Lookup("charge-items", "charging.charge.add", views.find_charge_items),),
    waiting=(
        Waiting(
            N_("Bills to settle"),
            "charging.bill.settle",
            "charging.show_desk",
            lambda by: queries.count_due_bills(clock.today()),
            "cash",
        ),
    ),
    places={
        "registration.window.fee": views.visit_amounts,
        "registration.visits.fee": views.listed_amounts,
        "prescriptions.preview.amounts": views.preview_amounts,
        "prescriptions.preview.line-amount": views.preview_line_amount,
        "prescriptions.sheet.amounts": views.prescription_amounts,
        "prescriptions.paper.amounts": views.prescription_amounts,
    },
    reads=(api.bill_of_visit,),
    acts={
        "bill.settled": N_("Bill settled"),
        "bill.refunded": N_("Bill refunded"),
        "charge.added": N_("Charge added"),
        "charge.voided": N_("Charge taken off"),
        "receipt.printed": N_("Receipt printed"),
        "price.set": N_("Price set"),
        "price_list.loaded": N_("Price list loaded"),
        "shift.opened": N_("Shift begun"),
        "shift.closed": N_("Shift closed"),
    },
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
