"""What registration adds to the product."""

from app.i18n import N_
from app.registry import Module, Permission
from modules.registration import api

WINDOW = ("registrar", "cashier", "triage_nurse", "administrator")
QUEUE = ("registrar", "triage_nurse", "doctor", "administrator")

module = Module(
    name="registration",
    label=N_("Registration"),
    requires=("patients",),
    is_optional=False,
    reads=(api.show_visit, api.list_slots),
    permissions=(
        Permission(
            "registration.visit.view",
            N_("See visits and queues"),
            (*WINDOW, "doctor", "pharmacist", "auditor"),
        ),
        Permission("registration.visit.register", N_("Register visits"), WINDOW),
        Permission("registration.visit.cancel", N_("Cancel registrations"), WINDOW),
        Permission("registration.visit.transfer", N_("Move visits to another session"), WINDOW),
        Permission("registration.visit.add_on", N_("Give add-on numbers"), ("doctor", "administrator")),
        Permission("registration.visit.see", N_("Begin and finish visits"), ("doctor",)),
        Permission("registration.queue.manage", N_("Manage the waiting queue"), QUEUE),
        Permission("registration.queue.call", N_("Call patients"), ("triage_nurse", "doctor")),
        Permission("registration.appointment.book", N_("Book and cancel appointments"), (*WINDOW, "doctor")),
        Permission("registration.schedule.manage", N_("Edit the weekly schedule"), ("administrator",)),
        Permission("registration.session.manage", N_("Stop and change clinic sessions"), ("administrator",)),
    ),
)
